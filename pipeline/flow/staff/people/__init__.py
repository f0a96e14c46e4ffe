"""The people of the console: who they are, what they may do, how they log in."""

"""Where a checked form goes: an ordered table of named rules, and the table of conflicts."""

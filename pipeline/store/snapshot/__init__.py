"""A copy of the whole database as a file, taken while others write, and put back from it."""

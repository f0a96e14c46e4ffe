"""The lists of staff as tables, and the tables that staff bring along; nothing is written."""

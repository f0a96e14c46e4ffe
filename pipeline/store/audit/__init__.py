"""The chains of hashes: the log of staff, and the check of every line that was written."""

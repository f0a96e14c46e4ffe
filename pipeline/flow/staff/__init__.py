"""One command of staff is one transaction, with a name in the history."""

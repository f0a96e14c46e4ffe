"""The notices before anybody gets them: their rules, a check of each, and a preview."""

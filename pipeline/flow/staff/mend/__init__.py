"""``doctor --mend``: what can be put right without a doubt, and the rows that are woken."""

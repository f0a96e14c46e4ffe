"""One file per noun: its rows, and what may be asked of them."""

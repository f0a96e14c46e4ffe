"""Characters in fonts of our own, and lines of them."""

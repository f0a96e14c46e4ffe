"""Reads a printed or flattened copy of a form from its pages; ``answers.read_print`` is the entry."""

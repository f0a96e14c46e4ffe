"""Reads a printed or flattened copy of a form; ``answers.read_print`` is the entry."""

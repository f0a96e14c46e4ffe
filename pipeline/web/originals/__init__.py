"""Originals beside their answers: what is shown of them, and where an answer stands."""

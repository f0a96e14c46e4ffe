"""Reads the fields of a PDF form, and checks that their bytes are sound."""

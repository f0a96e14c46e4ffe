"""Finds what a customer put into a form beside its answers; ``collect`` is the entry."""

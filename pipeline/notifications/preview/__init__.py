"""Notices with the facts of nobody: to be looked at, and for the check of their templates."""

"""Filled forms as other programs and other habits leave them, and what becomes of every word."""

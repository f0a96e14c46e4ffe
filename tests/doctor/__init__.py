"""Installations that are broken in one way each, and what ``doctor`` says of them."""

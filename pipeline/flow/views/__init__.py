"""Reads for people; writes nothing."""

"""Reads for the figures of a period: exact counts from indexes, the rest from its newest rows."""

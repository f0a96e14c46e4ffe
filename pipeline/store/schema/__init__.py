"""The tables, their columns and their types; filled by importing both halves."""

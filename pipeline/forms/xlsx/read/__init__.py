"""Reads a filled workbook, straight from its XML; ``reader.read_xlsx`` is the entry."""

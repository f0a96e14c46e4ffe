"""Writes a form as a workbook, with openpyxl; ``form.build_xlsx`` is the entry."""

"""Writes a form as a workbook: whole (``form.build_xlsx``), or patched (``fill.fill_xlsx``)."""

"""A plain table as a workbook: every cell is text, and none is a formula."""

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE


def table_as_workbook(table: Sequence[Sequence[str]]) -> bytes:
    """Return ``table`` as the one sheet of a workbook; its first row stays in view.

    Characters that no workbook may hold are left out.
    """
    book = Workbook(write_only=False)
    sheet = book.worksheets[0]
    for number, line in enumerate(table, start=1):
        for column, text in enumerate(line, start=1):
            cell = sheet.cell(number, column, ILLEGAL_CHARACTERS_RE.sub("", text))
            cell.data_type = "s"  # else a text that begins with = is a formula
    sheet.freeze_panes = "A2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()

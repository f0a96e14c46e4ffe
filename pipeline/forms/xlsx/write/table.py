"""A plain table as a workbook: every cell is text, and none is a formula."""

import io
from collections.abc import Sequence
from itertools import zip_longest

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from pipeline.forms.xlsx.write.style import text_width

#: The widest column, in characters.
_WIDEST = 40


def table_as_workbook(table: Sequence[Sequence[str]]) -> bytes:
    """Return ``table`` as the one sheet of a workbook; its first row stays in view.

    Columns are as wide as what stands in them, and are printed side by side on one page in
    landscape. Characters that no workbook may hold are left out.
    """
    book = Workbook(write_only=False)
    sheet = book.worksheets[0]
    for number, line in enumerate(table, start=1):
        for column, text in enumerate(line, start=1):
            cell = sheet.cell(number, column, ILLEGAL_CHARACTERS_RE.sub("", text))
            cell.data_type = "s"  # else a text that begins with = is a formula
    for column, cells in enumerate(zip_longest(*table, fillvalue=""), start=1):
        widest = max(text_width(text) for text in cells)
        sheet.column_dimensions[get_column_letter(column)].width = min(widest, _WIDEST) + 2
        head = sheet.cell(1, column)
        head.font = Font(name=head.font.name, size=head.font.size, bold=True)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()

"""All files of the set, in the order of the list in docs/forms.md."""

from tests.odd_files.by_excel import EXCEL
from tests.odd_files.by_node import EXCELJS, SHEETJS
from tests.odd_files.by_openpyxl import BOOKS
from tests.odd_files.by_pikepdf import PAGES
from tests.odd_files.case import Case

CASES: tuple[Case, ...] = (*BOOKS, *EXCEL, *EXCELJS, *SHEETJS, *PAGES)

"""All files of the set, in the order of the list in docs/forms.md."""

from itertools import chain

from tests.odd_files.by_calc import CALC
from tests.odd_files.by_editors import EDITED
from tests.odd_files.by_excel import EXCEL
from tests.odd_files.by_hands import HANDS
from tests.odd_files.by_node import EXCELJS, SHEETJS
from tests.odd_files.by_openpyxl import BOOKS
from tests.odd_files.by_pdf_programs import PDF_PROGRAMS
from tests.odd_files.by_pikepdf import PAGES
from tests.odd_files.by_viewers import PRINTS, VIEWERS
from tests.odd_files.case import Case

CASES: tuple[Case, ...] = tuple(
    chain(
        BOOKS, HANDS, EXCEL, EXCELJS, SHEETJS, CALC, PAGES, EDITED, VIEWERS, PRINTS, *PDF_PROGRAMS
    )
)

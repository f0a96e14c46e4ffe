"""The programs of the matrix, in the order of the table, and what each stands for."""

from tests.programs.imitations import IMITATIONS
from tests.programs.job import Program
from tests.programs.libreoffice import LibreOffice
from tests.programs.node_books import EXCELJS, SHEETJS
from tests.programs.openpyxl_program import Openpyxl
from tests.programs.pdf_programs import PDF_PROGRAMS

PROGRAMS: tuple[Program, ...] = (
    LibreOffice(),
    EXCELJS,
    SHEETJS,
    Openpyxl(),
    *IMITATIONS,
    *PDF_PROGRAMS,
)

STANDS_FOR = {
    "LibreOffice": "LibreOffice and OpenOffice Calc",
    "exceljs": "web sites and services that fill in workbooks",
    "SheetJS": "web sites and services that fill in workbooks",
    "openpyxl": "scripts that fill in workbooks",
    "Chromium": "Chrome and Edge, as a person types and clicks",
    "PDFium": "Chrome, Edge and Android's viewers: their engine",
    "pdf.js (Firefox)": "Firefox, and viewers inside web sites",
    "pdf-lib": "web sites that fill in PDF forms",
    "pdftk-java": "office scripts that fill in PDF forms",
    "poppler (Evince)": "Evince and Okular (GNOME, KDE)",
    "MuPDF": "SumatraPDF and small viewers on phones and readers",
    **{item.name: "what is known of its files; it is not the program" for item in IMITATIONS},
}

_PART = "it keeps only a part of 𠮷, from which the character cannot be told"

#: Why an answer is asked about, by program and code of the problem.
REASONS = {
    ("PDFium", "damaged_chars"): _PART,
    ("Chromium", "damaged_chars"): _PART,
}

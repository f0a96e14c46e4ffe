"""The programs that fill our PDF forms in the tests."""

from tests.programs.chromium import Chromium
from tests.programs.job import Program
from tests.programs.mupdf import MuPdf
from tests.programs.pdf_js import PdfJs
from tests.programs.pdf_lib import PdfLib
from tests.programs.pdfium import Pdfium
from tests.programs.pdftk import Pdftk
from tests.programs.poppler import Poppler

PDF_PROGRAMS: tuple[Program, ...] = (
    Chromium(),
    Pdfium(),
    PdfJs(),
    PdfLib(),
    Pdftk(),
    Poppler(),
    MuPdf(),
)

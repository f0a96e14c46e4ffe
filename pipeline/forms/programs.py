"""Which program saved a form, as far as the file tells it.

A file may say anything there, the name of a person too: only the names of known programs are kept.
"""

import re
from collections.abc import Mapping

#: What a program writes of itself (in lower case), and its name; the first that is found counts.
#: Ours come first: who fills in a form without a trace leaves what the blank says.
_KNOWN: Mapping[str, str] = {
    "openpyxl": "",
    "weasyprint": "",
    "libreoffice": "LibreOffice",
    "openoffice": "OpenOffice",
    "onlyoffice": "ONLYOFFICE",
    "wps": "WPS Office",
    "numbers": "Apple Numbers",
    "google": "Google Sheets",
    "sheetjs": "SheetJS",
    "excel": "Microsoft Excel",
    "word": "Microsoft Word",
    "print to pdf": "Microsoft Print to PDF",
    "acrobat": "Adobe Acrobat",
    "adobe": "Adobe Acrobat",
    "foxit": "Foxit",
    "skia": "Chrome",
    "pdfium": "Chrome",
    "pdf.js": "Firefox",
    "quartz": "Apple Preview",
    "pdf-lib": "pdf-lib",
    "mupdf": "MuPDF",
    "pdftk": "pdftk",
    "itext": "iText",
    "ghostscript": "Ghostscript",
    "poppler": "Poppler",
    "cairo": "Cairo",
}
_NAMES = re.compile("|".join(rf"(?<![a-z]){re.escape(name)}(?![a-z])" for name in _KNOWN))
#: More than any program says of itself.
_LONGEST = 200


def program_of(told: str) -> str:
    """Return the name of the program that ``told`` is of; empty: none that is known."""
    found = set(_NAMES.findall(told[:_LONGEST].casefold()))
    return next((name for sign, name in _KNOWN.items() if sign in found), "")

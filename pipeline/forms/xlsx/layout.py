"""Names where things are in our workbooks; the writer and the reader share it."""

from types import MappingProxyType
from typing import Final

#: Columns of the table on the form sheet.
NUMBER: Final = "A"
LABEL: Final = "B"
REQUIREMENT: Final = "C"
ANSWER: Final = "D"
EXPLANATION: Final = "E"
CHECK: Final = "F"
KEY: Final = "G"
#: The columns of the table whose text is bold.
BOLD: Final = frozenset({LABEL})

#: The table's header; the rows above it carry the title, the purpose and one line of help.
HEADER_ROW: Final = 5
LINE_ROW: Final = 4

FIELD_PREFIX: Final = "fld_"
LIST_PREFIX: Final = "lst_"

IDENTITY_SHEET: Final = "_form"
LISTS_SHEET: Final = "_lists"
KEY_HEADER: Final = "key"

#: The row of the hidden sheet that holds the identity as it is printed, below its parts.
STAMP_PROPERTY: Final = "_stamp"

#: Widths in characters of the standard font. The sum decides the scale on A4 portrait: up to 112
#: a text of 11 pt is printed at 9 pt or more.
WIDTHS: Final = MappingProxyType(
    {NUMBER: 5.2, LABEL: 20.0, REQUIREMENT: 11.5, ANSWER: 26.0, EXPLANATION: 38.5, CHECK: 10.5}
)
#: The same for a copy with marks, whose check column holds sentences.
MARKED_WIDTHS: Final = MappingProxyType(
    {NUMBER: 5.2, LABEL: 18.0, REQUIREMENT: 11.5, ANSWER: 25.0, EXPLANATION: 27.0, CHECK: 25.0}
)
#: Headings and paragraphs of the first sheet.
START_WIDTHS: Final = (27.0, 84.0)

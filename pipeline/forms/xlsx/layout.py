"""Names where things are in our workbooks; the writer and the reader share it."""

from types import MappingProxyType
from typing import Final

#: Columns of the table on the form sheet.
NUMBER: Final = "A"
LABEL: Final = "B"
REQUIREMENT: Final = "C"
ANSWER: Final = "D"
CHECK: Final = "E"
#: Hidden, as is what is between it and the table: in forms before 1.2 the table was wider.
KEY: Final = "G"
HIDDEN: Final = ("F", KEY)
#: The table's header; the rows above it carry the title, the purpose, one line of help, and how
#: many answers are left.
HEADER_ROW: Final = 6
LINE_ROW: Final = 4
COUNTER_ROW: Final = 5

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
    {NUMBER: 4.2, LABEL: 61.0, REQUIREMENT: 10.4, ANSWER: 26.4, CHECK: 10.0}
)
#: The same for a copy with marks, whose check column holds sentences.
MARKED_WIDTHS: Final = MappingProxyType(
    {NUMBER: 4.4, LABEL: 43.2, REQUIREMENT: 10.6, ANSWER: 28.8, CHECK: 25.0}
)
#: Headings and paragraphs of the first sheet.
START_WIDTHS: Final = (27.0, 84.0)

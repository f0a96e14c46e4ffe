"""What is done in LibreOffice Calc, and what it makes of what others have added."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.layout import FIELD_PREFIX
from pipeline.model.form import FormKind
from tests.odd_files.by_hands import linked, own_list, own_property
from tests.odd_files.case import Make
from tests.odd_files.making import Writer, written
from tests.programs.libreoffice import save, work
from tests.unit.forms.xlsx.adding import Change, anchored, by, cell, drawn, note, put, shape

CALC = Writer("LibreOffice Calc", "xlsx", ("soffice", "LibreOffice"))
_QR = FormKind.QR
_MOVE = FormKind.MIGRATION
_PRINT = ("calc_pdf_Export", "")
#: Makes the commands of a script out of the index of the form's sheet and the place of a field.
Steps = Callable[[str, Callable[[str, int], str]], list[tuple[str, ...]]]


def _calc(steps: Steps, ending: str = "xlsx", before: Change | None = None) -> Make:
    """Return what Calc makes of the form (changed ``before``) with ``steps``."""

    def make(content: bytes, folder: Path) -> tuple[str, bytes]:
        source = written(before(content) if before else content, folder, "in.xlsx")
        book = load_workbook(BytesIO(content))
        sheet = str(book.worksheets.index(cell(book, "phone_number").parent))

        def place(field: str, right: int = 0) -> str:
            found = cell(book, field)
            return f"{get_column_letter(found.column + right)}{found.row}"

        target = folder / f"out.{ending}"
        saving = ("save", str(target), *_PRINT) if ending == "pdf" else save(target)
        work([("open", str(source)), *steps(sheet, place), saving, ("close",)], folder)
        return target.name, target.read_bytes()

    return make


def _nothing(_sheet: str, _place: Callable[[str, int], str]) -> list[tuple[str, ...]]:
    return []


def _type(field: str, words: str, right: int = 0) -> Steps:
    if not right:
        return lambda _, __: [("type", FIELD_PREFIX + field, words)]
    return lambda sheet, place: [
        ("unprotect", sheet),
        ("type at", sheet, place(field, right), words),
    ]


CALC.asked(
    "words right of the table",
    "a second thought",
    _calc(_type("phone_number", "neue Nummer folgt", 4)),
    "phone_number",
    words="neue Nummer folgt",
    language="de",
)
CALC.asked(
    "words over the hint",
    "the wrong column",
    _calc(_type("contact_phone", "+44 121 234 5699", 1)),
    "contact_phone",
    words="+44 121 234 5699",
    given={"contact_phone": ""},
)
CALC.staff(
    "sheet renamed",
    "double click on the tab",
    _calc(lambda sheet, _: [("rename sheet", sheet, "お申し込み（至急）")]),
    words="お申し込み（至急）",
    language="ja",
)
CALC.add(
    "rows put above",
    "a head of one's own is planned",
    _calc(lambda sheet, _: [("unprotect", sheet), ("insert rows", sheet, "0", "3")]),
)
CALC.add(
    "column put in",
    "room for ticks",
    _calc(lambda sheet, _: [("unprotect", sheet), ("insert columns", sheet, "2", "1")]),
    language="de",
)
CALC.add(
    "sheet in a new workbook",
    "Move/Copy sheet to a new document",
    _calc(lambda sheet, _: [("to new book", sheet)]),
    language="ja",
)
CALC.asked(
    "formula as a text",
    "typed into a cell of texts",
    _calc(_type("contact_name", '="Oliver "&"Whitcombe"')),
    "contact_name",
    words='="Oliver "&"Whitcombe"',
)
CALC.asked(
    "today by a formula",
    "=TODAY()",
    _calc(_type("ready_date", "=TODAY()")),
    "ready_date",
    words="=TODAY()",
)
CALC.asked(
    "division by zero",
    "an unlucky formula",
    _calc(_type("genesys_org_name", "=1/0")),
    "genesys_org_name",
    words="=1/0",
)
CALC.add(
    "number typed as text",
    "the cell keeps the zero",
    _calc(_type("phone_number_again", "07400 123456")),
)
CALC.asked(
    "note of Excel kept",
    "opened and saved",
    _calc(_nothing, before=note("website", "retired in May")),
    "website",
    words="retired in May",
)


def _below(book: object) -> None:
    page = cell(book, "notes").parent
    page.cell(page.max_row + 4, 2).value = "bitte eilt"


CALC.staff(
    "words below the table kept",
    "opened and saved",
    _calc(_nothing, before=by(_below)),
    words="bitte eilt",
    language="de",
)


def _hidden(book: object) -> None:
    page = book[at.IDENTITY_SHEET]  # type: ignore[index]
    page["D9"] = "pin is on the desk"


CALC.staff(
    "words in our hidden sheet kept",
    "opened and saved",
    _calc(_nothing, before=by(_hidden)),
    words="pin is on the desk",
)
CALC.asked(
    "answer column and one more",
    "opened and saved",
    _calc(_nothing, before=put("where_shown", 3, "来年から")),
    "where_shown",
    words="来年から",
    kind=_QR,
    language="ja",
)
CALC.add("opened and saved", "nothing else", _calc(_nothing), kind=_MOVE, language="de")
CALC.refused("saved as .ods", "Save As", _calc(_nothing, "ods"), "file_type", language="ja")
CALC.refused("saved as .xls", "Save As", _calc(_nothing, "xls"), "file_type", kind=_MOVE)
CALC.refused("saved as .csv", "Save As", _calc(_nothing, "csv"), "file_other", language="de")
CALC.refused(
    "workbook exported as PDF",
    "Export as PDF",
    _calc(_nothing, "pdf"),
    "file_printed_workbook",
    kind=_QR,
)
CALC.staff(
    "property of one's own kept",
    "opened and saved",
    _calc(_nothing, before=own_property("erst nach der Inventur")),
    words="erst nach der Inventur",
    language="de",
)
CALC.asked(
    "text box kept",
    "opened and saved",
    _calc(
        _nothing,
        before=drawn(lambda row: anchored(shape("call Kim first"), row, 4), "contact_phone"),
    ),
    "contact_phone",
    words="call Kim first",
)
CALC.staff(
    "list of a rule kept",
    "opened and saved",
    _calc(_nothing, before=own_list("verification_method", "SMS,Voice,夜間のみ電話")),
    words="夜間のみ電話",
    language="ja",
    kind=_MOVE,
)
CALC.asked(
    "address behind a formula",
    "=HYPERLINK()",
    _calc(_nothing, before=by(linked)),
    "website",
    words="our shop",
)
CALC.asked(
    "answer moved onto the label",
    "cut and paste",
    _calc(
        lambda sheet, place: [
            ("unprotect", sheet),
            ("type at", sheet, place("contact_department", -2), "Night desk"),
        ]
    ),
    "contact_department",
    words="Night desk",
    given={"contact_department": ""},
)

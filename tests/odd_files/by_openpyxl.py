"""What people do in Excel and its like, done to the workbook by openpyxl."""

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from pipeline.forms.xlsx import layout as at
from pipeline.model.form import FormKind
from tests.odd_files.case import Outcome
from tests.odd_files.making import Writer
from tests.odd_files.pictures import picture_of
from tests.unit.forms.xlsx.adding import (
    Ops,
    append,
    by,
    cell,
    copied_below,
    copied_sheet,
    note,
    put,
    rich,
    sheet,
    strike,
)
from tests.world.customers import form

BOOKS = Writer("openpyxl", "xlsx")
_QR = FormKind.QR
_MOVE = FormKind.MIGRATION


def _set(field: str, value: Any, **style: Any) -> Ops:
    def ops(book: Any) -> None:
        found = cell(book, field)
        found.value = value
        for name, what in style.items():
            setattr(found, name, what)

    return ops


def _sheet_of(book: Any) -> Any:
    return cell(book, "phone_number").parent


def _start(book: Any) -> Any:
    return next(page for page in book.worksheets if page.sheet_state == "visible")


def _below(book: Any) -> None:
    page = _sheet_of(book)
    page.cell(page.max_row + 3, 2).value = "請求書は経理部へお願いします"


# words beside answers

BOOKS.asked(
    "note on an answer",
    "Review > New Note",
    note("display_name", "Head office calls it Harbour"),
    "display_name",
    words="Head office calls it Harbour",
)
BOOKS.asked(
    "note on the label",
    "a colleague's question",
    note("website", "ドメインを移行中です", -2),
    "website",
    words="ドメインを移行中です",
    language="ja",
)
BOOKS.asked(
    "answer in the next column",
    "typed one cell too far right",
    put("contact_phone", 1, "+44 121 234 5699"),
    "contact_phone",
    words="+44 121 234 5699",
    given={"contact_phone": ""},
)
BOOKS.asked(
    "correction right of the table",
    "second thoughts",
    put("phone_number", 4, "ab Januar: 01512 9999999"),
    "phone_number",
    words="ab Januar: 01512 9999999",
    language="de",
    kind=_MOVE,
)
BOOKS.asked(
    "words behind the label",
    "typed into the question",
    append("display_name", -2, " (not final)"),
    "display_name",
    words="not final",
)
BOOKS.asked(
    "requirement overwritten",
    "crossed out by typing over it",
    put("website", -1, "haben wir nicht mehr"),
    "website",
    words="haben wir nicht mehr",
    language="de",
)
BOOKS.asked(
    "check column overwritten",
    "reviewers' column",
    put("opt_in_wording", 2, "Rechtsabteilung prüft noch"),
    "opt_in_wording",
    words="Rechtsabteilung prüft noch",
    language="de",
    kind=_QR,
)
BOOKS.asked(
    "answer struck out",
    "Format Cells > Strikethrough",
    strike("website"),
    "website",
    words="https://harbour-books.example",
)
BOOKS.asked(
    "old value struck out, new one behind it",
    "a correction that can be seen",
    rich("contact_name", [("Oliver Whitcombe", True), (" Olivia Whitcombe", False)]),
    "contact_name",
    words=("Oliver Whitcombe", "Olivia Whitcombe"),
)
BOOKS.staff(
    "remark below the table",
    "a last line",
    by(_below),
    words="請求書は経理部へお願いします",
    language="ja",
)
BOOKS.staff(
    "remark beside the title",
    "top right corner",
    by(lambda book: _sheet_of(book).__setitem__("E1", "Entwurf 3")),
    words="Entwurf 3",
    language="de",
)


def _white(book: Any) -> None:
    found = cell(book, "use_case").offset(0, 5)
    found.value, found.font = "ask marketing first", Font(color="FFFFFFFF")


BOOKS.asked(
    "white words",
    "a remark for oneself",
    by(_white),
    "use_case",
    words="ask marketing first",
)


def _hidden_row(book: Any) -> None:
    page = _sheet_of(book)
    row = page.max_row + 3
    page.cell(row, 2).value = "Budget is not approved"
    page.row_dimensions[row].hidden = True


def _hidden_column(book: Any) -> None:
    found = cell(book, "ready_date").offset(0, 6)
    found.value = "earliest 2027"
    found.parent.column_dimensions[found.column_letter].hidden = True


BOOKS.staff("words in a hidden row", "Hide", by(_hidden_row), words="Budget is not approved")
BOOKS.asked(
    "words in a hidden column", "Hide", by(_hidden_column), "ready_date", words="earliest 2027"
)
BOOKS.staff(
    "sheet added",
    "a second tab for remarks",
    sheet("Bemerkungen", [["Bitte erst anrufen"], ["030 23125-099"]]),
    words=("Bitte erst anrufen", "030 23125-099"),
    language="de",
)
BOOKS.staff(
    "sheet hidden",
    "Hide sheet",
    sheet("Notes", [["second number: +44 7400 555555"]], "hidden"),
    words="second number: +44 7400 555555",
)
BOOKS.staff(
    "sheet very hidden",
    "VBA's xlSheetVeryHidden",
    sheet("Internal", [["ask for a discount"]], "veryHidden"),
    words="ask for a discount",
)


def _in_own(title: str, words: str, row: int = 0) -> Ops:
    def ops(book: Any) -> None:
        page = book[title]
        page.cell(row or page.max_row + 2, 1).value = words

    return ops


BOOKS.staff(
    "words in our hidden sheet",
    "unhidden, used as a notepad",
    by(_in_own(at.IDENTITY_SHEET, "Passwort kennt Frau Weiß")),
    words="Passwort kennt Frau Weiß",
    language="de",
)
BOOKS.staff(
    "words in our sheet of lists",
    "an option added to a list",
    by(_in_own(at.LISTS_SHEET, "Metaverse shop")),
    words="Metaverse shop",
)
BOOKS.staff(
    "note on our hidden sheet",
    "unhidden, commented",
    by(
        lambda book: setattr(
            book[at.IDENTITY_SHEET]["A1"], "comment", Comment("who made this?", "r")
        )
    ),
    words="who made this?",
)

# words in formats, rules and names


def _format(field: str, value: Any, pattern: str) -> Ops:
    return _set(field, value, number_format=pattern)


BOOKS.asked(
    "number shown as a word",
    "custom format: the cell shows something else than it holds",
    by(_format("meta_business_id", 506914307656634, '"pending"')),
    "meta_business_id",
    words="pending",
)
BOOKS.asked(
    "words behind a text by its format",
    "custom format @",
    by(_format("display_name", "Harbour Books", '@" (provisional)"')),
    "display_name",
    words="provisional",
)


def _prompt(book: Any) -> None:
    rule = DataValidation(
        type="textLength",
        operator="greaterThan",
        formula1="1",
        showInputMessage=True,
        promptTitle="Old organisation!",
        prompt="new one from May",
    )
    found = cell(book, "genesys_org_id")
    for own in found.parent.data_validations.dataValidation:
        if found.coordinate in own.sqref:
            own.prompt, own.promptTitle, own.showInputMessage = rule.prompt, rule.promptTitle, True
            return
    rule.add(found.coordinate)
    found.parent.add_data_validation(rule)


BOOKS.asked(
    "prompt of a rule",
    "Data > Validation > Input message",
    by(_prompt),
    "genesys_org_id",
    words=("Old organisation!", "new one from May"),
)


def _name(book: Any) -> None:
    book.defined_names["Remark"] = DefinedName("Remark", attr_text='"call before noon"')


BOOKS.staff("words in a name", "Formulas > Define Name", by(_name), words="call before noon")


def _named_names(content: bytes, how: Any) -> bytes:
    def ops(book: Any) -> None:
        for name in list(book.defined_names):
            if name.startswith(at.FIELD_PREFIX):
                how(book, name)

    return by(ops)(content)


BOOKS.add(
    "names of cells gone",
    "pasted into a new workbook",
    lambda content: _named_names(content, lambda book, name: book.defined_names.pop(name)),
)
BOOKS.add(
    "names of cells broken",
    "#REF! after a move",
    lambda content: _named_names(
        content, lambda book, name: setattr(book.defined_names[name], "attr_text", "#REF!")
    ),
    language="ja",
)


def _heading(book: Any) -> None:
    page = _sheet_of(book)
    page.oddHeader.center.text = "社外秘"
    page.oddFooter.left.text = "Harbour Books / Projekt 12"


BOOKS.staff(
    "classification in the header",
    "Page Layout > Header",
    by(_heading),
    words=("社外秘", "Harbour Books / Projekt 12"),
    language="ja",
)


def _doc_words(book: Any) -> None:
    book.properties.description = "Bitte nur an Frau Becker antworten"
    book.properties.keywords = "Eilt"


BOOKS.staff(
    "words in the properties of the file",
    "File > Info",
    by(_doc_words),
    words=("Bitte nur an Frau Becker antworten", "Eilt"),
    language="de",
)


def _link(book: Any) -> None:
    found = cell(book, "website")
    found.value, found.hyperlink = "our shop", "https://harbour-books.example/shop"


BOOKS.asked("link shown as words", "Insert > Link", by(_link), "website", words="our shop")


def _tip(book: Any) -> None:
    found = cell(book, "website")
    found.hyperlink = "https://harbour-books.example"
    found.hyperlink.tooltip = "moves to harbour.example in May"


BOOKS.asked(
    "tip of a link",
    "Insert > Link > ScreenTip",
    by(_tip),
    "website",
    words="moves to harbour.example in May",
)

# pictures and things over the sheet


def _logo(book: Any) -> None:
    _start(book).add_image(Image(io.BytesIO(picture_of("LOGO"))), "A1")


def _photo(book: Any) -> None:
    found = cell(book, "phone_number")
    found.parent.add_image(Image(io.BytesIO(picture_of("+44 7400 999999"))), found.coordinate)


def _chart(book: Any) -> None:
    page = book.create_sheet("Traffic")
    for row in (["Month", "Chats"], ["May", 900], ["June", 1200]):
        page.append(row)
    chart = BarChart()
    chart.title = "expected chats"
    chart.add_data(Reference(page, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    page.add_chart(chart, "D2")


BOOKS.staff("letterhead picture", "Insert > Picture", by(_logo), marked=True)
BOOKS.asked("picture over an answer", "screenshot pasted", by(_photo), "phone_number", marked=True)
BOOKS.staff(
    "chart on a sheet of its own", "Insert > Chart", by(_chart), words=("Month", "expected chats")
)


def _table(book: Any) -> None:
    page = book.create_sheet("Stores")
    for row in (["City", "Number"], ["Leeds", "+44 113 496 0000"]):
        page.append(row)
    page.add_table(Table(displayName="Stores", ref="A1:B2"))


BOOKS.staff("table of branches", "Insert > Table", by(_table), words=("Leeds", "+44 113 496 0000"))

# what is done to the table itself


def _rows_above(book: Any) -> None:
    _sheet_of(book).sheet_view.topLeftCell = "A1"
    _start(book).insert_rows(1, 3)


def _renamed(book: Any) -> None:
    _sheet_of(book).title = "Anfrage Lindenhof"


BOOKS.staff(
    "sheet renamed",
    "double click on the tab",
    by(_renamed),
    words="Anfrage Lindenhof",
    language="de",
)


def _unlocked(book: Any) -> None:
    for page in book.worksheets:
        page.protection.disable()


BOOKS.add("protection taken away", "Review > Unprotect", by(_unlocked), kind=_MOVE, language="ja")


def _filtered(book: Any) -> None:
    page = _sheet_of(book)
    page.auto_filter.ref = f"A5:F{page.max_row}"
    for row in range(8, 12):
        page.row_dimensions[row].hidden = True


BOOKS.add("rows filtered away", "Data > Filter", by(_filtered))


def _coloured(book: Any) -> None:
    for name, colour in (("phone_number", "FFFF00"), ("website", "FF0000")):
        cell(book, name).fill = PatternFill("solid", fgColor=colour)
        cell(book, name).font = Font(color="FF0000", bold=True)


BOOKS.add("answers in colours", "a colour code of their own", by(_coloured), language="ja")


def _rule(book: Any) -> None:
    page = _sheet_of(book)
    red = PatternFill("solid", bgColor="FFC7CE")
    rule = CellIsRule("equal", ['""'], fill=red)  # type: ignore[no-untyped-call]
    page.conditional_formatting.add("D6:D60", rule)


BOOKS.add("conditional format added", "Home > Conditional Formatting", by(_rule), kind=_QR)


def _merged(book: Any) -> None:
    found = cell(book, "use_case")
    right = get_column_letter(found.column + 1)
    found.offset(0, 1).value = None
    found.parent.merge_cells(f"{found.coordinate}:{right}{found.row}")


BOOKS.add("answer merged with the hint", "Merge & Center", by(_merged))


def _merged_down(book: Any) -> None:
    first, second = cell(book, "phone_number"), cell(book, "phone_number_again")
    second.value = None
    first.parent.merge_cells(f"{first.coordinate}:{second.coordinate}")


BOOKS.add(
    "four questions answered in one merged cell",
    "Merge & Center",
    by(_merged_down),
    expected=Outcome.ASKED,
    at=("number_use", "is_m2m", "phone_number_again"),
)


# answers of other types

BOOKS.add(
    "date in a cell of dates",
    "Excel turns it into one",
    by(_set("ready_date", datetime(2026, 12, 1), number_format="dd/mm/yyyy")),  # noqa: DTZ001 - a cell
    reads={"ready_date": "2026-12-01"},
)
BOOKS.add("tick by a glyph", "Insert > Symbol", by(_set("ack_charges", "✔")), language="de")
BOOKS.asked(
    "tick by a letter", "a check box of old", by(_set("ack_charges", "x")), "ack_charges", words="x"
)
BOOKS.add("tick by a circle", "maru", by(_set("ack_charges", "〇")), language="ja")
BOOKS.asked(
    "question mark as a tick", "not sure", by(_set("ack_policies", "?")), "ack_policies", words="?"
)
BOOKS.asked("error as an answer", "#REF!", by(_set("website", "#REF!")), "website", words="#REF!")
BOOKS.add(
    "number in the cell of the number",
    "Excel drops the plus and the zero",
    by(_set("phone_number", 7400123456, number_format="0")),
)
BOOKS.add("truth value as an answer", "TRUE", by(_set("has_whatsapp_account", True)))
BOOKS.asked(
    "percentage as an answer",
    "typed 50%",
    by(_set("is_m2m", 0.5, number_format="0%")),
    "is_m2m",
    words="0.5",
)
BOOKS.asked(
    "today by a formula",
    "=TODAY(), never calculated",
    by(_set("ready_date", "=TODAY()")),
    "ready_date",
    words="=TODAY()",
)
BOOKS.asked(
    "word that the list does not have",
    "the rule was switched off",
    by(_set("verification_method", "Telex")),
    "verification_method",
    words="Telex",
)
BOOKS.add(
    "apostrophe before a number",
    "the way to keep a zero",
    by(_set("phone_number_again", "07400 123456", quotePrefix=True)),
)
BOOKS.add(
    "line breaks within an answer",
    "Alt+Enter",
    by(_set("use_case", "Orders.\r\nReturns and questions of all kinds.\n")),
    reads={"use_case": "Orders.\nReturns and questions of all kinds."},
)

# several forms


def _copied(content: bytes) -> bytes:
    return copied_sheet(lambda: content)(content)


BOOKS.add(
    "second form on a sheet",
    "Move or Copy",
    copied_sheet(
        lambda: form(
            _MOVE, "en", phone_number="+44 7400 654321", phone_number_again="07400 654321"
        )[1]
    ),
    expected=Outcome.TWO,
)
BOOKS.add(
    "second form pasted below",
    "Ctrl+A, Ctrl+V",
    copied_below(lambda: form(_QR, "de")[1]),
    expected=Outcome.TWO,
    language="de",
)
BOOKS.add(
    "copy of the sheet kept as a backup",
    "Move or Copy > Create a copy",
    _copied,
)
BOOKS.asked(
    "copy of the sheet with another answer",
    "two versions in one file",
    copied_sheet(lambda: form(display_name="Harbour & Sons", language="en")[1]),
    "display_name",
    words="Harbour & Sons",
)


def _rewrapped(label: Callable[[str], str], key: Callable[[str], str] = str) -> Ops:
    """Leave out the names, and break the lines of labels and keys anew."""

    def ops(book: Any) -> None:
        for name in list(book.defined_names):
            del book.defined_names[name]
        page = _sheet_of_keys(book)
        for row in page.iter_rows():
            for one in row:
                change = {at.LABEL: label, at.KEY: key}.get(one.column_letter)
                if change and isinstance(one.value, str) and not one.value.startswith("="):
                    one.value = change(one.value)

    return ops


def _sheet_of_keys(book: Any) -> Any:
    return next(
        page for page in book.worksheets for one in page[at.KEY] if one.value == "phone_number"
    )


def _in_narrow_columns(text: str) -> str:
    return text.replace(" ", "\n").replace("_", "_\n")


BOOKS.add(
    "a line for each word",
    "converters by way of PDF: no names, narrow columns",
    by(_rewrapped(_in_narrow_columns, _in_narrow_columns)),
    kind=_QR,
)
BOOKS.add(
    "label and hint in one line",
    "tools that make CSV of a sheet and a sheet of that",
    by(_rewrapped(lambda text: text.replace("\n", " "), _in_narrow_columns)),
    kind=_MOVE,
    language="de",
)
BOOKS.add(
    "lines broken anywhere",
    "text recognised in columns",
    by(_rewrapped(lambda text: f"{text[:7]}\n{text[7:]}", lambda text: f"{text[:4]}\n{text[4:]}")),
    language="ja",
)


def _blank(_: bytes) -> bytes:
    from pipeline.resources import root  # noqa: PLC0415

    return (root() / "forms" / "onboarding_ja.xlsx").read_bytes()


BOOKS.refused("blank form", "the wrong file attached", _blank, "file_empty", language="ja")


def _foreign(_: bytes) -> bytes:
    def first_alone(book: Any) -> None:
        for page in book.worksheets[1:]:
            book.remove(page)

    return by(first_alone)(sheet("Prices", [["Item", "Price"], ["Tea", 4]], index=0)(form()[1]))


BOOKS.refused("another firm's workbook", "the wrong file attached", _foreign, "file_template")


def reload(content: bytes) -> Any:
    """Return the workbook as openpyxl reads it."""
    return load_workbook(io.BytesIO(content))

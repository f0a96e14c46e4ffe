"""The cases of :mod:`.adding`: what was added, and where it has to be told."""

from typing import Any

from openpyxl.comments import Comment
from openpyxl.styles import Font

from tests.unit.forms.xlsx.adding import (
    FORM,
    MOMENT,
    Added,
    anchored,
    append,
    at_place,
    both,
    by,
    cell,
    drawn,
    footer,
    note,
    part,
    put,
    rich,
    shape,
    sheet,
    strike,
    thread,
)

_PICTURE = (
    '<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="3" name="Picture 1"/><xdr:cNvPicPr/></xdr:nvPicPr>'
    '<xdr:blipFill><a:blip r:embed="rId1"/></xdr:blipFill><xdr:spPr/></xdr:pic>'
)
_INK = (
    '<xdr:contentPart xmlns:xdr14="http://schemas.microsoft.com/office/excel/2010/spreadsheet'
    'Drawing" r:id="rId1"><xdr14:nvContentPartPr/></xdr:contentPart>'
)


_FOREIGN = b'<row r="400"><c r="B400" t="inlineStr"><is><t>foreign words</t></is></c></row>'


def _group(text: str) -> str:
    inner = f"<xdr:grpSp><xdr:nvGrpSpPr/><xdr:grpSpPr/>{shape(text)}</xdr:grpSp>"
    return f"<xdr:grpSp><xdr:nvGrpSpPr/><xdr:grpSpPr/>{shape('')}{inner}</xdr:grpSp>"


def _hidden_column(book: Any) -> None:
    found = cell(book, "notes").offset(0, 6)
    found.value = "hidden remark"
    found.parent.column_dimensions[found.column_letter].hidden = True


def _hidden_row(book: Any) -> None:
    page = cell(book, "notes").parent
    row = page.max_row + 4
    page.cell(row, 3).value = "row out of sight"
    page.row_dimensions[row].hidden = True


def _white(book: Any) -> None:
    found = cell(book, "phone_number").offset(0, 4)
    found.value, found.font = "white on white", Font(color="FFFFFFFF")


def _merged(book: Any) -> None:
    found = cell(book, "website").offset(0, 4)
    found.value = "over three columns"
    row = found.row
    found.parent.merge_cells(f"H{row}:J{row}")


def _tall(book: Any) -> None:
    found = cell(book, "contact_email").offset(0, 4)
    found.value = "beside two questions"
    found.parent.merge_cells(f"H{found.row}:H{found.row + 1}")


def _many(book: Any) -> None:
    page = cell(book, "notes").parent
    first = page.max_row + 3
    for number in range(200):
        page.cell(first + number, 2).value = f"line {number}"


def _formula(book: Any) -> None:
    cell(book, "phone_number").offset(0, 4).value = '="call "&"me"'


def _on_the_title(book: Any) -> None:
    book.worksheets[1]["A1"].comment = Comment("hold this", "x")


def _first_paragraph(book: Any) -> None:
    cell = book.worksheets[0]["B2"]
    cell.value = f"{cell.value} Not us."


ADDED = (
    Added(
        "comment on an answer",
        note("contact_email", "old address"),
        "old address",
        "contact_email",
        "comment",
    ),
    Added(
        "comment on a label",
        note("website", "site is new", -2),
        "site is new",
        "website",
        "comment",
    ),
    Added(
        "comment right of the table",
        note("website", "see left", 5),
        "see left",
        "website",
        "comment",
    ),
    Added("comment on the title", by(_on_the_title), "hold this", "", "comment"),
    Added(
        "comment with the name of its author",
        note("notes", "Oliver:\nask Ann first", author="Oliver"),
        "ask Ann first",
        "notes",
        "comment",
    ),
    Added(
        "comment by our own name",
        note("notes", "not ours at all", author="Genesys Cloud WhatsApp requests"),
        "not ours at all",
        "notes",
        "comment",
    ),
    Added(
        "thread of comments",
        thread("phone_number", "use the other one"),
        "use the other one",
        "phone_number",
        "comment",
    ),
    Added("far right", put("phone_number", 22, "ZZ top"), "ZZ top", "phone_number", "cell"),
    Added(
        "right of the table",
        put("phone_number", 4, "+44 7400 000000"),
        "+44 7400 000000",
        "phone_number",
        "cell",
    ),
    Added("a number beside", put("contact_phone", 4, 12345), "12345", "contact_phone", "cell"),
    Added("a date beside", put("ready_date", 4, MOMENT), "2026-12-24", "ready_date", "cell"),
    Added("a yes beside", put("is_m2m", 4, True), "TRUE", "is_m2m", "cell"),
    Added("a formula beside", by(_formula), "call", "phone_number", "cell"),
    Added("in the key column", append("website", 3, " old site"), "old site", "website", "cell"),
    Added("over the key", put("website", 3, "intranet"), "intranet", "website", "cell"),
    Added(
        "over the explanation",
        put("use_case", 1, "only in spring"),
        "only in spring",
        "use_case",
        "cell",
    ),
    Added(
        "behind the check",
        append("use_case", 1, "\nonly in spring"),
        "only in spring",
        "use_case",
        "cell",
    ),
    Added(
        "before the explanation",
        append("use_case", 1, "NB: ", before=True),
        "NB",
        "use_case",
        "cell",
    ),
    Added("over the requirement", put("website", -1, "none yet"), "none yet", "website", "cell"),
    Added("over the number", put("website", -3, "1a"), "1a", "website", "cell"),
    Added("over the check", put("website", 2, "see mail"), "see mail", "website", "cell"),
    Added(
        "before the label", append("website", -2, "(new) ", before=True), "new", "website", "cell"
    ),
    Added(
        "behind the label",
        append("website", -2, ": harbour.example"),
        "harbour.example",
        "website",
        "cell",
    ),
    Added("in the row of the heads", at_place("H6", "my remarks"), "my remarks", "", "cell"),
    Added(
        "behind the title", at_place("A1", "WhatsApp onboarding form DRAFT"), "DRAFT", "", "cell"
    ),
    Added("in the free rows above", at_place("F3", "please hurry"), "please hurry", "", "cell"),
    Added("beside a heading", at_place("D14", "same for all"), "same for all", "", "cell"),
    Added("in a hidden column", by(_hidden_column), "hidden remark", "notes", "cell"),
    Added("in a hidden row", by(_hidden_row), "row out of sight", "", "cell"),
    Added("white on white", by(_white), "white on white", "phone_number", "cell"),
    Added("in merged cells", by(_merged), "over three columns", "website", "cell"),
    Added("in cells merged downwards", by(_tall), "beside two questions", "contact_email", "cell"),
    Added("two hundred lines below", by(_many), "line 0", "", "cell"),
    Added(
        "on the first sheet",
        by(lambda book: book.worksheets[0].__setitem__("D4", "read me")),
        "read me",
        "",
        "cell",
    ),
    Added("behind a paragraph of the first sheet", by(_first_paragraph), "Not us", "", "cell"),
    Added(
        "another sheet",
        sheet("Zwei", [["Nummer", "+49 30 1234"], ["Ort", "Ulm"]]),
        "Ulm",
        "",
        "sheet",
    ),
    Added(
        "another sheet before all",
        sheet("Zwei", [["first of all"]], index=0),
        "first of all",
        "",
        "sheet",
    ),
    Added("a hidden sheet", sheet("Zwei", [["hidden word"]], "hidden"), "hidden word", "", "sheet"),
    Added(
        "a very hidden sheet",
        sheet("Zwei", [["deeper word"]], "veryHidden"),
        "deeper word",
        "",
        "sheet",
    ),
    Added(
        "a text box",
        drawn(lambda row: anchored(shape("box words"), row, 5), "phone_number"),
        "box words",
        "phone_number",
        "text_box",
    ),
    Added(
        "a box right of the table",
        drawn(lambda row: anchored(shape("box far"), row, 9), "phone_number"),
        "box far",
        "phone_number",
        "text_box",
    ),
    Added(
        "a box below all",
        drawn(lambda row: anchored(shape("box below"), row + 90, 2), "phone_number"),
        "box below",
        "",
        "text_box",
    ),
    Added(
        "shapes in groups",
        drawn(lambda row: anchored(_group("grouped words"), row, 5), "website"),
        "grouped words",
        "website",
        "text_box",
    ),
    Added(
        "a shape without words",
        drawn(lambda row: anchored(shape(""), row, 4), "website"),
        "",
        "website",
        "text_box",
    ),
    Added(
        "a picture",
        drawn(lambda row: anchored(_PICTURE, row, 4), "contact_name"),
        "",
        "contact_name",
        "picture",
    ),
    Added(
        "ink", drawn(lambda row: anchored(_INK, row, 4), "contact_name"), "", "contact_name", "ink"
    ),
    Added("a header", footer("CONFIDENTIAL HOLD", "oddHeader"), "CONFIDENTIAL HOLD", "", "cell"),
    Added("behind the footer", footer("do not process"), "do not process", "", "cell"),
    Added(
        "a struck word",
        rich("contact_department", [("Sales ", True), ("Support", False)]),
        "Sales",
        "contact_department",
        "struck",
    ),
    Added(
        "a struck answer in pieces",
        rich("contact_department", [("Sal", True), ("es", True)]),
        "Sales",
        "contact_department",
        "struck",
    ),
    Added(
        "a struck cell",
        strike("contact_department"),
        "Customer care",
        "contact_department",
        "struck",
    ),
    Added("a struck statement", strike("ack_charges", 1), "", "ack_charges", "struck"),
    Added(
        "blank, and said in the explanation",
        put("contact_phone", 1, "+44 121 234 5678"),
        "+44 121 234 5678",
        "contact_phone",
        "cell",
        "contact_phone",
    ),
    Added(
        "blank, and said in a comment",
        note("contact_phone", "+44 121 234 5678"),
        "+44 121 234 5678",
        "contact_phone",
        "comment",
        "contact_phone",
    ),
    Added(
        "two things at one question",
        both(note("website", "one"), put("website", 4, "two")),
        "two",
        "website",
        "cell",
    ),
    Added(
        "a sheet called by a request",
        by(lambda book: setattr(book.worksheets[1], "title", "Please hold this")),
        "Please hold this",
        "",
    ),
    Added("words of ours at another place", at_place("H60", "To fill in"), "To fill in"),
    Added(
        "an inline text of a foreign writer",
        part(FORM, lambda old: old.replace(b"</sheetData>", _FOREIGN + b"</sheetData>")),
        "foreign words",
        "",
        "cell",
    ),
)

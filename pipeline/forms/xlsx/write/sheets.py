"""Writes the sheets around the form: what to know before, and the hidden ones."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.content import Content
from pipeline.forms.xlsx.write.guidance import mail_link
from pipeline.forms.xlsx.write.lists import DropDown
from pipeline.forms.xlsx.write.package import clean_text
from pipeline.forms.xlsx.write.style import ACCENT, Look, row_height
from pipeline.model.form import FormKind

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.hyperlink import Hyperlink
    from openpyxl.worksheet.worksheet import Worksheet

_FIRST_LIST_COLUMN = 2


def write_start(sheet: "Worksheet", content: Content, look: Look) -> None:
    """Write the first sheet: what the form is for, what it needs, how to send it, what follows."""
    from openpyxl.utils import quote_sheetname  # noqa: PLC0415 - slow to import
    from openpyxl.worksheet.hyperlink import Hyperlink  # noqa: PLC0415 - slow to import

    kind, texts, address = content.kind, content.texts, content.address
    to = f"{quote_sheetname(texts.words('form_sheet'))}!{content.first_answer}"
    for column, width in zip("AB", at.START_WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    title = sheet["A1"]
    title.value, title.font = texts.form(kind).title, look.title
    sheet.row_dimensions[1].height = 30
    _link(sheet["A2"], texts.words("go_to_form"), look, Hyperlink(ref="A2", location=to))
    sheet.row_dimensions[2].height = 22
    row = 3
    facts = texts.words("facts_first")
    for heading, paragraphs in _sections(kind, texts, address, content.privacy):
        for number, text in enumerate(paragraphs):
            _paragraph(sheet, row, "" if number else heading, text, look)
            if text == texts.words("send_now").format(address=address):
                where = mail_link(address, texts.form(kind).title)
                _link(sheet[f"B{row}"], text, look, where)
            if heading == facts:
                _frame(sheet, row, look, first=not number, last=number == len(paragraphs) - 1)
            row += 1
        sheet.row_dimensions[row].height = 7
        row += 1
    sheet.print_area = f"A1:B{row - 1}"
    sheet.protection.sheet = True
    sheet.protection.formatRows = False
    sheet.protection.formatColumns = False


def _link(cell: "Cell", text: str, look: Look, target: "str | Hyperlink") -> None:
    cell.value, cell.data_type = text, "s"
    cell.hyperlink = target
    cell.font, cell.alignment = look.link, look.wrap if cell.column > 1 else look.flow


def _frame(sheet: "Worksheet", row: int, look: Look, *, first: bool, last: bool) -> None:
    for cell, left in ((sheet[f"A{row}"], True), (sheet[f"B{row}"], False)):
        cell.fill = look.facts_fill
        cell.border = look.frame(left=left, right=not left, top=first, bottom=last)


def _paragraph(sheet: "Worksheet", row: int, heading: str, text: str, look: Look) -> None:
    texts = (clean_text(heading), clean_text(text))
    for column, content in enumerate(texts, 1):
        if content:
            cell = sheet.cell(row, column, content)
            cell.data_type = "s"
            cell.alignment = look.wrap
            cell.font = look.font(bold=True, color=ACCENT) if column == 1 else look.plain
    sheet.row_dimensions[row].height = row_height(tuple(zip(texts, at.START_WIDTHS, strict=True)))


def _sections(
    kind: FormKind, texts: FormTexts, address: str, privacy: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    form = texts.form(kind)
    words = texts.words
    yield words("purpose"), (form.purpose,)
    yield words("other_form"), (form.other_form,)
    if any(question.kind is AnswerKind.TICK for question in FORMS[kind].questions.values()):
        yield (
            words("facts_first"),
            tuple(f"{number}. {fact}" for number, fact in enumerate(texts.facts, 1)),
        )
    yield words("time_needed"), (form.time_needed,)
    yield words("have_at_hand"), tuple(f"•  {item}" for item in form.have_at_hand)
    fill = words("fill_xlsx").format(
        sheet=words("form_sheet"), answer=words("answer"), check=words("check")
    )
    yield (
        words("how_to_fill"),
        (fill, words("fill_required"), words("fill_writing"), words("other_format_xlsx")),
    )
    yield (
        words("how_to_send"),
        (
            words("self_check"),
            words("save_xlsx"),
            words("send").format(address=address),
            words("send_not"),
            words("send_now").format(address=address),
        ),
    )
    yield words("what_next"), (form.what_next, words("code_line"))
    yield words("privacy"), (words("privacy_line").format(privacy=privacy),)


def write_identity(
    book: "Workbook", stamp: Stamp, texts: FormTexts, lists: tuple[DropDown, ...]
) -> None:
    """Write the hidden sheets: which form this is, and the words of the drop-down lists."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - slow to import
    from openpyxl.workbook.defined_name import DefinedName  # noqa: PLC0415 - slow to import

    sheet = book.create_sheet(at.IDENTITY_SHEET)
    sheet.sheet_state = "hidden"
    sheet["A1"] = texts.words("identity_sheet")
    identity = (*stamp.entries, (at.STAMP_PROPERTY, stamp.text))
    for row, (name, value) in enumerate(identity, 2):
        sheet.cell(row, 1, name)
        sheet.cell(row, 2, value).number_format = "@"
    sheet = book.create_sheet(at.LISTS_SHEET)
    sheet.sheet_state = "hidden"
    sheet["A1"] = texts.words("lists_sheet")
    for column, item in enumerate(lists, _FIRST_LIST_COLUMN):
        letter = get_column_letter(column)
        sheet.cell(1, column, item.name)
        for row, word in enumerate(item.words, 2):
            sheet.cell(row, column, word).number_format = "@"
        target = f"'{at.LISTS_SHEET}'!${letter}$2:${letter}${len(item.words) + 1}"
        book.defined_names.add(DefinedName(item.name, attr_text=target))

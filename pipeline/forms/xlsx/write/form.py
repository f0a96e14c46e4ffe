"""Writes a form as a workbook: blank, filled with answers, or filled with some marked."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.content import BOXED, Content
from pipeline.forms.xlsx.write.document import break_pages, describe, set_up_page, standard_font
from pipeline.forms.xlsx.write.guidance import mail_link, prompt, select
from pipeline.forms.xlsx.write.lists import drop_down, drop_downs
from pipeline.forms.xlsx.write.marks import (
    keep_marks,
    mark_cell,
    unmark_when_corrected,
)
from pipeline.forms.xlsx.write.package import finish, looks_like_formula
from pipeline.forms.xlsx.write.sheets import write_identity, write_start
from pipeline.forms.xlsx.write.style import Look, row_height, wrap_lines, wrap_phrases
from pipeline.model.form import Filling, FormKind

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

#: The part of the package that holds the form sheet.
FORM_PART = "xl/worksheets/sheet2.xml"


def build_xlsx(
    kind: FormKind, language: str, filling: Filling | None = None, *, address: str, privacy: str
) -> bytes:
    """Return the form ``kind`` in ``language`` as the bytes of an xlsx file.

    ``filling`` are the answers and marks to put in; ``address`` is where the form is sent to,
    ``privacy`` whom to ask about personal data. Same input, same bytes.
    """
    content = Content(kind, form_texts(language), filling or Filling(), address, privacy)
    return _Writer(content).build()


@dataclass
class _Writer:
    """The making of one workbook."""

    content: Content
    shown: dict[str, str] = field(default_factory=dict)
    free_rows: set[int] = field(default_factory=set)

    @property
    def kind(self) -> FormKind:
        return self.content.kind

    @property
    def texts(self) -> FormTexts:
        return self.content.texts

    @cached_property
    def look(self) -> Look:
        return Look(self.texts.language)

    @property
    def marks(self) -> Mapping[str, tuple[str, ...]]:
        return self.content.marks

    @property
    def widths(self) -> Mapping[str, float]:
        return self.content.widths

    def build(self) -> bytes:
        """Write all sheets and return the finished bytes."""
        from openpyxl import Workbook  # noqa: PLC0415 - slow to import

        book = Workbook()
        start = book.active
        assert start is not None  # noqa: S101 - a new workbook has one sheet
        start.title = self.texts.words("start_sheet")
        sheet = book.create_sheet(self.texts.words("form_sheet"))
        standard_font(book, self.look)
        write_start(start, self.content, self.look)
        self._write_form(book, sheet)
        lists = drop_downs(self.kind, self.texts)
        write_identity(book, self.content.stamp, self.texts, lists)
        keep_marks(book, {name: self.content.mark(name) for name in self.marks})
        describe(book, self.content.stamp, self.texts)
        for page in (start, sheet):
            set_up_page(page, self.content.stamp, self.texts, self.look)
        if self.marks:
            book.active = 1
        out = io.BytesIO()
        book.save(out)
        return finish(
            out.getvalue(),
            sheet=FORM_PART,
            shown=self.shown,
            free_rows=frozenset(self.free_rows),
        )

    # the form sheet

    def _write_form(self, book: "Workbook", sheet: "Worksheet") -> None:
        for column, width in self.widths.items():
            sheet.column_dimensions[column].width = width
        for column in at.HIDDEN:
            sheet.column_dimensions[column].width = 8
            sheet.column_dimensions[column].hidden = True
        self._write_top(sheet)
        rows = self.content.rows
        for row, what, name in rows:
            if what == "question":
                self._write_question(book, sheet, row, name)
            elif what == "group":
                self._write_group(sheet, row, self.texts.group_title(self.kind, name))
            else:
                self._write_line(sheet, row, what, name)
        last = rows[-1][0]
        self._write_formats(sheet, last)
        break_pages(sheet, self.content.starts, last)
        sheet.freeze_panes = f"A{at.HEADER_ROW + 1}"
        select(sheet, self.content.first_cell)
        sheet.print_title_rows = f"{at.HEADER_ROW}:{at.HEADER_ROW}"
        sheet.print_area = f"{at.NUMBER}1:{at.CHECK}{last}"
        self._protect(sheet)

    def _write_top(self, sheet: "Worksheet") -> None:
        words = self.texts.form(self.kind)
        self._text(sheet, "A1", words.title).font = self.look.title
        sheet.row_dimensions[1].height = 27
        wrap = wrap_phrases if self.texts.language == "ja" else wrap_lines
        lines = wrap(words.purpose, sum(self.widths.values()) - 4)
        for row, line in zip((2, 3), (*lines, "")[:2], strict=False):
            self._text(sheet, f"A{row}", line).font = self.look.plain
        top = self._text(sheet, f"A{at.LINE_ROW}", self.content.note)
        top.font = self.look.warning if self.marks else self.look.strong
        left = self._text(sheet, f"A{at.COUNTER_ROW}", self.content.left)
        left.value, left.data_type = self.content.counter.formula, "f"
        left.font, left.alignment = self.look.link, self.look.flow
        self.shown[left.coordinate] = self.content.left
        for row in (2, 3, at.LINE_ROW, at.COUNTER_ROW):
            sheet.row_dimensions[row].height = 17
        heads = ("number", "item", "requirement", "answer", "check")
        pairs = tuple(
            (self.texts.words(head), width)
            for head, width in zip(heads, self.widths.values(), strict=True)
        )
        for column, (text, _) in zip(self.widths, pairs, strict=True):
            cell = self._text(sheet, f"{column}{at.HEADER_ROW}", text)
            cell.font, cell.fill = self.look.header, self.look.header_fill
            cell.alignment, cell.border = self.look.middle, self.look.box
        self._text(sheet, f"{at.KEY}{at.HEADER_ROW}", at.KEY_HEADER)
        sheet.row_dimensions[at.HEADER_ROW].height = row_height(pairs)

    def _write_group(self, sheet: "Worksheet", row: int, title: str) -> None:
        for column in self.widths:
            sheet[f"{column}{row}"].fill = self.look.group_fill
        cell = self._text(sheet, f"{at.NUMBER}{row}", title)
        cell.font = self.look.font(size=12, bold=True)
        cell.alignment = self.look.flow
        sheet.row_dimensions[row].height = 21

    def _write_line(self, sheet: "Worksheet", row: int, what: str, text: str) -> None:
        cell = self._text(sheet, f"{at.LABEL}{row}", text)
        cell.font = self.look.strong if what in {"strong", "box title"} else self.look.plain
        if what == "link":
            cell.hyperlink = mail_link(self.content.address, self.texts.form(self.kind).title)
            cell.font = self.look.link
        cell.alignment = self.look.flow
        sheet.row_dimensions[row].height = 16
        if what in BOXED:
            self._frame(sheet, row, what)

    def _frame(self, sheet: "Worksheet", row: int, what: str) -> None:
        """Draw the part of a frame that goes around the row."""
        after = {place: other for place, other, _ in self.content.rows}.get(row + 1)
        first, last = at.NUMBER, at.CHECK
        if after != "box":
            sheet.row_dimensions[row].height = 18.5
        for column in self.widths:
            cell = sheet[f"{column}{row}"]
            cell.fill = self.look.facts_fill
            cell.border = self.look.frame(
                left=column == first,
                right=column == last,
                top=what == "box title",
                bottom=after != "box",
            )

    def _write_question(self, book: "Workbook", sheet: "Worksheet", row: int, name: str) -> None:
        question = self.content.definition.questions[name]
        found = self.content.question(name, self.content.formula(name))
        for column, text in found.texts.items():
            cell = self._text(sheet, f"{column}{row}", text)
            cell.alignment, cell.border = self.look.wrap, self.look.box
        sheet[f"{at.NUMBER}{row}"].value = self.content.definition.numbers[name]
        sheet[f"{at.LABEL}{row}"].value = self.look.rich(found.label, found.explanation)
        where = f"{at.CHECK}{row}"
        sheet[where].value, sheet[where].data_type = found.check, "f"
        self.shown[where] = found.texts[at.CHECK]
        self._text(sheet, f"{at.KEY}{row}", name)
        self._write_answer(book, sheet, row, name, question)
        sheet.row_dimensions[row].height = found.height
        self.free_rows.add(row)

    def _write_answer(
        self, book: "Workbook", sheet: "Worksheet", row: int, name: str, question: Question
    ) -> None:
        from openpyxl.styles import Protection  # noqa: PLC0415 - slow to import
        from openpyxl.utils import quote_sheetname  # noqa: PLC0415 - slow to import
        from openpyxl.workbook.defined_name import DefinedName  # noqa: PLC0415 - slow to import

        cell = sheet[f"{at.ANSWER}{row}"]
        cell.number_format = "@"
        cell.protection = Protection(locked=False)
        cell.fill = self.look.answer_fill
        target = f"{quote_sheetname(sheet.title)}!${at.ANSWER}${row}"
        book.defined_names.add(DefinedName(at.FIELD_PREFIX + name, attr_text=target))
        self._write_validation(sheet, cell.coordinate, name, question)
        if name in self.marks:
            mark_cell(cell, self.marks[name], self.texts.words("marked_by"), self.look)
            sheet[f"{at.CHECK}{row}"].font = self.look.warning
            unmark_when_corrected(sheet, row, self.content.mark_word, self.look)

    def _write_validation(
        self, sheet: "Worksheet", where: str, name: str, question: Question
    ) -> None:
        from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415 - slow

        title, text = prompt(self.texts, self.kind, name)
        found = drop_down(self.texts, name, question)
        if found:
            rule = DataValidation(
                type="list",
                formula1=found.name,
                allow_blank=True,
                showErrorMessage=found.closed,
                errorStyle="stop",
                errorTitle=self.texts.words("list_title"),
                error=self.texts.words("list_message"),
            )
        elif question.maximum and question.kind is AnswerKind.TEXT:
            rule = DataValidation(
                type="textLength",
                operator="lessThanOrEqual",
                formula1=str(question.maximum),
                allow_blank=True,
                showErrorMessage=True,
                errorStyle="warning",
                errorTitle=self.texts.label(self.kind, name)[:31],
                error=self.texts.words("length_message").format(
                    n=self.texts.number(question.maximum)
                ),
            )
        else:
            rule = DataValidation(allow_blank=True)
        rule.showInputMessage, rule.promptTitle, rule.prompt = True, title, text
        rule.add(where)
        sheet.add_data_validation(rule)

    def _write_formats(self, sheet: "Worksheet", last: int) -> None:
        """Show in colour, beside the words, what is required and empty."""
        from openpyxl.formatting.rule import FormulaRule  # noqa: PLC0415 - slow to import

        first = at.HEADER_ROW + 1
        empty = self.texts.words("check_empty").replace('"', '""')
        sheet.conditional_formatting.add(
            f"{at.ANSWER}{first}:{at.CHECK}{last}",
            FormulaRule(  # type: ignore[no-untyped-call] # the stubs say no more
                formula=[f'${at.CHECK}{first}="{empty}"'],
                fill=self.look.empty_fill,
            ),
        )

    def _protect(self, sheet: "Worksheet") -> None:
        """Lock all but the answers against accidents: without a password, looks may change."""
        protection = sheet.protection
        protection.sheet = True
        protection.formatCells = False
        protection.formatRows = False
        protection.formatColumns = False
        protection.selectLockedCells = False
        protection.selectUnlockedCells = False

    def _text(self, sheet: "Worksheet", where: str, text: str) -> "Cell":
        """Put ``text`` into a cell as a string, whatever it begins with."""
        cell: Cell = sheet[where]
        if text:
            cell.value = text
            cell.data_type = "s"
            cell.quotePrefix = looks_like_formula(text)
        cell.font = self.look.plain
        return cell

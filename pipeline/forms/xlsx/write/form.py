"""Writes a form as a workbook: blank, filled with answers, or filled with some marked."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, FormDefinition, Question
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.checks import check_formula, check_word
from pipeline.forms.xlsx.write.document import break_pages, describe, set_up_page, standard_font
from pipeline.forms.xlsx.write.lists import drop_down, drop_downs, shown_answer
from pipeline.forms.xlsx.write.marks import (
    keep_marks,
    mark_cell,
    mark_formula,
    marked_text,
    unmark_when_corrected,
)
from pipeline.forms.xlsx.write.package import clean_text, finish
from pipeline.forms.xlsx.write.sheets import write_identity, write_start
from pipeline.forms.xlsx.write.style import Look, row_height, wrap_lines
from pipeline.model.form import Filling, FormKind

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_LONG_ROW_LINES = 4
#: Bold text needs more room: how much of a column's width is left for it.
_BOLD = 0.9
_FORM_PART = "xl/worksheets/sheet2.xml"


def build_xlsx(
    kind: FormKind, language: str, filling: Filling | None = None, *, address: str, privacy: str
) -> bytes:
    """Return the form ``kind`` in ``language`` as the bytes of an xlsx file.

    ``filling`` are the answers and marks to put in; ``address`` is where the form is sent to,
    ``privacy`` whom to ask about personal data. Same input, same bytes.
    """
    return _Writer(kind, form_texts(language), filling or Filling(), address, privacy).build()


@dataclass
class _Writer:
    """The making of one workbook."""

    kind: FormKind
    texts: FormTexts
    filling: Filling
    address: str
    privacy: str
    shown: dict[str, str] = field(default_factory=dict)
    free_rows: set[int] = field(default_factory=set)

    @cached_property
    def definition(self) -> FormDefinition:
        return FORMS[self.kind]

    @cached_property
    def look(self) -> Look:
        return Look(self.texts.language)

    @cached_property
    def stamp(self) -> Stamp:
        return Stamp(self.kind, self.definition.version, self.texts.language)

    @cached_property
    def answers(self) -> Mapping[str, str]:
        known = self.definition.questions
        return {name: text for name, text in self.filling.answers if name in known and text}

    @cached_property
    def marks(self) -> Mapping[str, tuple[str, ...]]:
        known = self.definition.questions
        return {name: lines for name, lines in self.filling.marks if name in known}

    @property
    def mark_word(self) -> str:
        """What the check column says first at a marked answer."""
        return self.texts.words("proposed_mark" if self.filling.to_check else "check_mark")

    @property
    def widths(self) -> Mapping[str, float]:
        return at.MARKED_WIDTHS if self.marks else at.WIDTHS

    def build(self) -> bytes:
        """Write all sheets and return the finished bytes."""
        from openpyxl import Workbook  # noqa: PLC0415 - slow to import

        book = Workbook()
        start = book.active
        assert start is not None  # noqa: S101 - a new workbook has one sheet
        start.title = self.texts.words("start_sheet")
        sheet = book.create_sheet(self.texts.words("form_sheet"))
        standard_font(book, self.look)
        write_start(
            start, self.kind, self.texts, self.look, address=self.address, privacy=self.privacy
        )
        self._write_form(book, sheet)
        lists = drop_downs(self.kind, self.texts)
        write_identity(book, self.stamp, self.texts, lists)
        keep_marks(book, {name: self._mark(name) for name in self.marks})
        describe(book, self.stamp, self.texts)
        for page in (start, sheet):
            set_up_page(page, self.stamp, self.texts, self.look)
        if self.marks:
            book.active = 1
        out = io.BytesIO()
        book.save(out)
        return finish(
            out.getvalue(),
            sheet=_FORM_PART,
            shown=self.shown,
            free_rows=frozenset(self.free_rows),
        )

    # the form sheet

    def _write_form(self, book: "Workbook", sheet: "Worksheet") -> None:
        for column, width in self.widths.items():
            sheet.column_dimensions[column].width = width
        sheet.column_dimensions[at.KEY].width = 8
        sheet.column_dimensions[at.KEY].hidden = True
        self._write_top(sheet)
        rows = self._rows()
        cells = {name: f"{at.ANSWER}{row}" for row, what, name in rows if what == "question"}
        for row, what, name in rows:
            if what == "question":
                self._write_question(book, sheet, row, name, cells)
            elif what == "group":
                self._write_group(sheet, row, self.texts.group_title(name))
            else:
                self._write_line(sheet, row, name, strong=what == "strong")
        last = rows[-1][0]
        self._write_formats(sheet, last)
        break_pages(sheet, frozenset(row for row, what, _ in rows if what == "group"), last)
        sheet.freeze_panes = f"A{at.HEADER_ROW + 1}"
        sheet.print_title_rows = f"{at.HEADER_ROW}:{at.HEADER_ROW}"
        sheet.print_area = f"{at.NUMBER}1:{at.CHECK}{last}"
        self._protect(sheet)

    def _rows(self) -> list[tuple[int, str, str]]:
        """Return (row, what stands there, its name or text) of everything below the header."""
        return [
            (row, what, name) for row, (what, name) in enumerate(self._content(), at.HEADER_ROW + 1)
        ]

    def _content(self) -> Iterator[tuple[str, str]]:
        for group in self.definition.groups:
            questions = self.definition.group(group)
            yield "group", group
            if any(question.kind is AnswerKind.TICK for _, question in questions):
                yield "strong", self.texts.words("facts_title")
                for number, fact in enumerate(self.texts.facts, 1):
                    yield from self._lines(f"{number}. {fact}")
            for name, _ in questions:
                yield "question", name
        yield "line", ""
        yield "strong", self.texts.words("self_check")
        for text in (
            self.texts.words("save_xlsx"),
            self.texts.words("send").format(address=self.address),
            self.texts.words("send_not"),
            self.texts.words("privacy_line").format(privacy=self.privacy),
        ):
            yield from self._lines(text)
        yield "line", self.texts.words("identity").format(stamp=self.stamp.text)

    def _lines(self, text: str) -> Iterator[tuple[str, str]]:
        room = sum(self.widths.values()) - self.widths[at.NUMBER] - 6
        for line in wrap_lines(clean_text(text), room):
            yield "line", line

    def _write_top(self, sheet: "Worksheet") -> None:
        words = self.texts.form(self.kind)
        self._text(sheet, "A1", words.title).font = self.look.title
        sheet.row_dimensions[1].height = 27
        lines = wrap_lines(words.purpose, sum(self.widths.values()) - 6)
        for row, line in zip((2, 3), (*lines, "")[:2], strict=False):
            self._text(sheet, f"A{row}", line).font = self.look.plain
        note = self.texts.words("fill_required")
        if self.marks:
            key = "proposed_note" if self.filling.to_check else "marked_note"
            note = self.texts.words(key).format(count=len(self.marks))
        top = self._text(sheet, f"A{at.LINE_ROW}", note)
        top.font = self.look.warning if self.marks else self.look.strong
        for row in (2, 3, at.LINE_ROW):
            sheet.row_dimensions[row].height = 17
        heads = ("number", "item", "requirement", "answer", "explanation", "check")
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

    def _write_line(self, sheet: "Worksheet", row: int, text: str, *, strong: bool) -> None:
        cell = self._text(sheet, f"{at.LABEL}{row}", text)
        cell.font = self.look.strong if strong else self.look.plain
        cell.alignment = self.look.flow
        sheet.row_dimensions[row].height = 18

    def _write_question(
        self,
        book: "Workbook",
        sheet: "Worksheet",
        row: int,
        name: str,
        cells: Mapping[str, str],
    ) -> None:
        question = self.definition.questions[name]
        texts, kind = self.texts, self.kind
        check = check_formula(self.definition, texts, name, cells)
        shown = check_word(self.definition, texts, name, self.answers)
        if name in self.marks:
            check = mark_formula([*self.marks].index(name), cells[name], check)
            _, shown = self._mark(name)
        short = bool(self.marks) and name not in self.marks and name in self.answers
        content = {
            at.NUMBER: str(self.definition.numbers[name]),
            at.LABEL: texts.label(kind, name),
            at.REQUIREMENT: texts.requirement(kind, name),
            at.ANSWER: self._answer(name, question),
            at.EXPLANATION: texts.explanation(kind, name, short=short),
            at.CHECK: shown,
        }
        for column, text in content.items():
            cell = self._text(sheet, f"{column}{row}", text)
            cell.font = self.look.muted if column == at.EXPLANATION else self.look.plain
            cell.alignment, cell.border = self.look.middle, self.look.box
        sheet[f"{at.NUMBER}{row}"].value = self.definition.numbers[name]
        sheet[f"{at.LABEL}{row}"].font = self.look.strong
        where = f"{at.CHECK}{row}"
        sheet[where].value, sheet[where].data_type = check, "f"
        self.shown[where] = shown
        self._text(sheet, f"{at.KEY}{row}", name)
        self._write_answer(book, sheet, row, name, question)
        sheet.row_dimensions[row].height = row_height(
            tuple(
                (text, self.widths[column] * (_BOLD if column in at.BOLD else 1))
                for column, text in content.items()
            ),
            at_least=_LONG_ROW_LINES if question.long else 1,
        )
        self.free_rows.add(row)

    def _mark(self, name: str) -> tuple[str, str]:
        """Return the marked answer as it is shown, and the text of its mark."""
        answer = self._answer(name, self.definition.questions[name])
        return answer, marked_text(self.mark_word, self.marks[name])

    def _answer(self, name: str, question: Question) -> str:
        text = shown_answer(self.texts, name, question, self.answers.get(name, ""))
        return clean_text(text)

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
            unmark_when_corrected(sheet, row, self.mark_word, self.look)

    def _write_validation(
        self, sheet: "Worksheet", where: str, name: str, question: Question
    ) -> None:
        from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415 - slow

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
            return
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
                formula=[
                    f'AND(${at.CHECK}{first}="{empty}",COLUMN()<>COLUMN(${at.EXPLANATION}{first}))'
                ],
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
            cell.quotePrefix = text[:1] in tuple("=+-@'")
        cell.font = self.look.plain
        return cell

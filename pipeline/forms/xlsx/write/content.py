"""What stands in a form as a workbook: texts, formulas and heights, before any file is made.

The writer of whole workbooks and the one that patches prepared ones share it, so that both say the
same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, FormDefinition, Question
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.checks import check_formula, check_word
from pipeline.forms.xlsx.write.counter import Counter
from pipeline.forms.xlsx.write.lists import shown_answer
from pipeline.forms.xlsx.write.marks import mark_formula, marked_text
from pipeline.forms.xlsx.write.package import clean_text
from pipeline.forms.xlsx.write.style import (
    height_of,
    measured,
    own_measured,
    wrap_lines,
    wrap_phrases,
)
from pipeline.model.form import Filling, FormKind

#: The lines of a box, by the most characters that its answer may have.
_ROWS_OF_BOX = ((600, 6), (300, 4), (0, 3))
#: Bold text needs more room: how much of a column's width is left for it.
_BOLD = 0.9
#: The columns whose text is the customer's, or tells of it.
_THEIRS = frozenset({at.ANSWER, at.CHECK})
#: The shares of a column's width by which it is told whether a text fits in other fonts.
_WIDER, _TIGHTER = 1.2, 0.95
#: What stands in a frame.
BOXED = frozenset({"box title", "box"})


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One question as its row shows it.

    ``texts`` are the texts by column, of the check column what ``check``, its formula, results in.
    What stands in the label's column is the ``label``, and its ``explanation`` below.
    """

    texts: Mapping[str, str]
    label: str
    explanation: str
    check: str
    height: float


@dataclass(frozen=True)
class Content:
    """The content of one workbook."""

    kind: FormKind
    texts: FormTexts
    filling: Filling
    address: str
    privacy: str

    @cached_property
    def definition(self) -> FormDefinition:
        """The questions."""
        return FORMS[self.kind]

    @cached_property
    def stamp(self) -> Stamp:
        """What the file says of itself."""
        return Stamp(self.kind, self.definition.version, self.texts.language)

    @cached_property
    def answers(self) -> Mapping[str, str]:
        """The answers to questions of this form."""
        known = self.definition.questions
        return {name: text for name, text in self.filling.answers if name in known and text}

    @cached_property
    def marks(self) -> Mapping[str, tuple[str, ...]]:
        """The sentences at answers to questions of this form."""
        known = self.definition.questions
        return {name: lines for name, lines in self.filling.marks if name in known}

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The places of the marks on the hidden sheet, counted from 0."""
        return {name: position for position, name in enumerate(self.marks)}

    @cached_property
    def mark_word(self) -> str:
        """What the check column says first at a marked answer."""
        return self.texts.words("proposed_mark" if self.filling.to_check else "check_mark")

    @property
    def note(self) -> str:
        """The line above the table."""
        if not self.marks:
            return self.texts.words("fill_required")
        key = "proposed_note" if self.filling.to_check else "marked_note"
        return self.texts.words(key).format(count=len(self.marks))

    @property
    def widths(self) -> Mapping[str, float]:
        """The widths of the columns."""
        return at.MARKED_WIDTHS if self.marks else at.WIDTHS

    @cached_property
    def rows(self) -> tuple[tuple[int, str, str], ...]:
        """Row, what stands there, and its name or text, of everything below the header."""
        return tuple(
            (row, what, name) for row, (what, name) in enumerate(self._content(), at.HEADER_ROW + 1)
        )

    @cached_property
    def cells(self) -> Mapping[str, str]:
        """The answer cells by field, such as ``D12``."""
        return {name: f"{at.ANSWER}{row}" for row, what, name in self.rows if what == "question"}

    @cached_property
    def starts(self) -> Mapping[int, int]:
        """The rows of headings and frames, and the last row that a page must hold with each."""
        found: dict[int, int] = {}
        first = 0
        for row, what, _ in self.rows:
            if what == "group" and first:
                found[first], first = row - 1, row
            elif what == "group" or what in BOXED:
                first = first or row
            elif first:
                found[first], first = row, 0
        return found

    @cached_property
    def counter(self) -> Counter:
        """How many answers are left."""
        rows = [int(cell.removeprefix(at.ANSWER)) for cell in self.cells.values()]
        mark = self.mark_word if self.marks and not self.filling.to_check else ""
        return Counter(self.texts, min(rows), max(rows), mark)

    @property
    def left(self) -> str:
        """The line above the table before it is computed."""
        empty, mark = self.texts.words("check_empty"), self.counter.mark
        shown = [self._shown_check(name) for name in self.cells]
        count = sum(text == empty or (bool(mark) and text.startswith(mark)) for text in shown)
        return self.counter.shown(count)

    @property
    def first_answer(self) -> str:
        """The cell of the first answer."""
        return next(iter(self.cells.values()))

    @property
    def first_cell(self) -> str:
        """The cell of the first marked answer, or of the first of all."""
        marked = (cell for name, cell in self.cells.items() if name in self.marks)
        return next(marked, self.first_answer)

    @cached_property
    def has_facts(self) -> bool:
        """Whether the form asks to confirm what cannot be undone."""
        questions = self.definition.questions.values()
        return any(question.kind is AnswerKind.TICK for question in questions)

    def _content(self) -> Iterator[tuple[str, str]]:
        if self.has_facts:
            yield from self._facts("facts_first")
        for group in self.definition.groups:
            questions = self.definition.group(group)
            yield "group", group
            if any(question.kind is AnswerKind.TICK for _, question in questions):
                yield from self._facts("facts_title")
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
            yield from self._lines(text, "line")
        yield "link", self.texts.words("send_now").format(address=self.address)
        yield "line", self.texts.words("identity").format(stamp=self.stamp.text)

    def _facts(self, title: str) -> Iterator[tuple[str, str]]:
        yield "box title", self.texts.words(title)
        for number, fact in enumerate(self.texts.facts, 1):
            yield from self._lines(f"{number}. {fact}", "box")

    def _lines(self, text: str, what: str) -> Iterator[tuple[str, str]]:
        room = sum(self.widths.values()) - self.widths[at.NUMBER] - 4
        wrap = wrap_phrases if self.texts.language == "ja" else wrap_lines
        for line in wrap(clean_text(text), room):
            yield what, line

    def formula(self, name: str) -> str:
        """Return the formula that checks the answer ``name`` when it is not marked."""
        return check_formula(self.definition, self.texts, name, self.cells)

    def question(self, name: str, formula: str) -> QuestionRow:
        """Return the row of ``name``; ``formula`` checks its answer when it is not marked."""
        texts, kind = self.texts, self.kind
        check = formula
        if name in self.marks:
            check = mark_formula(self.positions[name], self.cells[name], formula)
        label = texts.label(kind, name)
        explanation = self._flowing(texts.explanation(kind, name, short=self.is_short(name)))
        content = {
            at.NUMBER: str(self.definition.numbers[name]),
            at.LABEL: f"{label}\n{explanation}",
            at.REQUIREMENT: texts.requirement(kind, name),
            at.ANSWER: self.answer(name),
            at.CHECK: self._shown_check(name),
        }
        height = self._height(self.definition.questions[name], content, label)
        return QuestionRow(content, label, explanation, check, height)

    def _flowing(self, text: str) -> str:
        """Return ``text`` in one paragraph where its last part fits on the last line of the first.

        It must fit in fonts that are a little wider, and narrower, than the one that was measured.
        """
        above, gap, _ = text.partition("\n")
        if not gap:
            return text
        room, flowing = self.widths[at.LABEL], text.replace("\n", self.texts.words("gap"))
        least, most = (
            own_measured(above, room * _WIDER)[0],
            own_measured(flowing, room * _TIGHTER)[0],
        )
        return flowing if most <= least else text

    def _shown_check(self, name: str) -> str:
        """Return what the formula of the check column results in."""
        if name in self.marks:
            return self.mark(name)[1]
        return check_word(self.definition, self.texts, name, self.answers)

    def _height(self, question: Question, content: Mapping[str, str], label: str) -> float:
        above, wide = own_measured(label, self.widths[at.LABEL] * _BOLD)
        below, wider = own_measured(
            content[at.LABEL].removeprefix(label).lstrip("\n"), self.widths[at.LABEL]
        )
        others = (
            (measured if column in _THEIRS else own_measured)(text, self.widths[column])
            for column, text in content.items()
            if column != at.LABEL
        )
        box = next(
            (rows for most, rows in _ROWS_OF_BOX if question.long and question.maximum > most), 1
        )
        return height_of(((above + below, wide or wider), *others), at_least=box)

    def is_short(self, name: str) -> bool:
        """Return whether the explanation gives way to those of the answers to be corrected."""
        return bool(self.marks) and name not in self.marks and name in self.answers

    def mark(self, name: str) -> tuple[str, str]:
        """Return the marked answer as it is shown, and the text of its mark."""
        return self.answer(name), marked_text(self.mark_word, self.marks[name])

    def answer(self, name: str) -> str:
        """Return the answer ``name`` as its cell holds it."""
        question = self.definition.questions[name]
        text = shown_answer(self.texts, name, question, self.answers.get(name, ""))
        return clean_text(text)

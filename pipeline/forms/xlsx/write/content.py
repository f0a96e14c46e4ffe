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
from pipeline.forms.xlsx.write.lists import shown_answer
from pipeline.forms.xlsx.write.marks import mark_formula, marked_text
from pipeline.forms.xlsx.write.package import clean_text
from pipeline.forms.xlsx.write.style import height_of, measured, own_measured, wrap_lines
from pipeline.model.form import Filling, FormKind

_LONG_ROW_LINES = 4
#: Bold text needs more room: how much of a column's width is left for it.
_BOLD = 0.9
#: The columns whose text is the customer's, or tells of it.
_THEIRS = frozenset({at.ANSWER, at.CHECK})


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One question as its row shows it.

    ``texts`` are the texts by column, of the check column what ``check``, its formula, results in.
    """

    texts: Mapping[str, str]
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
    def starts(self) -> frozenset[int]:
        """The rows of headings."""
        return frozenset(row for row, what, _ in self.rows if what == "group")

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

    def formula(self, name: str) -> str:
        """Return the formula that checks the answer ``name`` when it is not marked."""
        return check_formula(self.definition, self.texts, name, self.cells)

    def question(self, name: str, formula: str) -> QuestionRow:
        """Return the row of ``name``; ``formula`` checks its answer when it is not marked."""
        question = self.definition.questions[name]
        texts, kind = self.texts, self.kind
        marked = name in self.marks
        if marked:
            check = mark_formula(self.positions[name], self.cells[name], formula)
            _, shown = self.mark(name)
        else:
            check, shown = formula, check_word(self.definition, texts, name, self.answers)
        content = {
            at.NUMBER: str(self.definition.numbers[name]),
            at.LABEL: texts.label(kind, name),
            at.REQUIREMENT: texts.requirement(kind, name),
            at.ANSWER: self.answer(name),
            at.EXPLANATION: texts.explanation(kind, name, short=self.is_short(name)),
            at.CHECK: shown,
        }
        return QuestionRow(content, check, self._height(question, content))

    def _height(self, question: Question, content: Mapping[str, str]) -> float:
        sizes = (
            (measured if column in _THEIRS else own_measured)(
                text, self.widths[column] * (_BOLD if column in at.BOLD else 1)
            )
            for column, text in content.items()
        )
        return height_of(sizes, at_least=_LONG_ROW_LINES if question.long else 1)

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

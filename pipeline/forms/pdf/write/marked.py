"""Puts a copy together from the parts of its form: answers, frames, sentences, pages.

Sentences and boxes that grow move what follows them, so a copy has pages of its own. What is
printed is what the blank prints (``form.css``), but for its introduction where answers are marked:
it is known by then.
"""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.fonts import shows_all
from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.values import without_surrogates
from pipeline.forms.pdf.write.appearance import Painter
from pipeline.forms.pdf.write.assembly import Assembly
from pipeline.forms.pdf.write.drawing import (
    BOX_LINE,
    MARK_INDENT,
    NOTE_INDENT,
    NOTE_PADDING,
    QUESTION_END,
    Drawing,
    Fixed,
    Item,
    Note,
    Question,
    Words,
)
from pipeline.forms.pdf.write.fill import Filler, answers_of, drawn
from pipeline.forms.pdf.write.finish import MULTILINE
from pipeline.forms.pdf.write.layout import BESIDE, BOXES_OF_TEXT, box_of, identity, page_text
from pipeline.forms.pdf.write.objects import Copy
from pipeline.forms.pdf.write.prepared import Field, Parts, Sheet
from pipeline.forms.pdf.write.printing import (
    LEFT,
    MARK,
    MM,
    NOTE,
    RIGHT,
    ROOM,
    WIDTH,
    Printer,
    sentence,
)
from pipeline.forms.pdf.write.stacking import Part, stacked
from pipeline.forms.pdf.write.typesetting.faces import Faces
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.model.form import Filling

#: The room above parts, by the first word of their names, and what is bound to the part below it.
_GAPS = {"intro": 3 * MM, "title": 2 * MM, "facts": 3 * MM, "send": 3 * MM}
_BOUND = frozenset({"title", "facts"})
_HEADER, _INTRO = "header", "intro"
_BELOW_HEADER, _NOTE_GAP, _MARK_GAP = 3 * MM, 2 * MM, 1 * MM
_NOTE_ROOM = WIDTH - NOTE_INDENT - 3 * MM
_TALLEST_BOX = 100 * MM
#: The room around a box that has moved below its row.
_MOVED = 1 * MM
_DIGITS = "0123456789"


def marked_copy(parts: Parts, stamp: Stamp, filling: Filling) -> bytes:
    """Return the form in ``parts`` with the answers of ``filling`` and its marks.

    Same input, same bytes. Marks and answers of other forms are left out.
    """
    texts = form_texts(stamp.language)
    answers, marks = answers_of(stamp, filling), known_marks(stamp, filling)
    notes = [sentence(note) for note in _notes(texts, filling, len(marks))]
    printed = {name: sentence(" ".join(sentences)) for name, sentences in marks.items()}
    word, footer = texts.words("check_mark"), texts.form(stamp.kind).footer
    shown = [footer, identity(texts, stamp.text), page_text(texts, 0, 0), _DIGITS]
    copy = Copy(parts.stock)
    texts_shown = [*drawn(stamp, answers), *shown, *notes, *printed.values()]
    faces = Faces(copy, texts_shown, bold=word)
    printer = Printer(faces, stamp.language)
    sizes = _Sizes(stamp, answers, printed, printer, word)
    sheets = [sheet for sheet in parts.sheets if not (marks and sheet.name == _INTRO)]
    items = [item for sheet in sheets for item in sizes.items(sheet, notes)]
    places = stacked([item.part for item in items], ROOM)
    drawing = Drawing(
        copy=copy,
        assembly=Assembly(copy, parts),
        printer=printer,
        filler=Filler(copy, faces, stamp, answers),
        words=Words(
            word,
            {name: texts.label(stamp.kind, name) for name in marks},
            {name: "\n".join(sentences) for name, sentences in marks.items()},
        ),
    )
    drawing.draw(items, places)
    drawing.add_footers(footer, identity(texts, stamp.text), texts)
    drawing.add_hidden(parts.hidden)
    fields = [sheet.field for sheet in parts.sheets if sheet.field]
    return drawing.assembly.finished(faces.resources, [*fields, *parts.hidden])


def known_marks(stamp: Stamp, filling: Filling) -> Mapping[str, tuple[str, ...]]:
    """Return the sentences at the answers of the form that are marked."""
    questions = FORMS[stamp.kind].questions
    return {
        name: tuple(map(without_surrogates, sentences))
        for name, sentences in filling.marks
        if name in questions
    }


def _notes(texts: FormTexts, filling: Filling, count: int) -> list[str]:
    """Return what stands above the questions of a copy with ``count`` marks."""
    found = [texts.words("marked_note_pdf").replace("{count}", str(count))] if count else []
    if not all(shows_all(text) for _, text in filling.answers):
        found.append(texts.words("unshown_note"))
    return found


class _Sizes:
    """Tells how high the parts of a copy are, and breaks its sentences into lines."""

    def __init__(
        self,
        stamp: Stamp,
        answers: Mapping[str, str],
        marks: Mapping[str, str],
        printer: Printer,
        word: str,
    ) -> None:
        self._questions = FORMS[stamp.kind].questions
        self._answers, self._marks = answers, marks
        self._printer, self._word = printer, word

    def items(self, sheet: Sheet, notes: list[str]) -> list[Item]:
        """Return what ``sheet`` is in the copy; ``notes`` stand below the header."""
        if sheet.field is not None:
            return [self._question(sheet, sheet.field)]
        kind = sheet.name.partition("-")[0]
        part = Part(sheet.top - sheet.bottom, _GAPS.get(kind, 0), kind in _BOUND)
        if kind != _HEADER:
            return [Fixed(part, sheet)]
        below = list(map(self._note, notes))
        below[:1] = [replace(one, part=replace(one.part, gap=_BELOW_HEADER)) for one in below[:1]]
        return [Fixed(part, sheet), *below]

    def _note(self, note: str) -> Note:
        lines = self._printer.lines(note, NOTE, _NOTE_ROOM)
        return Note(Part(2 * NOTE_PADDING + len(lines) * NOTE.leading, _NOTE_GAP), lines)

    def _question(self, sheet: Sheet, field: Field) -> Question:
        question = self._questions[field.name]
        draws_box = box_of(question) in BOXES_OF_TEXT
        edges, more = self._box(sheet, field) if draws_box else (field.edges, 0.0)
        height = sheet.top - sheet.bottom + more
        if field.name not in self._marks:
            return Question(Part(height), sheet, field, (), edges, draws_box)
        text, room = self._marks[field.name], WIDTH - MARK_INDENT
        lines = self._printer.lines(text, MARK, room, bold=self._word)
        part = Part(
            height + _MARK_GAP,
            lines=len(lines),
            line_height=MARK.leading,
            end=QUESTION_END,
        )
        return Question(part, sheet, field, lines, edges, draws_box)

    def _box(self, sheet: Sheet, field: Field) -> tuple[Edges, float]:
        """Return where the box of an answer is on its sheet, and how much higher that gets.

        An answer that is too long for a box beside its label gets one below, as wide as the page.
        """
        answer, painter = self._answers.get(field.name, ""), Painter(self._printer.faces)
        question, (left, bottom, right, top) = self._questions[field.name], field.edges
        lines = bool(field.flags & MULTILINE)
        if not answer or painter.fits(answer, right - left, top - bottom, lines=lines):
            return field.edges, 0.0
        if box_of(question) != BESIDE:
            height = min(painter.height(answer, right - left), _TALLEST_BOX)
            return (left, top - height, right, top), bottom - top + height
        left, right = LEFT + MARK_INDENT + BOX_LINE, RIGHT - BOX_LINE
        height = min(painter.height(answer, right - left), _TALLEST_BOX)
        top = sheet.bottom + QUESTION_END - BOX_LINE
        return (left, top - height, right, top), height + _MOVED

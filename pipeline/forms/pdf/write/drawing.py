"""Draws the parts of a marked copy where they stand; writes their fields, marks and elements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.signs import MARK_TAG
from pipeline.forms.pdf.write.annotations import Marked
from pipeline.forms.pdf.write.assembly import Assembly, Page
from pipeline.forms.pdf.write.fill import Filler
from pipeline.forms.pdf.write.layout import page_text
from pipeline.forms.pdf.write.objects import Copy, rectangle
from pipeline.forms.pdf.write.prepared import Field, Sheet
from pipeline.forms.pdf.write.printing import (
    LEFT,
    MARK,
    MM,
    NOTE,
    PAGE_HEIGHT,
    TOP,
    WIDTH,
    Printer,
    artifact,
    block,
)
from pipeline.forms.pdf.write.stacking import Part, Place
from pipeline.forms.texts import FormTexts

NOTE_PADDING, _NOTE_RULE = 1.2 * MM, 3.0
NOTE_INDENT = _NOTE_RULE + 3 * MM
MARK_INDENT = 7 * MM
#: What a question has below its sentences: its padding and its line.
_QUESTION_LINE = 0.5
QUESTION_END = 0.8 * MM + _QUESTION_LINE
BOX_LINE = 0.75
_RED, _PINK, _RULE = "0.55 0.08 0.08", "0.992 0.941 0.937", "0.76 0.82 0.84"
_BOX_GROUND, _BOX_FRAME = "0.965 0.98 0.984", "0.36 0.46 0.51"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A part of the form that is the same in every copy."""

    part: Part
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Question:
    """A question: the ``lines`` of its sentences, and its box.

    ``edges`` are those on its sheet. Boxes for text are left out of their parts: ``draws_box``.
    """

    part: Part
    sheet: Sheet
    field: Field
    lines: Sequence[str]
    edges: Edges
    draws_box: bool


@dataclass(frozen=True, slots=True)
class Note:
    """What is said above the questions."""

    part: Part
    lines: Sequence[str]


Item = Fixed | Question | Note


@dataclass(frozen=True, slots=True)
class Words:
    """What marks say: the ``word`` at each of them; labels and sentences by their fields."""

    word: str
    labels: Mapping[str, str]
    sentences: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One copy in the making."""

    copy: Copy
    assembly: Assembly
    printer: Printer
    filler: Filler
    words: Words

    def draw(self, items: Sequence[Item], places: Iterable[Place]) -> None:
        """Draw ``items`` at ``places``, from the first page on."""
        shares: dict[int, list[Place]] = {}
        for place in places:
            self.assembly.page(place.page)
            shares.setdefault(place.part, []).append(place)
        for index, item in enumerate(items):
            first = shares[index][0]
            page, top = self.assembly.page(first.page), _top(first)
            match item:
                case Note():
                    self._add_note(item, page, top, first.height)
                    continue
                case Question():
                    self._add_question(item, shares[index])
                case Fixed():
                    self.assembly.add_content(page, item.sheet, top - item.sheet.top)
                    self.assembly.add_elements(item.sheet, page)
                    self.assembly.add_links(item.sheet, page, top - item.sheet.top)
            self.assembly.add_bookmarks(item.sheet.index, page, top)

    def add_footers(self, title: str, stamp: str, texts: FormTexts) -> None:
        """Print the footer of each page."""
        pages = self.assembly.pages
        for index, page in enumerate(pages, 1):
            number = page_text(texts, index, len(pages))
            page.operators += self.printer.footer(title, stamp, number)

    def add_hidden(self, fields: Iterable[Field]) -> None:
        """Write the hidden fields at the end of the last page."""
        page = self.assembly.pages[-1]
        for field in fields:
            self._add_field(field, page, field.edges)

    def _add_field(self, field: Field, page: Page, edges: Edges, words: Sequence[str] = ()) -> None:
        size = edges[2] - edges[0], edges[3] - edges[1]
        body = self.filler.widget(field, page.number, rectangle(edges), size, words=words)
        self.copy.put(field.number, body)
        page.widgets.append(field.number)

    def _add_question(self, item: Question, places: Sequence[Place]) -> None:
        sheet, first = item.sheet, places[0]
        page, shift = self.assembly.page(first.page), _top(first) - item.sheet.top
        left, bottom, right, top = item.edges
        edges = left, bottom + shift, right, top + shift
        paragraph = self.copy.reserve() if item.lines else None
        marks = []
        for place in places:
            where, height = self.assembly.page(place.page), _top(place)
            if item.lines:
                ground = block(_PINK, LEFT, height - place.height, WIDTH, place.height)
                where.operators += artifact(ground)
            if place.begins:
                self.assembly.add_content(where, sheet, shift)
                where.operators += _box(edges) if item.draws_box else b""
            if paragraph is not None and place.last > place.first:
                marks.append((where, self._add_sentences(item, place, where, paragraph)))
            if place.ends:
                bottom = height - place.height
                where.operators += artifact(block(_RULE, LEFT, bottom, WIDTH, _QUESTION_LINE))
        self._add_field(item.field, page, edges, [self.words.word] if item.lines else [])
        if paragraph is None:
            self.assembly.add_elements(sheet, page)
            return
        annotated = self._annotate(item.field, page, edges, sheet.holder.number)
        self.assembly.add_elements(sheet, page, annotated, paragraph)
        self.assembly.add_paragraph(paragraph, marks, sheet.topmost.number)

    def _add_sentences(self, item: Question, place: Place, page: Page, paragraph: int) -> int:
        """Print the sentences that stand at ``place``; return the number of the marked content."""
        part = item.part
        top = _top(place) - (part.height - part.end if place.begins else 0)
        word = "" if place.first else self.words.word
        lines = item.lines[place.first : place.last]
        mark = self.assembly.new_mark(page, paragraph)
        shown = self.printer.paragraph(lines, MARK, LEFT + MARK_INDENT, top, word)
        page.operators += _said(mark, shown)
        return mark

    def _annotate(self, field: Field, page: Page, edges: Edges, holder: int) -> list[int]:
        words = self.words
        meaning = f"{words.word} – {words.labels[field.name]}"
        marked = Marked(field.name, edges, page.number, meaning, words.sentences[field.name])
        return self.assembly.add_marked(marked, page, holder)

    def _add_note(self, item: Note, page: Page, top: float, height: float) -> None:
        page.operators += artifact(block(_RED, LEFT, top - height, _NOTE_RULE, height))
        element = self.copy.reserve()
        mark = self.assembly.new_mark(page, element)
        shown = self.printer.paragraph(item.lines, NOTE, LEFT + NOTE_INDENT, top - NOTE_PADDING)
        page.operators += _said(mark, shown)
        self.assembly.add_paragraph(element, [(page, mark)])


def _top(place: Place) -> float:
    """Return the upper edge of a place, in points above the lower edge of its page."""
    return PAGE_HEIGHT - TOP - place.top


def _box(edges: Edges) -> bytes:
    """Return what draws the box of several lines around a field."""
    left, bottom, right, top = edges
    wide, high = right - left, top - bottom
    outer = (left - BOX_LINE, bottom - BOX_LINE, wide + 2 * BOX_LINE, high + 2 * BOX_LINE)
    around, within = (
        " ".join(f"{length:.2f}" for length in shape)
        for shape in (outer, (left, bottom, wide, high))
    )
    # the line is filled and not drawn: viewers make thin lines as thick as they like
    frame = f"{_BOX_FRAME} rg {around} re {within} re f*"
    return artifact(f"q {_BOX_GROUND} rg {around} re f {frame} Q")


def _said(mark: int, shown: str) -> bytes:
    """Return ``shown`` as a paragraph that is known as ours."""
    return f"/{MARK_TAG} BMC /P<</MCID {mark}>>BDC {shown} EMC EMC\n".encode()

"""Puts a marked copy together from the parts of its form: answers, frames, sentences, pages.

The sentences move what follows them, so a copy has pages of its own. What is printed is what the
blank prints (``form.css``), but for its introduction, which is known by then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.fonts import shows_all
from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.signs import MARK_TAG
from pipeline.forms.pdf.values import without_surrogates
from pipeline.forms.pdf.write.annotations import Marked, annotate
from pipeline.forms.pdf.write.appearance import Painter
from pipeline.forms.pdf.write.assembly import Assembly, Page
from pipeline.forms.pdf.write.faces import Faces
from pipeline.forms.pdf.write.fill import Filler, answers_of, drawn
from pipeline.forms.pdf.write.layout import identity, page_text
from pipeline.forms.pdf.write.objects import Copy, rectangle
from pipeline.forms.pdf.write.prepared import Parts, Sheet
from pipeline.forms.pdf.write.printing import (
    LEFT,
    MARK,
    MM,
    NOTE,
    PAGE_HEIGHT,
    ROOM,
    TOP,
    WIDTH,
    Printer,
    artifact,
    block,
    sentence,
)
from pipeline.forms.pdf.write.stacking import Part, Place, stacked
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import form_texts
from pipeline.model.form import Filling

#: The margins of parts, by the first word of their names.
_GAPS = {"title": 3.4 * MM, "facts": 4 * MM, "send": 4 * MM}
_BELOW_HEADER = 3 * MM
_BOUND = ("title", "facts")
_NOTE_GAP, _NOTE_PADDING, _NOTE_RULE = 2 * MM, 1.2 * MM, 3.0
_NOTE_INDENT = _NOTE_RULE + 3 * MM
_MARK_GAP, _MARK_INDENT = 1 * MM, 7 * MM
#: What a question has below its sentences: its padding and its line.
_QUESTION_LINE = 0.5
_QUESTION_END = 1.3 * MM + _QUESTION_LINE
_BOX_LINE, _TALLEST_BOX = 0.75, 85 * MM
_RED, _PINK, _RULE = "0.55 0.08 0.08", "0.992 0.941 0.937", "0.76 0.82 0.84"
_BOX_GROUND, _BOX_FRAME = "0.965 0.98 0.984", "0.36 0.46 0.51"


def marked_copy(parts: Parts, stamp: Stamp, filling: Filling) -> bytes:
    """Return the form in ``parts`` with the answers of ``filling`` and its marks.

    Same input, same bytes. Marks and answers of other forms are left out.
    """
    return _Making(parts, stamp, filling).finished()


def known_marks(stamp: Stamp, filling: Filling) -> Mapping[str, tuple[str, ...]]:
    """Return the sentences at the answers of the form that are marked."""
    questions = FORMS[stamp.kind].questions
    return {
        name: tuple(map(without_surrogates, sentences))
        for name, sentences in filling.marks
        if name in questions
    }


@dataclass(frozen=True, slots=True)
class _Item:
    """A part of the copy: one of the form, or a note (``sheet`` is None) above the questions.

    ``lines`` are those of its sentences; ``grown`` is how much its box is higher than the blank's.
    """

    sheet: Sheet | None
    part: Part
    lines: Sequence[str] = ()
    grown: float = 0

    @property
    def is_question(self) -> bool:
        return self.sheet is not None and self.sheet.field is not None


class _Making:
    """One copy in the making."""

    def __init__(self, parts: Parts, stamp: Stamp, filling: Filling) -> None:
        self._parts, self._stamp, self._texts = parts, stamp, form_texts(stamp.language)
        self._answers = answers_of(stamp, filling)
        self._marks = known_marks(stamp, filling)
        self._notes = [sentence(note) for note in self._said_above(filling)]
        self._printed = {
            name: sentence(" ".join(sentences)) for name, sentences in self._marks.items()
        }
        self._word = self._texts.words("check_mark")
        texts = self._texts
        self._footer = (
            texts.form(stamp.kind).footer,
            identity(texts, stamp.text),
            page_text(texts, 0, 0),
        )
        shown = [*self._footer, "0123456789", *self._notes, *self._printed.values()]
        copy = Copy(parts.stock)
        faces = Faces(copy, [*drawn(stamp, self._answers), *shown], bold=self._word)
        self._copy, self._faces = copy, faces
        self._printer = Printer(faces, stamp.language)
        self._filler = Filler(copy, faces, stamp, self._answers)
        self._assembly = Assembly(copy, parts)

    def _said_above(self, filling: Filling) -> list[str]:
        """Return what stands above the questions."""
        count = str(len(self._marks))
        found = [self._texts.words("marked_note_pdf").replace("{count}", count)]
        if not all(shows_all(text) for _, text in filling.answers):
            found.append(self._texts.words("unshown_note"))
        return found

    def finished(self) -> bytes:
        """Return the file."""
        items = self._items()
        places = stacked([item.part for item in items], ROOM)
        shares: dict[int, list[Place]] = {}
        for place in places:
            self._assembly.page(place.page)
            shares.setdefault(place.part, []).append(place)
        for index, item in enumerate(items):
            self._add(item, shares[index])
        pages = self._assembly.pages
        title, stamp, _ = self._footer
        for index, page in enumerate(pages, 1):
            page.operators += self._printer.footer(
                title, stamp, page_text(self._texts, index, len(pages))
            )
        for field in self._parts.hidden:
            body = self._filler.widget(field, pages[-1].number, rectangle(field.edges), field.size)
            self._copy.put(field.number, body)
            pages[-1].widgets.append(field.number)
        fields = [sheet.field for sheet in self._parts.sheets if sheet.field]
        return self._assembly.finished(self._faces.resources, [*fields, *self._parts.hidden])

    def _items(self) -> list[_Item]:
        found: list[_Item] = []
        for sheet in self._parts.sheets:
            found.append(self._item(sheet))
            if sheet.name == "header":
                found += map(self._note, self._notes)
                first = found[1]
                found[1] = replace(first, part=replace(first.part, gap=_BELOW_HEADER))
        return found

    def _note(self, note: str) -> _Item:
        room = WIDTH - _NOTE_INDENT - (_NOTE_INDENT - _NOTE_RULE)
        lines = self._printer.lines(note, NOTE, room)
        height = 2 * _NOTE_PADDING + len(lines) * NOTE.leading
        return _Item(None, Part(height, _NOTE_GAP), lines)

    def _item(self, sheet: Sheet) -> _Item:
        kind, _, name = sheet.name.partition("-")
        height = sheet.top - sheet.bottom
        if sheet.field is None:
            return _Item(sheet, Part(height, _GAPS.get(kind, 0), kind in _BOUND))
        grown = self._grown(sheet.field.size, name)
        if name not in self._marks:
            return _Item(sheet, Part(height + grown), grown=grown)
        lines = self._printer.lines(
            self._printed[name], MARK, WIDTH - _MARK_INDENT, bold=self._word
        )
        part = Part(
            height + grown + _MARK_GAP,
            lines=len(lines),
            line_height=MARK.leading,
            end=_QUESTION_END,
        )
        return _Item(sheet, part, lines, grown)

    def _grown(self, size: tuple[float, float], name: str) -> float:
        """Return how much higher than that of the blank the box of an answer is."""
        answer = self._answers.get(name, "")
        if not FORMS[self._stamp.kind].questions[name].long or not answer:
            return 0
        wanted = min(Painter(self._faces).height(answer, size[0]), _TALLEST_BOX)
        return max(wanted - size[1] - 2 * _BOX_LINE, 0)

    def _add(self, item: _Item, places: Sequence[Place]) -> None:
        """Draw a part at ``places``, and write its field, its marks and its elements."""
        if item.sheet is None:
            self._add_note(item, places[0])
            return
        sheet, first = item.sheet, places[0]
        page, top = self._assembly.page(first.page), PAGE_HEIGHT - TOP - first.top
        shift = top - sheet.top
        paragraph = self._copy.reserve() if item.lines else None
        marks = []
        for place in places:
            mark = self._draw(item, place, shift, paragraph)
            marks += [] if mark is None else [(self._assembly.page(place.page), mark)]
        annotated: Sequence[int] = ()
        if sheet.field is not None and sheet.holder is not None:
            annotated = self._add_field(item, sheet, first.page, shift)
        self._assembly.add_elements(sheet, page, annotated, paragraph)
        if paragraph is not None:
            self._assembly.add_paragraph(paragraph, marks, sheet.topmost.number)
        self._assembly.add_bookmarks(self._parts.sheets.index(sheet), page, top)

    def _draw(self, item: _Item, place: Place, shift: float, paragraph: int | None) -> int | None:
        """Draw a share of a part; return the number of the marked content of its sentences."""
        page, top = self._assembly.page(place.page), PAGE_HEIGHT - TOP - place.top
        bottom = top - place.height
        sheet, part = item.sheet, item.part
        assert sheet is not None
        if item.lines:
            page.operators += artifact(block(_PINK, LEFT, bottom, WIDTH, place.height))
        if place.begins:
            self._assembly.add_content(page, sheet, shift)
            self._draw_box(item, page, shift)
        mark = None
        if place.last > place.first and paragraph is not None:
            above = top - (part.height - part.end if place.begins else 0)
            mark = self._assembly.new_mark(page, paragraph)
            shown = self._printer.paragraph(
                item.lines[place.first : place.last],
                MARK,
                LEFT + _MARK_INDENT,
                above,
                "" if place.first else self._word,
            )
            page.operators += _said(mark, shown)
        if place.ends and item.is_question:
            page.operators += artifact(block(_RULE, LEFT, bottom, WIDTH, _QUESTION_LINE))
        return mark

    def _draw_box(self, item: _Item, page: Page, shift: float) -> None:
        """Draw the box of several lines, which its part leaves out."""
        field = item.sheet.field if item.sheet else None
        if field is None or not FORMS[self._stamp.kind].questions[field.name].long:
            return
        left, bottom, right, top = _moved(field.edges, shift, item.grown)
        half = _BOX_LINE / 2
        frame = f"{left - half:.2f} {bottom - half:.2f} {right - left + _BOX_LINE:.2f}"
        rectangle_ = f"{frame} {top - bottom + _BOX_LINE:.2f} re"
        page.operators += artifact(
            f"q {_BOX_GROUND} rg {_BOX_FRAME} RG {_BOX_LINE} w {rectangle_} B Q"
        )

    def _add_field(self, item: _Item, sheet: Sheet, index: int, shift: float) -> Sequence[int]:
        """Write the field of a question; return the elements of its frame and note."""
        field, holder = sheet.field, sheet.holder
        assert field is not None
        assert holder is not None
        page, edges = self._assembly.page(index), _moved(field.edges, shift, item.grown)
        words = [self._word] if item.lines else []
        size = edges[2] - edges[0], edges[3] - edges[1]
        body = self._filler.widget(field, page.number, rectangle(edges), size, words=words)
        self._copy.put(field.number, body)
        page.widgets.append(field.number)
        if not item.lines:
            return ()
        label = self._texts.label(self._stamp.kind, field.name)
        marked = Marked(
            field.name,
            edges,
            page.number,
            f"{self._word} – {label}",
            "\n".join(self._marks[field.name]),
        )
        return self._assembly.add_marked(marked, page, holder.number)

    def _add_note(self, item: _Item, place: Place) -> None:
        page, top = self._assembly.page(place.page), PAGE_HEIGHT - TOP - place.top
        page.operators += artifact(block(_RED, LEFT, top - place.height, _NOTE_RULE, place.height))
        element = self._copy.reserve()
        mark = self._assembly.new_mark(page, element)
        shown = self._printer.paragraph(item.lines, NOTE, LEFT + _NOTE_INDENT, top - _NOTE_PADDING)
        page.operators += _said(mark, shown)
        self._assembly.add_paragraph(element, [(page, mark)])


def _said(mark: int, shown: str) -> bytes:
    """Return ``shown`` as a paragraph that is known as ours."""
    return f"/{MARK_TAG} BMC /P<</MCID {mark}>>BDC {shown} EMC EMC\n".encode()


def _moved(edges: Edges, shift: float, grown: float) -> Edges:
    left, bottom, right, top = edges
    return left, bottom + shift - grown, right, top + shift

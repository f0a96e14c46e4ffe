"""Reads a printed or flattened copy of our form by position, when none of its fields is left.

The boxes are found by the words that are printed beside them; what stands in them is only ever a
proposal, and the customer is asked about each answer.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.pdf.printed.blank import Blank, Box, blank_form
from pipeline.forms.pdf.printed.frames import as_drawn
from pipeline.forms.pdf.printed.ink import ink, is_marked
from pipeline.forms.pdf.printed.notes import Note
from pipeline.forms.pdf.printed.options import chosen
from pipeline.forms.pdf.printed.page import MAXIMUM_PAGES, Character, PrintedPage, opened
from pipeline.forms.pdf.printed.places import Found, Place, edges_on_page, find_places
from pipeline.forms.pdf.printed.shapes import are_others
from pipeline.forms.pdf.printed.text import Written, written
from pipeline.forms.stamp import Stamp, read_stamp
from pipeline.model.submission import Answer, CellType

_MAXIMUM_CHARACTERS = 120_000
_KEPT_SPACES = 0.4
_NOTHING = frozenset({"-", "—", "–", "―", "ー"})
_MOST_PLACES = 2
_AS_LARGE = 0.95
_NOTES = "notes"
_MANY = 2
_OURS, _NEARLY = 2.5, 0.4  # points from the edge of a box to its text in copies of ours
_MOSTLY = 0.6
_BASIC = "\uffff"  # the last character that one unit of UTF-16 tells
_PADDING = 7.0  # points: less than the first character of a text, more than what is before it
#: Kinds of answers that are words, which a font that was not embedded loses.
_WORDS = frozenset({AnswerKind.TEXT, AnswerKind.DISPLAY_NAME})
#: Kinds of which a part may be in another script.
_MIXED = _WORDS | {AnswerKind.DATE, AnswerKind.DATE_TIME}


@dataclass(frozen=True, slots=True)
class Print:
    """A print as read: the form it is a copy of, its answers, the fields that were not found.

    ``pages`` are its characters, page by page; ``used`` are page and index of those that are in
    answers. ``places`` are those of the fields.
    """

    stamp: Stamp
    answers: tuple[Answer, ...]
    missing: tuple[str, ...]
    pages: tuple[tuple[int, tuple[Character, ...]], ...]
    used: frozenset[tuple[int, int]]
    places: Mapping[str, tuple[Place, ...]]


def read_print(content: bytes, notes: Sequence[Note] = ()) -> Print | None:
    """Return the answers of a print of one of our forms, or None when it cannot be read.

    That is a print without our footer, of another version, of two of our forms at once, or a
    scan. ``notes`` are texts that were typed over the pages. Answers have the cell type PRINT;
    one that was seen but not read is blank and ``damaged``. Raises PdfiumError on a broken file.
    """
    with ExitStack() as stack:
        document = stack.enter_context(opened(content))
        pages = []
        for index in range(min(len(document), MAXIMUM_PAGES)):
            pages.append(PrintedPage(document, index))
            stack.callback(pages[-1].close)
            if sum(len(page.characters) for page in pages) > _MAXIMUM_CHARACTERS:
                break
        stamps = _stamps(pages)
        blank = blank_form(stamps[0]) if len(stamps) == 1 else None
        if blank is None:
            return None
        found = find_places(blank, pages)
        if not found.pages or any(pages[index].is_picture for index in found.pages):
            return None
        return _Reader(blank, pages, found, notes).read()


def _stamps(pages: Iterable[PrintedPage]) -> list[Stamp]:
    """Return the forms that the pages are copies of, each once."""
    found = (read_stamp(page.text) for page in pages)
    return list(dict.fromkeys(stamp for stamp in found if stamp is not None))


class _Reader:
    """Reads the boxes of one print."""

    def __init__(
        self,
        blank: Blank,
        pages: Sequence[PrintedPage],
        found: Found,
        notes: Sequence[Note],
    ) -> None:
        self._blank = blank
        self._pages = pages
        self._places = found.places
        self._notes = list(notes)
        self._indents: dict[str, float] = {}
        self._as_ours: list[bool] = []
        self._used: set[tuple[int, int]] = set()
        self._written = {
            index: [
                item for item in pages[index].characters if (index, item.index) not in found.printed
            ]
            for index in found.pages
        }
        spaces = sum(item.is_blank for index in found.pages for item in pages[index].characters)
        share = len({box.page for box in blank.boxes if self._places[box.field]}) / blank.pages
        self._spaced = spaces >= _KEPT_SPACES * blank.spaces * share

    def read(self) -> Print:
        """Return all answers, in the order of the form."""
        questions = FORMS[self._blank.stamp.kind].questions
        boxes: dict[str, list[Box]] = {}
        for box in self._blank.boxes:
            boxes.setdefault(box.field, []).append(box)
        missing = tuple(name for name in questions if not self._places.get(name))
        answers = [self._answer(name, boxes[name]) for name in questions if self._places.get(name)]
        answers = self._with_lost_beginnings(self._with_lost_script(answers))
        answers = self._with_dropped_characters(self._with_lost_glyphs(answers))
        return Print(
            self._blank.stamp,
            tuple(map(self._with_loose_notes, answers)),
            missing,
            tuple((page.index, page.characters) for page in self._pages),
            frozenset(self._used),
            self._places,
        )

    def _with_loose_notes(self, answer: Answer) -> Answer:
        """Return ``answer``; the one for remarks also has the texts typed beside all boxes."""
        if answer.field != _NOTES:
            return answer
        places = [(box, place) for box in self._blank.boxes for place in self._places[box.field]]
        pages = {place.page for _, place in places}
        loose = [
            note.text
            for note in self._notes
            if note.page in pages and not any(_is_over(note, *where) for where in places)
        ]
        return replace(answer, raw="\n".join(filter(None, [answer.raw, *loose])))

    def _answer(self, name: str, boxes: list[Box]) -> Answer:
        """Return the answer of one field; a second copy of its page that differs is reported."""
        first, *others = (self._one(boxes, place) for place in self._places[name][:_MOST_PLACES])
        other = next((item.text for item in others if item.text != first.text), None)
        if first.columns:
            start = min(left for left, _ in first.columns)
            self._indents[name] = start - boxes[0].edges[0]
        return Answer(name, first.text, name, CellType.PRINT, first.damaged, other)

    def _one(self, boxes: list[Box], place: Place) -> Written:
        if boxes[0].state:
            marked = [box.state for box in boxes if self._is_marked(box, place)]
            return Written(" / ".join(marked), damaged=len(marked) > 1)
        box = self._as_drawn(boxes[0], place)
        found = written(box, place, self._written[place.page], spaced=self._spaced)
        self._used |= {(place.page, index) for index in found.indexes}
        if found.text and not (box.is_long or box.is_list):
            self._as_ours.append(self._begins_as_ours(box, place, found))
        if found.text and self._is_drawn_otherwise(place, found):
            found = Written("", damaged=True, columns=found.columns, indexes=found.indexes)
        elif found.is_full and self._is_as_large_as_set(box, place, found):
            found = replace(found, damaged=True)
        typed = self._typed_over(box, place)
        if typed:
            text = " ".join(filter(None, [_chosen(found.text), typed]))
            return Written(text, found.damaged)
        if box.is_list and found.text in _NOTHING:
            return Written("")
        found = chosen(found, box.codes, box.options)
        if not found.damaged and self._has_lost_ink(box, place, found):
            return Written(found.text, damaged=True)
        return found

    def _as_drawn(self, box: Box, place: Place) -> Box:
        """Return the box where the print has it: one in a copy of ours may have grown."""
        others = (
            edges_on_page(other.edges, there)
            for other in self._blank.boxes
            for there in self._places[other.field]
            if other.field != box.field and there.page == place.page
        )
        return as_drawn(box, place, self._blank, self._pages[place.page].frames, others)

    def _is_as_large_as_set(self, box: Box, place: Place, found: Written) -> bool:
        """Return whether the letters are as large as the form has them.

        A program that fits them to the box leaves none out; another draws as many lines as the box
        has room for, and what is behind them may be gone.
        """
        page = self._pages[place.page]
        shown = (item for item in self._written[place.page] if item.index in found.indexes)
        em = max((page.em(item)[0] for item in shown), default=0.0) / abs(place.scale[0])
        return bool(box.size) and em > _AS_LARGE * box.size

    def _is_drawn_otherwise(self, place: Place, found: Written) -> bool:
        characters = [
            item
            for item in self._written[place.page]
            if item.index in found.indexes and not item.is_blank
        ]
        return are_others(self._pages[place.page], characters)

    @property
    def _is_beyond_latin(self) -> bool:
        """Whether the labels of the form are in another script."""
        return any(item.field and _is_beyond_latin(item.text) for item in self._blank.anchors)

    def _has_lost_ink(self, box: Box, place: Place, found: Written) -> bool:
        """Return whether there is writing in a box beside its characters."""
        page = self._pages[place.page]
        dark = ink(page, box.spot, place.to_print, found.columns)
        return is_marked(dark, box.ink)

    def _is_marked(self, box: Box, place: Place) -> bool:
        dark = ink(self._pages[place.page], box.spot, place.to_print)
        return is_marked(dark, box.ink) or bool(box.state and self._typed_over(box, place))

    def _typed_over(self, box: Box, place: Place) -> str:
        over = [note for note in self._notes if _is_over(note, box, place)]
        return " ".join(note.text for note in over)

    def _with_lost_beginnings(self, answers: list[Answer]) -> list[Answer]:
        """Return ``answers``; one that begins further right than others has lost characters."""
        usual = median(self._indents.values()) if self._indents else 0
        if usual > _PADDING:
            return answers  # typed over the form, where nothing begins at the same place
        return [
            replace(answer, damaged=True)
            if self._indents.get(answer.field, 0) > usual + _PADDING
            else answer
            for answer in answers
        ]

    def _with_lost_glyphs(self, answers: list[Answer]) -> list[Answer]:
        """Return ``answers``; a font that left characters out in some may have done so in all."""
        questions = FORMS[self._blank.stamp.kind].questions
        words = {one.field for one in answers if questions[one.field].kind in _MIXED}
        lost = sum(one.damaged and one.field in words for one in answers)
        if lost < _MANY or not self._is_beyond_latin:
            return answers
        return [
            replace(one, damaged=True) if one.field in words and _is_beyond_latin(one.raw) else one
            for one in answers
        ]

    def _with_dropped_characters(self, answers: list[Answer]) -> list[Answer]:
        """Return ``answers``; words in a script beyond Latin may lack rare characters.

        Programs leave out what their font lacks (the 﨑 and 𠮷 of names), some without a gap, which
        no page tells, and many take the font of the form itself. A print that shows a character
        beyond U+FFFF was drawn with a font that has them.
        """
        if not self._is_beyond_latin or any(max(one.raw, default="") > _BASIC for one in answers):
            return answers
        if sum(self._as_ours) > _MOSTLY * len(self._as_ours):
            return answers  # a copy of ours, whose fonts have what it shows
        questions = FORMS[self._blank.stamp.kind].questions
        return [
            replace(one, damaged=True)
            if questions[one.field].kind in _WORDS and _is_beyond_latin(one.raw)
            else one
            for one in answers
        ]

    def _begins_as_ours(self, box: Box, place: Place, found: Written) -> bool:
        """Return whether an answer begins where our own writer lets it begin in its box."""
        shown = (item for item in self._written[place.page] if item.index in found.indexes)
        x, _ = place.to_blank(*min((item.x, item.y) for item in shown))
        return abs(x - box.edges[0] - _OURS) < _NEARLY

    def _with_lost_script(self, answers: list[Answer]) -> list[Answer]:
        """Return ``answers``; where writing seems to be lost, blanks are doubtful too.

        A font that was not embedded prints Japanese as nothing at all. So where words that every
        customer writes are blank, and no box has a character beyond Latin, blanks tell nothing; and
        on a form in such a script, some may be missing of what is words and digits.
        """
        questions = FORMS[self._blank.stamp.kind].questions
        typed = {box.field for box in self._blank.boxes if not box.state}
        lost = [
            answer
            for answer in answers
            if not (answer.raw or answer.damaged)
            and questions[answer.field].kind in _WORDS
            and questions[answer.field].required
        ]
        if len(lost) < _MANY or any(_is_beyond_latin(answer.raw) for answer in answers):
            return answers
        if not any(answer.raw for answer in answers):
            return answers
        mixed = _MIXED if self._is_beyond_latin else ()
        return [
            replace(answer, damaged=True)
            if answer.field in typed and (not answer.raw or questions[answer.field].kind in mixed)
            else answer
            for answer in answers
        ]


def _chosen(text: str) -> str:
    return "" if text in _NOTHING else text


def _is_over(note: Note, box: Box, place: Place) -> bool:
    """Return whether the middle of ``note`` is in the box."""
    if note.page != place.page:
        return False
    left, bottom, right, top = note.edges
    x, y = place.to_blank((left + right) / 2, (bottom + top) / 2)
    x0, y0, x1, y1 = box.edges
    return x0 <= x <= x1 and y0 <= y <= y1


def _is_beyond_latin(text: str) -> bool:
    return any(unicodedata.east_asian_width(character) == "W" for character in text)

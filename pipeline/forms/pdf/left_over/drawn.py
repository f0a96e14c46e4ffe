"""Reads what was drawn into the pages of a form, on pages that are not as the blank has them.

What stands in the box of a field that is blank, or that a program has flattened away, is an answer;
all else was added.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.left_over.mark import Mark, tidied
from pipeline.forms.pdf.left_over.moved import own_on_moved
from pipeline.forms.pdf.left_over.pixels import covered_cells, drawing_of, drawn_cells, new_images
from pipeline.forms.pdf.left_over.questions import Questions
from pipeline.forms.pdf.left_over.runs import edges_of_run, runs, words_of
from pipeline.forms.pdf.left_over.sheets import matched, sheets
from pipeline.forms.pdf.printed.blank import Blank, Box
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.printed.frames import as_drawn
from pipeline.forms.pdf.printed.page import Character, PrintedPage, opened
from pipeline.forms.pdf.printed.places import Place, edges_on_page, find_places
from pipeline.forms.pdf.printed.text import Written, written
from pipeline.forms.texts import form_texts
from pipeline.model.submission import LeftOverKind

_MOST_PAGES = 30
_MOST_CHARACTERS = 120_000
#: Pixels of ink at one question that are more than dirt.
_ENOUGH_INK = 30
_ENOUGH_TICK = 12
#: Pixels of our print that are gone, which is more than a letter.
_ENOUGH_COVERED = 120
#: Of the characters of a page, so many must be printed by us for it to be one of ours.
_OURS = 0.3
_PLACEHOLDERS = ("address", "privacy")
_LINES = ("send", "privacy_line")
_SAME_LINE = 2.0
#: On so many pages something stands by no chance.
_SEVERAL = 3
_TAIL = 12  # characters before an address that are looked for


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn: what was added, and by field what stands in boxes without an answer.

    ``fields`` are those whose boxes are on a page that was drawn on.
    """

    marks: tuple[Mark, ...] = ()
    answers: Mapping[str, Written] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()


def drawn_on(
    content: bytes,
    changed: Sequence[int],
    blank: Blank,
    questions: Questions,
    unanswered: frozenset[str],
    own: Sequence[str] = (),
) -> Drawn:
    """Return what was drawn on the pages ``changed`` of the PDF ``content``.

    ``unanswered`` are the fields without an answer, ``own`` the sentences that we print at marked
    answers. Raises PdfiumError on a broken file.
    """
    marks: list[Mark] = []
    answers: dict[str, Written] = {}
    fields: set[str] = set()
    readings: list[_Page] = []
    with ExitStack() as stack:
        document = stack.enter_context(opened(content))
        left = _MOST_CHARACTERS
        for count, index in enumerate(one for one in changed if one < len(document)):
            page = PrintedPage(document, index)
            stack.callback(page.close)
            left -= len(page.characters)
            if left < 0 or count >= _MOST_PAGES:
                marks.append(Mark(index, (), LeftOverKind.PAGE, ""))
                break
            readings.append(_Page(page, blank, own))
        standing = _standing([reading.left for reading in readings])
        for reading in readings:
            marks += reading.read(questions, unanswered - answers.keys(), standing)
            answers |= reading.answers
            fields |= reading.fields
    return Drawn(tuple(marks), answers, frozenset(fields))


#: A character and where it stands, rounded.
Standing = frozenset[tuple[str, int, int]]


def _standing(pages: Sequence[Sequence[Character]]) -> Standing:
    """Return what stands at the same place of all pages: a letterhead or a watermark, no answer."""
    if len(pages) < _SEVERAL:
        return frozenset()
    return frozenset.intersection(*(frozenset(map(_at, page)) for page in pages))


def _at(item: Character) -> tuple[str, int, int]:
    return item.text, round(item.x), round(item.y)


class _Page:
    """One page that is not as the blank has it; ``left`` are the characters that were added."""

    def __init__(self, page: PrintedPage, blank: Blank, own: Sequence[str]) -> None:
        self._page = page
        self._blank = blank
        self._match = matched(page, sheets(blank.stamp), page.index)
        self._found = None if self._match else find_places(blank, [page])
        added = self._added(own)
        self._covered = [item.edges for item in added if not item.is_blank]
        self.left = self._turned_back(added)
        self.answers: dict[str, Written] = {}
        self.fields: set[str] = set()

    def read(
        self, questions: Questions, unanswered: frozenset[str], standing: Standing
    ) -> Iterator[Mark]:
        """Yield what was added, words first; keep the answers, in which nothing ``standing`` is."""
        for box, place in self._boxes():
            self.fields.add(box.field)
            if box.field in unanswered:
                self._answer(box, place, standing)
        for run in runs(self.left):
            words = words_of(run)
            if words:
                kind = LeftOverKind.PAGE
                yield Mark(self._page.index, (edges_of_run(run),), kind, tidied(words))
        images: Sequence[Edges] = () if self._is_ours() else self._page.images
        if self._match is not None:
            images = new_images(self._page, self._match.sheet)
        for edges in images:
            yield Mark(self._page.index, (self._meant(edges),), LeftOverKind.PICTURE, "")
        open_fields = unanswered - self.answers.keys()
        yield from self._strokes(questions, images, open_fields)

    def _turned_back(self, characters: list[Character]) -> list[Character]:
        """Return characters where they were meant to be.

        The content of our pages leaves the page turned over (8.3.4), and programs that draw behind
        it without a new graphics state draw as in a mirror.
        """
        if self._match is None:
            return characters
        height = self._match.sheet.size[1]
        return [
            _mirrored(item, height) if self._page.is_mirrored(item.index) else item
            for item in characters
        ]

    def _is_ours(self) -> bool:
        return self._match is not None or bool(self._found and self._found.pages)

    def _added(self, own: Sequence[str]) -> list[Character]:
        """Return the characters that neither the blank has nor we have printed at marks."""
        characters = self._page.characters
        ours = self._address(characters)
        if self._match is not None:
            ours |= self._match.own
            if ours - self._match.own:
                ours |= self._moved_by_address(characters, ours)
        elif self._is_ours():
            ours |= own_on_moved(self._page, characters, self._blank.stamp, own)
        return [item for item in characters if item.index not in ours]

    def _address(self, characters: Sequence[Character]) -> set[int]:
        """Return the characters of the addresses that are printed: each of our users has others."""
        texts = form_texts(self._blank.stamp.language, self._blank.stamp.version)
        shown = [(folded(item.text), item) for item in characters]
        text = "".join(part for part, _ in shown)
        at = [position for position, (part, _) in enumerate(shown) for _ in part]
        found: set[int] = set()
        for key, name in zip(_LINES, _PLACEHOLDERS, strict=True):
            before, _, after = texts.words(key).partition(f"{{{name}}}")
            lead = folded(before)[-_TAIL:]
            start = text.find(lead)
            if lead and start >= 0:
                line = _to_end_of_word(characters, at[start + len(lead) - 1] + 1)
                found |= {item.index for item in line}
                found |= _follows(characters, line, folded(after))
        return found

    def _moved_by_address(self, characters: Sequence[Character], ours: set[int]) -> set[int]:
        """Return our print in the paragraphs of an address: one of another length moves it."""
        left = [item for item in characters if item.index not in ours]
        low = min((box.edges[1] for box, _ in self._boxes()), default=self._page.size[1])
        below = [item for item in left if item.y < low]
        return own_on_moved(self._page, below, self._blank.stamp, ())

    def _boxes(self) -> Iterator[tuple[Box, Place]]:
        """Yield the boxes of the blank that are on this page, and how the blank lies on it."""
        for box in self._blank.boxes:
            if self._match is not None:
                if box.page == self._match.sheet.index:
                    yield box, Place(self._page.index, 0, (1.0, 1.0), (0.0, 0.0))
            elif self._found is not None and self._found.places.get(box.field):
                yield box, self._found.places[box.field][0]

    def _answer(self, box: Box, place: Place, standing: Standing) -> None:
        """Read the box of a field without an answer from the page."""
        if self._match is None:
            boxes = [one for one in self._boxes() if one[0].field != box.field]
            others = [edges_on_page(other.edges, there) for other, there in boxes]
            box = as_drawn(box, place, self._blank, self._page.frames, others)
        entered = [item for item in self.left if _at(item) not in standing]
        found = written(box, place, entered, spaced=True)
        if not (found.text or found.damaged):
            return
        self.answers[box.field] = found
        self.left = [item for item in self.left if item.index not in found.indexes]

    def _meant(self, edges: Edges) -> Edges:
        """Return where a line or a picture was meant to be (as for characters)."""
        if self._match is None or self._page.turned_over <= self._match.sheet.turned_over:
            return edges
        return _over(edges, self._match.sheet.size[1])

    def _strokes(
        self, questions: Questions, images: Sequence[Edges], unanswered: frozenset[str]
    ) -> Iterator[Mark]:
        """Yield where ink is that is neither words nor a picture; a mark in a tick box answers."""
        if self._match is None or not self._match.is_whole:
            return
        drawing = drawing_of(self._page, self._match.sheet)
        if drawing is None:
            return
        ink: Counter[str] = Counter()
        places: dict[str, Edges] = {}
        known = [*self._covered, *images]
        for cell, pixels in drawn_cells(drawing, self._match.sheet, known):
            edges = self._meant(cell)
            name = questions.at(self._page.index, edges)
            ink[name] += pixels
            places[name] = _united(places.get(name, edges), edges)
        ticks = {box.field: box.state for box, _ in self._boxes() if box.state}
        for name, pixels in ink.items():
            if name in unanswered and name in ticks and pixels >= _ENOUGH_TICK:
                self.answers[name] = Written(ticks[name])
            elif pixels >= _ENOUGH_INK:
                yield Mark(self._page.index, (places[name],), LeftOverKind.INK, "")
        yield from self._covers(questions, covered_cells(drawing, self._match.sheet), images)

    def _covers(
        self, questions: Questions, cells: Iterable[tuple[Edges, int]], images: Sequence[Edges]
    ) -> Iterator[Mark]:
        """Yield where our print was covered, or taken away.

        What one of ``images`` covers is told where the image is, and not at the question above.
        """
        gone: Counter[str] = Counter()
        places: dict[str, Edges] = {}
        for edges, pixels in cells:
            over = next((one for one in images if _touch(one, edges)), None)
            told = edges if over is None else self._meant(over)
            name = questions.at(self._page.index, told)
            gone[name] += pixels
            places[name] = _united(places.get(name, told), told)
        for name, pixels in gone.items():
            if pixels >= _ENOUGH_COVERED:
                yield Mark(self._page.index, (places[name],), LeftOverKind.PAGE, "")


def _mirrored(item: Character, height: float) -> Character:
    return replace(item, y=height - item.y, edges=_over(item.edges, height))


def _over(edges: Edges, height: float) -> Edges:
    """Return edges on a page that is turned over."""
    return edges[0], height - edges[3], edges[2], height - edges[1]


def _to_end_of_word(characters: Sequence[Character], start: int) -> list[Character]:
    """Return the characters from ``start`` on up to a blank or the end of the line."""
    found: list[Character] = []
    for item in characters[start:]:
        if found and (item.is_blank or abs(item.y - found[0].y) > _SAME_LINE):
            break
        if not item.is_blank:
            found.append(item)
    return found


def _follows(characters: Sequence[Character], line: list[Character], after: str) -> set[int]:
    """Return the characters of our words behind an address, which its length has moved."""
    if not line or not after:
        return set()
    rest = [item for item in characters if item.index > line[-1].index and not item.is_blank]
    tail = rest[: len(after)]
    return (
        {item.index for item in tail} if "".join(folded(i.text) for i in tail) == after else set()
    )


def _united(one: Edges, other: Edges) -> Edges:
    return (
        min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
    )  # fmt: skip


def _touch(one: Edges, other: Edges) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

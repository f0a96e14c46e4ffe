"""Measures a blank form: where its boxes are, and the printed words that lead to them."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from typing import Any

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.geometry import Edges, edges_of
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.printed.ink import Spot, ink
from pipeline.forms.pdf.printed.page import Character, PrintedPage, opened
from pipeline.forms.pdf.read.fields import read_form
from pipeline.forms.pdf.values import read_text
from pipeline.forms.stamp import VERSION_NAME, Stamp
from pipeline.forms.texts import form_texts

_BLANKS_KEPT = 16
_SHORTEST = 5  # characters of a line that can be an anchor
_SAME_LINE = 1.0
_OFF = "/Off"
_MULTILINE = 1 << 12
_TWO_DIGITS = 10
_BEGINNING = 10  # characters of a number and its label
_BEFORE = 10
_SIZE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) Tf")


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the form; ``state`` is what a mark in it answers (empty for boxes of text).

    ``options`` are the words of a list, ``codes`` what stands for each in a file. ``size`` is that
    of its letters, 0 where programs choose it.
    """

    field: str
    page: int
    edges: Edges
    state: str
    is_list: bool
    is_long: bool
    ink: int
    options: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    size: float = 0.0

    @property
    def spot(self) -> Spot:
        """Where ink is looked for in it; a list prints an arrow at its right."""
        return Spot(self.edges, is_list=self.is_list)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Printed words (folded) and where they begin; ``field`` when they are its label.

    ``before`` is what is printed before them: an answer may be of the same words.
    """

    text: str
    page: int
    x: float
    y: float
    field: str
    before: str


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank form: its boxes and anchors, and how many spaces its text has."""

    stamp: Stamp
    pages: int
    boxes: tuple[Box, ...]
    anchors: tuple[Anchor, ...]
    spaces: int


@lru_cache(maxsize=_BLANKS_KEPT)
def blank_form(stamp: Stamp) -> Blank | None:
    """Return the published blank that ``stamp`` names; None when it is not at hand.

    Each version has its own geometry.
    """
    content = published(stamp.kind, stamp.language, version=stamp.version)
    return None if content is None else measured(content, stamp)


def measured(content: bytes, stamp: Stamp) -> Blank | None:
    """Return the geometry of the blank ``content``; None when it is of another version."""
    import pikepdf  # noqa: PLC0415 - slow to import

    with pikepdf.open(BytesIO(content)) as pdf:
        versions = {field.text for field in read_form(pdf).fields if field.name == VERSION_NAME}
        if versions != {stamp.version}:
            return None
        outlines = [
            _outline(widget, index)
            for index, page in enumerate(pdf.pages)
            for widget in page.obj.get("/Annots", [])
        ]
    known = FORMS[stamp.kind].questions
    outlines = [outline for outline in outlines if outline.field in known]
    with opened(content, with_fields=True) as document:
        pages = [PrintedPage(document, index) for index in range(len(document))]
        boxes = tuple(_with_ink(box, pages[box.page]) for box in outlines)
        anchors = [anchor for page in pages for anchor in _anchors(page, stamp)]
        spaces = sum(character.is_blank for page in pages for character in page.characters)
        for page in pages:
            page.close()
    return Blank(stamp, len(pages), boxes, tuple(anchors), spaces)


def _outline(widget: Any, page: int) -> Box:
    """Return the box of one widget, its ink not yet counted."""
    parent = widget.get("/Parent")
    owner = widget if "/T" in widget or parent is None else parent
    field = read_text(owner.get("/T"))[0].rpartition(".")[2]
    kind, flags = str(_either(widget, owner, "/FT")), int(_either(widget, owner, "/Ff") or 0)
    return Box(
        field=field,
        page=page,
        edges=edges_of(widget),
        state=_state(widget, owner) if kind == "/Btn" else "",
        is_list=kind == "/Ch",
        is_long=kind == "/Tx" and bool(flags & _MULTILINE),
        ink=0,
        size=_size(_either(widget, owner, "/DA")),
        options=_options(_either(widget, owner, "/Opt"), -1) if kind == "/Ch" else (),
        codes=_options(_either(widget, owner, "/Opt"), 0) if kind == "/Ch" else (),
    )


def _options(listed: Any, part: int) -> tuple[str, ...]:
    """Return the words or the codes of a list: pairs of both, or one for both (table 234)."""
    import pikepdf  # noqa: PLC0415 - slow to import

    items = list(listed) if isinstance(listed, pikepdf.Array) else []
    return tuple(
        read_text(item[part] if isinstance(item, pikepdf.Array) else item)[0] for item in items
    )


def _size(appearance: Any) -> float:
    """Return the size of the letters that the default appearance of a field sets (12.7.4.3)."""
    found = _SIZE.search(read_text(appearance)[0])
    return float(found[1]) if found else 0.0


def _either(widget: Any, owner: Any, key: str) -> Any:
    return widget.get(key, owner.get(key))


def _state(widget: Any, owner: Any) -> str:
    """Return what a mark on a button answers: its export value, else the name of its state."""
    looks = widget.get("/AP", {}).get("/N", {})
    name = next((str(key)[1:] for key, _ in looks.items() if str(key) != _OFF), "")
    options = owner.get("/Opt")
    if options is not None and name.isdigit() and int(name) < len(options):
        name = read_text(options[int(name)])[0]
    return name.lower()


def _with_ink(box: Box, page: PrintedPage) -> Box:
    return replace(box, ink=ink(page, box.spot, lambda x, y: (x, y)))


def _anchors(page: PrintedPage, stamp: Stamp) -> list[Anchor]:
    """Return the lines of a page and the labels on it as anchors."""
    shown = [(folded(item.text), item) for item in page.characters]
    text = "".join(part for part, _ in shown)
    places = [item for part, item in shown for _ in part]
    found = [
        Anchor(text[start:end], page.index, places[start].x, places[start].y, "", before)
        for start, end in _lines(places)
        for before in [text[max(start - _BEFORE, 0) : start]]
        if end - start >= _SHORTEST
    ]
    texts = form_texts(stamp.language, stamp.version)
    for field, number in FORMS[stamp.kind].numbers_of(stamp.version).items():
        label = folded(f"{number}{texts.label(stamp.kind, field)}")
        start = _begin(text, label, number)
        if start >= 0:
            first = places[start]
            line = [at for at in places[start : start + len(label)] if _level(at, first)]
            words = text[start : start + len(line)]
            before = text[max(start - _BEFORE, 0) : start]
            found.append(Anchor(words, page.index, first.x, first.y, field, before))
    return found


def _begin(text: str, label: str, number: int) -> int:
    """Return where a label with its number begins in ``text``, or -1.

    A label may be broken with a hyphen, so its beginning is enough.
    """
    for part in (label, label[:_BEGINNING]):
        start = text.find(part)
        while start > 0 and text[start - 1].isdigit() and number < _TWO_DIGITS:
            start = text.find(part, start + 1)
        if start >= 0:
            return start
    return -1


def _lines(places: list[Character]) -> list[tuple[int, int]]:
    """Return (start, end) of each run of characters on one line."""
    cuts = [
        at
        for at in range(1, len(places))
        if not _level(places[at], places[at - 1]) or places[at].x < places[at - 1].x
    ]
    return list(zip([0, *cuts], [*cuts, len(places)], strict=True)) if places else []


def _level(one: Character, other: Character) -> bool:
    return abs(one.y - other.y) < _SAME_LINE

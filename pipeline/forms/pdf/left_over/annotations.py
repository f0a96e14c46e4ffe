"""Reads what people add to a PDF with the tools for comments (ISO 32000-2, 12.5.6)."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pikepdf

from pipeline.forms.pdf.fonts import drawable
from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.left_over.mark import Mark, tidied
from pipeline.forms.pdf.left_over.subjects import subject_of
from pipeline.forms.pdf.own import has_own_name, is_changed_note, is_own_note
from pipeline.forms.pdf.page_text import page_words, shown_text
from pipeline.forms.pdf.printed.damage import has_lost_characters
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.rich_text import is_same_text, plain
from pipeline.forms.pdf.values import read_text
from pipeline.model.submission import LeftOverKind

_MOST_PAGES = 200
_MOST_EXAMINED = 5_000
_MOST_POINTS = 400
_MOST_REPLIES = 10
_RECTANGLE, _QUAD = 4, 8

_KINDS = {
    "/Ink": LeftOverKind.INK,
    "/Stamp": LeftOverKind.STAMP,
    "/StrikeOut": LeftOverKind.STRUCK,
}
#: Fields are read elsewhere.
_FIELD, _WINDOW = "/Widget", "/Popup"
#: What programs add by themselves; only words make them a person's.
_OF_PROGRAMS = frozenset({"/Link", "/PrinterMark", "/TrapNet", "/Screen"})
#: Entries that are words of the person, in the order in which they are told.
_CONTENTS = pikepdf.Name("/Contents")
_WORDS = (_CONTENTS, pikepdf.Name("/OverlayText"))
_RICH = pikepdf.Name("/RC")
_AUTHOR, _STATE = pikepdf.Name("/T"), pikepdf.Name("/State")
_ACTION, _URI = pikepdf.Name("/A"), pikepdf.Name("/URI")
#: How the address of a link begins that may stand without it on the page.
SCHEME = re.compile(r"\A(?:mailto:|tel:|https?://)", re.IGNORECASE)
_LONGEST_NAME = 60
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: Keys that every program writes with a note, and that we do not.
_OF_A_PERSON = ("/T", "/M", "/NM", "/CreationDate")
_TAGGED = "/StructParent"
#: What is between the word of a frame and the label of its question.
_MEANING = " – "


def added_notes(pdf: Any) -> Iterator[Mark]:
    """Yield what was added to the open ``pdf`` with annotations, in the order of the file.

    Notes of ours are left out, replies to them are not. Raises whatever pikepdf raises on a broken
    file.
    """
    left = _MOST_EXAMINED
    for index, page in enumerate(itertools.islice(pdf.pages, _MOST_PAGES)):
        for annotation in _listed(page):
            left -= 1
            if left < 0:
                yield Mark(index, (), LeftOverKind.ANNOTATION, "")
                return
            mark = _mark(annotation, page, index)
            if mark is not None:
                yield mark


def own_sentences(pdf: Any) -> list[str]:
    """Return the sentences at marked answers, which we print on the page as well."""
    return [
        line
        for page in itertools.islice(pdf.pages, _MOST_PAGES)
        for item in _listed(page)
        if not _is_elsewhere(item) and _is_own(item, page)
        for words in [read_text(item.get(_CONTENTS))[0]]
        for line in [*words.split("\n"), words, words.partition(_MEANING)[0]]
    ]


def _listed(page: Any) -> list[Any]:
    listed = page.obj.get("/Annots")
    if not isinstance(listed, pikepdf.Array):
        return []
    items = itertools.islice(listed, _MOST_EXAMINED)
    return [item for item in items if isinstance(item, pikepdf.Dictionary)]


def _mark(annotation: Any, page: Any, number: int) -> Mark | None:
    """Return what one annotation adds; None when it is a field, of a program, or ours."""
    subtype = str(annotation.get("/Subtype"))
    if _is_elsewhere(annotation) or _is_own(annotation, page):
        return None
    words = _words(annotation)
    if subtype in _OF_PROGRAMS and (not words or _is_printed(annotation, page)):
        target = _target(annotation, page) if subtype == "/Link" else ""
        return Mark(number, _places(annotation), LeftOverKind.LINK, target) if target else None
    shown = _look(annotation)
    if subtype == "/Stamp" and not words:
        words = shown or _stamp_name(annotation)
    elif subtype == "/FreeText" and not (words or shown):
        return None  # an empty box
    elif _says_more(shown, words):
        words = "\n".join(filter(None, [words, shown]))
    if subtype == "/FileAttachment":
        words = " – ".join(filter(None, [*_of_file(annotation), words]))
    kind = _KINDS.get(subtype, LeftOverKind.ANNOTATION)
    is_typed = subtype == "/FreeText" and not subject_of(annotation)
    by = tidied(read_text(annotation.get(_AUTHOR))[0])[:_LONGEST_NAME]
    return Mark(number, _places(annotation), kind, tidied(words), is_typed=is_typed, by=by)


def _is_elsewhere(annotation: Any) -> bool:
    """Return whether a field or a note says the same; a window may have lost its note."""
    subtype = str(annotation.get("/Subtype"))
    if subtype == _WINDOW:
        return "/Parent" in annotation or not _words(annotation)
    return subtype == _FIELD


def _is_own(annotation: Any, page: Any) -> bool:
    """Return whether a mark is ours: by its name, or (earlier versions) without a person's keys.

    Programs write when somebody changes a note: then its words must be those that we printed.
    """
    if has_own_name(annotation):
        if is_changed_note(annotation):
            return False
        return is_own_note(annotation) or _is_printed(annotation, page)
    subtype = str(annotation.get("/Subtype"))
    if subtype not in {"/Square", "/Text"} or _TAGGED not in annotation:
        return False
    if any(key in annotation for key in _OF_A_PERSON):
        return False
    return _is_printed(annotation, page)


def _is_printed(annotation: Any, page: Any) -> bool:
    """Return whether the words of a note are printed on its page."""
    words = read_text(annotation.get(_CONTENTS))[0]
    print_ = folded(page_words(page))
    return all(folded(drawable(piece)) in print_ for piece in words.split(_MEANING))


def _words(annotation: Any) -> str:
    """Return the words of an annotation: plain, and rich ones that say more."""
    found = [read_text(annotation.get(key))[0].strip() for key in _WORDS if key in annotation]
    if _RICH in annotation:
        rich = plain(read_text(annotation.get(_RICH))[0])
        if not any(is_same_text(rich, words) for words in found):
            found.append(rich)
    if _STATE in annotation and not any(found):
        found.append(read_text(annotation.get(_STATE))[0].strip())  # "Rejected" (12.5.6.3)
    return "\n".join(dict.fromkeys(filter(None, [subject_of(annotation), *found])))


def _target(annotation: Any, page: Any) -> str:
    """Return where a link leads; empty for a place in the file, and for what its page shows."""
    action = annotation.get(_ACTION)
    target = read_text(action.get(_URI))[0] if isinstance(action, pikepdf.Dictionary) else ""
    address = folded(SCHEME.sub("", target).rstrip("/"))
    return "" if address in folded(page_words(page)) else target


def _look(annotation: Any) -> str:
    """Return the words that the appearance of an annotation shows."""
    looks = annotation.get("/AP")
    look = looks.get("/N") if isinstance(looks, pikepdf.Dictionary) else None
    return shown_text(look).strip() if isinstance(look, pikepdf.Stream) else ""


def _says_more(shown: str, words: str) -> bool:
    """Return whether a look has words that a note does not say; in part it may be cut."""
    look = folded(shown)
    return bool(look) and not has_lost_characters(shown) and look not in folded(words)


def _stamp_name(annotation: Any) -> str:
    """Return the name of a stamp as words: NotApproved, SBFinal, #Received (12.5.6.12)."""
    name = read_text(annotation.get("/Name"))[0]
    name = name.removeprefix("#").removeprefix("SB").removeprefix("SH")
    return _HUMP.sub(" ", name) if name.isascii() and name.isalpha() else ""


def _of_file(annotation: Any) -> tuple[str, ...]:
    """Return the name of the file that is pinned to a page, and what is said of it (7.11.3)."""
    held = annotation.get("/FS")
    if not isinstance(held, pikepdf.Dictionary):
        return (read_text(held)[0],) if isinstance(held, pikepdf.String) else ()
    named = (held.get("/UF", held.get("/F")), held.get("/Desc"))
    texts = [read_text(one)[0] for one in named if isinstance(one, pikepdf.String)]
    return tuple(dict.fromkeys(texts))


def _places(annotation: Any) -> tuple[Edges, ...]:
    """Return where an annotation is: its lines, its rectangle, or the place of what it answers."""
    for _ in range(_MOST_REPLIES):
        lines = _numbers(annotation.get("/QuadPoints"))
        if len(lines) >= _QUAD:
            quads = (lines[at : at + _QUAD] for at in range(0, len(lines) - _QUAD + 1, _QUAD))
            return tuple(map(_around, quads))
        corners = _numbers(annotation.get("/Rect"))
        if len(corners) == _RECTANGLE:
            return (_around(corners),)
        annotation = annotation.get("/IRT")
        if not isinstance(annotation, pikepdf.Dictionary):
            break
    return ()


def _numbers(points: Any) -> list[float]:
    """Return a list of numbers; empty when it is none."""
    if not isinstance(points, pikepdf.Array):
        return []
    try:
        return [float(number) for number in itertools.islice(points, _MOST_POINTS)]
    except (TypeError, ValueError):
        return []


def _around(numbers: list[float]) -> Edges:
    across, up = numbers[::2], numbers[1::2]
    return min(across), min(up), max(across), max(up)

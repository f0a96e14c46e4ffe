"""Collects what a customer put into a form beside its answers, each with its question."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from pipeline.forms.pdf.geometry import Edges, edges_if_any
from pipeline.forms.pdf.left_over.annotations import SCHEME, added_notes, own_sentences
from pipeline.forms.pdf.left_over.drawn import Drawn, drawn_on
from pipeline.forms.pdf.left_over.mark import Mark, is_of_words, tidied
from pipeline.forms.pdf.left_over.moved import notes_above
from pipeline.forms.pdf.left_over.questions import FieldBox, Questions
from pipeline.forms.pdf.left_over.told import told
from pipeline.forms.pdf.printed.blank import Blank, blank_form
from pipeline.forms.pdf.printed.codes import with_known_codes
from pipeline.forms.pdf.printed.drawable import may_be_drawn
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.read.fields import PdfField, short_name_of
from pipeline.forms.pdf.read.lists import shown_in
from pipeline.forms.pdf.read.open_form import OpenForm
from pipeline.forms.pdf.values import decode_string, read_text
from pipeline.forms.stamp import IDENTITY_NAMES
from pipeline.model.submission import LeftOver, LeftOverKind

_MOST_PAGES = 200
_SIGNATURE = "Sig"


@dataclass(frozen=True, slots=True)
class Added:
    """What was added to a form: beside its answers, and as answers where its fields have none.

    ``answers`` are texts by field, and whether some of them is lost; ``flattened`` are the fields
    that are gone from a page that was drawn on.
    """

    left_over: tuple[LeftOver, ...] = ()
    answers: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    flattened: frozenset[str] = frozenset()


def added(form: OpenForm, known: frozenset[str], changed: Sequence[int]) -> Added:
    """Return what was added to ``form``.

    ``known`` are the fields that are questions, ``changed`` the pages that show something else than
    the blank. Raises PdfiumError, and whatever pikepdf raises, on a broken file.
    """
    pdf, fields = form.pdf, form.fields
    notes = [*_without_links(added_notes(pdf), fields), *_of_fields(pdf, fields, known)]
    if not notes and not changed:
        return Added()
    blank = blank_form(form.stamp) if form.stamp else None
    boxes = list(_boxes(pdf, known))
    questions = Questions([*boxes, *_of_blank(blank, boxes)], blank)
    unanswered = frozenset(
        name for name in known if name not in fields or not _is_answered(fields[name])
    )
    over = _typed_over(notes, questions, unanswered)
    if not changed or blank is None:
        drawn = Drawn()
    elif may_be_drawn(pdf):
        own = [*own_sentences(pdf), *notes_above(blank.stamp)]
        content = with_known_codes(pdf, form.content)
        drawn = drawn_on(content, changed, blank, questions, unanswered - over.keys(), own)
    else:
        drawn = Drawn(tuple(Mark(page, (), LeftOverKind.PAGE, "") for page in changed))
    loose = [mark for mark in notes if not any(mark in found for found in over.values())]
    marks = [*loose, *drawn.marks]
    answers = {name: (found.text, found.damaged) for name, found in drawn.answers.items()}
    answers |= {name: (" ".join(m.words for m in found), False) for name, found in over.items()}
    missing = frozenset(known - fields.keys())
    return Added(told(marks, questions, fields), answers, missing & drawn.fields)


def _without_links(notes: Iterable[Mark], fields: Mapping[str, PdfField]) -> Iterator[Mark]:
    """Yield ``notes`` without the links that viewers make of addresses in an answer."""
    answers = [folded(item.text) for item in fields.values()]
    for mark in notes:
        address = folded(SCHEME.sub("", mark.words).rstrip("/"))
        is_made = mark.kind is LeftOverKind.LINK and any(address in text for text in answers)
        if not is_made:
            yield mark


def _is_answered(found: PdfField) -> bool:
    text = found.text.strip()
    return bool(text) and not (found.type == "Ch" and text in {"-", "—"})


def _typed_over(
    notes: Iterable[Mark], questions: Questions, unanswered: frozenset[str]
) -> dict[str, list[Mark]]:
    """Return the texts that were typed over boxes without an answer: they are the answers."""
    found: dict[str, list[Mark]] = {}
    for mark in notes:
        if mark.is_typed and mark.words and mark.places:
            name = questions.box_around(mark.page, mark.places[0])
            if name in unanswered:
                found.setdefault(name, []).append(mark)
    return found


def _of_fields(pdf: Any, fields: Mapping[str, PdfField], known: frozenset[str]) -> Iterator[Mark]:
    """Yield the words in fields that are not ours, each with its name; a signature has none.

    Of one that says nothing the name is told where it is of words: programs make up other ones.
    """
    others = {
        name: words
        for name, item in fields.items()
        if name not in known and name not in IDENTITY_NAMES and item.type != _SIGNATURE
        if (words := _words_of(item)) or is_of_words(name)
    }
    if not others:
        return
    places: dict[str, tuple[int, tuple[Edges, ...]]] = {}
    for index, name, edges in _widgets(pdf):
        places.setdefault(name, (index, (edges,)))
    for name, words in others.items():
        page, where = places.get(name, (0, ()))
        if words:
            yield Mark(page, where, LeftOverKind.FIELD, tidied(words), by=tidied(name))
        else:
            yield Mark(page, (), LeftOverKind.FIELD, tidied(name))


def _words_of(item: PdfField) -> str:
    """Return what a field says: its value, what stands on it, and what viewers show at it."""
    beside = [decode_string(content)[0].strip() for content in (*item.captions, item.hint)]
    said = [shown_in(item).strip(), *(words for words in beside if words != item.name)]
    return "\n".join(dict.fromkeys(words for words in said if len(words) > 1 or words == said[0]))


def _boxes(pdf: Any, known: frozenset[str]) -> Iterator[FieldBox]:
    for index, name, edges in _widgets(pdf):
        if name in known:
            yield FieldBox(name, index, edges)


def _widgets(pdf: Any) -> Iterator[tuple[int, str, Edges]]:
    """Yield page, short name and edges of each widget that has them."""
    for index, page in enumerate(itertools.islice(pdf.pages, _MOST_PAGES)):
        listed = page.obj.get("/Annots")
        for item in listed if isinstance(listed, pikepdf.Array) else ():
            if not isinstance(item, pikepdf.Dictionary) or item.get("/Subtype") != "/Widget":
                continue
            edges = edges_if_any(item)
            owner = item if "/T" in item else item.get("/Parent")
            if edges is not None and isinstance(owner, pikepdf.Dictionary):
                yield index, short_name_of(read_text(owner.get("/T"))[0]), edges


def _of_blank(blank: Blank | None, boxes: Sequence[FieldBox]) -> Iterator[FieldBox]:
    """Yield the boxes of fields that are gone, where the blank has them."""
    if blank is None:
        return
    there = {box.field for box in boxes}
    pages: dict[int, int] = {}
    at = {box.field: box.page for box in boxes}
    for box in blank.boxes:
        if box.field in at:
            pages.setdefault(box.page, at[box.field])
    for box in blank.boxes:
        if box.field not in there:
            yield FieldBox(box.field, pages.get(box.page, box.page), box.edges)

"""Tells marks with the questions that they are at."""

from collections.abc import Iterable, Mapping

from pipeline.forms.pdf.left_over.mark import Mark, tidied
from pipeline.forms.pdf.left_over.questions import Questions
from pipeline.forms.pdf.read.fields import PdfField
from pipeline.model.submission import LeftOver, LeftOverKind

#: So many are told one by one; a last one without words tells that there are more.
_MOST = 200
#: A mark with words that covers more boxes than this is at no question.
_FEW = 3
#: Points within which places on two pages are the same.
_NEAR = 4.0
_EACH = frozenset({LeftOverKind.STRUCK, LeftOverKind.INK})


def _order(mark: Mark) -> tuple[int, float]:
    return mark.page, -max((edges[3] for edges in mark.places), default=0.0)


def told(
    marks: Iterable[Mark], questions: Questions, fields: Mapping[str, PdfField]
) -> tuple[LeftOver, ...]:
    """Return ``marks`` in the order of the pages, each once at each of its questions.

    Words that stand on several pages, as what services stamp on each, are told once; at the same
    place of several pages they are a watermark or a heading, which is at no question. What is
    struck out without a word is the text of its field, which is one of ``fields``.
    """
    found: dict[tuple[str, ...], LeftOver] = {}
    marks = sorted(marks, key=_order)
    repeated = _repeated(marks)
    for mark in marks:
        for name in ("",) if _print_of(mark) in repeated else _fields(mark, questions):
            words = mark.words
            if mark.kind is LeftOverKind.STRUCK and not words and name in fields:
                words = _struck(fields[name])
            where = mark.where
            key = (mark.kind, words, name) if words else (mark.kind, where, name)
            found.setdefault(key, LeftOver(mark.kind, words, where, name))
    items = list(found.values())
    if len(items) > _MOST:
        more = LeftOver(LeftOverKind.PAGE, "", f"{items[_MOST].where} … (+{len(items) - _MOST})")
        items = [*sorted(items, key=lambda item: not item.field)[:_MOST], more]
    return tuple(items)


def _print_of(mark: Mark) -> tuple[str, tuple[int, ...]] | None:
    """Return the words of a mark and their place, rounded; None for one without either."""
    if not (mark.words and mark.places):
        return None
    return mark.words, tuple(round(edge / _NEAR) for edge in mark.places[0][:2])


def _repeated(marks: Iterable[Mark]) -> frozenset[tuple[str, tuple[int, ...]] | None]:
    """Return the words that stand at the same place of several pages."""
    pages: dict[tuple[str, tuple[int, ...]], set[int]] = {}
    for mark in marks:
        if (key := _print_of(mark)) is not None:
            pages.setdefault(key, set()).add(mark.page)
    return frozenset(key for key, found in pages.items() if len(found) > 1)


def _struck(found: PdfField) -> str:
    return "" if found.type == "Btn" else tidied(found.text)


def _fields(mark: Mark, questions: Questions) -> tuple[str, ...]:
    """Return the questions that a mark is at; one that is at none has an empty name."""
    names: dict[str, None] = {}
    for edges in mark.places:
        under = questions.boxes_under(mark.page, edges)
        if len(under) > 1 and (mark.kind in _EACH or len(under) <= _FEW):
            names |= dict.fromkeys(under)
        elif len(under) <= 1:
            names[questions.at(mark.page, edges)] = None
    return tuple(name for name in names if name) or ("",)

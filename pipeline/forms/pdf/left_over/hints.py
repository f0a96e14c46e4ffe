"""Tells words that somebody wrote into the boxes of fields, where no answer is.

In their hints and captions, which viewers show at them, and into the lists that they offer.
"""

import io
import itertools
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

import pikepdf

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.left_over.mark import tidied
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.read.fields import PdfField, read_form
from pipeline.forms.pdf.read.lists import Options, foreign_words
from pipeline.forms.pdf.values import decode_string, read_text
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import printed_versions
from pipeline.model.form import FormKind
from pipeline.model.submission import LeftOver, LeftOverKind

_BLANKS_KEPT = 32
_MOST_PAGES = 200
_AROUND = " \t\n–—-:;,.|/"
#: Words that we print at marked answers, and add to their hints.
_MARK_WORDS = ("check_mark", "proposed_mark")


def changed_hints(
    pdf: Any, fields: Mapping[str, PdfField], stamp: Stamp | None
) -> Iterator[LeftOver]:
    """Yield what stands in the hints of ``fields`` and not in those of the blank, at its question.

    Nothing is told when the blank is not at hand. The name of a field is no hint of a person.
    """
    known = _known(stamp) if stamp else {}
    if not known:
        return
    for name, own in known.items():
        there = fields.get(name)
        if there is None or there.hint == own or not there.hint:
            continue
        words = _beside(decode_string(there.hint)[0], decode_string(own)[0])
        if words and folded(words) != folded(name):
            where = f"p. {_page_of(pdf, name) + 1}"
            yield LeftOver(LeftOverKind.HINT, tidied(words), where, name)


def captions(pdf: Any, fields: Mapping[str, PdfField], kind: FormKind) -> Iterator[LeftOver]:
    """Yield what stands on the boxes of questions, at its question.

    One sign is the look of a tick. The name of a field, and its hint, are no words of a person.
    """
    for name in FORMS[kind].questions:
        there = fields.get(name)
        if there is None:
            continue
        for content in there.captions:
            words = decode_string(content)[0].strip()
            if len(words) <= 1:
                continue
            if folded(words) not in {folded(name), folded(decode_string(there.hint)[0])}:
                where = f"p. {_page_of(pdf, name) + 1}"
                yield LeftOver(LeftOverKind.CAPTION, tidied(words), where, name)


def changed_options(
    pdf: Any, lists: Mapping[str, Options], shown: frozenset[str], kind: FormKind
) -> Iterator[LeftOver]:
    """Yield, for each of ``lists``, the words that were put into it, but for the ``shown`` ones.

    ``lists`` has the options that are not ours; what was chosen of them is told with the answer.
    """
    for name, others in lists.items():
        words = [word for word in foreign_words(others, name, kind) if word not in shown]
        if words:
            where = f"p. {_page_of(pdf, name) + 1}, {name}"
            yield LeftOver(LeftOverKind.OPTION, tidied("; ".join(dict.fromkeys(words))), where)


@lru_cache(maxsize=_BLANKS_KEPT)
def _known(stamp: Stamp) -> Mapping[str, bytes]:
    """Return the hints of the questions of the blank; none when it is not at hand."""
    blank = published(stamp.kind, stamp.language, version=stamp.version)
    if blank is None:
        return {}
    questions = FORMS[stamp.kind].questions
    with pikepdf.open(io.BytesIO(blank)) as pdf:
        found = read_form(pdf).fields
    return {item.name: item.hint for item in found if item.hint and item.name in questions}


def _beside(words: str, own: str) -> str:
    """Return what ``words`` say beside ``own``; all of them when these are not whole in them."""
    if own not in words:
        return "" if folded(words) == folded(own) else words.strip(_AROUND)
    before, _, after = words.partition(own)
    before = before.strip(_AROUND)
    said = "" if before in _mark_words() else before
    return f"{said} {after.strip(_AROUND)}".strip()


@cache
def _mark_words() -> frozenset[str]:
    return frozenset(
        texts.word_if_any(key)
        for kind in FORMS
        for texts in printed_versions(kind)
        for key in _MARK_WORDS
    )


def _page_of(pdf: Any, name: str) -> int:
    """Return the index of the page that the field ``name`` is on."""
    for index, page in enumerate(itertools.islice(pdf.pages, _MOST_PAGES)):
        listed = page.obj.get("/Annots")
        for item in listed if isinstance(listed, pikepdf.Array) else ():
            if isinstance(item, pikepdf.Dictionary) and read_text(item.get("/T"))[0] == name:
                return index
    return 0

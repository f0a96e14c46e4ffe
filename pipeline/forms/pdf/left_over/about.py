"""Tells what a person wrote about a file: into its properties, and with a signature."""

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pikepdf

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.left_over.mark import tidied
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.read.fields import PdfField
from pipeline.forms.pdf.values import read_text
from pipeline.forms.stamp import read_stamp
from pipeline.forms.texts import printed_versions
from pipeline.model.submission import LeftOver, LeftOverKind

_MOST_PAGES = 200
_SIGNATURE = "Sig"
_SUBJECT, _KEYWORDS = pikepdf.Name("/Subject"), pikepdf.Name("/Keywords")
_SAID = tuple(map(pikepdf.Name, ("/Reason", "/Location", "/ContactInfo")))
_BETWEEN_KEYWORDS = re.compile("[,;\n]")


def about_file(pdf: Any, fields: Mapping[str, PdfField]) -> Iterator[LeftOver]:
    """Yield the words in the properties of the open ``pdf`` and of its signatures.

    The entries are those of ISO 32000-2, tables 349 and 255. Raises whatever pikepdf raises on a
    broken file.
    """
    information = pdf.trailer.get("/Info")
    if isinstance(information, pikepdf.Dictionary):
        subject = read_text(information.get(_SUBJECT))[0].strip()
        if subject and folded(subject) not in _own_subjects():
            yield LeftOver(LeftOverKind.PROPERTY, tidied(subject), "Subject")
        listed = _BETWEEN_KEYWORDS.split(read_text(information.get(_KEYWORDS))[0])
        others = [word.strip() for word in listed if word.strip() and read_stamp(word) is None]
        if others:
            yield LeftOver(LeftOverKind.PROPERTY, tidied(", ".join(others)), "Keywords")
    if any(item.type == _SIGNATURE for item in fields.values()):
        yield from _signatures(pdf)


@cache
def _own_subjects() -> frozenset[str]:
    return frozenset(
        folded(text) for kind in FORMS for words in printed_versions(kind) for text in words.around
    )


def _signatures(pdf: Any) -> Iterator[LeftOver]:
    for index, page in enumerate(itertools.islice(pdf.pages, _MOST_PAGES)):
        listed = page.obj.get("/Annots")
        for item in listed if isinstance(listed, pikepdf.Array) else ():
            value = item.get("/V") if isinstance(item, pikepdf.Dictionary) else None
            if not isinstance(value, pikepdf.Dictionary):
                continue
            words = [read_text(value.get(key))[0].strip() for key in _SAID if key in value]
            if said := ", ".join(filter(None, words)):
                yield LeftOver(LeftOverKind.FIELD, tidied(said), f"p. {index + 1}")

"""Tells what a person wrote about a file: in its properties and corners, with a signature."""

import io
import itertools
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

import pikepdf

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.embedded import embedded_descriptions
from pipeline.forms.pdf.left_over.mark import is_of_words, tidied
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.read.fields import PdfField, entry
from pipeline.forms.pdf.values import decode_string, encode_string, read_text
from pipeline.forms.stamp import Stamp, read_stamp
from pipeline.forms.texts import printed_versions
from pipeline.model.submission import LeftOver, LeftOverKind
from pipeline.resources import languages

_BLANKS_KEPT = 32
_MOST_PAGES = 200
_MOST_BOOKMARKS = 500
_SIGNATURE = "Sig"
_SUBJECT, _KEYWORDS = pikepdf.Name("/Subject"), pikepdf.Name("/Keywords")
_OUTLINES, _FIRST, _NEXT, _TITLE = (
    pikepdf.Name(f"/{name}") for name in ("Outlines", "First", "Next", "Title")
)
_SAID = tuple(map(pikepdf.Name, ("/Reason", "/Location", "/ContactInfo")))
_LAYERS, _GROUPS, _NAME, _NUMBERS, _PREFIX = (
    pikepdf.Name(f"/{name}") for name in ("OCProperties", "OCGs", "Name", "Nums", "P")
)
_MOST_LISTED = 500
#: Longer than any title or subject of ours.
_SHORT = 500
#: A name of a file, as programs take it for a title.
_FILE = re.compile(r"\.[A-Za-z0-9]{2,5}\Z")
_BETWEEN_KEYWORDS = re.compile("[,;\n]")


def about_file(
    pdf: Any, fields: Mapping[str, PdfField], stamp: Stamp | None, name: str
) -> Iterator[LeftOver]:
    """Yield the words in the properties of the open ``pdf``, its bookmarks and its signatures.

    The entries are those of ISO 32000-2, tables 349, 151 and 255. Programs that join files add
    bookmarks with their names: such a ``name`` says nothing. Raises whatever pikepdf raises on a
    broken file.
    """
    information = pdf.trailer.get("/Info")
    if isinstance(information, pikepdf.Dictionary):
        subject = read_text(information.get(_SUBJECT))[0].strip()
        if subject and not (len(subject) <= _SHORT and _is_own_subject(subject)):
            yield LeftOver(LeftOverKind.PROPERTY, tidied(subject), "Subject")
        listed = _BETWEEN_KEYWORDS.split(read_text(information.get(_KEYWORDS))[0])
        others = [word.strip() for word in listed if word.strip() and read_stamp(word) is None]
        if others:
            yield LeftOver(LeftOverKind.PROPERTY, tidied(", ".join(others)), "Keywords")
    yield from _in_corners(pdf)
    own = _own_bookmarks(stamp) if stamp else frozenset()
    if _OUTLINES in pdf.Root and (titles := _bookmarks(pdf, own)):
        names = {folded(name), folded(name.rpartition(".")[0])}
        for title in dict.fromkeys(titles):
            if folded(title) not in names and title not in _all_bookmarks():
                yield LeftOver(LeftOverKind.BOOKMARK, tidied(title), "Outlines")
    if any(item.type == _SIGNATURE for item in fields.values()):
        yield from _signatures(pdf)


def title_of(pdf: Any, name: str) -> Iterator[LeftOver]:
    """Yield the title of the file ``name`` that a person gave it.

    Programs that do not keep ours take the name of the file, which is no title.
    """
    information = pdf.trailer.get("/Info")
    title = ""
    if isinstance(information, pikepdf.Dictionary):
        title = read_text(information.get(_TITLE))[0].strip()
    if len(title) <= _SHORT and _is_own_subject(title):
        return
    if not is_of_words(title) or _FILE.search(title):
        return
    if folded(title) not in {folded(name), folded(name.rpartition(".")[0])}:
        yield LeftOver(LeftOverKind.PROPERTY, tidied(title), "Title")


def _in_corners(pdf: Any) -> Iterator[LeftOver]:
    """Yield the names of layers, what stands before the numbers of pages, and about attached files.

    ISO 32000-2, 8.11.2, 12.4.2 and 7.11.3. Layers that programs make are counted, or of one word.
    """
    layers = entry(entry(pdf.Root, _LAYERS), _GROUPS) if _LAYERS in pdf.Root else None
    for layer in itertools.islice(layers or (), _MOST_LISTED):
        words = read_text(layer.get(_NAME))[0] if isinstance(layer, pikepdf.Dictionary) else ""
        if is_of_words(words):
            yield LeftOver(LeftOverKind.PROPERTY, tidied(words), "OCProperties")
    numbers = entry(pdf.Root.PageLabels, _NUMBERS) if "/PageLabels" in pdf.Root else None
    for label in itertools.islice(numbers or (), _MOST_LISTED):
        words = read_text(label.get(_PREFIX))[0] if isinstance(label, pikepdf.Dictionary) else ""
        if is_of_words(words):
            yield LeftOver(LeftOverKind.PROPERTY, tidied(words), "PageLabels")
    for file in embedded_descriptions(pdf):
        yield LeftOver(LeftOverKind.PROPERTY, tidied(file), "EmbeddedFiles")


def _bookmarks(pdf: Any, own: frozenset[bytes] = frozenset()) -> list[str]:
    """Return the titles of the bookmarks that are not ``own``, each level after the one above.

    ISO 32000-2, 12.3.3.
    """
    titles: list[str] = []
    seen: set[tuple[int, int]] = set()
    levels = [entry(pdf.Root, _OUTLINES)]
    while levels:
        above = levels.pop()
        item = entry(above, _FIRST) if isinstance(above, pikepdf.Dictionary) else None
        while isinstance(item, pikepdf.Dictionary) and len(seen) < _MOST_BOOKMARKS:
            number = item.objgen
            if number in seen:
                break
            seen.add(number)
            content = item.get_bytes(_TITLE)
            if content not in own and (title := decode_string(content or b"")[0].strip()):
                titles.append(title)
            if _FIRST in item:
                levels.append(item)
            item = entry(item, _NEXT)
    return titles


@lru_cache(maxsize=_BLANKS_KEPT)
def _own_bookmarks(stamp: Stamp) -> frozenset[bytes]:
    """Return the bookmarks of the blank as they stand there; none when it is not at hand."""
    blank = published(stamp.kind, stamp.language, version=stamp.version)
    if blank is None:
        return frozenset()
    with pikepdf.open(io.BytesIO(blank)) as pdf:
        return frozenset(encode_string(title) for title in _bookmarks(pdf))


@cache
def _all_bookmarks() -> frozenset[str]:
    """Return the bookmarks of all forms, which programs keep that join files."""
    stamps = (
        Stamp(kind, version, language)
        for kind, form in FORMS.items()
        for version in (*form.older_versions, form.version)
        for language in languages()
    )
    found = (content for stamp in stamps for content in _own_bookmarks(stamp))
    return frozenset(decode_string(content)[0] for content in found)


@lru_cache(maxsize=64)
def _is_own_subject(text: str) -> bool:
    return folded(text) in _own_subjects()


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

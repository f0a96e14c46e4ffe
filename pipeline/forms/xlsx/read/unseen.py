"""Finds what stands in a workbook outside of the sheets that people look at.

That are our own hidden sheets, sheets that are no tables, names that stand for a text, and the
properties of the file.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from pipeline.forms.blanks import published
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.stamp import IDENTITY_NAMES, Stamp
from pipeline.forms.texts import printed_versions
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.read.added_parts import lying_over
from pipeline.forms.xlsx.read.archive import Archive, DamagedFileError, RefusedFileError
from pipeline.forms.xlsx.read.cells import read_sheet
from pipeline.forms.xlsx.read.own_print import is_around, plain
from pipeline.forms.xlsx.read.parts import Book, Place
from pipeline.forms.xlsx.read.values import Values
from pipeline.model.form import FileFormat
from pipeline.model.submission import LeftOver, LeftOverKind
from pipeline.resources import languages

_MARK_COLUMN = 3
_LISTED = frozenset({"description", "keywords", "category", "contentStatus"})
#: Elements that hold the value of a property of one's own, and what holds these.
_VALUE_TYPES = frozenset({"Properties", "lpwstr", "lpstr", "bstr", "filetime", "bool", "i4", "r8"})
_TRUTHS = frozenset({"true", "false"})
#: Words as people write them: no signs, figures or capitals within a word.
_NAMED_BY_PERSON = re.compile(r"(?:[^\W\d_][^\W\d_A-Z]*)(?:[ -][^\W\d_][^\W\d_A-Z]*)*")
_BLANKS_KEPT = 32
#: The names of all countries in all languages, and what else our hidden sheets say.
_TEXTS_KEPT = 4_096
_LONGEST = 1_000
_SHEETS = "xl/worksheets/"
#: The texts of cells as they are written: in the cell, as its value, or by their number among the
#: shared ones.
_INLINE = re.compile(rb"<t(?:\s[^<>]{0,100})?>([^<]*)</t>")
_OWN = re.compile(rb'<c\s[^<>]{0,200}t="str"[^<>]{0,200}>\s{0,20}<v>([^<]{1,1000})</v>')
_SHARED = re.compile(rb'<c\s[^<>]{0,200}t="s"[^<>]{0,200}>\s{0,20}<v>([0-9]{1,6})</v>')


def unseen(
    archive: Archive,
    book: Book,
    values: Values,
    hidden: tuple[tuple[str, str], ...],
    stamp: Stamp,
) -> Iterator[LeftOver]:
    """Yield what was added out of sight; ``hidden`` are our hidden sheets, by title and part."""
    for title, part in hidden:
        try:
            if not _says_nothing_new(archive.read(part), values, stamp):
                yield from _cells_of_hidden(archive, values, title, part)
            for item in lying_over(archive, part):
                yield LeftOver(item.kind, item.words, title)
        except (DamagedFileError, RefusedFileError):
            yield LeftOver(LeftOverKind.SHEET, "", title)
    for title, part in book.others:
        drawn = [item.words for item in lying_over(archive, part)]
        yield LeftOver(LeftOverKind.SHEET, "\n".join(filter(None, (title, *drawn))), title)
    for name, words in book.constants.items():
        yield LeftOver(LeftOverKind.NAME, f"{name}: {words}", name)


def in_properties(found: Mapping[str, str]) -> Iterator[LeftOver]:
    """Yield what a person wrote into the properties of the file (part 2, 11.1)."""
    for name in sorted(_LISTED & found.keys()):
        if (words := found[name].strip()) and not is_around(words):
            yield LeftOver(LeftOverKind.PROPERTY, words, name)


def in_own_properties(found: Mapping[str, str]) -> Iterator[LeftOver]:
    """Yield the properties that a person added: programs give theirs names like identifiers.

    What is of several words is told whatever its name is.
    """
    for name, text in found.items():
        words = text.strip()
        is_of_words = " " in words or not words.isascii()
        if name in _VALUE_TYPES or not any(map(str.isalpha, words)) or words in _TRUTHS:
            continue
        if name.startswith("_") or not (is_of_words or _NAMED_BY_PERSON.fullmatch(name)):
            continue
        yield LeftOver(LeftOverKind.PROPERTY, f"{name}: {words}", name)


def _cells_of_hidden(archive: Archive, values: Values, title: str, part: str) -> Iterator[LeftOver]:
    """Yield what is not ours on a hidden sheet of ours."""
    cells = read_sheet(archive, title, part, [0, 0]).cells
    marked = {row for (row, column) in cells if column == 1}
    fields = {row for row in marked if _is_field(values.read(cells[row, 1])[0])}
    found: list[tuple[int, str]] = []
    first = ""
    for (row, column), cell in cells.items():
        text = values.read(cell)[0].strip()
        ours = column <= _MARK_COLUMN and row in fields  # an answer that we marked, and our words
        if not text or ours or plain(text) in _own_words() or is_around(text):
            continue
        first = first or Place(title, row, column).text
        found.append((row, text))
    if found:
        words = "\n".join(text for _, text in found)
        yield LeftOver(LeftOverKind.SHEET, words[:_LONGEST], first)


def _is_field(text: str) -> bool:
    return any(text in form.questions for form in FORMS.values())


@cache
def _own_texts() -> frozenset[bytes | str]:
    """Return what our hidden sheets say in every version and language."""
    found: set[bytes | str] = {
        *IDENTITY_NAMES,
        at.STAMP_PROPERTY,
        at.IDENTITY_SHEET,
        at.LISTS_SHEET,
    }
    for kind, form in FORMS.items():
        found |= {kind.value, form.version, *form.older_versions, *form.questions}
        for language in languages():
            found |= {
                text for text in _of_blank(Stamp(kind, "", language)) if isinstance(text, str)
            }
        for words in printed_versions(kind):
            found.add(words.language)
            for name in form.questions:
                found |= {at.LIST_PREFIX + name, *(word for _, word in words.choices(name))}
    return frozenset(found)


@cache
def _own_words() -> frozenset[str]:
    """Return the same as it is compared."""
    return frozenset(plain(text) for text in _own_texts() if isinstance(text, str))


@lru_cache(maxsize=_BLANKS_KEPT)
def _of_blank(stamp: Stamp) -> frozenset[bytes | str]:
    """Return what the sheets of the blank say, as written and as read; nothing when it is gone."""
    blank = published(stamp.kind, stamp.language, FileFormat.XLSX, stamp.version)
    if blank is None:
        return frozenset()
    with zipfile.ZipFile(io.BytesIO(blank)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith(_SHEETS)]
    written = [text for sheet in sheets for text in _INLINE.findall(sheet)]
    return frozenset((*written, *(html.unescape(text.decode()) for text in written)))


def _unescaped(text: bytes) -> str:
    return _unescaped_once(text) if len(text) <= _LONGEST else _unescape(text)


def _unescape(text: bytes) -> str:
    return html.unescape(text.decode("utf-8", "replace"))


_unescaped_once = lru_cache(maxsize=_TEXTS_KEPT)(_unescape)


def _says_nothing_new(content: bytes, values: Values, stamp: Stamp) -> bool:
    """Whether all texts of a sheet are ours; a look at its bytes is faster than a tree.

    They are those of the blank; of an older version, whose blank is not kept, those of any.
    """
    shared = _SHARED.findall(content)
    own = _OWN.findall(content)
    if len(shared) + len(own) != content.count(b"<v"):
        return False
    known = _of_blank(stamp) or _own_texts()
    written = {_unescaped(text) for text in {*_INLINE.findall(content), *own} - known}
    others = (written | values.texts_at(shared)) - known
    return all(plain(text) in _own_words() or is_around(text) for text in others)

"""Reads the few parts of a workbook that a form needs (ECMA-376), straight from the XML.

Element names are compared without their namespace, so that the transitional and the strict dialect
read alike. A document type is refused: no workbook has one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from posixpath import dirname, normpath
from typing import NamedTuple
from xml.parsers import expat

from pipeline.forms.xlsx.read.archive import Archive, DamagedFileError, RefusedFileError

_MAX_TAGS = 1_000_000
_MAX_SHEETS = 1_000
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TARGET = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Za-z]{1,3})\$?([0-9]{1,7})\b")

#: A text within a formula, in which two quotes stand for one.
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_LONGEST_NAME = 2_000
#: A beginning after which the signs of ASCII are what they are: UTF-8, or said to be like it.
_IN_ASCII = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:"
    rb"<\?xml\s[^>]*?encoding\s*=\s*[\"'](?i:utf-8|us-ascii|iso-8859-1)[\"']"
    rb"|<\?xml(?![^>]*encoding)|<[A-Za-z_])"
)
#: A root element with a prefix: then every element may have one.
_PREFIXED = re.compile(rb"<[A-Za-z_][\w.-]*:")
_ROOT_BYTES = 2_000

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class Place(NamedTuple):
    """Where a cell is; row and column count from 1."""

    sheet: str
    row: int
    column: int

    @property
    def text(self) -> str:
        """The place as people write it, such as ``Form!D12``."""
        return f"{self.sheet}!{column_letters(self.column)}{self.row}"


@dataclass(frozen=True)
class Book:
    """The workbook part: names of cells, the sheets with their parts, and the date system.

    A name of the whole book wins over that of one sheet, which a copied sheet brings along.
    ``others`` are sheets that are no tables, such as charts; ``constants`` are names that stand for
    a text or have a remark.
    """

    names: Mapping[str, Place]
    sheets: tuple[tuple[str, str], ...]
    dates_from_1904: bool
    others: tuple[tuple[str, str], ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)


def parse(content: bytes, start: Start, end: End, text: Text) -> None:
    """Run expat over ``content``; element names come without their prefix, attributes as written.

    Raises DamagedFileError for XML that is not well-formed, RefusedFileError for a document type
    and for more elements than can be read in time.
    """
    if _has_too_many_tags(content):
        raise RefusedFileError

    def refuse(*_: object) -> None:
        raise RefusedFileError

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    if _PREFIXED.search(content[:_ROOT_BYTES]):
        parser.StartElementHandler = lambda name, found: start(name.rpartition(":")[2], found)
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    try:
        parser.Parse(content, True)  # noqa: FBT003 - positional in expat
    except (expat.ExpatError, UnicodeError, ValueError, LookupError) as error:
        raise DamagedFileError from error


def refuse_document_type(content: bytes) -> None:
    """Raise RefusedFileError for a document type and for more elements than can be read in time.

    In an encoding that may hide one, the XML is read for it; then DamagedFileError is possible.
    """
    if _has_too_many_tags(content) or b"<!DOCTYPE" in content:
        raise RefusedFileError
    if not _IN_ASCII.match(content):
        parse(content, _nothing, _nothing, _nothing)


def _has_too_many_tags(content: bytes) -> bool:
    """Whether there are more than can be read in time; no tag is shorter than its first sign."""
    return len(content) > _MAX_TAGS and content.count(b"<") > _MAX_TAGS


def unescape(text: str) -> str:
    """Return the text that ``_x0041_`` escapes stand for (22.9.2.19), pairs of surrogates joined.

    What cannot be joined becomes U+FFFD.
    """
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@lru_cache(maxsize=1_000)
def column_number(letters: str) -> int:
    """Return the number of a column from its letters (A is 1)."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


@lru_cache(maxsize=1_000)
def column_letters(number: int) -> str:
    """Return the letters of a column from its number (1 is A)."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def read_relations(archive: Archive, part: str) -> Mapping[str, tuple[str, str]]:
    """Return id → (kind of relation, name of the part) of what ``part`` points to."""
    folder = dirname(part)
    path = f"{folder}/_rels/{part.rpartition('/')[2]}.rels".lstrip("/")
    found: dict[str, tuple[str, str]] = {}
    if not archive.has(path):
        return found

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            full = target.lstrip("/") if target.startswith("/") else normpath(f"{folder}/{target}")
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, full.lstrip("/"))

    parse(archive.read(path), start, _nothing, _nothing)
    return found


def _nothing(*_: object) -> None:
    """Ignore what is not needed."""


class _BookReader:
    """Collects what the workbook part says."""

    def __init__(self, archive: Archive, relations: Mapping[str, tuple[str, str]]) -> None:
        self.archive = archive
        self.relations = relations
        self.names: dict[str, Place] = {}
        self.local: dict[str, Place] = {}
        self.sheets: list[tuple[str, str]] = []
        self.from_1904 = False
        self.into: dict[str, Place] | None = None
        self.name = ""
        self.remark = ""
        self.others: list[tuple[str, str]] = []
        self.constants: dict[str, str] = {}
        self.pieces: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "definedName":
            self.name = attributes.get("name", "").casefold()
            self.remark = attributes.get("comment", "")
            self.into = self.local if "localSheetId" in attributes else self.names
            self.pieces.clear()
        elif name == "sheet":
            self._start_sheet(attributes)
        elif name == "customWorkbookView" and attributes.get("personalView") not in {"1", "true"}:
            self.name = "view"
            self._keep(attributes.get("name", ""))
        elif name == "workbookPr":
            from_1904 = attributes.get("date1904", "0").strip() in {"1", "true"}
            self.from_1904 = self.from_1904 or from_1904

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        ids = [value for key, value in attributes.items() if key.endswith(":id")]
        kind, target = self.relations.get(ids[0] if ids else "", ("", ""))
        if not self.archive.has(target):
            raise DamagedFileError
        into = self.sheets if kind == "worksheet" else self.others
        into.append((attributes.get("name", ""), target))
        if len(self.sheets) + len(self.others) > _MAX_SHEETS:
            raise RefusedFileError

    def end(self, name: str) -> None:
        if name == "definedName" and self.into is not None:
            text = "".join(self.pieces)
            place = read_target(text)
            if place:
                self.into.setdefault(self.name, place)
            elif not self.name.startswith("_xl"):
                words = " ".join(map(_unquoted, _QUOTED.findall(text[:_LONGEST_NAME])))
                self._keep(words)
            self._keep(self.remark)
            self.into = None

    def _keep(self, words: str) -> None:
        if words.strip() and len(self.constants) < _MAX_SHEETS:
            known = self.constants.get(self.name)
            self.constants[self.name] = f"{known} {words}" if known else words

    def text(self, data: str) -> None:
        if self.into is not None:
            self.pieces.append(data)


def read_book(archive: Archive, part: str, relations: Mapping[str, tuple[str, str]]) -> Book:
    """Read the workbook part, whose ``relations`` are those of :func:`read_relations`."""
    reader = _BookReader(archive, relations)
    parse(archive.read(part), reader.start, reader.end, reader.text)
    if len({name.casefold() for name, _ in reader.sheets}) < len(reader.sheets):
        raise DamagedFileError  # of two sheets with one name a program shows either
    names = {**reader.local, **reader.names}
    others, constants = tuple(reader.others), reader.constants
    return Book(names, tuple(reader.sheets), reader.from_1904, others, constants)


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"')


def read_target(text: str) -> Place | None:
    """Return the (first) cell that a defined name points to, or None when it is broken."""
    found = _TARGET.match(text.strip().lstrip("="))
    if found is None:
        return None
    quoted, plain, column, row = found.groups()
    return Place((quoted or "").replace("''", "'") or plain, int(row), column_number(column))


def read_properties(archive: Archive, part: str) -> Mapping[str, str]:
    """Return the texts of a document properties part by name (custom properties by theirs)."""
    found: dict[str, str] = {}
    names: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        short = name.rpartition(":")[2]
        names.append(attributes.get("name", short) if short == "property" else short)

    def end(_: str) -> None:
        names.pop()

    def text(data: str) -> None:
        for key in names[-2:]:
            found[key] = (found.get(key, "") + data)[:1000]

    parse(archive.read(part), start, end, text)
    return found

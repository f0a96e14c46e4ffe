"""Reads the few parts of a workbook that a form needs (ECMA-376), straight from the XML.

Element names are compared without their namespace, so that the transitional and the strict dialect
read alike. A document type is refused: no workbook has one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from posixpath import dirname, normpath
from xml.parsers import expat

from pipeline.forms.xlsx_archive import Archive, DamagedFileError, RefusedFileError

MAX_CELLS = 20_000
#: Empty cells that only carry a format; programs write many of them.
_MAX_EMPTY_CELLS = 400_000
_MAX_TEXT = 100_000
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_TARGET = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Za-z]{1,3})\$?([0-9]{1,7})\b")

#: A root element with a prefix: then every element may have one.
_PREFIXED = re.compile(rb"<[A-Za-z_][\w.-]*:")
_ROOT_BYTES = 2_000

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RawCell:
    """A cell as it stands in the XML: its type, style, value and formula (None: not there)."""

    kind: str
    style: int
    value: str | None
    formula: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell is; row and column count from 1."""

    sheet: str
    row: int
    column: int

    @property
    def text(self) -> str:
        """The place as people write it, such as ``Form!D12``."""
        return f"{self.sheet}!{column_letters(self.column)}{self.row}"


@dataclass
class Sheet:
    """A worksheet: its cells that hold something, and the printed header and footer."""

    name: str
    cells: dict[tuple[int, int], RawCell] = field(default_factory=dict)
    margins: str = ""


@dataclass(frozen=True)
class Book:
    """The workbook part: names of cells, the sheets with their parts, and the date system."""

    names: Mapping[str, Place]
    sheets: tuple[tuple[str, str], ...]
    dates_from_1904: bool


def parse(content: bytes, start: Start, end: End, text: Text) -> None:
    """Run expat over ``content``; element names come without their prefix, attributes as written.

    Raises DamagedFileError for XML that is not well-formed, RefusedFileError for a document type.
    """

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


def unescape(text: str) -> str:
    """Return the text that ``_x0041_`` escapes stand for (22.9.2.19), pairs of surrogates joined.

    What cannot be joined becomes U+FFFD.
    """
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def column_number(letters: str) -> int:
    """Return the number of a column from its letters (A is 1)."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


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


def _nothing(_: str) -> None:
    """Ignore what is not needed."""


def read_book(archive: Archive, part: str) -> Book:
    """Read the workbook part."""
    relations = read_relations(archive, part)
    names: dict[str, Place] = {}
    sheets: list[tuple[str, str]] = []
    dates: list[bool] = []
    current: list[str] = []
    pieces: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            ids = [value for key, value in attributes.items() if key.endswith(":id")]
            target = relations.get(ids[0] if ids else "", ("", ""))
            if target[0] == "worksheet":
                sheets.append((attributes.get("name", ""), target[1]))
        elif name == "definedName":
            current[:] = [attributes.get("name", "").casefold()]
            pieces.clear()
        elif name == "workbookPr":
            dates.append(attributes.get("date1904", "0").strip() in {"1", "true"})

    def end(name: str) -> None:
        if name == "definedName" and current:
            place = read_target("".join(pieces))
            if place and current[0] not in names:
                names[current[0]] = place
            current.clear()

    def text(data: str) -> None:
        if current:
            pieces.append(data)

    parse(archive.read(part), start, end, text)
    return Book(names, tuple(sheets), any(dates))


def read_target(text: str) -> Place | None:
    """Return the (first) cell that a defined name points to, or None when it is broken."""
    found = _TARGET.match(text.strip().lstrip("="))
    if found is None:
        return None
    sheet = (found.group(1) or "").replace("''", "'") or found.group(2)
    return Place(sheet, int(found.group(4)), column_number(found.group(3)))


def read_strings(archive: Archive, part: str) -> tuple[str, ...]:
    """Return the shared strings, rich text joined, readings (furigana) left out."""
    strings: list[str] = []
    pieces: list[str] = []
    state = {"text": False, "reading": False}

    def start(name: str, _: dict[str, str]) -> None:
        if name == "si":
            pieces.clear()
        elif name == "rPh":
            state["reading"] = True
        elif name == "t":
            state["text"] = not state["reading"]

    def end(name: str) -> None:
        if name == "t":
            state["text"] = False
        elif name == "rPh":
            state["reading"] = False
        elif name == "si":
            strings.append(unescape("".join(pieces)[:_MAX_TEXT]))

    def text(data: str) -> None:
        if state["text"]:
            pieces.append(data)

    parse(archive.read(part), start, end, text)
    return tuple(strings)


class _SheetReader:
    """Collects the cells of one worksheet."""

    def __init__(self, sheet: Sheet, counts: list[int]) -> None:
        self.sheet = sheet
        self.counts = counts
        self.row = 0
        self.column = 0
        self.kind = ""
        self.style = 0
        self.parts: dict[str, list[str]] = {}
        self.into: list[str] | None = None
        self.reading = False
        self.margins: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._start_cell(attributes)
        elif name == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() and len(number) < 8 else self.row + 1  # noqa: PLR2004 - digits of the last row
            self.column = 0
        elif name in {"v", "f"}:
            self.into = self.parts.setdefault(name, [])
        elif name == "rPh":
            self.reading = True
        elif name == "t" and not self.reading:
            self.into = self.parts.setdefault("v", [])
        elif name in {"oddFooter", "evenFooter", "firstFooter", "oddHeader"}:
            self.into = self.margins

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.counts[1] += 1
        if self.counts[1] > _MAX_EMPTY_CELLS:
            raise RefusedFileError
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        if found:
            self.column = column_number(found.group(1))
            self.row = int(found.group(2))
        else:
            self.column += 1
        self.kind = attributes.get("t", "n")
        style = attributes.get("s", "0")
        self.style = int(style) if style.isdecimal() and len(style) < 7 else 0  # noqa: PLR2004 - far above any number of styles
        self.parts = {}

    def end(self, name: str) -> None:
        if name in {"v", "f", "t", "oddFooter", "evenFooter", "firstFooter", "oddHeader"}:
            self.into = None
        elif name == "rPh":
            self.reading = False
        elif name == "c" and self.parts:
            self._end_cell()

    def _end_cell(self) -> None:
        self.counts[0] += 1
        if self.counts[0] > MAX_CELLS:
            raise RefusedFileError
        value = self.parts.get("v")
        formula = self.parts.get("f")
        self.sheet.cells[(self.row, self.column)] = RawCell(
            self.kind,
            self.style,
            None if value is None else "".join(value)[:_MAX_TEXT],
            None if formula is None else "".join(formula)[:_MAX_TEXT],
        )
        self.parts = {}

    def text(self, data: str) -> None:
        if self.into is not None:
            self.into.append(data)


def read_sheet(archive: Archive, name: str, part: str, counts: list[int]) -> Sheet:
    """Read the worksheet ``part``.

    ``counts`` are the cells met so far in the file: [with content, all]; they are carried on.
    """
    sheet = Sheet(name)
    reader = _SheetReader(sheet, counts)
    parse(archive.read(part), reader.start, reader.end, reader.text)
    sheet.margins = " ".join(reader.margins)
    return sheet


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

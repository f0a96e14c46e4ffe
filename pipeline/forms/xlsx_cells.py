"""Reads the cells of a worksheet and the shared strings (ECMA-376 Part 1, 18.3 and 18.4).

A tree is built by the parser in C and walked once, which takes half the time of handlers for each
element. What a tree could take in memory is bounded by the count of tags before.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.forms.xlsx_archive import Archive, DamagedFileError, RefusedFileError
from pipeline.forms.xlsx_parts import column_letters, column_number, refuse_document_type, unescape

MAX_CELLS = 20_000
#: Empty cells that only carry a format; programs write many of them.
_MAX_EMPTY_CELLS = 400_000
_MAX_TEXT = 100_000
_MAX_STRINGS = 200_000
_ROW = re.compile("[0-9]{1,7}")
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_LETTERS = tuple(column_letters(number) for number in range(1, 27))
_MARGINS = ("oddHeader", "oddFooter", "evenFooter", "firstFooter")


class RawCell(NamedTuple):
    """A cell as it stands in the XML: its type, style, value and formula (None: not there).

    ``style`` is the index of its format, as written.
    """

    kind: str
    style: str
    value: str | None
    formula: str | None


@dataclass
class Sheet:
    """A worksheet: its cells that hold something, and the printed header and footer."""

    name: str
    cells: dict[tuple[int, int], RawCell] = field(default_factory=dict)
    margins: str = ""


def read_sheet(
    archive: Archive, name: str, part: str, counts: list[int], rows: int | None = None
) -> Sheet:
    """Read the worksheet ``part``, or the first ``rows`` of it.

    ``counts`` are the cells met so far in the file: [with content, all]; they are carried on.
    Raises DamagedFileError for a part that contradicts itself, RefusedFileError beyond a limit.
    """
    root, space = _tree(archive.read(part), "worksheet")
    sheet = Sheet(name)
    for data in root.findall(f"{space}sheetData"):
        _read_rows(data, space, sheet, counts, rows)
    pieces = [
        item.text or ""
        for margin in root.iter(f"{space}headerFooter")
        for item in margin
        if item.tag.removeprefix(space) in _MARGINS
    ]
    sheet.margins = " ".join(pieces)
    return sheet


def _read_rows(
    data: ET.Element, space: str, sheet: Sheet, counts: list[int], rows: int | None
) -> None:
    """Read the cells of ``data``; rows and their cells stand in order (18.3.1.73)."""
    names = _CellNames.of(space)
    row = 0
    for item in data:
        if item.tag != names.row:
            continue
        number = item.get("r", "")
        last, row = row, int(number) if _ROW.fullmatch(number) else row + 1
        if row <= last:
            raise DamagedFileError
        if rows is not None and row > rows:
            break
        counts[1] += len(item)
        if counts[1] > _MAX_EMPTY_CELLS:
            raise RefusedFileError
        column = 0
        for cell in item:
            if cell.tag != names.cell:
                continue
            column = _column(cell.get("r"), row, column)
            if len(cell):
                found = _read_cell(cell, names)
                if found is not None:
                    sheet.cells[row, column] = found
    counts[0] += len(sheet.cells)
    if counts[0] > MAX_CELLS:
        raise RefusedFileError


@dataclass(frozen=True, slots=True)
class _CellNames:
    """The names of the elements in a namespace: transitional, strict, or none."""

    row: str
    cell: str
    value: str
    formula: str
    inline: str
    text: str
    run: str

    @classmethod
    def of(cls, space: str) -> "_CellNames":
        return cls(*(space + name for name in ("row", "c", "v", "f", "is", "t", "r")))


def _column(reference: str | None, row: int, last: int) -> int:
    """Return the column of a cell in ``row`` after the column ``last``."""
    if reference is None:
        return last + 1
    if last < len(_LETTERS) and reference == f"{_LETTERS[last]}{row}":
        return last + 1  # the next cell, as nearly always
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return last + 1
    column = column_number(found.group(1))
    if column <= last or int(found.group(2)) != row:
        raise DamagedFileError  # a cell that is there twice, or in the row of another
    return column


def _read_cell(cell: ET.Element, names: _CellNames) -> RawCell | None:
    """Return what ``cell`` holds, or None when it only carries a format."""
    value = formula = None
    for item in cell:
        if item.tag == names.value:
            text = _text(item)
            value = text if value is None else value + text
        elif item.tag == names.formula:
            formula = (formula or "") + _text(item)
        elif item.tag == names.inline:
            value = (value or "") + _rich_text(item, names)
    if value is None and formula is None:
        return None
    return RawCell(
        cell.get("t", "n"),
        cell.get("s", "0"),
        value if value is None or len(value) <= _MAX_TEXT else _cut(value),
        None if formula is None else formula[:_MAX_TEXT],
    )


def read_strings(archive: Archive, part: str) -> tuple[str, ...]:
    """Return the shared strings, rich text joined, readings (furigana) left out.

    Raises RefusedFileError when there are more than a form can have.
    """
    root, space = _tree(archive.read(part), "sst")
    names = _CellNames.of(space)
    found = root.findall(f"{space}si")
    if len(found) > _MAX_STRINGS:
        raise RefusedFileError
    return tuple(_shared_string(item, names) for item in found)


def _shared_string(item: ET.Element, names: _CellNames) -> str:
    text = _rich_text(item, names)
    plain = len(text) <= _MAX_TEXT and "_x" not in text
    return text if plain else unescape(_cut(text))


def _rich_text(item: ET.Element, names: _CellNames) -> str:
    """Return the text of a string item: its own, and that of its runs."""
    if len(item) == 1 and (only := item[0]).tag == names.text and not len(only):
        return only.text or ""
    pieces = []
    for part in item:
        if part.tag == names.text:
            pieces.append(_text(part))
        elif part.tag == names.run:
            pieces += [_text(run) for run in part if run.tag == names.text]
    return "".join(pieces)


def _text(item: ET.Element) -> str:
    return "".join(item.itertext()) if len(item) else item.text or ""


def _cut(text: str) -> str:
    """Return ``text``, or its beginning with the sign of a damaged text."""
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "\ufffd"


def _tree(content: bytes, root_name: str) -> tuple[ET.Element, str]:
    """Return the root element and its namespace as ``{uri}``, or empty.

    Raises DamagedFileError unless the root is called ``root_name``.
    """
    refuse_document_type(content)
    try:
        root = ET.fromstring(content)  # noqa: S314 - document types are refused before
    except (ET.ParseError, UnicodeError, ValueError, LookupError) as error:
        raise DamagedFileError from error
    space = root.tag[: root.tag.rfind("}") + 1]
    if root.tag != space + root_name:
        raise DamagedFileError
    return root, space

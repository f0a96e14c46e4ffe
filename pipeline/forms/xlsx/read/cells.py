"""Reads the cells of a worksheet and the shared strings (ECMA-376 Part 1, 18.3 and 18.4).

A tree is built by the parser in C and walked once, which takes half the time of handlers for each
element. What a tree could take in memory is bounded by the count of tags before. Shared strings
that are nothing but texts are cut out of the XML without a tree.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple
from xml.parsers import expat

from pipeline.forms.xlsx.read.archive import Archive, DamagedFileError, RefusedFileError
from pipeline.forms.xlsx.read.asides import Aside, asides_of
from pipeline.forms.xlsx.read.parts import (
    column_letters,
    column_number,
    refuse_document_type,
    unescape,
)

MAX_CELLS = 20_000
#: Empty cells that only carry a format; programs write many of them.
_MAX_EMPTY_CELLS = 400_000
_MAX_TEXT = 100_000
_MAX_STRINGS = 200_000
#: Of a bigger part a tree takes less memory than the copies of its text.
_MAX_CUT = 1_000_000
_ROW = re.compile("[0-9]{1,7}")
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_ONE_LETTER = 26
_LETTERS = tuple(column_letters(number) for number in range(1, _ONE_LETTER + 1))
_MARGINS = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
_STRIKE = b"strike"
#: Values of a switch that is off (18.2, ST_Boolean).
_OFF = frozenset({"0", "false"})

#: The beginning of shared strings, up to the first of them, as programs write it.
_STRINGS_HEAD = re.compile(
    r"""\ufeff?<\?xml[ ]version=["']1\.0["'](?:[ ]encoding=["'](?i:utf-8)["'])?"""
    r"""(?:[ ]standalone=["'](?:yes|no)["'])?[ ]?\?>\s*<sst(?:\s[^<>]*)?>"""
)
_FIRST, _BETWEEN, _LAST = "<si><t>", "</t></si><si><t>", "</t></si></sst>"
_STRING_TAGS = _BETWEEN.count("<")
#: The XML declaration and the two tags of the root.
_OTHER_TAGS = 3
_REFERENCED = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#0*([0-9]+)|([a-z]+));")
_NAMED = MappingProxyType({"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"})

#: A cell as it stands in the XML: its type, the index of its format as written, its value and its
#: formula (None: not there). There are hundreds in a file, and a plain tuple is the fastest made.
RawCell = tuple[str, str, str | None, str | None]


class Struck(NamedTuple):
    """A text of which a part is struck out: what is kept of it, and what is not."""

    kept: str
    gone: str


@dataclass
class Sheet:
    """A worksheet: its cells that hold something, and the printed headers and footers.

    ``struck`` are the cells with struck-out words that hold their text themselves; ``asides`` are
    the words of rules and links.
    """

    name: str
    cells: dict[tuple[int, int], RawCell] = field(default_factory=dict)
    margins: tuple[str, ...] = ()
    struck: dict[tuple[int, int], Struck] = field(default_factory=dict)
    asides: tuple[Aside, ...] = ()


def read_sheet(
    archive: Archive, name: str, part: str, counts: list[int], rows: int | None = None
) -> Sheet:
    """Read the worksheet ``part``, or the first ``rows`` of it.

    ``counts`` are the cells met so far in the file: [with content, all]; they are carried on.
    Raises DamagedFileError for a part that contradicts itself, RefusedFileError beyond a limit.
    """
    content = archive.read(part)
    root, space = _tree(content, "worksheet")
    sheet = Sheet(name)
    for data in root.findall(f"{space}sheetData"):
        _read_rows(data, space, sheet, counts, rows)
    sheet.margins = tuple(
        item.text or ""
        for margin in root.iter(f"{space}headerFooter")
        for item in margin
        if item.tag.removeprefix(space) in _MARGINS
    )
    sheet.asides = asides_of(root)
    if _STRIKE in content:
        sheet.struck = dict(_struck_cells(root, space))
    return sheet


def _struck_cells(root: ET.Element, space: str) -> Iterator[tuple[tuple[int, int], Struck]]:
    """Yield the places of inline texts that are struck out, in part or as a whole."""
    names = _CellNames.of(space)
    for cell in root.iter(names.cell):
        found = _REFERENCE.fullmatch(cell.get("r", ""))
        inline = cell.find(names.inline)
        struck = _struck(inline, names) if inline is not None else None
        if found and struck:
            yield (int(found.group(2)), column_number(found.group(1))), struck


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
        _read_row(item, row, names, sheet.cells)
    counts[0] += len(sheet.cells)
    if counts[0] > MAX_CELLS:
        raise RefusedFileError


def _read_row(
    item: ET.Element, row: int, names: "_CellNames", cells: dict[tuple[int, int], RawCell]
) -> None:
    """Put the cells of a row that hold something into ``cells``."""
    written, name = str(row), names.cell
    column = 0
    for cell in item:
        if cell.tag != name:
            continue
        reference = cell.get("r")
        if column < _ONE_LETTER and reference == _LETTERS[column] + written:
            column += 1  # the next cell, as nearly always
        else:
            column = _column(reference, row, column)
        if len(cell):
            found = _read_cell(cell, names)
            if found is not None:
                cells[row, column] = found


class _CellNames(NamedTuple):
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
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return last + 1
    column = column_number(found.group(1))
    if column <= last or int(found.group(2)) != row:
        raise DamagedFileError  # a cell that is there twice, or in the row of another
    return column


def _read_cell(cell: ET.Element, names: _CellNames) -> RawCell | None:
    """Return what ``cell`` holds, or None when it only carries a format."""
    value: str | None = None
    formula: str | None = None
    for item in cell:
        tag = item.tag
        if tag == names.value:
            text = _text(item)
            value = text if value is None else value + text
        elif tag == names.inline:
            value = (value or "") + _rich_text(item, names)
        elif tag == names.formula:
            formula = (formula or "") + _text(item)
    if formula is not None:
        formula = formula[:_MAX_TEXT]
    elif value is None:
        return None
    if value is not None and len(value) > _MAX_TEXT:
        value = _cut(value)
    return cell.get("t", "n"), cell.get("s", "0"), value, formula


def read_strings(archive: Archive, part: str) -> tuple[str, ...]:
    """Return the shared strings of ``part``; see :func:`shared_strings`."""
    return shared_strings(archive.read(part))


def shared_strings(content: bytes) -> tuple[str, ...]:
    """Return the shared strings, rich text joined, readings (furigana) left out.

    Raises RefusedFileError when there are more than a form can have.
    """
    refuse_document_type(content)
    texts = _cut_strings(content)
    if texts is None:
        root, space = _tree(content, "sst")
        names = _CellNames.of(space)
        texts = [_rich_text(item, names) for item in root.findall(f"{space}si")]
    if len(texts) > _MAX_STRINGS:
        raise RefusedFileError
    return tuple(
        [
            text if len(text) <= _MAX_TEXT and "_x" not in text else unescape(_cut(text))
            for text in texts
        ]
    )


def struck_strings(content: bytes) -> Mapping[int, Struck]:
    """Return the shared strings that are struck out, in part or as a whole, by their index."""
    if _STRIKE not in content:
        return {}
    root, space = _tree(content, "sst")
    names = _CellNames.of(space)
    found = ((index, _struck(item, names)) for index, item in enumerate(root.findall(f"{space}si")))
    return {index: struck for index, struck in found if struck}


def _struck(item: ET.Element, names: _CellNames) -> Struck | None:
    """Return what is struck out of a text in runs (18.4.4, 18.4.10), or None when nothing is."""
    kept: list[str] = []
    gone: list[str] = []
    for run in item:
        if run.tag == names.text:
            kept.append(_text(run))
        elif run.tag == names.run:
            words = "".join(_text(part) for part in run if part.tag == names.text)
            strike = run.find(f"{names.run}Pr/{names.run.removesuffix('r')}strike")
            is_on = strike is not None and strike.get("val", "1").strip() not in _OFF
            (gone if is_on else kept).append(words)
    if not "".join(gone).strip():
        return None
    return Struck(unescape("".join(kept)), unescape("".join(gone)))


def _cut_strings(content: bytes) -> list[str] | None:
    """Return the shared strings cut out of ``content``, or None when only a tree can tell them.

    They can be cut where each is one plain text, as most programs write them: between the tags of
    texts there is no other tag, comment or section, and the parser finds all of it well-formed.
    It takes a third of the time of a tree.
    """
    count = content.count(b"</si>")
    if len(content) > _MAX_CUT or content.count(b"<") != count * _STRING_TAGS + _OTHER_TAGS:
        return None
    try:
        whole = content.decode()
    except UnicodeDecodeError:
        return None
    head = _STRINGS_HEAD.match(whole)
    if head is None:
        return None
    body = whole[head.end() :].rstrip().replace('<t xml:space="preserve">', "<t>")
    if "\r" in body or not (body.startswith(_FIRST) and body.endswith(_LAST)):
        return None
    texts = body[len(_FIRST) : -len(_LAST)].split(_BETWEEN)
    if len(texts) != count or not _is_well_formed(content):
        return None
    return [text if "&" not in text else _REFERENCED.sub(_referenced, text) for text in texts]


def _referenced(found: re.Match[str]) -> str:
    """Return the character that a reference stands for (XML 1.0, 4.1 and 4.6)."""
    hexadecimal, decimal, name = found.groups()
    if name:
        return _NAMED[name]
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


def _is_well_formed(content: bytes) -> bool:
    """Whether the parser that builds trees takes ``content``; namespaces are looked at too."""
    parser = expat.ParserCreate(namespace_separator="}")
    try:
        parser.Parse(content, True)  # noqa: FBT003 - positional in expat
    except (expat.ExpatError, UnicodeError, ValueError, LookupError):
        return False
    return True


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

"""Reads how a worksheet is laid out: widths, merged cells, and what is hidden (18.3.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.forms.xlsx.read.archive import Archive
from pipeline.forms.xlsx.read.parts import column_number, parse

_AREA = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7}):([A-Za-z]{1,3})([0-9]{1,7})")
_ROW = re.compile("[0-9]{1,7}")
_ON = frozenset({"1", "true"})
_MOST = 20_000
_MOST_MERGED = 1_000  # each cell is held against each of them
_VISIBLE = "visible"


@dataclass(slots=True)
class Layout:
    """The layout of one sheet; ``columns`` are (first, last, width in characters, hidden).

    ``merged`` is the upper left cell → how many rows and columns it covers.
    """

    columns: list[tuple[int, int, float, bool]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)


def read_layout(archive: Archive, part: str) -> Layout:
    """Return how the sheet ``part`` is laid out. Raises as :func:`parse` does."""
    layout = Layout()
    row = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row
        if name == "row":
            row = _number(attributes.get("r"), row + 1)
            if attributes.get("hidden") in _ON:
                layout.hidden_rows.add(row)
        elif name == "col" and len(layout.columns) < _MOST:
            first = _number(attributes.get("min"), 0)
            last = _number(attributes.get("max"), first)
            hidden = attributes.get("hidden") in _ON
            layout.columns.append((first, last, _width(attributes.get("width")), hidden))
        elif name == "mergeCell" and len(layout.merged) < _MOST_MERGED:
            _add_area(layout, attributes.get("ref", ""))

    parse(archive.read(part), start, _nothing, _nothing)
    return layout


def hidden_sheets(archive: Archive, part: str) -> frozenset[str]:
    """Return the names of the sheets that programs do not show; ``part`` is the workbook's."""
    states: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            states[attributes.get("name", "")] = attributes.get("state", _VISIBLE)

    parse(archive.read(part), start, _nothing, _nothing)
    return frozenset(name for name, state in states.items() if state != _VISIBLE)


def covered(merged: Mapping[tuple[int, int], tuple[int, int]], row: int, column: int) -> bool:
    """Whether a cell lies under a merged one that begins elsewhere."""
    return any(
        top <= row < top + rows and left <= column < left + columns
        for (top, left), (rows, columns) in merged.items()
        if (top, left) != (row, column)
    )


def _add_area(layout: Layout, area: str) -> None:
    found = _AREA.fullmatch(area)
    if found is None:
        return
    left, top, right, bottom = found.groups()
    rows = int(bottom) - int(top) + 1
    columns = column_number(right) - column_number(left) + 1
    if rows > 0 and columns > 0:
        layout.merged[int(top), column_number(left)] = rows, columns


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and _ROW.fullmatch(text) else otherwise


def _width(text: str | None) -> float:
    try:
        width = float(text or 0)
    except ValueError:
        return 0.0
    return min(max(width, 0.0), 255.0) if width == width else 0.0  # noqa: PLR0124 - not a number


def _nothing(*_: object) -> None:
    """Ignore what is not needed."""

"""Reads a plain table from a workbook: the cells of its first sheet with words, row by row."""

from collections import defaultdict

from pipeline.collector import paused
from pipeline.forms.xlsx.read.archive import DamagedFileError, RefusedFileError, open_archive
from pipeline.forms.xlsx.read.parts import read_relations
from pipeline.forms.xlsx.read.workbook import Workbook

#: A table of ours has four columns; what stands further right is somebody's own affair.
_MOST_COLUMNS = 50
_MAIN = "officeDocument"


def read_table(content: bytes) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the rows that hold something, each with its number; empty where there are none.

    Dates are ISO 8601. Empty as well for what is no workbook, damaged, or too large.
    """
    try:
        with paused():
            return _rows(content)
    except (RefusedFileError, DamagedFileError, MemoryError):
        return ()


def _rows(content: bytes) -> tuple[tuple[int, tuple[str, ...]], ...]:
    archive = open_archive(content)
    package = dict(read_relations(archive, "").values())
    part = package.get(_MAIN, "")
    if not archive.has(part):
        return ()
    book = Workbook(archive, part, package)
    for title, _ in book.book.sheets:
        sheet = book.sheet(title)
        rows: dict[int, dict[int, str]] = defaultdict(dict)
        for (row, column), cell in sheet.cells.items() if sheet else ():
            text = book.values.read(cell)[0]
            if text and column <= _MOST_COLUMNS:
                rows[row][column] = text
        if rows:
            return tuple((row, _line(cells)) for row, cells in sorted(rows.items()))
    return ()


def _line(cells: dict[int, str]) -> tuple[str, ...]:
    return tuple(cells.get(column, "") for column in range(1, max(cells) + 1))

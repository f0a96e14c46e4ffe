"""Gathers what was added to one form of a workbook: on its sheets, over them, and out of sight."""

from collections.abc import Mapping

from pipeline.forms.stamp import Stamp
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.read.archive import DamagedFileError
from pipeline.forms.xlsx.read.cells import read_sheet
from pipeline.forms.xlsx.read.formats import FormatWords, worded_styles
from pipeline.forms.xlsx.read.left_over import Collector, Marks, Page, is_hidden_of_ours
from pipeline.forms.xlsx.read.own_print import plain, row_print
from pipeline.forms.xlsx.read.parts import Place
from pipeline.forms.xlsx.read.places import Spot
from pipeline.forms.xlsx.read.unseen import in_own_properties, in_properties, unseen
from pipeline.forms.xlsx.read.workbook import Workbook
from pipeline.model.form import FormKind
from pipeline.model.submission import LeftOver

#: The column of the hidden sheet that says what we wrote on a marked answer.
_MARK_COLUMN = 3
#: So many columns of a row are looked at for our print.
_TABLE_COLUMNS = 30


def left_over(book: Workbook, stamp: Stamp, places: Mapping[str, Spot]) -> tuple[LeftOver, ...]:
    """Return what is in the workbook beside our print and the answers at ``places``.

    What stands in no sheet is told with the first form of a file.
    """
    shown = tuple(sheet for sheet in book.sheets if not is_hidden_of_ours(sheet.name))
    titles = {sheet.name for sheet in shown} | set(book.unread)
    found = Collector(
        kind=stamp.kind,
        archive=book.archive,
        values=book.values,
        pages=tuple(Page(sheet, book.part_of_sheet(sheet.name)) for sheet in shown),
        rows=_rows(book, stamp.kind, places),
        answers=frozenset(
            Place(book.title(place.sheet), place.row, place.column)
            for spot in places.values()
            for place in spot.places
        ),
        struck=book.struck,
        struck_text=book.struck_text if book.strikes else None,
        mine=book.is_mine,
        marks=lambda: _marks(book),
        keeps_titles=bool(book.names) and book.has_sheet(at.IDENTITY_SHEET),
        formats=_formats(book),
        unread=tuple(book.unread),
    ).collect()
    if not book.is_mine("", 0):
        return found
    hidden = tuple(sheet for sheet in book.book.sheets if sheet[0] not in titles)
    return (
        *found,
        *unseen(book.archive, book.book, book.values, hidden, stamp),
        *in_properties(book.properties),
        *in_own_properties(book.own_properties),
    )


def _formats(book: Workbook) -> Mapping[str, FormatWords]:
    try:
        return worded_styles(book.formats)
    except DamagedFileError:  # where a format decides what a cell says, it is told there
        return {}


def _rows(
    book: Workbook, kind: FormKind, places: Mapping[str, Spot]
) -> Mapping[tuple[str, int], str]:
    """Return the question of each row: that of its most trusted answer, or of its print."""
    rows: dict[tuple[str, int], str] = {}
    for name, spot in places.items():
        first, *others = spot.places
        rows[book.title(first.sheet), first.row] = name
        for place in others:
            if _has_print(book, kind, name, place):
                rows.setdefault((book.title(place.sheet), place.row), name)
    return rows


def _has_print(book: Workbook, kind: FormKind, name: str, place: Place) -> bool:
    """Whether the print of the question ``name`` stands in the row of ``place``."""
    sheet = book.sheet(place.sheet)
    cells = sheet.cells if sheet else {}
    known = row_print(kind, name).folded
    beside = (cells.get((place.row, column)) for column in range(1, _TABLE_COLUMNS))
    return any(plain(book.values.read(cell)[0]) in known for cell in beside if cell)


def _marks(book: Workbook) -> Marks | None:
    """Return what we wrote on the marked answers of a copy; None when that sheet is gone."""
    part = book.part_of_sheet(at.IDENTITY_SHEET)
    if not book.archive.has(part):
        return None
    cells = read_sheet(book.archive, "", part, book.counts).cells
    found: dict[str, tuple[str, ...]] = {}
    for (row, column), cell in cells.items():
        if column == 1 and (row, _MARK_COLUMN) in cells:
            text = book.values.read(cells[row, _MARK_COLUMN])[0]
            found[book.values.read(cell)[0]] = (text, text.partition("\n")[2])
    return found

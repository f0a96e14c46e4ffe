"""Turns a workbook into grids of texts: nothing in it is calculated, run or fetched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.sheet_marks import Layout, covered, hidden_sheets, read_layout
from pipeline.forms.xlsx.read.archive import (
    DamagedFileError,
    RefusedFileError,
    open_archive,
)
from pipeline.forms.xlsx.read.cells import RawCell
from pipeline.forms.xlsx.read.cells import Sheet as RawSheet
from pipeline.forms.xlsx.read.formats import FormatWords, worded_styles
from pipeline.forms.xlsx.read.parts import Place, column_number, read_relations
from pipeline.forms.xlsx.read.workbook import Workbook
from pipeline.model.submission import CellType

MOST_SHEETS = 20
MOST_ROWS, MOST_COLUMNS = 1_000, 80
_MOST_TEXT = 4_000
_MOST_CHARACTERS = 400_000
_USUAL_WIDTH = 8.43  # characters, where a file says nothing (18.3.1.81)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # MS-OFFCRYPTO 1.3.2
_COMPOUND = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell: its stored text, never a calculated one; ``formula`` with its ``=`` where it has one.

    ``beside`` are words that its format shows with the value, ``struck`` those of its text that are
    struck out. It covers ``rows`` and ``columns``. ``fields`` are the questions that it answers.
    """

    column: int
    text: str
    kind: CellType
    formula: str = ""
    beside: str = ""
    struck: str = ""
    rows: int = 1
    columns: int = 1
    fields: tuple[str, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row by its number; those that hold nothing are left out."""

    number: int
    hidden: bool
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column by its number; its width is in characters."""

    number: int
    width: float
    hidden: bool


@dataclass(frozen=True, slots=True)
class GridSheet:
    """One sheet. ``cut``: it has more than is shown; ``why`` tells why nothing of it is."""

    name: str
    hidden: bool
    columns: tuple[GridColumn, ...] = ()
    rows: tuple[GridRow, ...] = ()
    cut: bool = False
    why: WhyNot | None = None


@dataclass(frozen=True, slots=True)
class SheetGrid:
    """A workbook; ``cut``: it has more sheets than are shown."""

    sheets: tuple[GridSheet, ...]
    cut: bool


@dataclass(slots=True)
class _Showing:
    """What is needed for all sheets of a workbook."""

    workbook: Workbook
    wanted: Mapping[tuple[str, int, int], tuple[str, ...]]
    words: Mapping[str, FormatWords]
    characters: int = _MOST_CHARACTERS
    cut: bool = field(default=False)

    def text(self, text: str) -> tuple[str, bool]:
        """Return what is shown of ``text``, and whether that is not all."""
        room = min(_MOST_TEXT, max(self.characters, 0))
        self.characters -= min(len(text), room)
        return text[:room], len(text) > room


def sheet_grid(raw: bytes, places: Mapping[str, str]) -> SheetGrid | NotShown:
    """Return the sheets of a workbook; ``places`` are field → where (``Form!D12``).

    A sheet that cannot be read does not keep the others from being shown.
    """
    if raw.startswith(_COMPOUND):
        return NotShown(WhyNot.ENCRYPTED if _ENCRYPTED in raw else WhyNot.NO_PREVIEW)
    try:
        archive = open_archive(raw)
        package = dict(read_relations(archive, "").values())
        workbook = Workbook(archive, package.get("officeDocument", ""), package)
        titles = workbook.book.sheets
        hidden = hidden_sheets(open_archive(raw), workbook.part)
    except RefusedFileError:
        return NotShown(WhyNot.TOO_LARGE)
    except (DamagedFileError, MemoryError):
        return NotShown(WhyNot.DAMAGED)
    showing = _Showing(workbook, _wanted(places), _format_words(workbook))
    # what people see comes first: the room for text is shared
    shown = sorted(titles[:MOST_SHEETS], key=lambda title: title[0] in hidden)
    grids = {name: _sheet(raw, showing, name, part, name in hidden) for name, part in shown}
    return SheetGrid(
        tuple(grids[name] for name, _ in titles[:MOST_SHEETS]), len(titles) > MOST_SHEETS
    )


def _format_words(workbook: Workbook) -> Mapping[str, FormatWords]:
    try:
        return worded_styles(workbook.formats)
    except (RefusedFileError, DamagedFileError):
        return {}


def _wanted(places: Mapping[str, str]) -> Mapping[tuple[str, int, int], tuple[str, ...]]:
    """Return the fields by sheet, row and column of their answers."""
    found: dict[tuple[str, int, int], tuple[str, ...]] = {}
    for name, where in places.items():
        sheet, _, cell = where.rpartition("!")
        letters = cell.rstrip("0123456789")
        digits = cell[len(letters) :]
        if sheet and letters.isascii() and letters.isalpha() and digits:
            key = (sheet.casefold(), int(digits), column_number(letters))
            found[key] = (*found.get(key, ()), name)
    return found


def _sheet(raw: bytes, showing: _Showing, name: str, part: str, hidden: bool) -> GridSheet:  # noqa: FBT001 - of the sheet
    try:
        sheet = showing.workbook.sheet(name)
        if sheet is None:
            return GridSheet(name, hidden, why=WhyNot.DAMAGED)
        # its layout is read a second time, beside the limit on what is unpacked for the cells
        layout = read_layout(open_archive(raw), part)
        return _grid(showing, sheet, layout, hidden)
    except RefusedFileError:
        return GridSheet(name, hidden, why=WhyNot.TOO_LARGE)
    except (DamagedFileError, MemoryError):
        return GridSheet(name, hidden, why=WhyNot.DAMAGED)


def _grid(showing: _Showing, sheet: RawSheet, layout: Layout, hidden: bool) -> GridSheet:  # noqa: FBT001 - of the sheet
    folded = sheet.name.casefold()
    answers = {key[1:]: fields for key, fields in showing.wanted.items() if key[0] == folded}
    there = sorted({*sheet.cells, *answers})
    rows: dict[int, list[GridCell]] = {}
    showing.cut = False
    for row, column in there:
        if column > MOST_COLUMNS or (row not in rows and len(rows) >= MOST_ROWS):
            showing.cut = True
            continue
        fields = answers.get((row, column), ())
        if not fields and covered(layout.merged, row, column):
            showing.cut = True  # programs do not show it either
            continue
        cell = sheet.cells.get((row, column))
        span = layout.merged.get((row, column), (1, 1))
        rows.setdefault(row, []).append(
            _cell(showing, Place(sheet.name, row, column), cell, span, fields)
        )
    shown = tuple(
        GridRow(number, number in layout.hidden_rows, tuple(cells))
        for number, cells in rows.items()
    )
    widest = max((cell.column + cell.columns - 1 for row in shown for cell in row.cells), default=0)
    columns = tuple(_columns(layout, min(widest, MOST_COLUMNS)))
    return GridSheet(sheet.name, hidden, columns, shown, showing.cut)


def _cell(
    showing: _Showing,
    place: Place,
    cell: RawCell | None,
    span: tuple[int, int],
    fields: tuple[str, ...],
) -> GridCell:
    whole, kind = showing.workbook.cell(place)
    text, cut = showing.text(whole)
    showing.cut = showing.cut or cut
    struck = showing.workbook.struck.get(place)
    formula = cell[3] if cell else None
    words = showing.words.get(cell[1]) if cell else None
    return GridCell(
        place.column,
        text,
        kind,
        showing.text("=" + formula)[0] if formula is not None else "",
        showing.text(words.beside(cell))[0] if words and cell else "",
        showing.text(struck.gone)[0] if struck else "",
        min(span[0], MOST_ROWS),
        min(span[1], MOST_COLUMNS),
        fields,
        cut,
    )


def _columns(layout: Layout, count: int) -> Iterator[GridColumn]:
    widths = {
        number: (width, hidden)
        for first, last, width, hidden in layout.columns
        for number in range(max(first, 1), min(last, count) + 1)
    }
    for number in range(1, count + 1):
        width, hidden = widths.get(number, (_USUAL_WIDTH, False))
        yield GridColumn(number, width or _USUAL_WIDTH, hidden)

"""What the column of the original shows: one original, and in it the places of the answers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.flow.views.original import Original, OriginalId
from pipeline.flow.views.shown.values import MailView, Preview, ShownFile, TextView
from pipeline.forms.shown.boxes import AnswerBox
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.sheet import GridCell, GridSheet
from pipeline.web.originals.kept import Originals

#: Pages are drawn so wide, and twice as wide for screens with fine pixels.
PAGE_WIDTHS = (900, 1800)
#: More cells of a workbook are no form of ours, and no page for a browser.
_MOST_CELLS = 12_000
_LETTERS = 26
#: A longer text may not fit into its cell.
_SHORT = 8
#: Pixels of a character, and of the narrowest and the widest column.
_CHARACTER, _NARROW, _WIDE = 6, 24, 260
#: In an overlay a page is as wide as this; see ``Page.height``.
_ACROSS = 1000


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of an answer on a page, in steps of the overlay; ``state`` tells how it is drawn.

    ``is_first``: the first place of the chosen answer, which is scrolled to.
    """

    field: str
    x: float
    y: float
    width: float
    height: float
    state: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class PageShown:
    """A page of a PDF by its number from 1; ``height`` in steps of which it is 1000 wide."""

    number: int
    height: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class CellShown:
    """A cell of a grid, and how many columns it covers; ``state`` tells how it is marked."""

    cell: GridCell | None
    columns: int = 1
    state: str = ""
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class SheetShown:
    """A sheet as rows of cells; ``is_first`` is the one that is open.

    ``columns`` are their letters and how many pixels wide they are.
    """

    name: str
    hidden: bool
    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[int, bool, tuple[CellShown, ...]], ...]
    cut: bool
    why: WhyNot | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class Column:
    """The column of the original; ``waits``: its content is fetched when the page is there."""

    originals: tuple[Original, ...]
    chosen: str = ""
    field: str = ""
    waits: bool = False
    file: ShownFile | None = None
    why: WhyNot | None = None
    pages: tuple[PageShown, ...] = ()
    page_count: int = 0
    sheets: tuple[SheetShown, ...] = ()
    more_sheets: bool = False
    mail: MailView | None = None
    text: TextView | None = None
    is_picture: bool = False
    is_found: bool = False
    mail_id: str = ""


@dataclass(slots=True)
class _Wanted:
    """Which places are marked: the chosen answer, and the answers that are wrong."""

    field: str
    wrong: frozenset[str]
    found: bool = False

    def state(self, fields: Iterable[str]) -> str:
        """Return how a place that answers ``fields`` is marked; empty when it is not."""
        fields = tuple(fields)
        if self.field and self.field in fields:
            self.found = True
            return "chosen"
        return "wrong" if self.wrong.intersection(fields) else ""


def column(originals: Originals, chosen: str, answer: str, wrong: frozenset[str]) -> Column:
    """Return the column with the original ``chosen``, or the one that has the answer ``answer``.

    Raises NotFoundError for an original of something else.
    """
    if not chosen:
        found = (originals.form_with(answer) if answer else None) or originals.first
        if found is None:
            return Column(originals.list)
        chosen = found.id
    named = originals.named(chosen)
    wanted = _Wanted(answer, wrong)
    values = _mail(originals, named) if not named.sha256 else _file(originals, named, wanted)
    return Column(
        originals.list,
        str(named),
        answer,
        is_found=wanted.found,
        mail_id=str(OriginalId(named.row, outgoing=named.outgoing)),
        **values,
    )


def waiting(originals: Originals) -> Column:
    """Return the column that fetches its content later; what is kept in memory is there at once."""
    first = originals.first
    return Column(originals.list, first.id if first else "", waits=first is not None)


def _mail(originals: Originals, named: OriginalId) -> dict[str, Any]:
    mail = originals.mail(named)
    return {"why": mail.why} if isinstance(mail, NotShown) else {"mail": mail}


def _file(originals: Originals, named: OriginalId, wanted: _Wanted) -> dict[str, Any]:
    file = originals.file(named)
    if isinstance(file, NotShown):
        return {"why": file.why}
    shown = {
        Preview.PAGES: _pages,
        Preview.SHEET: _sheets,
        Preview.TEXT: _text,
        Preview.PICTURE: _picture,
    }
    make = shown.get(file.preview)
    # the text of a secret file is shown without the secret; a picture of it would not be
    if make is None or (file.secret and file.preview is not Preview.TEXT):
        return {"file": file, "why": WhyNot.NO_PREVIEW}
    return {"file": file, **make(originals, named, wanted)}


def _text(originals: Originals, named: OriginalId, _wanted: _Wanted) -> dict[str, Any]:
    text = originals.text(named)
    return {"why": text.why} if isinstance(text, NotShown) else {"text": text}


def _picture(_originals: Originals, _named: OriginalId, _wanted: _Wanted) -> dict[str, Any]:
    return {"is_picture": True}


def _pages(originals: Originals, named: OriginalId, wanted: _Wanted) -> dict[str, Any]:
    pages = originals.pages(named)
    if isinstance(pages, NotShown):
        return {"why": pages.why}
    found = originals.boxes(named)
    boxes: tuple[AnswerBox, ...] = () if isinstance(found, NotShown) else found
    shown = []
    for index, size in enumerate(pages.sizes):
        height = max(round(_ACROSS * max(size.height, 1) / max(size.width, 1)), 1)
        on_page = (box for box in boxes if box.page == index)
        shown.append(PageShown(index + 1, height, tuple(_marks(on_page, height, wanted))))
    return {"pages": tuple(shown), "page_count": pages.count}


def _marks(boxes: Iterable[AnswerBox], height: int, wanted: _Wanted) -> Iterator[Mark]:
    for box in boxes:
        is_first = not wanted.found
        state = wanted.state((box.field,))
        if state:
            x, width = box.x * _ACROSS, box.width * _ACROSS
            is_first = is_first and wanted.found
            y, tall = box.y * height, box.height * height
            yield Mark(box.field, x, y, width, tall, state, is_first)


def _sheets(originals: Originals, named: OriginalId, wanted: _Wanted) -> dict[str, Any]:
    grid = originals.sheet(named)
    if isinstance(grid, NotShown):
        return {"why": grid.why}
    room = _MOST_CELLS
    marked = _first_of(grid.sheets, wanted)
    shown = []
    for sheet in grid.sheets:
        rows = tuple(_rows(sheet, room, wanted))
        room -= sum(len(cells) for _, _, cells in rows)
        shown.append(
            SheetShown(
                sheet.name,
                sheet.hidden,
                tuple((_letters(one.number), _pixels(one.width)) for one in sheet.columns),
                rows,
                sheet.cut or len(rows) < len(sheet.rows),
                sheet.why,
                sheet is marked,
            )
        )
    return {"sheets": tuple(shown), "more_sheets": grid.cut}


def _first_of(sheets: tuple[GridSheet, ...], wanted: _Wanted) -> GridSheet | None:
    """Return the sheet that is open: with the chosen answer, else with answers, else the first."""
    fields = {id(sheet): _fields_of(sheet) for sheet in sheets}
    for sheet in sheets:
        if wanted.field in fields[id(sheet)]:
            return sheet
    shown = [sheet for sheet in sheets if not sheet.hidden] or list(sheets)
    return next((sheet for sheet in shown if fields[id(sheet)]), shown[0] if shown else None)


def _fields_of(sheet: GridSheet) -> frozenset[str]:
    return frozenset(name for row in sheet.rows for cell in row.cells for name in cell.fields)


def _rows(
    sheet: GridSheet, room: int, wanted: _Wanted
) -> Iterator[tuple[int, bool, tuple[CellShown, ...]]]:
    """Yield the rows of a sheet with an empty cell where nothing stands, while there is room."""
    width = len(sheet.columns)
    for row in sheet.rows:
        if room < width:
            return
        cells = {cell.column: cell for cell in row.cells}
        shown = tuple(_cells(cells, width, wanted))
        room -= len(shown)
        yield row.number, row.hidden, shown


def _cells(cells: Mapping[int, GridCell], width: int, wanted: _Wanted) -> Iterator[CellShown]:
    """Yield the cells of a row.

    A text runs over the empty cells beside it, as in a spreadsheet program; a cell that covers rows
    below has empty ones under it.
    """
    column = 1
    while column <= width:
        cell = cells.get(column)
        columns = max(min(cell.columns, width - column + 1), 1) if cell else 1
        is_first = not wanted.found
        state = wanted.state(cell.fields) if cell else ""
        if cell is not None and len(cell.text) > _SHORT and not cell.fields:
            while column + columns <= width and _is_empty(cells.get(column + columns)):
                columns += 1
        yield CellShown(cell, columns, state, is_first and wanted.found)
        column += columns


def _is_empty(cell: GridCell | None) -> bool:
    return cell is None or not (cell.text or cell.formula or cell.fields)


def _pixels(characters: float) -> int:
    return round(min(max(characters * _CHARACTER, _NARROW), _WIDE))


def _letters(number: int) -> str:
    """Return the letters of a column of a sheet: 27 is AA."""
    found = ""
    while number:
        number, rest = divmod(number - 1, _LETTERS)
        found = chr(ord("A") + rest) + found
    return found


def named_field(text: str, fields: Iterable[str]) -> str:
    """Return the answer that an address names, or empty."""
    return text if text in set(fields) else ""

"""Tables as files: CSV or XLSX, in which every cell is text and none is a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

#: The kinds of file, each with its type.
KINDS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: A cell that begins so is taken for a formula by programs that open a table (CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

#: So many lines of CSV are written together.
_LINES_AT_ONCE = 500

Table = Sequence[Sequence[str]]


def exported(kind: str, table: Table) -> bytes:
    """Return ``table`` as a file of one of :data:`KINDS`; its first row is the heading."""
    if kind == "csv":
        return b"".join(as_csv(table))
    from pipeline.forms.xlsx.write.table import table_as_workbook  # noqa: PLC0415 - slow to import

    return table_as_workbook(table)


def as_csv(lines: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield a table as CSV, piece by piece, with the mark of UTF-8, which Excel needs."""
    yield b"\xef\xbb\xbf"
    for part in _batched(lines, _LINES_AT_ONCE):
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\r\n")
        writer.writerows([[_inert(cell) for cell in line] for line in part])
        yield written.getvalue().encode("utf-8", "replace")


def _batched(lines: Iterable[Sequence[str]], most: int) -> Iterator[list[Sequence[str]]]:
    """Yield ``lines`` in lists of ``most`` at most."""
    found = iter(lines)
    while part := list(islice(found, most)):
        yield part


def _inert(cell: str) -> str:
    """Return a cell that no program takes for a formula; a number of ours stays a number."""
    is_number = cell.startswith("+") and cell[1:].isascii() and cell[1:].isdecimal()
    return f"'{cell}" if cell.startswith(_FORMULA) and not is_number else cell

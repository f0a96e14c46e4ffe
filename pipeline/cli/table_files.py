"""Tables as files that a command names: CSV or XLSX by the ending, every cell text."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from pipeline.durable import write_chunks
from pipeline.errors import UsageError
from pipeline.wording.exported import KINDS, as_csv, exported

#: A workbook is made in memory, some kilobytes a line.
MOST_IN_WORKBOOK = 50_000


def write_table(out: Path, lines: Iterable[Sequence[str]]) -> int:
    """Write ``lines``, the heading first, to ``out``; return how many stand below the heading.

    CSV is written line by line, however many there are. Raises UsageError ``export_kind`` or
    ``export_too_long``.
    """
    kind = out.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise UsageError("export_kind", path=out)
    counted = _Counted(lines)
    if kind == "csv":
        write_chunks(out, as_csv(counted))
        return counted.count - 1
    table = list(islice(counted, MOST_IN_WORKBOOK + 2))
    if len(table) > MOST_IN_WORKBOOK + 1:
        raise UsageError("export_too_long", path=out, limit=MOST_IN_WORKBOOK)
    write_chunks(out, [exported(kind, table)])
    return len(table) - 1


class _Counted:
    """Counts what goes through it."""

    def __init__(self, lines: Iterable[Sequence[str]]) -> None:
        self._lines = iter(lines)
        self.count = 0

    def __iter__(self) -> "_Counted":
        return self

    def __next__(self) -> Sequence[str]:
        line = next(self._lines)
        self.count += 1
        return line

"""What was done, line by line, as a table whose first column is the time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from pipeline.cli.output import print_table
from pipeline.cli.times import Times
from pipeline.wording import console as words


class Line(Protocol):
    """A line of a log."""

    @property
    def at(self) -> datetime:
        """When it was done (aware)."""


_Line = TypeVar("_Line", bound=Line)


def print_log(
    rows: Sequence[_Line],
    zone: str,
    heads: Sequence[str],
    cells: Callable[[_Line], Sequence[str]],
    *,
    keep: tuple[int, ...],
    wrapped: tuple[int, ...],
) -> None:
    """Print ``rows``, each as its time in ``zone`` and its ``cells``; ``heads`` are keys of words.

    ``keep`` and ``wrapped`` are the columns that are never cut, and those that go on below.
    """
    times = Times(zone, [row.at for row in rows])
    first, *others = heads
    print_table(
        [times.heading(first), *(words.word(key) for key in others)],
        [[times.cell(row.at), *cells(row)] for row in rows],
        keep=keep,
        wrapped=wrapped,
    )

"""A chart as plain values; ``templates/console/web/charts.html.jinja`` draws it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """One series: a value for each label (None: there is none), and how it is written."""

    name: str
    values: tuple[float | None, ...]
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and everything that is said of it.

    ``kind`` is how it is drawn: ``columns``, ``line``, ``ranked`` or ``stacked``. ``finding`` says
    what it shows, ``about`` how to read it, ``notes`` what belongs to it. ``labels`` stand in the
    drawing (empty: no room), ``names`` in the table. ``lines`` are the values of the grid, of which
    the last is the top. ``rows`` replace the table that the series make.
    """

    id: str
    kind: str
    title: str
    finding: str
    about: str
    head: tuple[str, ...]
    names: tuple[str, ...]
    series: tuple[Series, ...]
    labels: tuple[str, ...] = ()
    lines: tuple[tuple[float, str], ...] = ()
    notes: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    empty: bool = False

    @property
    def top(self) -> float:
        """The value at the upper end of the drawing."""
        if self.lines:
            return self.lines[-1][0]
        return max((value or 0 for value in self.series[0].values), default=0) or 1

    @property
    def total(self) -> float:
        """The sum of the first series."""
        return sum(value or 0 for value in self.series[0].values)

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        """The lines of the data: a name and its values."""
        if self.rows:
            return self.rows
        columns = [item.shown for item in self.series]
        return tuple(zip(self.names, *columns, strict=True))

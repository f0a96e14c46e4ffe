"""How the index is asked: the words of each engine, and the marks that filters stand for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.store.search.query import Is, Query
from pipeline.store.search.sources import mark

#: Of each group one mark at least.
Marks = Sequence[Sequence[str]]

_MARKED = frozenset({"track", "status", "form", "lang", "country"})
_OPEN = (mark("is", "open"),)
#: No request is older than the programme.
_FIRST = date(2010, 1, 1)
_MONTHS = 12
#: Days begin earlier or later in other zones.
_ZONES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Engine:
    """How an engine writes a question: what stands for and, or, quotes and a beginning."""

    both: str
    either: str
    quote: str
    begun: str

    def word(self, token: str, *, begins: bool = False) -> str:
        """Return the question for a token, or for those that begin with it; it has no quotes."""
        return f"{self.quote}{token}{self.quote}{self.begun if begins else ''}"

    def all_of(self, parts: Iterable[str]) -> str:
        """Return the question for all of some."""
        return f"({self.both.join(parts)})"

    def any_of(self, parts: Iterable[str]) -> str:
        """Return the question for one of some."""
        return f"({self.either.join(parts)})"


SQLITE = Engine(" AND ", " OR ", '"', " *")
POSTGRESQL = Engine(" & ", " | ", "'", ":*")


def marked(query: Query, now: datetime, *, of_open: bool) -> Marks:
    """Return the marks that the filters of a query stand for; the filters are checked beside.

    ``of_open``: only open requests are looked for.
    """
    groups: list[Sequence[str]] = [_OPEN] if of_open else []
    for key, values in query.filters.items():
        if key in _MARKED:
            groups.append([mark(key, value) for value in values])
        elif key == "is":
            groups += [group for value in values if (group := _is(Is(value)))]
    since, before = query.days.get("since"), query.days.get("before")
    if since is not None or before is not None:
        latest = (now + 2 * _ZONES).date()
        last = latest if before is None else min(before + _ZONES, latest)
        first = _FIRST if since is None else max(since - _ZONES, _FIRST)
        groups.append(_months(first, max(first, last)))
    return groups


def _is(what: Is) -> Sequence[str]:
    match what:
        case Is.OPEN | Is.LATE:
            return _OPEN
        case Is.HELD:
            return (mark("status", "held"),)
        case Is.ENDED:
            return (mark("is", "ended"),)
        case Is.UNREAD:
            return ()


def _months(first: date, last: date) -> list[str]:
    """Return the marks of whole years, and of the months of the years that are not whole."""
    found: list[str] = []
    for year in range(first.year, last.year + 1):
        begin = first.month if year == first.year else 1
        end = last.month if year == last.year else _MONTHS
        if (begin, end) == (1, _MONTHS):
            found.append(mark("year", str(year)))
        else:
            found += [mark("month", f"{year}{month:02d}") for month in range(begin, end + 1)]
    return found

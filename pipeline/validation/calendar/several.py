"""Read several days of which each lacks what it shares with the others: 1-5 March 2027."""

import re
from datetime import date
from itertools import cycle

from pipeline.validation.calendar.date_names import month_of, words_in
from pipeline.validation.reading import Read, ask

_MOST = 6
_DAY_DIGITS, _YEAR_DIGITS = 2, 4
_NUMBER = re.compile(r"\d+")
_CLOCK = re.compile(r"\d\s*[:h]\s*\d")
#: Words that join days, or belong to one; with any other a number may be none of a day.
_JOINING = frozenset(
    "or|and|to|until|till|through|between|from|either|of|the|oder|und|bis|zum|von|vom|der|den|dem"  # noqa: SIM905 - a list of words
    "|ou|et|au|du|le|de|del|y|e|o|al|st|nd|rd|th|er|re".split("|")
)


def several_days(plain: str) -> Read | None:
    """Return the question which of several days is meant; None when ``plain`` names no two.

    Days, months and years are paired in the order in which they stand, or share the only one.
    """
    numbers = _NUMBER.findall(plain)
    days = [number for number in numbers if len(number) <= _DAY_DIGITS]
    years = [number for number in numbers if len(number) == _YEAR_DIGITS]
    words = words_in(plain)
    months = [month_of(word) for word in words if month_of(word)]
    are_days = len(days) + len(years) == len(numbers) and not _CLOCK.search(plain)
    if not are_days or not 1 < len(days) <= _MOST:
        return None
    if any(word not in _JOINING and not month_of(word) for word in words):
        return None
    alike = {1, len(days)}
    if not {len(months), len(years)} <= alike or any(len(month) > 1 for month in months):
        return None
    return _which(_all_of(days, [next(iter(month)) for month in months], years))


def _all_of(days: list[str], months: list[int], years: list[str]) -> tuple[str, ...]:
    """Return the days as ISO 8601, each once; none when one of them is no day."""
    try:
        found = [
            date(int(year), month, int(day)).isoformat()
            for day, month, year in zip(days, cycle(months), cycle(years), strict=False)
        ]
    except ValueError:
        return ()
    return tuple(dict.fromkeys(found))


def _which(values: tuple[str, ...]) -> Read | None:
    if len(values) < 2:  # noqa: PLR2004 - one is no choice
        return None
    return ask(None, "two_values", candidates=values, a=values[0], b=values[-1])

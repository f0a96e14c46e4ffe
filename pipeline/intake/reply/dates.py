"""Dates and times of day that a text names, in the usual ways of writing them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from pipeline.intake.phrases import load_months, load_weekdays
from pipeline.intake.reply.folding import is_japanese

_YEAR = r"(?:,?\s{1,3}(\d{4})\b)?"
_MONTH = r"([^\W\d_]{3,12})\.?"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_BRACKETS = r"(?:\s?\([^()\d]{1,12}\))?"  # （火）
_YMD = re.compile(
    rf"(?<!\d)(\d{{4}})\s?[-/.年]\s?(\d{{1,2}})\s?[-/.月]\s?(\d{{1,2}})(?!\d)日?{_BRACKETS}"
)
_MONTH_DAY_JA = re.compile(rf"(?<!\d)(\d{{1,2}})\s?月\s?(\d{{1,2}})\s?日{_BRACKETS}")
# Dots mean that the day comes first.
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4})(?!\d))?(?!\d)")
_DAY_MONTH = re.compile(rf"(?<![\d./-]){_DAY}\.?\s{{1,3}}(?:of\s)?{_MONTH}{_YEAR}", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH}\s{{1,3}}(?:the\s)?{_DAY}(?![\d:]){_YEAR}", re.IGNORECASE)
# Slashes mean one thing in London and another in New York.
_SLASHED = re.compile(rf"(?<![\d/])(\d{{1,2}})/(\d{{1,2}})(?:/(\d{{4}}))?(?![\d/]){_BRACKETS}")
_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})[:：](\d{2})(?![\d:])\s?(?:uhr\b|([ap])\.?\s?m\b\.?)?"
    r"|(?<![\d:.])(\d{1,2})(?:\.(\d{2}))?\s?(?:uhr\b|h\b|o.?clock\b|([ap])\.?\s?m\b\.?)"
    r"|(午前|午後)?\s?(?<![\d:.])(\d{1,2})\s?時(?:\s?(\d{1,2})\s?分|(半))?"
    r"|\b(?:at|um|gegen|ab|from)\s(\d{1,2})(?:[.:](\d{2}))?(?![\d.:/])",
    re.IGNORECASE,
)
#: Year (or none), month and day, as they are written.
_Reading = tuple[str | None, str, str]
_NOON, _HOURS, _MINUTES = 12, 24, 60


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names of days and times, and the text without them.

    Each of ``days`` is one mention with all the days that it can mean; ``weekdays`` count from
    Monday (0); each of ``times`` is one mention with the (hour, minute) that it can mean.
    """

    days: tuple[frozenset[date], ...]
    weekdays: tuple[int, ...]
    times: tuple[frozenset[tuple[int, int]], ...]
    rest: str


def named(text: str, today: date) -> Named:
    """Return the dates, weekdays and times of ``text`` (NFKC); without a year: the next such day.

    A number that is no date or no time stays in the rest.
    """
    days: list[frozenset[date]] = []
    rest, end = [], 0
    for hit, meanings in _days(text, today):
        # in "5 December 10 am" the month belongs to the first number alone
        if hit.start() >= end and meanings:
            days.append(meanings)
            rest.append(text[end : hit.start()])
            end = hit.end()
    text = " ".join([*rest, text[end:]])
    times: list[frozenset[tuple[int, int]]] = []
    text = _CLOCK.sub(lambda hit: " " if _take_time(hit, times) else hit[0], text)
    weekdays: list[int] = []
    text = _weekday().sub(lambda hit: _take_weekday(hit[0], weekdays), text)
    return Named(tuple(days), tuple(dict.fromkeys(weekdays)), tuple(times), text)


def _days(text: str, today: date) -> Iterator[tuple[re.Match[str], frozenset[date]]]:
    hits = [
        *(_read(hit, (hit[1], hit[2], hit[3])) for hit in _YMD.finditer(text)),
        *(_read(hit, (None, hit[1], hit[2])) for hit in _MONTH_DAY_JA.finditer(text)),
        *(_read(hit, (hit[3], hit[2], hit[1])) for hit in _DOTTED.finditer(text)),
        *(_read(hit, (hit[3], hit[2], hit[1])) for hit in _DAY_MONTH.finditer(text)),
        *(_read(hit, (hit[3], hit[1], hit[2])) for hit in _MONTH_DAY.finditer(text)),
        *(
            _read(hit, (hit[3], hit[1], hit[2]), (hit[3], hit[2], hit[1]))
            for hit in _SLASHED.finditer(text)
        ),
    ]
    for hit, readings in sorted(hits, key=lambda found: found[0].start()):
        found = (_date(year, month, day, today) for year, month, day in readings)
        yield hit, frozenset(day for day in found if day is not None)


def _read(hit: re.Match[str], *readings: _Reading) -> tuple[re.Match[str], tuple[_Reading, ...]]:
    return hit, readings


def _date(year: str | None, month: str, day: str, today: date) -> date | None:
    number = int(month) if month.isdigit() else load_months().get(month.casefold(), 0)
    try:
        if year is not None:
            return date(int(year), number, int(day))
        this_year = date(today.year, number, int(day))
        return this_year if this_year >= today else this_year.replace(year=today.year + 1)
    except ValueError:
        return None


def _take_time(hit: re.Match[str], times: list[frozenset[tuple[int, int]]]) -> bool:
    colon, minute, half_a, plain, minute_b, half_b, noon, ja, minute_c, half, bare, minute_d = (
        hit.groups()
    )
    hour = int(colon or plain or ja or bare)
    minutes = 30 if half else int(minute or minute_b or minute_c or minute_d or 0)
    of_day = (half_a or half_b or {"午前": "a", "午後": "p"}.get(noon or "", "")).casefold()
    if hour >= _HOURS or minutes >= _MINUTES:
        return False
    later = hour % _NOON + _NOON
    if of_day:
        hours = {hour % _NOON if of_day == "a" else later}
    else:
        # "at two" is in the afternoon as well; "02:00" and "14 Uhr" say what they mean
        hours = {hour, later} if not colon and hour <= _NOON else {hour}
    times.append(frozenset((each, minutes) for each in hours))
    return True


def _take_weekday(word: str, weekdays: list[int]) -> str:
    weekdays.append(load_weekdays()[word.casefold()])
    return " "


@cache
def _weekday() -> re.Pattern[str]:
    """Return what finds a weekday; Japanese ones stand within a word."""
    names = (
        name if is_japanese(name) else rf"\b{name}\b"
        for name in map(re.escape, sorted(load_weekdays(), key=len, reverse=True))
    )
    return re.compile("|".join(names), re.IGNORECASE)

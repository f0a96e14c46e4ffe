"""What a reply says: a command in a line of its own, the letter of a slot, dates."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice

from pipeline.intake.phrases import load_months
from pipeline.model.message import Command, ReadReply

_MAX_LINES = 500
_LINE = 200
_MAX_DATES = 10
_SLOTS = frozenset("abc")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_MONTH_DAY_JA = re.compile(r"(?<![\d年])(?<!年\s)(\d{1,2})\s*月\s*(\d{1,2})\s*日")
# Dots mean that the day comes first.
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
_MONTH_WORD = r"([^\W\d_]{3,12})\.?"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(\d{4})\b)?"
_DAY_MONTH = re.compile(rf"(?<![\d./-]){_DAY}\.?\s+(?:of\s+)?{_MONTH_WORD}{_YEAR}", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH_WORD}\s+{_DAY}(?![\d:]){_YEAR}", re.IGNORECASE)


def fold(line: str) -> str:
    """Return ``line`` as phrases are compared: NFKC, case folded, no punctuation, single blanks."""
    folded = unicodedata.normalize("NFKC", line).casefold()
    kept = (
        " " if unicodedata.category(character)[0] in "ZC" else character
        for character in folded
        if unicodedata.category(character)[0] not in "PS"
    )
    return " ".join("".join(kept).split())


def read_reply(text: str, phrases: Mapping[str, tuple[str, ...]], today: date) -> ReadReply:
    """Return what the new text of a reply says.

    A command acts when any one whole line equals one of its ``phrases`` (by command code) after
    folding. ``today`` gives the year to dates written without one: the next such day.
    """
    commands = {fold(phrase): Command(code) for code, said in phrases.items() for phrase in said}
    found: dict[Command, None] = {}
    slots: dict[str, None] = {}
    dates: dict[str, None] = {}
    for line in islice(text.splitlines(), _MAX_LINES):
        folded = fold(line[:_LINE])
        if folded in commands:
            found[commands[folded]] = None
        elif folded in _SLOTS:
            slots[folded.upper()] = None
        for day in _dates(line[:_LINE], today):
            dates[day.isoformat()] = None
    slot = next(iter(slots)) if len(slots) == 1 else ""
    return ReadReply(tuple(found), slot, tuple(dates)[:_MAX_DATES], text)


def _dates(line: str, today: date) -> Iterator[date]:
    """Yield the dates of a line in their order; what can be read in two ways is left out."""
    text = unicodedata.normalize("NFKC", line)
    hits = [
        *((hit, hit[1], hit[2], hit[3]) for hit in _YEAR_FIRST.finditer(text)),
        *((hit, None, hit[1], hit[2]) for hit in _MONTH_DAY_JA.finditer(text)),
        *((hit, hit[3], hit[2], hit[1]) for hit in _DOTTED.finditer(text)),
        *((hit, hit[3], hit[2], hit[1]) for hit in _DAY_MONTH.finditer(text)),
        *((hit, hit[3], hit[1], hit[2]) for hit in _MONTH_DAY.finditer(text)),
    ]
    end = 0
    for hit, year, month, day in sorted(hits, key=lambda found: found[0].start()):
        # in "5 December 10 am" the month belongs to the first number alone
        if hit.start() >= end and (read := _date(year, month, day, today=today)):
            end = hit.end()
            yield read


def _date(year: str | None, month: str, day: str, *, today: date) -> date | None:
    number = int(month) if month.isdigit() else load_months().get(month.casefold(), 0)
    try:
        if year is not None:
            return date(int(year), number, int(day))
        this_year = date(today.year, number, int(day))
        return this_year if this_year >= today else this_year.replace(year=today.year + 1)
    except ValueError:
        return None

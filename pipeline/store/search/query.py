"""What a person looks for: filters ``key:value``, and words that are searched."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from pipeline.model.form import FormKind
from pipeline.model.request import Status, Track
from pipeline.store.search.folding import DIGITS_OF_PART, one_line

#: Longer texts are cut: nobody types them, and each word costs a look into the index.
_MOST_CHARACTERS = 1000
_MOST_TERMS = 20
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』＂", '"'))
_PART = re.compile(r'(?:([A-Za-z_-]{2,20}):)?"([^"]*)"?|(\S+)')
_FILTER = re.compile(r"([A-Za-z_-]{2,20}):(?!//)(.+)")
_NO_DIGIT = re.compile(r"[^0-9]")
#: What a part of a number has none of.
_LETTER = re.compile(r"[^\W\d_]|[@:]")
_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAYS = re.compile(r"(\d{1,4})d")


class Is(StrEnum):
    """What ``is:`` asks for."""

    UNREAD = "unread"
    LATE = "late"
    HELD = "held"
    OPEN = "open"
    ENDED = "ended"


#: The keys of filters, with the values that they take; none: any.
KEYS: dict[str, tuple[str, ...]] = {
    "track": tuple(Track),
    "status": tuple(Status),
    "lang": (),
    "country": (),
    "assignee": (),
    "since": (),
    "before": (),
    "is": tuple(Is),
    "form": tuple(FormKind),
    "number": (),
    "company": (),
}
#: Days outside of these are mistyped; no request is of such a day.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_DATES = frozenset({"since", "before"})


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand together, or a part of a number (``digits``).

    ``field`` is where they have to stand: ``company``, ``number``, or anywhere.
    """

    folded: str
    digits: str = ""
    field: str = ""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The digits as they stand in an international number: as typed, or without a 0 or 00."""
        ways = (self.digits, self.digits.lstrip("0"))
        return tuple(dict.fromkeys(one for one in ways if len(one) >= DIGITS_OF_PART))


@dataclass(frozen=True, slots=True)
class Fault:
    """A filter that is none: ``code`` is query_key, query_value or query_date."""

    code: str
    key: str
    value: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; filters of one key are alternatives, all else has to be true together.

    ``days``: of ``since`` and ``before``. ``text`` is what was typed beside the filters.
    """

    text: str = ""
    terms: tuple[Term, ...] = ()
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for."""
        return not (self.text or self.terms or self.filters or self.days)


def parse_query(text: str, *, today: date) -> Query:
    """Return what ``text`` asks for; ``today`` is the team's day, for ``since:7d``.

    Whatever is no filter is text; a filter in quotes is text as well.
    """
    plain = unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS].translate(_QUOTES))
    filters: dict[str, tuple[str, ...]] = {}
    days: dict[str, date] = {}
    faults: list[Fault] = []
    words: list[tuple[str, bool]] = []
    terms: list[Term] = []
    for key, value, quoted in _parts(plain):
        if not key:
            words.append((value or '"', quoted))
        elif key not in KEYS:
            faults.append(Fault("query_key", key, value, tuple(KEYS)))
        elif key in _DATES:
            day = _day(value, today)
            if day is None:
                faults.append(Fault("query_date", key, value, ()))
            else:
                days[key] = day
        elif key in {"number", "company"}:
            terms.append(_term(value, key))
        else:
            chosen, fault = _chosen(key, value)
            filters[key] = (*filters.get(key, ()), *chosen)
            faults += fault
    terms += _terms(words)
    return Query(
        text=" ".join(word for word, _ in words),
        terms=tuple(term for term in terms if term.folded or term.digits)[:_MOST_TERMS],
        filters=filters,
        days=days,
        faults=tuple(faults),
    )


def _parts(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the parts of a query: the key or nothing, the value, and whether it was quoted."""
    for found in _PART.finditer(text):
        key, quoted, word = found.groups()
        if word is None:
            yield (key or "").lower(), quoted.strip(), True
            continue
        pair = _FILTER.fullmatch(word)
        if pair is None:
            yield "", word, False
        else:
            yield pair[1].lower(), pair[2].strip('"'), False


def _chosen(key: str, value: str) -> tuple[tuple[str, ...], list[Fault]]:
    """Return the values that a filter names, and those that it does not take."""
    names = [name for name in value.split(",") if name.strip()]
    if not names:
        return (), [Fault("query_value", key, value, KEYS[key])]
    if not KEYS[key]:
        shape: Callable[[str], str] = str.upper if key == "country" else str.lower
        return tuple(name if key == "assignee" else shape(name) for name in names), []
    plain = {_plain(known): known for known in KEYS[key]}
    good = tuple(plain[_plain(name)] for name in names if _plain(name) in plain)
    bad = [name for name in names if _plain(name) not in plain]
    return good, [Fault("query_value", key, name, KEYS[key]) for name in bad]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _day(value: str, today: date) -> date | None:
    ago = _DAYS.fullmatch(value.lower())
    if ago is not None:
        return max(today - timedelta(days=int(ago[1])), _FIRST_DAY)
    found = _ISO_DATE.fullmatch(value)
    try:
        day = date(*map(int, found.groups())) if found is not None else None
    except ValueError:
        return None
    return day if day is not None and _FIRST_DAY <= day <= _LAST_DAY else None


def _terms(words: list[tuple[str, bool]]) -> Iterator[Term]:
    """Yield the terms of words; parts of a number that stand side by side are one."""
    digits: list[str] = []
    for word, quoted in words:
        if not quoted and not _LETTER.search(word.replace("\u30fc", "-")):
            digits.append(word)
            continue
        yield from _number(digits)
        digits = []
        yield _term(word, "")
    yield from _number(digits)


def _number(parts: list[str]) -> Iterator[Term]:
    whole = _term(" ".join(parts), "")
    if whole.digits or len(parts) <= 1:
        yield whole
    else:
        yield from (_term(part, "") for part in parts)


def _term(value: str, where: str) -> Term:
    """Return the term of ``value``; it may be a part of a number when it has no letter."""
    if where == "company" or _LETTER.search(value.replace("\u30fc", "-")):
        return Term(one_line(value), field=where)
    digits = _NO_DIGIT.sub("", value)
    enough = len(digits) >= DIGITS_OF_PART
    return Term(one_line(value), digits if enough else "", where)

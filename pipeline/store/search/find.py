"""Find requests by what is looked for: filters in the tables, words in the index."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import Enum
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from pipeline.model.identifiers import read_prefix, read_reference
from pipeline.model.request import Status
from pipeline.store import queues
from pipeline.store.queues import QueueRow, QueueView, WordsDue, in_a_day
from pipeline.store.schema.mail_and_requests import requests
from pipeline.store.schema.upkeep import desk
from pipeline.store.search import index
from pipeline.store.search.candidates import Candidate, candidates, newest
from pipeline.store.search.folding import (
    grams,
    is_close,
    numbers_in,
    of_company,
    of_mark,
    parts_of,
    stands_in,
    tokens_of_term,
)
from pipeline.store.search.query import Is, Query, Term
from pipeline.store.search.question import POSTGRESQL, SQLITE, Marks, marked
from pipeline.store.search.sources import documents
from pipeline.store.tables.rows import filled
from pipeline.store.transaction import Transaction

#: So many requests whose texts have just changed are looked at one by one.
_MOST_WAITING = 100
#: So many that the index names are compared with the words themselves, at most.
_MOST_COMPARED = 2000
_COMPARED_FIRST = 50
#: So many of the newest are looked at first; what stands in less than one of so many is rare.
_LOOKED_AT_FIRST = 32
_RARE = 8
_DIGITS_OF_WORD = 3
_NOBODY = "none"
_ME = "me"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who looks, when (aware), and in which time zone (IANA) a day begins for them.

    ``words_due`` and ``day_ends`` are as of :class:`~pipeline.store.queues.Narrowing`.
    """

    now: datetime
    zone: str = "UTC"
    name: str = ""
    words_due: WordsDue = in_a_day
    day_ends: datetime | None = None


class _Last(Enum):
    """How the last words of terms are asked for: whole, as the beginnings of words, or not."""

    WHOLE = 1
    BEGUN = 2
    LEFT_OUT = 3


def find(
    tx: Transaction,
    query: Query,
    view: QueueView,
    asking: Asking,
    *,
    limit: int = 50,
    offset: int = 0,
) -> list[QueueRow]:
    """Return a page of a view with what ``query`` leaves of it.

    Without words it is in the order of the view; with words the newest comes first, behind those
    in which they stand whole those in which they are the beginnings of words. A query with faults
    finds nothing.
    """
    if query.faults:
        return []
    conditions = [*_filtered(query, asking)]
    if query.text and not query.terms:
        return []  # there is no letter and no digit in it
    marks = marked(query, asking.now, of_open=view not in {QueueView.ALL, QueueView.NEEDS_ME})
    by_index = view is QueueView.ALL and marks and is_complete(tx)
    if not (query.terms or by_index):
        narrowing = queues.Narrowing(asking.now, conditions, asking.words_due, asking.day_ends)
        return queues.narrowed(tx, view, narrowing, limit=limit, offset=offset)
    conditions += queues.shown_in(view, asking.now, asking.day_ends)
    found = _found(tx, query, marks, conditions, offset + limit)
    return queues.rows_of(tx, found[offset : offset + limit])


def is_complete(tx: Transaction) -> bool:
    """Tell whether all requests of old can be found by their words already."""
    return index.is_built(tx.context)


def _filtered(query: Query, asking: Asking) -> Iterable[sa.ColumnElement[bool]]:
    """Yield the conditions of the filters."""
    columns = {
        "track": requests.c.track,
        "status": requests.c.status,
        "form": requests.c.form,
        "lang": requests.c.language,
        "country": requests.c.country,
    }
    for key, values in query.filters.items():
        if key in columns:
            yield columns[key].in_(values)
        elif key == "assignee":
            yield sa.or_(*(_taken_by(value, asking.name) for value in values))
        else:
            yield sa.and_(*(_is(Is(value), asking.now) for value in values))
    since, before = query.days.get("since"), query.days.get("before")
    if since is not None:
        yield requests.c.opened_at >= _midnight(since, asking.zone)
    if before is not None:
        yield requests.c.opened_at < _midnight(before, asking.zone)


def _taken_by(value: str, name: str) -> sa.ColumnElement[bool]:
    assignee = sa.func.coalesce(desk.c.assignee, "")
    if value.lower() == _NOBODY:
        return assignee == ""
    return sa.and_(assignee == (name if value.lower() == _ME else value), assignee != "")


def _is(what: Is, now: datetime) -> sa.ColumnElement[bool]:
    match what:
        case Is.UNREAD:
            return queues.UNREAD
        case Is.LATE:
            due = requests.c.due_at
            return sa.or_(
                requests.c.overdue_since.is_not(None), sa.and_(due.is_not(None), due <= now)
            )
        case Is.HELD:
            return sa.and_(requests.c.status == Status.HELD, queues.OPEN)
        case Is.OPEN:
            return queues.OPEN
        case Is.ENDED:
            return requests.c.open_since.is_(None)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _found(
    tx: Transaction,
    query: Query,
    marks: Marks,
    conditions: Sequence[sa.ColumnElement[bool]],
    most: int,
) -> list[str]:
    """Return the ids of requests in which all terms stand, ``most`` at most."""
    waiting = index.waiting_ids(tx.context, _MOST_WAITING)
    now = set(_changed(tx, query, conditions, waiting)) if waiting else set()
    named = set(_by_name(tx, query, conditions, most))
    others = requests.c.id.not_in(waiting) if waiting else sa.true()
    narrowed = [others, *conditions]
    expression = _expression(tx, query, marks, _Last.WHOLE)
    whole = _matching(tx, query, narrowed, most, expression)
    first = sorted({*whole, *now, *named}, reverse=True)
    if len(first) < most and any(tokens_of_term(term.folded)[1] for term in query.terms):
        expression = _expression(tx, query, marks, _Last.LEFT_OUT)
        begun = _newest(tx, query, expression, narrowed, most)
        if begun is None:
            expression = _expression(tx, query, marks, _Last.BEGUN)
            begun = _matching(tx, query, narrowed, most, expression)
        first += sorted({*begun} - {*first}, reverse=True)
    return first[:most]


def _changed(
    tx: Transaction,
    query: Query,
    conditions: Sequence[sa.ColumnElement[bool]],
    waiting: Sequence[str],
) -> Iterator[str]:
    """Yield those of ``waiting`` in whose texts of now all terms stand."""
    texts = documents(tx.context, waiting)
    for one in candidates(tx, [requests.c.id.in_(waiting), *conditions], _MOST_WAITING):
        if all(_meets(term, replace(one, text=texts[one.id])) for term in query.terms):
            yield one.id


def _newest(
    tx: Transaction,
    query: Query,
    expression: str,
    conditions: Sequence[sa.ColumnElement[bool]],
    most: int,
) -> list[str] | None:
    """Return the newest requests in which all terms stand; None where few of the newest are such.

    ``expression`` asks the index for all but the beginnings. Where many words have a beginning, to
    ask for it would read every request that has one of them.
    """
    found: list[str] = []
    seen, portion = 0, _LOOKED_AT_FIRST
    while seen <= len(found) * _RARE:
        rows = newest(tx, expression, conditions, portion, seen)
        found += [
            one.id
            for one, meant in rows
            if meant and all(_meets(term, one) for term in query.terms)
        ]
        if len(rows) < portion or len(found) >= most:
            return found
        seen, portion = seen + portion, 2 * portion
    return None


def _matching(
    tx: Transaction,
    query: Query,
    conditions: Sequence[sa.ColumnElement[bool]],
    most: int,
    expression: str,
) -> list[str]:
    """Return what the index finds and the words confirm, newest first."""
    found: list[str] = []
    start, portion = 0, max(most, _COMPARED_FIRST)
    while start < _MOST_COMPARED and len(found) < most:
        rows = candidates(tx, conditions, portion, expression, start)
        found += [one.id for one in rows if all(_meets(term, one) for term in query.terms)]
        if len(rows) < portion:
            break
        start, portion = start + portion, 2 * portion
    return found[:most]


def _expression(tx: Transaction, query: Query, marks: Marks, last_words: _Last) -> str:
    """Return the question to the index: all terms, their last words as said, and all marks.

    Empty: nothing is left to ask for.
    """
    engine = POSTGRESQL if tx.context.on_postgresql else SQLITE
    groups = [engine.any_of([engine.word(of_mark(one)) for one in group]) for group in marks]
    for term in query.terms:
        all_words, last = tokens_of_term(term.folded)
        shape = of_company if term.field == "company" else str
        parts = [engine.word(shape(word)) for word in all_words]
        if last and last_words is not _Last.LEFT_OUT:
            # a single character of a script without blanks always begins a pair
            begins = last_words is _Last.BEGUN or is_close(last)
            parts.append(engine.word(shape(last), begins=begins))
        elif last and not parts:
            continue
        ways = [engine.all_of(parts)] if parts else []
        ways += [engine.all_of([engine.word(gram) for gram in grams(one)]) for one in term.numbers]
        groups.append(engine.any_of(ways))
    return engine.all_of(groups) if groups else ""


def _meets(term: Term, one: Candidate) -> bool:
    """Tell whether a term stands in a request."""
    words, company = parts_of(one.text)
    if term.field == "company":
        return stands_in(term.folded, company)
    if term.field == "number":
        return any(digits in one.number for digits in term.numbers)
    numbers = [line for line in words.split("\n") if line.startswith("#")]
    if any(digits in line for digits in term.numbers for line in numbers):
        return True
    if term.digits and " " in term.folded:
        # several numbers side by side
        parts = term.folded.split(" ")
        if all(len(part) >= _DIGITS_OF_WORD and stands_in(part, words) for part in parts):
            return True
    return bool(term.folded) and stands_in(term.folded, words)


def _by_name(
    tx: Transaction, query: Query, conditions: Sequence[sa.ColumnElement[bool]], most: int
) -> list[str]:
    """Return the requests whose reference, address or number is what was typed.

    They have indexes of their own, which know those of old from the first moment on.
    """
    found: list[str] = []
    for meaning in _names(query):
        statement = (
            sa.select(requests.c.id)
            .select_from(queues.WITH_DESK)
            .where(requests.c.mailbox_id == tx.context.mailbox_id, meaning, *conditions)
            .order_by(requests.c.id.desc())
            .limit(most)
        )
        found += tx.context.raw.execute(statement).scalars()
    return found


def _names(query: Query) -> Iterable[sa.ColumnElement[bool]]:
    if not query.text or any(term.field for term in query.terms):
        return
    plain = query.text
    if plain.upper().startswith(("WA-", "WA ")) or read_reference(plain) is not None:
        reference = read_prefix(plain)
        yield sa.and_(requests.c.reference >= reference, requests.c.reference < reference + "~")
    yield requests.c.address_key == plain.lower()
    for digits in numbers_in(plain) if len(query.terms) == 1 and query.terms[0].digits else ():
        known = filled(requests.c.number)
        yield sa.and_(requests.c.number == f"+{digits.removeprefix('00')}", known)

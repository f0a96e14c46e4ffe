"""Find requests by what is looked for: filters in the tables, words in the index."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from pipeline.model.identifiers import read_prefix, read_reference
from pipeline.model.request import Status
from pipeline.store import queues
from pipeline.store.queues import QueueRow, QueueView, WordsDue, in_a_day
from pipeline.store.schema.mail_and_requests import requests
from pipeline.store.schema.search import searched
from pipeline.store.schema.upkeep import desk
from pipeline.store.search import index
from pipeline.store.search.folding import (
    DIGITS_OF_PART,
    fold,
    grams,
    is_close,
    numbers_in,
    stands_in,
    tokens_of_term,
)
from pipeline.store.search.query import Is, Query, Term
from pipeline.store.search.sources import documents
from pipeline.store.tables.rows import filled
from pipeline.store.transaction import Transaction

#: So many requests whose texts have just changed are looked at one by one.
_MOST_WAITING = 100
#: So many that the index names are compared with the words themselves, at most.
_MOST_COMPARED = 2000
_COMPARED_AT_ONCE = 200
_DIGITS_OF_WORD = 3
_NOBODY = "none"
_ME = "me"
#: The column of a table of FTS5 that is called like the table is for MATCH alone.
_WORDS = sa.table("searched_words", sa.column("rowid"), sa.column("searched_words"))
_TABLE = searched.c


@dataclass(frozen=True, slots=True)
class Asking:
    """Who looks, when (aware), and in which time zone (IANA) a day begins for them.

    ``words_due`` tells by when words have to be read that came at an instant.
    """

    now: datetime
    zone: str = "UTC"
    name: str = ""
    words_due: WordsDue = in_a_day


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A request that may be meant."""

    id: str
    text: str
    company: str
    number: str


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
    if not query.terms:
        if query.text:
            return []  # there is no letter and no digit in it
        narrowing = queues.Narrowing(asking.now, conditions, asking.words_due)
        return queues.narrowed(tx, view, narrowing, limit=limit, offset=offset)
    conditions += queues.shown_in(view, asking.now)
    found = _found(tx, query, conditions, offset + limit)
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
    tx: Transaction, query: Query, conditions: Sequence[sa.ColumnElement[bool]], most: int
) -> list[str]:
    """Return the ids of requests in which all terms stand, ``most`` at most."""
    waiting = index.waiting_ids(tx.context, _MOST_WAITING)
    texts = documents(tx.context, waiting) if waiting else {}
    changed = [
        replace(one, text=texts[one.id])
        for one in _candidates(tx, [requests.c.id.in_(waiting), *conditions], _MOST_WAITING)
        if waiting
    ]
    now = {one.id for one in changed if all(_meets(term, one) for term in query.terms)}
    named = set(_by_name(tx, query, conditions, most))
    others = _TABLE.request_id.not_in(waiting) if waiting else sa.true()
    whole = _matching(tx, query, [others, *conditions], most, whole=True)
    first = sorted({*whole, *now, *named}, reverse=True)
    if len(first) < most and any(tokens_of_term(term.folded)[1] for term in query.terms):
        begun = _matching(tx, query, [others, *conditions], most, whole=False)
        first += [one for one in begun if one not in {*first}]
    return first[:most]


def _matching(
    tx: Transaction,
    query: Query,
    conditions: Sequence[sa.ColumnElement[bool]],
    most: int,
    *,
    whole: bool,
) -> list[str]:
    """Return what the index finds and the words confirm, newest first."""
    expression = _expression(tx, query.terms, whole=whole)
    found: list[str] = []
    for start in range(0, _MOST_COMPARED, _COMPARED_AT_ONCE):
        portion = min(_COMPARED_AT_ONCE, max(most, 20)) if start == 0 else _COMPARED_AT_ONCE
        rows = _candidates(tx, conditions, portion, expression, start)
        found += [one.id for one in rows if all(_meets(term, one) for term in query.terms)]
        if len(found) >= most or len(rows) < portion:
            break
        if portion < _COMPARED_AT_ONCE:
            rest = _candidates(tx, conditions, _COMPARED_AT_ONCE - portion, expression, portion)
            found += [one.id for one in rest if all(_meets(term, one) for term in query.terms)]
            if len(found) >= most or len(rest) < _COMPARED_AT_ONCE - portion:
                break
    return found


def _candidates(
    tx: Transaction,
    conditions: Sequence[sa.ColumnElement[bool]],
    limit: int,
    expression: str = "",
    offset: int = 0,
) -> list[_Candidate]:
    """Return requests with what is searched in them, newest first; those that the index names."""
    mine = sa.and_(_TABLE.mailbox_id == requests.c.mailbox_id, _TABLE.request_id == requests.c.id)
    source: sa.FromClause = searched.join(requests, mine)
    narrowed = list(conditions)
    order: sa.ColumnElement[Any] = _TABLE.request_id
    if expression and tx.context.on_postgresql:
        asked = sa.cast(sa.literal(expression), _Asked())
        narrowed.append(_TABLE.words.op("@@", is_comparison=True)(asked))
    elif expression:
        source = _WORDS.join(source, _WORDS.c.rowid == _TABLE.doc)
        match = _WORDS.c.searched_words.op("MATCH", is_comparison=True)
        narrowed.append(match(sa.literal(expression)))
        order = _WORDS.c.rowid
    of_desk = sa.and_(
        desk.c.mailbox_id == requests.c.mailbox_id, desk.c.request_id == requests.c.id
    )
    statement = (
        sa.select(_TABLE.request_id, _TABLE.text, requests.c.company, requests.c.number)
        .select_from(source.outerjoin(desk, of_desk))
        .where(_TABLE.mailbox_id == tx.context.mailbox_id, *narrowed)
        .order_by(order.desc())
        .limit(limit)
        .offset(offset)
    )
    tx.context.send()
    return [_Candidate(*row) for row in tx.context.raw.execute(statement)]


class _Asked(sa.types.UserDefinedType[str]):
    """A question to the index of PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type."""
        return "TSQUERY"


def _expression(tx: Transaction, terms: Sequence[Term], *, whole: bool) -> str:
    """Return the question to the index: all terms, their last words whole or begun."""
    both, either, begun = (
        (" & ", " | ", ":*")
        if tx.context.on_postgresql
        else (
            " AND ",
            " OR ",
            " *",
        )
    )
    quote = "'" if tx.context.on_postgresql else '"'
    groups = []
    for term in terms:
        all_words, last = tokens_of_term(term.folded)
        parts = [f"{quote}{word}{quote}" for word in all_words]
        if last:
            # a single character without blanks around it always begins a pair
            suffix = begun if not whole or is_close(last) else ""
            parts.append(f"{quote}{last}{quote}{suffix}")
        ways = [parts] if parts else []
        if len(term.digits) >= DIGITS_OF_PART:
            ways.append([f"{quote}{gram}{quote}" for gram in grams(term.digits)])
        groups.append(f"({either.join(f'({both.join(way)})' for way in ways)})")
    return both.join(groups)


def _meets(term: Term, one: _Candidate) -> bool:
    """Tell whether a term stands in a request."""
    if term.field == "company":
        return stands_in(term.folded, fold(one.company).replace("\n", " "))
    if term.field == "number":
        return bool(term.digits) and term.digits in one.number
    if term.digits and any(
        term.digits in line for line in one.text.split("\n") if line.startswith("#")
    ):
        return True
    if term.digits and " " in term.folded:
        # several numbers side by side
        parts = term.folded.split(" ")
        if all(len(part) >= _DIGITS_OF_WORD and stands_in(part, one.text) for part in parts):
            return True
    return bool(term.folded) and stands_in(term.folded, one.text)


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

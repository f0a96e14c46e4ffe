"""Which requests may be meant: what the index names, or simply the newest, with their texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.mail_and_requests import requests
from pipeline.store.schema.search import searched
from pipeline.store.schema.upkeep import desk
from pipeline.store.transaction import Transaction

#: The column of a table of FTS5 that is called like the table is for MATCH alone.
_WORDS = sa.table("searched_words", sa.column("rowid"), sa.column("searched_words"))
_TABLE = searched.c
_OF_DESK = sa.and_(desk.c.mailbox_id == requests.c.mailbox_id, desk.c.request_id == requests.c.id)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A request that may be meant."""

    id: str
    text: str
    number: str


def candidates(
    tx: Transaction,
    conditions: Sequence[sa.ColumnElement[bool]],
    limit: int,
    expression: str = "",
    offset: int = 0,
) -> list[Candidate]:
    """Return requests with what is searched in them, newest first; those that the index names."""
    source, named, order = _source(tx, expression)
    mine = sa.and_(_TABLE.mailbox_id == requests.c.mailbox_id, _TABLE.request_id == requests.c.id)
    statement = (
        sa.select(_TABLE.request_id, _TABLE.text, requests.c.number)
        .select_from(source.join(requests, mine).outerjoin(desk, _OF_DESK))
        .where(_TABLE.mailbox_id == tx.context.mailbox_id, *named, *conditions)
        .order_by(order.desc())
        .limit(limit)
        .offset(offset)
    )
    tx.context.send()
    return [Candidate(*row) for row in tx.context.raw.execute(statement)]


def newest(
    tx: Transaction,
    expression: str,
    conditions: Sequence[sa.ColumnElement[bool]],
    limit: int,
    offset: int,
) -> list[tuple[Candidate, bool]]:
    """Return the newest that the index names, each with whether it meets ``conditions``.

    No more rows are read than these, however few of them meet the conditions.
    """
    source, named, order = _source(tx, expression)
    looked_at = (
        sa.select(_TABLE.mailbox_id, _TABLE.request_id, _TABLE.text)
        .select_from(source)
        .where(_TABLE.mailbox_id == tx.context.mailbox_id, *named)
        .order_by(order.desc())
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    mine = sa.and_(
        looked_at.c.mailbox_id == requests.c.mailbox_id, looked_at.c.request_id == requests.c.id
    )
    statement = (
        sa.select(
            looked_at.c.request_id,
            looked_at.c.text,
            requests.c.number,
            sa.and_(sa.true(), *conditions).label("meant"),
        )
        .select_from(looked_at.join(requests, mine).outerjoin(desk, _OF_DESK))
        .order_by(looked_at.c.request_id.desc())
    )
    tx.context.send()
    return [(Candidate(*row[:3]), bool(row[3])) for row in tx.context.raw.execute(statement)]


def _source(
    tx: Transaction, expression: str
) -> tuple[sa.FromClause, list[sa.ColumnElement[bool]], sa.ColumnElement[Any]]:
    """Return the table of texts joined to the index, what the index is asked, and the order."""
    if not expression:
        return searched, [], _TABLE.request_id
    if tx.context.on_postgresql:
        asked = sa.cast(sa.literal(expression), _Asked())
        return searched, [_TABLE.words.op("@@", is_comparison=True)(asked)], _TABLE.request_id
    match = _WORDS.c.searched_words.op("MATCH", is_comparison=True)(sa.literal(expression))
    return _WORDS.join(searched, _WORDS.c.rowid == _TABLE.doc), [match], _WORDS.c.rowid


class _Asked(sa.types.UserDefinedType[str]):
    """A question to the index of PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type."""
        return "TSQUERY"

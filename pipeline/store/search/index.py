"""The index of what is searched: built of requests that changed, and of old ones by and by."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.schema.mail_and_requests import requests
from pipeline.store.schema.search import searched
from pipeline.store.search.folding import tokens
from pipeline.store.search.sources import documents
from pipeline.store.tables.memory import Memory

#: Under this name it is remembered which requests of old are in the index: those from this id on.
_BUILT = "search_built"
_ALL_BUILT = ""
_DOCS_A_SECOND = 64
#: UUIDv7 begins with milliseconds; the rows of SQLite's index are numbered from this second on.
_FIRST_SECOND = 1_577_836_800
_ADD = "INSERT INTO searched_words (rowid, words) VALUES (?, ?)"
_TAKE = "INSERT INTO searched_words (searched_words, rowid, words) VALUES ('delete', ?, ?)"
_TABLE = searched.c


def index_waiting(context: Context, limit: int) -> int:
    """Bring the index up to date for some requests that changed; return how many there were.

    On PostgreSQL those are passed over that another worker has taken.
    """
    kept = _waiting(context, limit)
    if not kept:
        return 0
    found = documents(context, sorted(kept))
    for request_id, text in found.items():
        doc, before = kept[request_id]
        _write(context, request_id, text, doc, before)
    return len(kept)


def mark_old(context: Context, limit: int) -> bool:
    """Mark some requests that are older than the index, the newest first; False: all are in it."""
    memory = Memory(context)
    built = memory.get(_BUILT, to_change=not context.read_only)
    if built == _ALL_BUILT:
        return False
    mine = [requests.c.mailbox_id == context.mailbox_id]
    if isinstance(built, str):
        mine.append(requests.c.id < built)
    older = sa.select(requests.c.id).where(*mine).order_by(requests.c.id.desc()).limit(limit)
    ids = list(context.connection.execute(older).scalars())
    if ids:
        rows = [
            {"mailbox_id": context.mailbox_id, "request_id": one, "waits": 1, "text": ""}
            for one in ids
        ]
        context.connection.execute(context.upsert(searched).on_conflict_do_nothing(), rows)
    memory.put(_BUILT, ids[-1] if ids else _ALL_BUILT)
    return bool(ids)


def is_built(context: Context) -> bool:
    """Tell whether all requests that are older than the index are in it."""
    return Memory(context).get(_BUILT) == _ALL_BUILT


def forget(context: Context, request_id: str) -> None:
    """Take a request out of the index at once; what is left of it is read again later."""
    mine = (_TABLE.mailbox_id == context.mailbox_id, _TABLE.request_id == request_id)
    found = sa.select(_TABLE.doc, _TABLE.text).where(*mine)
    row = context.connection.execute(found).first()
    if row is not None:
        _take(context, row.doc, row.text)
        context.connection.execute(
            sa.update(searched).where(*mine).values(doc=None, text="", words=None, waits=1)
        )


def waiting_ids(context: Context, limit: int) -> list[str]:
    """Return the newest requests whose texts have changed since they were indexed."""
    return sorted(_newest_waiting(context, limit))


def _newest_waiting(context: Context, limit: int) -> dict[str, tuple[int | None, str]]:
    context.send()
    rows = context.raw.execute(_select_waiting(context, limit))
    return {row.request_id: (row.doc, row.text) for row in rows}


def _waiting(context: Context, limit: int) -> Mapping[str, tuple[int | None, str]]:
    statement = _select_waiting(context, limit).with_for_update(skip_locked=True)
    return {row.request_id: (row.doc, row.text) for row in context.connection.execute(statement)}


def _select_waiting(context: Context, limit: int) -> sa.Select[Any]:
    return (
        sa.select(_TABLE.request_id, _TABLE.doc, _TABLE.text)
        .where(_TABLE.mailbox_id == context.mailbox_id, _TABLE.waits.is_not(None))
        .order_by(_TABLE.request_id.desc())
        .limit(limit)
    )


def _write(context: Context, request_id: str, text: str, doc: int | None, before: str) -> None:
    values: dict[str, Any] = {"waits": None}
    if text != before or doc is None:
        words = tokens(text)
        values["text"] = text
        if context.on_postgresql:
            values["words"] = _as_vector(words)
            values["doc"] = 0
        else:
            _take(context, doc, before)
            values["doc"] = _new_doc(context, request_id) if doc is None else doc
            _change(context, _ADD, (values["doc"], " ".join(words)))
    context.raw.execute(
        sa.update(searched)
        .where(_TABLE.mailbox_id == context.mailbox_id, _TABLE.request_id == request_id)
        .values(values)
    )


def _take(context: Context, doc: int | None, text: str) -> None:
    """Have SQLite's index forget a text, which it has to be told for that."""
    if doc is not None and not context.on_postgresql:
        _change(context, _TAKE, (doc, " ".join(tokens(text))))


def _change(context: Context, text: str, parameters: Sequence[object]) -> None:
    context.raw.exec_driver_sql(text, tuple(parameters))


def _as_vector(words: Sequence[str]) -> sa.ColumnElement[str]:
    joined = sa.func.string_to_array(" ".join(words), " ")
    return sa.func.array_to_tsvector(joined)


def _new_doc(context: Context, request_id: str) -> int:
    """Return a free row of SQLite's index; rows are in the order of the seconds of requests."""
    digits = request_id.replace("-", "")[:12]
    try:
        second = int(digits, 16) // 1000 - _FIRST_SECOND
    except ValueError:
        second = 0
    first = max(second, 0) * _DOCS_A_SECOND
    while True:
        used = context.raw.execute(
            sa.select(sa.func.max(_TABLE.doc)).where(
                _TABLE.doc >= first, _TABLE.doc < first + _DOCS_A_SECOND
            )
        ).scalar()
        if used is None:
            return first
        if used + 1 < first + _DOCS_A_SECOND:
            return int(used) + 1
        first += _DOCS_A_SECOND

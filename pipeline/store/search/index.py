"""The index of what is searched: built of requests that changed, and of old ones by and by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
_USED = "SELECT max(doc) FROM searched WHERE doc >= ? AND doc < ?"
_TABLE = searched.c


@dataclass(frozen=True, slots=True)
class _Change:
    """What is searched in a request now; ``before`` is what the row ``doc`` of the index has."""

    request_id: str
    text: str
    doc: int | None
    before: str


def index_waiting(context: Context, limit: int) -> int:
    """Bring the index up to date for some requests that changed; return how many there were.

    On PostgreSQL those are passed over that another worker has taken.
    """
    kept = _waiting(context, limit)
    if not kept:
        return 0
    changed = [
        _Change(request_id, text, *kept[request_id])
        for request_id, text in documents(context, sorted(kept)).items()
    ]
    _write(context, changed)
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


def _write(context: Context, changes: Sequence[_Change]) -> None:
    """Write the texts and the index of several requests, one statement for all of a kind."""
    rows: list[dict[str, Any]] = []
    taken: list[tuple[object, ...]] = []
    added: list[tuple[object, ...]] = []
    docs: set[int] = set()
    for one in changes:
        row: dict[str, Any] = {"own_id": one.request_id, "new_text": one.text, "new_doc": 0}
        if context.on_postgresql:
            row["new_words"] = " ".join(tokens(one.text))
        else:
            row["new_doc"] = doc = _new_doc(context, one, docs) if one.doc is None else one.doc
            docs.add(doc)
            if one.doc is not None and one.text != one.before:
                taken.append((doc, " ".join(tokens(one.before))))
            if one.doc is None or one.text != one.before:
                added.append((doc, " ".join(tokens(one.text))))
        rows.append(row)
    for statement, many in ((_TAKE, taken), (_ADD, added)):
        if many:
            context.raw.exec_driver_sql(statement, many)
    context.raw.execute(_CHANGE_ALL[context.on_postgresql], _mine(context, rows))


def _mine(context: Context, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"own_mailbox": context.mailbox_id, **row} for row in rows]


def _changing(*, words: bool) -> sa.Update:
    values: dict[str, Any] = {
        "waits": None,
        "text": sa.bindparam("new_text"),
        "doc": sa.bindparam("new_doc"),
    }
    if words:
        apart = sa.func.string_to_array(sa.bindparam("new_words", type_=sa.Text()), " ")
        values["words"] = sa.func.array_to_tsvector(apart)
    mine = (
        _TABLE.mailbox_id == sa.bindparam("own_mailbox"),
        _TABLE.request_id == sa.bindparam("own_id"),
    )
    return sa.update(searched).where(*mine).values(values)


_CHANGE_ALL = {words: _changing(words=words) for words in (False, True)}


def _take(context: Context, doc: int | None, text: str) -> None:
    """Have SQLite's index forget a text, which it has to be told for that."""
    if doc is not None and not context.on_postgresql:
        context.raw.exec_driver_sql(_TAKE, (doc, " ".join(tokens(text))))


def _new_doc(context: Context, change: _Change, taken: set[int]) -> int:
    """Return a free row of SQLite's index; rows are in the order of the seconds of requests."""
    digits = change.request_id.replace("-", "")[:12]
    try:
        second = int(digits, 16) // 1000 - _FIRST_SECOND
    except ValueError:
        second = 0
    first = max(second, 0) * _DOCS_A_SECOND
    while True:
        end = first + _DOCS_A_SECOND
        used = context.raw.exec_driver_sql(_USED, (first, end)).scalar()
        used = max([one for one in taken if first <= one < end], default=used or -1)
        if used < first:
            return first
        if used + 1 < end:
            return int(used) + 1
        first = end

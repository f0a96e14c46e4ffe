"""Where the words of a request stand: what is searched is read from the tables of the requests."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.schema.mail_and_requests import (
    attachments,
    message_requests,
    messages,
    notes,
    outbox,
    outbox_requests,
    requests,
    revisions,
)
from pipeline.store.schema.packed import PackedJsonOf
from pipeline.store.search.folding import MOST_FOLDED, document
from pipeline.store.search.marks import NO_STAFF

_TEXTS = (
    requests.c.reference,
    requests.c.department,
    requests.c.contact,
    requests.c.address_of_record,
    requests.c.number,
    requests.c.subject,
)
#: As plain JSON: making records of them takes most of the time.
_READINGS = sa.type_coerce(revisions.c.readings, PackedJsonOf(Any))
_ABOUT = (
    requests.c.company,
    requests.c.status,
    requests.c.track,
    requests.c.form,
    requests.c.language,
    requests.c.country,
    requests.c.open_since,
    requests.c.opened_at,
)


def documents(context: Context, request_ids: Sequence[str]) -> dict[str, str]:
    """Return what is searched in each of the requests, folded; one that is gone has nothing."""
    texts: dict[str, list[str]] = defaultdict(list)
    about: dict[str, tuple[str, list[str]]] = {}
    for row in _rows(context, requests, requests.c.id, request_ids, *_TEXTS, *_ABOUT):
        told: dict[str, Any] = dict(
            zip((column.name for column in (*_TEXTS, *_ABOUT)), row[1:], strict=True)
        )
        texts[row[0]] += [told[column.name] for column in _TEXTS]
        about[row[0]] = (told["company"], marks_of(told))
    for request_id, text in _texts(context, request_ids):
        texts[request_id].append(text)
    return {one: document(texts[one], *about.get(one, ("", []))) for one in request_ids}


def marks_of(told: Mapping[str, Any]) -> list[str]:
    """Return the marks of a request by its columns: what filters ask for."""
    form, opened = told["form"], told["opened_at"]
    return [
        mark("status", told["status"]),
        mark("track", told["track"]),
        mark("form", form or "none"),
        mark("lang", told["language"]),
        mark("country", told["country"]),
        mark("is", "open" if told["open_since"] is not None else "ended"),
        mark("year", f"{opened:%Y}"),
        mark("month", f"{opened:%Y%m}"),
    ]


def mark(key: str, value: str) -> str:
    """Return the mark of a filter: one word."""
    return f"{key}{''.join(letter for letter in value.casefold() if letter.isalnum())}"


def _texts(context: Context, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each text with the id of its request, the narrowest first."""
    found = _rows(context, revisions, revisions.c.request_id, ids, revisions.c.file_name, _READINGS)
    for request_id, file_name, readings in found:
        yield request_id, file_name
        for reading in readings:
            yield request_id, reading.get("raw", "")
            if reading.get("value") and reading["value"] != reading.get("raw"):
                yield request_id, reading["value"]
    yield from _rows(context, notes, notes.c.request_id, ids, notes.c.text)
    yield from _rows(context, attachments, attachments.c.request_id, ids, attachments.c.name)
    came, went = message_requests.c, outbox_requests.c
    theirs = message_requests.join(
        messages,
        sa.and_(messages.c.mailbox_id == came.mailbox_id, messages.c.id == came.message_row),
    )
    for row in _rows(context, theirs, came.request_id, ids, messages.c.subject, messages.c.sender):
        yield from ((row[0], text) for text in row[1:])
    ours = outbox_requests.join(
        outbox, sa.and_(outbox.c.mailbox_id == went.mailbox_id, outbox.c.id == went.outbox_id)
    )
    of_staff = sa.case((outbox.c.triggered_by.not_in(NO_STAFF), outbox.c.content))
    for request_id, subject, content in _rows(
        context, ours, went.request_id, ids, outbox.c.subject, of_staff
    ):
        yield request_id, subject
        if content:
            yield request_id, _plain_text(content)


def _rows(
    context: Context,
    source: sa.FromClause,
    request_id: sa.Column[str],
    ids: Iterable[str],
    *columns: sa.ColumnElement[Any],
) -> Iterator[Any]:
    """Return columns of the rows of some requests, behind the ids of these."""
    mine = request_id.table.c.mailbox_id == context.mailbox_id
    statement = sa.select(request_id, *columns).select_from(source)
    context.send()
    return iter(context.raw.execute(statement.where(mine, request_id.in_(list(ids)))))


def _plain_text(content: bytes) -> str:
    """Return the text of a mail of ours; its files are not read, for certificates are secret."""
    from email import message_from_bytes, policy  # noqa: PLC0415 - slow, and few mails are read

    body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    text: str = body.get_content() if body is not None else ""
    return text[:MOST_FOLDED]

"""The table of what a decision changed, kept while the decision can be undone."""

import sqlalchemy as sa

from pipeline.model.request import EventName
from pipeline.store.schema.columns import (
    choice,
    instant,
    json_of,
    mailbox,
    metadata,
    own_key,
    refers,
    text,
)
from pipeline.store.schema.types import FreeText, UtcDateTime
from pipeline.store.staff_records import KeptRow

#: Of each request its last decision; ``rows`` are what the decision changed, as it was before.
undo = sa.Table(
    "undo",
    metadata,
    mailbox(),
    own_key("request_id"),
    instant("at", optional=False),
    sa.Column("until", UtcDateTime, nullable=False),
    text("who"),
    choice("event", EventName, optional=True),
    text("what"),
    text("lasting"),
    json_of("mails", tuple[str, ...]),
    json_of("told", tuple[tuple[str, int], ...]),
    json_of("lines", tuple[tuple[str, int, int], ...]),
    json_of("rows", tuple[KeptRow, ...]),
    sa.Column("permission", FreeText, nullable=False, server_default=""),
    refers("requests", "request_id"),
    sa.Index("ix_undo_until", "mailbox_id", "until"),
)

"""The tables of what Meta said about numbers, and of what we asked of it."""

import sqlalchemy as sa

from pipeline.store.meta_records import Asked
from pipeline.store.schema.columns import (
    choice,
    index,
    instant,
    key,
    mailbox,
    metadata,
    more,
    own_key,
    text,
)

#: What Meta last said about a number, since when, and when it is looked at again.
meta_numbers = sa.Table(
    "meta_numbers",
    metadata,
    mailbox(),
    own_key("e164"),
    text("meta_id"),
    instant("looked_at"),
    instant("next_at"),
    more(),
)

#: What was asked of Meta that it counts, or that proves something; lines are only ever added, and
#: each gets its outcome. A code is in none of them.
meta_askings = sa.Table(
    "meta_askings",
    metadata,
    mailbox(),
    own_key("id"),
    key("e164"),
    key("request_id"),
    choice("what", Asked),
    instant("at", optional=False),
    text("actor"),
    text("outcome"),
    index("meta_askings", "e164", "what", "at"),
    index("meta_askings", "request_id", "id"),
)

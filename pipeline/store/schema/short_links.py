"""The table of what was asked of Meta for short links."""

import sqlalchemy as sa

from pipeline.store.schema.columns import (
    choice,
    digest,
    index,
    instant,
    json_of,
    key,
    mailbox,
    metadata,
    number,
    own_key,
    refers,
    text,
    work_index,
)
from pipeline.store.short_link_records import LinkAction, LinkState

link_orders = sa.Table(
    "link_orders",
    metadata,
    mailbox(),
    own_key(),
    key("request_id"),
    key("number"),
    choice("action", LinkAction),
    choice("state", LinkState),
    instant("stay", optional=False),
    instant("ordered_at", optional=False),
    digest("sha256", indexed=False),
    text("code"),
    text("url"),
    json_of("before", tuple[str, ...]),
    number("attempt"),
    text("reason"),
    instant("asked_at"),
    instant("ended_at"),
    instant("next_at"),
    refers("requests", "request_id"),
    index("link_orders", "request_id"),
    index("link_orders", "number"),
    work_index("link_orders", "next_at"),
)

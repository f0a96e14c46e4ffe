"""The tables of the programme's own upkeep: alerts, leases, counters, memory, tokens, users."""

import sqlalchemy as sa

from pipeline.store.schema.columns import (
    NARROW,
    choice,
    digest,
    index,
    instant,
    key,
    mailbox,
    metadata,
    number,
    own_key,
    refers,
    text,
    work_index,
)
from pipeline.store.schema.types import UtcDateTime
from pipeline.store.staff_records import Role, Signed, SigningPhase, StaffAct

alerts = sa.Table(
    "alerts",
    metadata,
    mailbox(),
    own_key("id"),
    instant("at", optional=False),
    text("code"),
    text("reference"),
    text("detail"),
    instant("told_at"),
    # derived from the record
    instant("untold_since"),
    work_index("alerts", "untold_since"),
)

leases = sa.Table(
    "leases",
    metadata,
    mailbox(),
    own_key("name"),
    text("owner"),
    instant("acquired_at", optional=False),
    instant("until", optional=False),
)

counters = sa.Table(
    "counters",
    metadata,
    mailbox(),
    own_key("key"),
    sa.Column("window_start", UtcDateTime, primary_key=True),
    number("value"),
    index("counters", "window_start"),
    **NARROW,
)

memory = sa.Table(
    "memory",
    metadata,
    mailbox(),
    own_key("key"),
    sa.Column("value", sa.JSON, nullable=False),
)

#: What the authority was asked to sign, and what came of it; lines are only ever added.
signings = sa.Table(
    "signings",
    metadata,
    mailbox(),
    own_key("id"),
    instant("at", optional=False),
    choice("phase", SigningPhase),
    choice("what", Signed),
    text("subject"),
    text("authority"),
    text("actor"),
    text("error"),
)

#: Who has taken a request, and until when it need not be looked at.
desk = sa.Table(
    "desk",
    metadata,
    mailbox(),
    own_key("request_id"),
    text("assignee"),
    instant("taken_at"),
    instant("snoozed_until"),
    text("snoozed_by"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    mailbox(),
    own_key("name"),
    text("access_token"),
    text("refresh_token"),
    instant("expires_at"),
    instant("updated_at", optional=False),
)

users = sa.Table(
    "users",
    metadata,
    mailbox(),
    own_key(),
    key("name"),
    choice("role", Role),
    text("password_hash"),
    instant("created_at", optional=False),
    instant("disabled_at"),
    text("display"),
    index("users", "name", unique=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    mailbox(),
    own_key(),
    key("user_id"),
    text("csrf"),
    instant("created_at", optional=False),
    instant("seen_at", optional=False),
    instant("expires_at", optional=False),
    text("peer"),
    refers("users", "user_id"),
    index("sessions", "user_id"),
    index("sessions", "expires_at"),
)

#: Pauses of log-ins after failures.
log_in_pauses = sa.Table(
    "log_in_pauses",
    metadata,
    mailbox(),
    own_key("key"),
    number("failures"),
    instant("last_at", optional=False),
    instant("until"),
    index("log_in_pauses", "last_at"),
)

#: What staff did beside requests; lines are only ever added, each chained to the one before.
#: ``sealed`` is the digest of subject and detail with ``salt``; the erasure of a person empties
#: these three and leaves the digest, which nobody can guess then.
staff_log = sa.Table(
    "staff_log",
    metadata,
    mailbox(),
    own_key(),
    instant("at", optional=False),
    text("who"),
    choice("what", StaffAct),
    text("subject"),
    text("detail"),
    number("seq"),
    text("salt"),
    digest("sealed", indexed=False),
    digest("previous_hash", indexed=False),
    digest("hash", indexed=False),
    index("staff_log", "seq", unique=True),
)

#: The last line of a chain that belongs to no request, so that a line cut off at the end is seen.
chain_ends = sa.Table(
    "chain_ends",
    metadata,
    mailbox(),
    own_key("name"),
    number("seq"),
    digest("hash", indexed=False),
)

"""The tables of mail and requests.

``mailbox_id`` comes first in every key and work index, so that the tables can be sharded.

A work table has one nullable wake-up column, ``next_at`` (finished: NULL), with a partial index on
``IS NOT NULL``: a poll costs the same however many rows are finished. Other lists of open work have
a nullable column of the same kind (``open_since``, ``unfinished_since`` …) that the store derives
from the record; both engines use an index on ``IS NOT NULL``, SQLite none on a list of states.
"""

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.message import MessageKind, ReadReply, SenderVerdict
from pipeline.model.notice import MailPriority, NoticeName
from pipeline.model.request import (
    Actor,
    EventName,
    HoldReason,
    Move,
    NumberState,
    Status,
    Track,
)
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import MessageState, StoredProblem, StoredReading
from pipeline.store.schema.columns import (
    BUSY,
    NARROW,
    choice,
    digest,
    flag,
    index,
    instant,
    json_of,
    key,
    mailbox,
    metadata,
    misses,
    more,
    number,
    own_key,
    packed_json_of,
    packed_text,
    refers,
    text,
    work_index,
)
from pipeline.store.schema.types import NumberOf
from pipeline.terms import Issuer, Outcome

requests = sa.Table(
    "requests",
    metadata,
    mailbox(),
    own_key(),
    key("reference"),
    choice("track", Track),
    choice("status", Status),
    number("version"),
    instant("entered_at", optional=False),
    choice("hold_reason", HoldReason, optional=True),
    instant("certificate_expires_at"),
    sa.Column("ready_date", sa.Date),
    instant("ended_at"),
    choice("form", FormKind, optional=True),
    key("address_of_record"),
    choice("sender_verdict", SenderVerdict),
    key("organisation"),
    text("language"),
    text("time_zone"),
    instant("opened_at", optional=False),
    instant("next_at"),
    text("company"),
    text("department"),
    text("contact"),
    text("country"),
    key("number"),
    json_of("done_deadlines", tuple[str, ...]),
    json_of("thread", tuple[str, ...]),
    text("subject"),
    text("route_rule"),
    misses("route_misses"),
    choice("suggestion", FormKind, optional=True),
    text("linked_to"),
    json_of("acknowledged_warnings", tuple[str, ...]),
    key("waits_for"),
    choice("move", Move),
    more(),
    # derived from the record
    key("address_key"),
    instant("open_since"),
    instant("erasable_since"),
    # the end of the chain of events
    number("event_seq"),
    digest("event_hash", indexed=False),
    # by when we promised to write, since when that is broken, and by when staff have to act
    *map(instant, ("promise_at", "overdue_since", "due_at")),
    index("requests", "reference", unique=True),
    work_index("requests", "next_at"),
    work_index("requests", "erasable_since"),
    work_index("requests", "open_since"),
    work_index("requests", "open_since", "move", name="move"),
    work_index("requests", "open_since", "status", name="status"),
    work_index("requests", "overdue_since"),
    work_index("requests", "due_at"),
    index("requests", "number", "id", where="number <> ''"),
    index("requests", "address_key", "id"),
    index("requests", "waits_for", "id", where="waits_for <> ''"),
    index("requests", "opened_at", "id"),
    **BUSY,
)

messages = sa.Table(
    "messages",
    metadata,
    mailbox(),
    own_key(),
    key("account"),
    key("folder"),
    number("uidvalidity"),
    number("uid"),
    digest("sha256"),
    number("size"),
    instant("fetched_at", optional=False),
    choice("state", MessageState),
    instant("next_at"),
    number("attempts"),
    key("message_id"),
    text("sender"),
    choice("sender_verdict", SenderVerdict, optional=True),
    choice("kind", MessageKind, optional=True),
    text("subject"),
    choice("outcome", Outcome, optional=True),
    text("why"),
    key("request_id", optional=True),
    instant("processed_at"),
    text("move_to"),
    instant("moved_at"),
    text("last_error"),
    flag("oversized"),
    more(),
    # derived from the record
    key("sender_key"),
    instant("unmoved_since"),
    # since when the raw bytes are kept
    instant("raw_since"),
    refers("requests", "request_id"),
    index("messages", "account", "folder", "uidvalidity", "uid", unique=True),
    work_index("messages", "next_at"),
    work_index("messages", "unmoved_since"),
    work_index("messages", "raw_since"),
    index("messages", "sha256", "processed_at", "id"),
    index("messages", "message_id", "processed_at", "id", where="message_id <> ''"),
    index("messages", "sender_key", "fetched_at", "id"),
    index("messages", "processed_at", "id", where="kind = 'human'"),
    **BUSY,
)

# all requests of a mail that came in; ``messages.request_id`` is the first of them
message_requests = sa.Table(
    "message_requests",
    metadata,
    mailbox(),
    own_key("message_row"),
    own_key("request_id"),
    refers("messages", "message_row"),
    refers("requests", "request_id"),
    index("message_requests", "request_id", "message_row"),
    **NARROW,
)

revisions = sa.Table(
    "revisions",
    metadata,
    mailbox(),
    own_key(),
    key("request_id"),
    number("seq"),
    instant("received_at", optional=False),
    key("message_id", optional=True),
    choice("form", FormKind),
    text("version"),
    text("language"),
    choice("format", FileFormat, optional=True),
    text("file_name"),
    digest("sha256"),
    digest("digest"),
    text("dated"),
    text("m2m"),
    packed_json_of("readings", tuple[StoredReading, ...]),
    json_of("problems", tuple[StoredProblem, ...]),
    text("entered_by"),
    packed_text("submission"),
    more(),
    refers("requests", "request_id"),
    index("revisions", "request_id", "seq", unique=True),
    index("revisions", "digest", "id"),
    index("revisions", "sha256", "id"),
)

events = sa.Table(
    "events",
    metadata,
    mailbox(),
    own_key("request_id"),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    instant("at", optional=False),
    choice("actor", Actor),
    text("actor_name"),
    choice("event", EventName, optional=True),
    choice("before", Status, optional=True),
    choice("after", Status),
    json_of("detail", tuple[tuple[str, str], ...]),
    digest("previous_hash", indexed=False),
    digest("hash", indexed=False),
    refers("requests", "request_id"),
    **NARROW,
)

notes = sa.Table(
    "notes",
    metadata,
    mailbox(),
    own_key(),
    key("request_id"),
    instant("at", optional=False),
    text("author"),
    flag("from_customer"),
    text("text"),
    key("message_id", optional=True),
    # words of a customer that wait for staff
    instant("waits_since"),
    json_of("reading", ReadReply, optional=True),
    refers("requests", "request_id"),
    index("notes", "request_id", "id"),
    work_index("notes", "waits_since"),
)

attachments = sa.Table(
    "attachments",
    metadata,
    mailbox(),
    own_key(),
    key("request_id"),
    key("message_row", optional=True),
    text("name"),
    text("content_type"),
    digest("sha256"),
    number("size"),
    flag("made_by_us"),
    refers("requests", "request_id"),
    index("attachments", "request_id", "id"),
    index("attachments", "sha256", "id"),
    **NARROW,
)

numbers = sa.Table(
    "numbers",
    metadata,
    mailbox(),
    own_key("e164"),
    choice("state", NumberState),
    text("organisation"),
    sa.Column("since", sa.Date),
    index("numbers", "state", "e164"),
    **NARROW,
)

organisations = sa.Table(
    "organisations",
    metadata,
    mailbox(),
    own_key("domain"),
    instant("added_at", optional=False),
    text("added_by"),
    instant("removed_at"),
    text("removed_by"),
)

certificates = sa.Table(
    "certificates",
    metadata,
    mailbox(),
    own_key(),
    key("request_id"),
    key("number"),
    key("serial"),
    choice("issuer", Issuer),
    choice("state", CertificateState),
    number("ordinal"),
    instant("reserved_at", optional=False),
    instant("created_at"),
    instant("expires_at"),
    instant("issued_at"),
    instant("mailed_at"),
    instant("ended_at"),
    text("end_reason"),
    key("fingerprint"),
    text("text"),
    sa.Column("to_be_signed", sa.LargeBinary, nullable=False),
    # derived from the record
    instant("unfinished_since"),
    refers("requests", "request_id"),
    index("certificates", "serial", unique=True),
    index("certificates", "number", where="state = 'live'", unique=True),
    index("certificates", "request_id", where="unfinished_since IS NOT NULL", unique=True),
    work_index("certificates", "unfinished_since"),
    index("certificates", "expires_at", "id", where="state = 'live'"),
    work_index("certificates", "ended_at"),
    index("certificates", "request_id", "id"),
    index("certificates", "fingerprint", "id", where="fingerprint <> ''"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    mailbox(),
    own_key(),
    key("request_id", optional=True),
    choice("notice", NoticeName),
    text("variant"),
    text("language"),
    key("recipient"),
    text("subject"),
    key("message_id"),
    sa.Column("content", sa.LargeBinary, nullable=False),
    instant("created_at", optional=False),
    choice("state", OutboxState),
    instant("next_at"),
    number("attempt"),
    text("claimed_by"),
    instant("claimed_until"),
    instant("sent_at"),
    text("last_error"),
    text("triggered_by"),
    instant("intended_at"),
    more(),
    # since when a finished mail's bytes are kept, and since when it needs a person
    instant("kept_since"),
    instant("attention_since"),
    sa.Column("priority", NumberOf(MailPriority), nullable=False, server_default="1"),
    # of a mail in doubt: until when it is looked for, and since when its copy is known
    instant("look_until"),
    instant("copied_at"),
    # how often the mail was refused for a while, and since when
    sa.Column("refusals", sa.BigInteger, nullable=False, server_default="0"),
    instant("refused_since"),
    refers("requests", "request_id"),
    index("outbox", "message_id", unique=True),
    work_index("outbox", "next_at"),
    work_index("outbox", "next_at", "priority", name="next_at_by_priority"),
    work_index("outbox", "kept_since"),
    work_index("outbox", "attention_since"),
    **BUSY,
)

# all requests that a mail of ours tells of; ``outbox.request_id`` is the one whose thread it is on
outbox_requests = sa.Table(
    "outbox_requests",
    metadata,
    mailbox(),
    own_key("outbox_id"),
    own_key("request_id"),
    refers("outbox", "outbox_id"),
    refers("requests", "request_id"),
    index("outbox_requests", "request_id", "outbox_id"),
    **NARROW,
)

# digests of what we sent on the thread of a request: the bytes of a mail are purged long before
sent_texts = sa.Table(
    "sent_texts",
    metadata,
    mailbox(),
    own_key("request_id"),
    own_key("outbox_id"),
    sa.Column("digests", sa.LargeBinary, nullable=False),
    refers("requests", "request_id"),
    **NARROW,
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    mailbox(),
    own_key(),
    key("message_row"),
    instant("at", optional=False),
    text("reason"),
    number("attempts"),
    instant("released_at"),
    instant("dropped_at"),
    instant("open_since"),  # derived from the record
    refers("messages", "message_row"),
    work_index("quarantine", "open_since"),
    index("quarantine", "message_row"),
)

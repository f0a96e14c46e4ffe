"""Make all tables.

A column is written as ``name:type``, with ``?`` when it may be NULL.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TYPES: dict[str, Any] = {
    "key": sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
    "at": sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql"),
    "text": sa.Text(),
    "json": sa.JSON(),
    "date": sa.Date(),
    "int": sa.BigInteger(),
    "bool": sa.Boolean(),
    "bytes": sa.LargeBinary(),
}
_BUSY = {
    "fillfactor": 70,
    "autovacuum_vacuum_threshold": 2000,
    "autovacuum_vacuum_scale_factor": 0,
}


def _column(written: str) -> sa.Column[Any]:
    name, _, kind = written.partition(":")
    kind, optional, _ = kind.partition("?")
    return sa.Column(name, _TYPES[kind], nullable=bool(optional), autoincrement=False)


def _table(
    name: str, columns: str, *, key: str, refers: dict[str, str] | None = None, busy: bool = False
) -> None:
    op.create_table(
        name,
        *[_column(written) for written in ["mailbox_id:key", *columns.split()]],
        sa.PrimaryKeyConstraint("mailbox_id", *key.split(), name=f"pk_{name}"),
        *[
            sa.ForeignKeyConstraint(
                ["mailbox_id", column],
                [f"{target}.mailbox_id", f"{target}.id"],
                name=f"fk_{name}_{target}",
            )
            for column, target in (refers or {}).items()
        ],
        postgresql_with=_BUSY if busy else {},
    )


def _index(name: str, columns: str, *, on: str, where: str = "") -> None:
    condition = sa.text(where) if where else None
    op.create_index(
        name,
        on,
        ["mailbox_id", *columns.split()],
        unique=name.startswith("uq_"),
        sqlite_where=condition,
        postgresql_where=condition,
    )


def upgrade() -> None:
    _make_alerts()
    _make_counters()
    _make_leases()
    _make_memory()
    _make_numbers()
    _make_requests()
    _make_tokens()
    _make_users()
    _make_attachments()
    _make_certificates()
    _make_events()
    _make_messages()
    _make_notes()
    _make_outbox()
    _make_revisions()
    _make_sessions()
    _make_quarantine()


def _make_alerts() -> None:
    _table(
        "alerts",
        "id:key at:at code:text reference:text detail:text told_at:at? untold_since:at?",
        key="id",
    )
    _index(
        "ix_alerts_untold_since", "untold_since id", on="alerts", where="untold_since IS NOT NULL"
    )


def _make_counters() -> None:
    _table(
        "counters",
        "key:key window_start:at value:int",
        key="key window_start",
    )
    _index("ix_counters_window_start", "window_start", on="counters")


def _make_leases() -> None:
    _table(
        "leases",
        "name:key owner:text acquired_at:at until:at",
        key="name",
    )


def _make_memory() -> None:
    _table(
        "memory",
        "key:key value:json",
        key="key",
    )


def _make_numbers() -> None:
    _table(
        "numbers",
        "e164:key state:text organisation:text since:date?",
        key="e164",
    )
    _index("ix_numbers_state_e164", "state e164", on="numbers")


def _make_requests() -> None:
    _table(
        "requests",
        """
        id:key reference:key track:text status:text version:int entered_at:at
        hold_reason:text? certificate_expires_at:at? ready_date:date? ended_at:at? form:text?
        address_of_record:key sender_verdict:text organisation:key language:text
        time_zone:text opened_at:at next_at:at? company:text department:text contact:text
        country:text number:key done_deadlines:json thread:json subject:text route_rule:text
        route_misses:json suggestion:text? linked_to:text acknowledged_warnings:json
        waits_for:key move:text more:json address_key:key open_since:at? erasable_since:at?
        event_seq:int event_hash:text
        """,
        key="id",
        busy=True,
    )
    _index("ix_requests_address_key_id", "address_key id", on="requests")
    _index(
        "ix_requests_erasable_since",
        "erasable_since id",
        on="requests",
        where="erasable_since IS NOT NULL",
    )
    _index("ix_requests_move", "move open_since id", on="requests", where="open_since IS NOT NULL")
    _index("ix_requests_next_at", "next_at id", on="requests", where="next_at IS NOT NULL")
    _index("ix_requests_number_id", "number id", on="requests", where="number <> ''")
    _index("ix_requests_open_since", "open_since id", on="requests", where="open_since IS NOT NULL")
    _index(
        "ix_requests_status", "status open_since id", on="requests", where="open_since IS NOT NULL"
    )
    _index("ix_requests_waits_for_id", "waits_for id", on="requests", where="waits_for <> ''")
    _index("uq_requests_reference", "reference", on="requests")


def _make_tokens() -> None:
    _table(
        "tokens",
        "name:key access_token:text refresh_token:text expires_at:at? updated_at:at",
        key="name",
    )


def _make_users() -> None:
    _table(
        "users",
        """
        id:key name:key role:text password_hash:text created_at:at disabled_at:at?
        failures:int locked_until:at?
        """,
        key="id",
    )
    _index("uq_users_name", "name", on="users")


def _make_attachments() -> None:
    _table(
        "attachments",
        """
        id:key request_id:key message_row:key? name:text content_type:text sha256:key size:int
        made_by_us:bool
        """,
        key="id",
        refers={"request_id": "requests"},
    )
    _index("ix_attachments_request_id_id", "request_id id", on="attachments")
    _index("ix_attachments_sha256_id", "sha256 id", on="attachments")


def _make_certificates() -> None:
    _table(
        "certificates",
        """
        id:key request_id:key number:key serial:key issuer:text state:text ordinal:int
        reserved_at:at created_at:at? expires_at:at? issued_at:at? mailed_at:at? ended_at:at?
        end_reason:text fingerprint:key text:text to_be_signed:bytes unfinished_since:at?
        """,
        key="id",
        refers={"request_id": "requests"},
    )
    _index(
        "ix_certificates_ended_at", "ended_at id", on="certificates", where="ended_at IS NOT NULL"
    )
    _index(
        "ix_certificates_expires_at_id", "expires_at id", on="certificates", where="state = 'live'"
    )
    _index(
        "ix_certificates_fingerprint_id",
        "fingerprint id",
        on="certificates",
        where="fingerprint <> ''",
    )
    _index("ix_certificates_request_id_id", "request_id id", on="certificates")
    _index(
        "ix_certificates_unfinished_since",
        "unfinished_since id",
        on="certificates",
        where="unfinished_since IS NOT NULL",
    )
    _index("uq_certificates_number", "number", on="certificates", where="state = 'live'")
    _index(
        "uq_certificates_request_id",
        "request_id",
        on="certificates",
        where="unfinished_since IS NOT NULL",
    )
    _index("uq_certificates_serial", "serial", on="certificates")


def _make_events() -> None:
    _table(
        "events",
        """
        request_id:key seq:int at:at actor:text actor_name:text event:text? before:text?
        after:text detail:json previous_hash:text hash:text
        """,
        key="request_id seq",
        refers={"request_id": "requests"},
    )


def _make_messages() -> None:
    _table(
        "messages",
        """
        id:key account:key folder:key uidvalidity:int uid:int sha256:key size:int
        fetched_at:at state:text next_at:at? attempts:int message_id:key sender:text
        sender_verdict:text? kind:text? subject:text outcome:text? detail:text request_id:key?
        processed_at:at? move_to:text moved_at:at? last_error:text oversized:bool
        more:json sender_key:key unmoved_since:at? raw_since:at?
        """,
        key="id",
        refers={"request_id": "requests"},
        busy=True,
    )
    _index(
        "ix_messages_message_id_processed_at_id",
        "message_id processed_at id",
        on="messages",
        where="message_id <> ''",
    )
    _index("ix_messages_next_at", "next_at id", on="messages", where="next_at IS NOT NULL")
    _index("ix_messages_processed_at_id", "processed_at id", on="messages", where="kind = 'human'")
    _index("ix_messages_raw_since", "raw_since id", on="messages", where="raw_since IS NOT NULL")
    _index(
        "ix_messages_request_id_id", "request_id id", on="messages", where="request_id IS NOT NULL"
    )
    _index("ix_messages_sender_key_fetched_at_id", "sender_key fetched_at id", on="messages")
    _index("ix_messages_sha256_processed_at_id", "sha256 processed_at id", on="messages")
    _index(
        "ix_messages_unmoved_since",
        "unmoved_since id",
        on="messages",
        where="unmoved_since IS NOT NULL",
    )
    _index(
        "uq_messages_account_folder_uidvalidity_uid",
        "account folder uidvalidity uid",
        on="messages",
    )


def _make_notes() -> None:
    _table(
        "notes",
        "id:key request_id:key at:at author:text from_customer:bool text:text message_id:key?",
        key="id",
        refers={"request_id": "requests"},
    )
    _index("ix_notes_request_id_id", "request_id id", on="notes")


def _make_outbox() -> None:
    _table(
        "outbox",
        """
        id:key request_id:key? notice:text variant:text language:text recipient:key
        subject:text message_id:key content:bytes created_at:at state:text next_at:at?
        attempt:int claimed_by:text claimed_until:at? sent_at:at? last_error:text
        triggered_by:text intended_at:at? more:json kept_since:at? attention_since:at?
        """,
        key="id",
        refers={"request_id": "requests"},
        busy=True,
    )
    _index(
        "ix_outbox_attention_since",
        "attention_since id",
        on="outbox",
        where="attention_since IS NOT NULL",
    )
    _index("ix_outbox_kept_since", "kept_since id", on="outbox", where="kept_since IS NOT NULL")
    _index("ix_outbox_next_at", "next_at id", on="outbox", where="next_at IS NOT NULL")
    _index("ix_outbox_request_id_id", "request_id id", on="outbox", where="request_id IS NOT NULL")
    _index("uq_outbox_message_id", "message_id", on="outbox")


def _make_revisions() -> None:
    _table(
        "revisions",
        """
        id:key request_id:key seq:int received_at:at message_id:key? form:text version:text
        language:text format:text? file_name:text sha256:key digest:key dated:text m2m:text
        readings:json problems:json entered_by:text submission:text more:json
        """,
        key="id",
        refers={"request_id": "requests"},
    )
    _index("ix_revisions_digest_id", "digest id", on="revisions")
    _index("ix_revisions_sha256_id", "sha256 id", on="revisions")
    _index("uq_revisions_request_id_seq", "request_id seq", on="revisions")


def _make_sessions() -> None:
    _table(
        "sessions",
        "id:key user_id:key csrf:text created_at:at seen_at:at expires_at:at",
        key="id",
        refers={"user_id": "users"},
    )
    _index("ix_sessions_expires_at", "expires_at", on="sessions")
    _index("ix_sessions_user_id", "user_id", on="sessions")


def _make_quarantine() -> None:
    _table(
        "quarantine",
        """
        id:key message_row:key at:at reason:text attempts:int released_at:at? dropped_at:at?
        open_since:at?
        """,
        key="id",
        refers={"message_row": "messages"},
    )
    _index("ix_quarantine_message_row", "message_row", on="quarantine")
    _index(
        "ix_quarantine_open_since", "open_since id", on="quarantine", where="open_since IS NOT NULL"
    )

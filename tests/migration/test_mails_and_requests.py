"""0002: a database of the first version keeps every link, and each code finds its field."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from pipeline.flow.views.messages import told_why
from pipeline.model.request import EventName
from pipeline.store import Store
from pipeline.store.engine import open_engine
from pipeline.store.migrate import configuration

_MAILBOX = "m"
_NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
_REFERENCES = {"r1": "WA-00000001", "r2": "WA-00000002", "r3": "WA-00000003"}
#: Row, outcome, detail, the request in the old column.
_MAILS = (
    ("two-forms", "request", "WA-00000001,WA-00000002", "r1"),
    ("gone-form", "held", "WA-00000003,WA-99999999", "r3"),
    ("confirms", "reply", "note", "r1"),
    ("ready", "reply", "ready", "r1"),
    ("refused", "reply", "refused:no_such_move", "r1"),
    ("help", "request", "no_form", "r3"),
    ("machine", "ignored", "auto_submitted", None),
    ("again", "ignored", "redelivery", None),
    ("bounce", "bounce", "delivery_status", "r2"),
    ("colleague", "request", "colleague", "r1"),
    ("odd", "reply", "of_another_day", "r1"),
    ("waiting", None, "", None),
)


def _first_version(url: str) -> None:
    """Make a database of revision 0001 with mails of every outcome."""
    engine = open_engine(url, create=True)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        tables = sa.MetaData()
        tables.reflect(connection)
        for request_id, reference in _REFERENCES.items():
            _insert(connection, tables, "requests", id=request_id, reference=reference)
        for number, (row, outcome, detail, first) in enumerate(_MAILS):
            values = {"outcome": outcome, "detail": detail, "request_id": first}
            _insert(connection, tables, "messages", id=row, uid=number, state="processed", **values)
        _insert(connection, tables, "notes", id="n1", request_id="r2", message_id="colleague")
        _insert(connection, tables, "notes", id="n2", request_id="r2", message_id=None)
        _insert(connection, tables, "attachments", id="a1", request_id="r3", message_row="ready")
        _insert(connection, tables, "revisions", id="v1", request_id="r1", message_id="two-forms")
        changed = [["message", "confirms"], ["rule", "clean"]]
        for seq, request_id in enumerate(("r1", "r2", "r3")):
            _insert(connection, tables, "events", request_id=request_id, seq=seq, detail=changed)
        lost = [["message", "not in the ledger"]]
        _insert(connection, tables, "events", request_id="r1", seq=9, detail=lost)
        _insert(connection, tables, "outbox", id="o1", request_id="r2", message_id="<o1@x>")
        _insert(connection, tables, "outbox", id="o2", request_id=None, message_id="<o2@x>")
    engine.dispose()


_CODES = {
    "track": "onboarding",
    "status": "received",
    "form": "onboarding",
    "sender_verdict": "pass",
    "actor": "system",
    "after": "received",
    "move": "staff",
    "notice": "acknowledged",
}


def _insert(connection: sa.Connection, tables: sa.MetaData, name: str, **given: Any) -> None:
    values = blank_row(tables.tables[name], _MAILBOX)
    values |= {"state": "queued"} if name == "outbox" else {}
    connection.execute(sa.insert(tables.tables[name]), values | given)


def blank_row(table: sa.Table, mailbox: str) -> dict[str, Any]:
    """Return a row of ``table`` in which nothing is said that need not be."""
    values: dict[str, Any] = {"mailbox_id": mailbox}
    for column in table.columns:
        if not column.nullable:
            values.setdefault(column.name, _CODES.get(column.name, _blank(column)))
    return values


def _blank(column: sa.Column[Any]) -> object:
    """Return an empty value that the type of ``column`` takes on either engine."""
    if column.name == "more":
        return {}
    if isinstance(column.type, sa.JSON):
        return []
    if isinstance(column.type, sa.DateTime):
        return _NOW
    for kind, value in ((sa.Boolean, False), (sa.Integer, 0), (sa.LargeBinary, b"")):
        if isinstance(column.type, kind):
            return value
    return (
        "2026-11-28T09:00:00.000000Z" if column.name.endswith("_at") or column.name == "at" else ""
    )


@pytest.fixture
def migrated(two_urls: tuple[str, str], tmp_path: Path) -> Store:
    url, _ = two_urls
    _first_version(url)
    store = Store.open(url, mailbox_id=_MAILBOX, blobs=tmp_path, check=False)
    assert store.schema_state() == "old"
    store.migrate()
    assert store.schema_state() == "current"
    return store


def test_every_link_is_found(migrated: Store) -> None:
    with migrated.read() as tx:
        found = {row: tx.messages.requests_of(row) for row, *_ in _MAILS}
        assert found == {
            "two-forms": ["r1", "r2"],
            "gone-form": ["r3"],
            "confirms": ["r1", "r2", "r3"],
            "ready": ["r1", "r3"],
            "refused": ["r1"],
            "help": ["r3"],
            "machine": [],
            "again": [],
            "bounce": ["r2"],
            "colleague": ["r1", "r2"],
            "odd": ["r1"],
            "waiting": [],
        }
        assert (tx.outbox.requests_of("o1"), tx.outbox.requests_of("o2")) == (["r2"], [])
        assert [mail.id for mail in tx.outbox.of_request("r2")] == ["o1"]
    migrated.close()


def test_every_code_has_its_field(migrated: Store) -> None:
    with migrated.read() as tx:
        rows = [tx.messages.get(row) for row, *_ in _MAILS]
    migrated.close()
    codes = {
        row.id: (row.why, row.rule, row.event, row.refused, row.automation) for row in rows if row
    }
    assert codes == {
        "two-forms": ("", "", None, "", ""),
        "gone-form": ("", "", None, "", ""),
        "confirms": ("note", "", None, "", ""),
        "ready": ("", "", EventName.READY, "", ""),
        "refused": ("", "", None, "no_such_move", ""),
        "help": ("", "no_form", None, "", ""),
        "machine": ("", "", None, "", "auto_submitted"),
        "again": ("redelivery", "", None, "", ""),
        "bounce": ("", "", None, "", "delivery_status"),
        "colleague": ("colleague", "", None, "", ""),
        "odd": ("of_another_day", "", None, "", ""),
        "waiting": ("", "", None, "", ""),
    }
    told = {row.id: told_why(row) for row in rows if row}
    assert told == {row: "" if detail.startswith("WA-") else detail for row, _, detail, _ in _MAILS}

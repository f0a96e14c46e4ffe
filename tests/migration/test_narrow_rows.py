"""0010: rows that moved into the trees of their keys, and digests that are bytes now, are found."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from pipeline.model.request import Actor, EventName, Status
from pipeline.store import Store
from pipeline.store.engine import open_engine
from pipeline.store.migrate import configuration
from pipeline.store.records import EventRecord
from pipeline.store.schema.plain import to_plain
from pipeline.store.tables.events import line_hash
from tests.migration.test_mails_and_requests import blank_row

_MAILBOX = "m"
_NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
_DIGEST = sha256(b"a file").hexdigest()
#: What is no SHA-256 in lower-case hexadecimal stays as it is.
_OTHERS = ("", "no digest", "AB" * 32, "x" * 64)


def _history() -> Iterator[EventRecord]:
    previous = ""
    for seq in (1, 2, 3):
        line = EventRecord(
            request_id="r1",
            seq=seq,
            at=_NOW,
            actor=Actor.SYSTEM,
            actor_name="",
            event=EventName.REMIND,
            before=Status.RECEIVED,
            after=Status.RECEIVED,
            detail=(("reminder", "again"),),
            previous_hash=previous,
        )
        previous = line_hash(line)
        yield replace(line, hash=previous)


@pytest.fixture
def migrated(two_urls: tuple[str, str], tmp_path: Path) -> Iterator[Store]:
    """A database of revision 0009 with rows of all tables that changed, brought to the newest."""
    url, _ = two_urls
    engine = open_engine(url, create=True)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0009")
        tables = sa.MetaData()
        tables.reflect(connection)
        server = connection.dialect.name == "postgresql"
        at: Any = _NOW if server else f"{_NOW:%Y-%m-%dT%H:%M:%S.%fZ}"

        def insert(name: str, **given: Any) -> None:
            row = blank_row(tables.tables[name], _MAILBOX)
            connection.execute(sa.insert(tables.tables[name]), row | given)

        *_, last = history = list(_history())
        insert("requests", id="r1", reference="WA-1", event_seq=3, event_hash=last.hash)
        insert("requests", id="r2", reference="WA-2")
        for line in history:
            insert("events", **to_plain(line) | {"at": at})
        insert("messages", id="m1", uid=1, sha256=_DIGEST, state="fetched")
        for row in ("m1", "m2"):
            insert("attachments", id=f"a-{row}", request_id="r1", sha256=_DIGEST, made_by_us=True)
        for number, other in enumerate(_OTHERS):
            insert("attachments", id=f"b{number}", request_id="r2", sha256=other, made_by_us=True)
            insert("revisions", id=f"v{number}", request_id="r2", seq=number, sha256=other)
        insert("revisions", id="v9", request_id="r1", seq=1, sha256=_DIGEST, digest=_DIGEST)
        mail = {"message_id": "<o1@x>", "state": "sent", "notice": "acknowledged", "created_at": at}
        insert("outbox", id="o1", request_id="r1", **mail)
        for request in ("r1", "r2"):
            insert("outbox_requests", outbox_id="o1", request_id=request)
            insert("message_requests", message_row="m1", request_id=request)
        insert("sent_texts", request_id="r1", outbox_id="o1", digests=b"\1" * 10)
        insert("counters", key="k", window_start=at, value=7)
        insert("numbers", e164="+81901", state="active", organisation="one@firm.example")
    engine.dispose()
    with Store.open(url, mailbox_id=_MAILBOX, blobs=tmp_path, check=False) as store:
        store.migrate()
        yield store


def test_the_history_is_whole_and_grows(migrated: Store) -> None:
    with migrated.read() as tx:
        assert tx.events.list("r1") == list(_history())
        assert tx.events.verify("r1")
    migrated.run(lambda tx: tx.events.append(replace(next(_history()), seq=0, hash="")))
    with migrated.read() as tx:
        assert [line.seq for line in tx.events.list("r1")] == [1, 2, 3, 4]
        assert tx.events.verify("r1")


def test_files_are_known_by_their_digests(migrated: Store) -> None:
    with migrated.read() as tx:
        assert tx.attachments.made_by_us([_DIGEST, "AB" * 32, "ab" * 32]) == {_DIGEST, "AB" * 32}
        assert [row.sha256 for row in tx.attachments.list("r2")] == list(_OTHERS)
        assert [row.sha256 for row in tx.revisions.all("r2")] == list(_OTHERS)
        (revision,) = tx.revisions.all("r1")
        message = tx.messages.get("m1")
    assert (revision.sha256, revision.digest) == (_DIGEST, _DIGEST)
    assert message is not None
    assert message.sha256 == _DIGEST


def test_links_counters_and_numbers_are_there(migrated: Store) -> None:
    with migrated.read() as tx:
        assert tx.outbox.requests_of("o1") == ["r1", "r2"]
        assert [mail.id for mail in tx.outbox.of_request("r2")] == ["o1"]
        assert tx.sent_texts.kept("r1").digests == (b"\1" * 10,)
        assert tx.counters.value("k", _NOW) == 7
        number = tx.numbers.get("+81901")
    assert number is not None
    assert number.organisation == "one@firm.example"
    assert migrated.run(lambda tx: tx.counters.add("k", _NOW)) == 8
    with pytest.raises(sa.exc.IntegrityError):
        migrated.run(lambda tx: tx.sent_texts.insert("r1", "o1", b""))

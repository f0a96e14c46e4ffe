"""Stores on both engines, and records to put into them."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.model.certificate import CertificateState
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.identifiers import new_id, new_reference
from pipeline.model.message import SenderVerdict
from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, EventName, Move, RequestState, Status, Track
from pipeline.store import Store
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import (
    CertificateRecord,
    EventRecord,
    FetchedMail,
    MessageRecord,
    MessageState,
    RequestRecord,
    RevisionRecord,
    StoredProblem,
    StoredReading,
)
from pipeline.terms import Issuer
from tests.servers.postgresql import new_database

NOW = datetime(2026, 11, 23, 9, 30, 15, 123456, tzinfo=UTC)


@dataclass
class Database:
    """One database; ``open`` gives a store on it, as one more worker would have it."""

    url: str
    folder: Path
    opened: list[Store] = field(default_factory=list)

    def open(self, mailbox_id: str = "requests@example.com") -> Store:
        store = Store.open(self.url, mailbox_id=mailbox_id, blobs=self.folder / "blobs")
        self.opened.append(store)
        return store


class Make:
    """Records with sensible values; each call makes a new one."""

    now = NOW

    def __init__(self) -> None:
        self._uids = itertools.count(1)
        self._milliseconds = itertools.count(int(NOW.timestamp() * 1000))

    def id(self) -> str:
        """Return an id that sorts after all before it."""
        return new_id(next(self._milliseconds))

    def state(self, status: Status = Status.POLICY_REVIEW, **more: object) -> RequestState:
        values: dict[str, object] = {
            "track": Track.ONBOARDING,
            "status": status,
            "version": 1,
            "entered_at": NOW,
        }
        return RequestState(**(values | more))  # type: ignore[arg-type]

    def request(self, state: RequestState | None = None, **more: object) -> RequestRecord:
        values: dict[str, object] = {
            "id": self.id(),
            "reference": new_reference(),
            "state": state or self.state(),
            "form": FormKind.ONBOARDING,
            "address_of_record": "Hanako@example.co.jp",
            "sender_verdict": SenderVerdict.PASS,
            "organisation": "example.co.jp",
            "language": "ja",
            "time_zone": "Asia/Tokyo",
            "opened_at": NOW,
            "next_at": NOW,
            "number": "+819012345678",
            "move": Move.STAFF,
            "due_at": state.entered_at if state else NOW,
        }
        return RequestRecord(**(values | more))  # type: ignore[arg-type]

    def message(self, **more: object) -> MessageRecord:
        uid = next(self._uids)
        values: dict[str, object] = {
            "id": self.id(),
            "place": FetchedMail("inbox", "INBOX", 7, uid),
            "sha256": f"{uid:064x}",
            "size": 1000,
            "fetched_at": NOW,
            "state": MessageState.FETCHED,
            "next_at": NOW,
        }
        return MessageRecord(**(values | more))  # type: ignore[arg-type]

    def mail(self, **more: object) -> OutboxRecord:
        row = self.id()
        values: dict[str, object] = {
            "id": row,
            "request_id": None,
            "notice": NoticeName.ACKNOWLEDGED,
            "variant": "",
            "language": "ja",
            "recipient": "hanako@example.co.jp",
            "subject": "受け付けました",
            "message_id": f"<{row}@example.com>",
            "content": b"From: a\r\n\r\nb\r\n",
            "created_at": NOW,
            "state": OutboxState.QUEUED,
            "next_at": NOW,
        }
        return OutboxRecord(**(values | more))  # type: ignore[arg-type]

    def certificate(self, request: RequestRecord, **more: object) -> CertificateRecord:
        row = self.id()
        values: dict[str, object] = {
            "id": row,
            "request_id": request.id,
            "number": request.number,
            "serial": row.replace("-", ""),
            "issuer": Issuer.EMBEDDED,
            "state": CertificateState.RESERVED,
            "ordinal": 1,
            "reserved_at": NOW,
        }
        return CertificateRecord(**(values | more))  # type: ignore[arg-type]

    def event(self, request: RequestRecord, **more: object) -> EventRecord:
        values: dict[str, object] = {
            "request_id": request.id,
            "seq": 0,
            "at": NOW,
            "actor": Actor.STAFF,
            "actor_name": "田中",
            "event": EventName.APPROVE,
            "before": Status.POLICY_REVIEW,
            "after": Status.BUSINESS_VERIFICATION,
            "detail": (("reason", "complete"),),
        }
        return EventRecord(**(values | more))  # type: ignore[arg-type]

    def revision(self, request: RequestRecord, **more: object) -> RevisionRecord:
        values: dict[str, object] = {
            "id": self.id(),
            "request_id": request.id,
            "seq": 1,
            "received_at": NOW,
            "message_id": None,
            "form": FormKind.ONBOARDING,
            "version": "1.0",
            "language": "ja",
            "format": FileFormat.XLSX,
            "file_name": "申請書.xlsx",
            "sha256": "ab" * 32,
            "digest": "cd" * 32,
            "dated": "2026-11-20",
            "m2m": "none",
            "readings": (
                StoredReading(
                    field="phone_number",
                    raw="０９０\0\ud83d",
                    where="D12",
                    cell_type="s",
                    value="+819012345678",
                    verdict="ok",
                    notes=("fullwidth",),
                ),
            ),
            "problems": (
                StoredProblem("text_too_long", "error", "customer", "notes", (("length", 1001),)),
            ),
        }
        return RevisionRecord(**(values | more))  # type: ignore[arg-type]


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with all tables, to be copied."""
    url = new_database(postgresql_url)
    Store.open(url, mailbox_id="m", blobs=tmp_path_factory.mktemp("blobs")).close()
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    Store.open(f"sqlite:///{folder / 'file'}", mailbox_id="m", blobs=folder).close()
    return folder / "file"


@pytest.fixture
def postgresql_database(
    postgresql_url: str, migrated_postgresql: str, tmp_path: Path
) -> Iterator[Database]:
    """A PostgreSQL database of its own, for what only it can do."""
    yield from _closed(Database(new_database(postgresql_url, migrated_postgresql), tmp_path))


@pytest.fixture
def sqlite_database(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """A SQLite database of its own, for what only it can do."""
    path = tmp_path / "pipeline.sqlite3"
    shutil.copy(migrated_sqlite, path)
    yield from _closed(Database(f"sqlite:///{path}", tmp_path))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> Database:
    """A database of its own, on each engine in turn."""
    made: Database = request.getfixturevalue(f"{request.param}_database")
    return made


def _closed(made: Database) -> Iterator[Database]:
    yield made
    for store in made.opened:
        store.close()


@pytest.fixture
def store(database: Database) -> Store:
    return database.open()


@pytest.fixture
def later() -> Callable[[float], datetime]:
    """Return the instant so many seconds after ``NOW``."""
    return lambda seconds: NOW + timedelta(seconds=seconds)

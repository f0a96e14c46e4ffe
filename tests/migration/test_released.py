"""Databases as programmes of before left them, with the story of the demo, are brought up to date.

``databases/`` has one for each schema that has been out; the bytes of mails that had been sent were
taken out. A new one is written by ``python -m tests.migration.released PATH``.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.flow.views.lists.audit import verify_audit
from pipeline.store import Store
from pipeline.store.migrations import REVISIONS
from pipeline.store.schema.mail_and_requests import requests
from tests.migration.released import FOLDER, MAILBOX

_RELEASED = sorted(FOLDER.glob("*.sqlite3.gz"))


@pytest.fixture(params=_RELEASED, ids=lambda path: path.name.partition(".")[0])
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Store]]:
    """A database of a released schema: its revision, and the store that opens it."""
    path: Path = request.param
    database = tmp_path / "requests.sqlite3"
    database.write_bytes(gzip.decompress(path.read_bytes()))
    with Store.open(database, mailbox_id=MAILBOX, blobs=tmp_path, check=False) as store:
        yield path.name.partition(".")[0], store


def test_all_that_was_known_is_known_after_it(released: tuple[str, Store]) -> None:
    revision, store = released
    assert store.revision() == revision
    known = store.rows_of(["requests", "events", "outbox", "certificates", "numbers", "revisions"])
    assert min(known.values()) > 0
    store.migrate()
    assert store.revision() == REVISIONS[-1]
    assert store.is_sound()
    assert store.rows_of(known) == known
    checked = verify_audit(store)
    assert (checked.requests, checked.broken_count) == (known["requests"], 0)
    with store.read() as tx:
        for name in tx.context.connection.scalars(sa.select(requests.c.id)).all():
            record = tx.requests.get(name)
            assert record is not None
            assert tx.events.list(name)
            assert [row.request_id for row in tx.certificates.of_request(name)].count(name) >= (
                record.state.certificates > 0
            )
            assert all(row.readings for row in tx.revisions.all(name))


def test_each_released_schema_is_one_of_ours() -> None:
    names = [path.name.partition(".")[0] for path in _RELEASED]
    assert len(names) > 1
    assert set(names) <= set(REVISIONS)
    assert names[-1] == REVISIONS[-1], "write one of the newest schema, too"

"""From new mail with a workbook to committed requests with their acknowledgements queued."""

import gc
import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.child import read_message
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.inbound.process import process
from pipeline.flow.services import Services
from pipeline.mailbox.maildir import MaildirMailbox
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import show, spent
from tests.servers.needed import skip_without
from tests.servers.postgresql import postgresql_programs, running_postgresql
from tests.world.crowd import form_mail
from tests.world.settings import ADDRESS
from tests.world.world import deliver

_MAILS = 50
_ROUNDS = 5
_BARE = "guarded parse, form read, one durable commit a mail"


@pytest.mark.benchmark
@pytest.mark.parametrize(
    "database", ["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.postgresql)]
)
def test_intake_against_a_bare_script(
    services_in: OpenServices, tmp_path: Path, database: str
) -> None:
    with ExitStack() as stack:
        url = ""
        if database == "PostgreSQL":
            skip_without(postgresql_programs(), "PostgreSQL")
            url = stack.enter_context(running_postgresql(tmp_path, durable=True))
        _measure(services_in(tmp_path / "ours", url), tmp_path, database)


def _measure(services: Services, folder: Path, database: str) -> None:
    now = datetime.now(UTC)
    mails = iter([form_mail(position, now) for position in range(_MAILS * (_ROUNDS + 1))])
    pairs = []
    for turn in range(_ROUNDS + 1):
        portion = [next(mails) for _ in range(_MAILS)]
        bare = folder / f"bare-{turn}"
        deliver(services, *portion)
        for mail in portion:
            MaildirMailbox(ADDRESS, bare).append("INBOX", mail)
        gc.collect()  # neither pays for what the other left behind
        ours = spent(partial(_ours, services))
        gc.collect()
        pairs.append((ours, spent(partial(_bare, services, bare))))
    what = f"intake of {_MAILS} mails, {database}"
    for name in ("wall", "processor"):
        sides = [(getattr(ours, name), getattr(floor, name)) for ours, floor in pairs[1:]]
        ours, floor = sorted(sides, key=lambda pair: pair[0] / pair[1])[len(sides) // 2]
        show(f"{what}, {name} time", ours, floor, _BARE)
    with services.store.read() as tx:
        assert tx.outbox.waiting(services.clock.now()) == _MAILS * (_ROUNDS + 1)


def _ours(services: Services) -> None:
    with open_mailbox(services) as mailbox:
        assert fetch(services, mailbox) == _MAILS
        assert process(services).processed == _MAILS


def _bare(services: Services, folder: Path) -> None:
    """Fetch, read each mail and its form in the guarded child, and commit each, durably."""
    fetched = MaildirMailbox(ADDRESS, folder).new_messages(lambda _validity, _uids: set())
    assert len(fetched) == _MAILS
    with closing(sqlite3.connect(folder / "rows.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE answers (sender, answers)")
        for mail in fetched:
            read = services.guard.call(read_message, mail.raw or b"")
            (form,) = read.submissions
            row = (read.message.senders[0].address, repr(form.answers))
            connection.execute("INSERT INTO answers VALUES (?, ?)", row)

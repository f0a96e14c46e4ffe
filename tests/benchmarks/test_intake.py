"""From new mail with a workbook to committed requests with their acknowledgements queued."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.inbound.process import process
from pipeline.flow.inbound.read import read_message
from pipeline.flow.services import Services
from pipeline.mailbox.maildir import MaildirMailbox
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import seconds, show, tell
from tests.world.crowd import form_mail
from tests.world.settings import ADDRESS
from tests.world.world import deliver

_MAILS = 50
_ROUNDS = 5


@pytest.mark.benchmark
def test_intake_against_a_bare_script(services_in: OpenServices, tmp_path: Path) -> None:
    services = services_in(tmp_path / "ours")
    now = datetime.now(UTC)
    mails = iter([form_mail(position, now) for position in range(_MAILS * (_ROUNDS + 1))])
    pairs = []
    for turn in range(_ROUNDS + 1):
        portion = [next(mails) for _ in range(_MAILS)]
        bare = tmp_path / f"bare-{turn}"
        deliver(services, *portion)
        for mail in portion:
            MaildirMailbox(ADDRESS, bare).append("INBOX", mail)
        pairs.append((seconds(partial(_ours, services)), seconds(partial(_bare, services, bare))))
    measured = sorted(pairs[1:], key=lambda pair: pair[0] / pair[1])
    ours, floor = measured[len(measured) // 2]
    show(f"intake of {_MAILS} mails", ours, floor, "guarded parse, form read, one durable commit")
    tell(f"intake: {_MAILS / ours:.0f} mails a second in one process")
    with services.store.read() as tx:
        assert tx.outbox.waiting(services.clock.now()) == _MAILS * (_ROUNDS + 1)


def _ours(services: Services) -> None:
    with open_mailbox(services) as mailbox:
        assert fetch(services, mailbox) == _MAILS
        assert process(services).processed == _MAILS


def _bare(services: Services, folder: Path) -> None:
    """Fetch, read each mail and its form in the guarded child, and commit once, durably."""
    fetched = MaildirMailbox(ADDRESS, folder).new_messages(lambda _validity, _uids: set())
    assert len(fetched) == _MAILS
    with closing(sqlite3.connect(folder / "rows.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE answers (sender, answers)")
        connection.execute("BEGIN IMMEDIATE")
        for mail in fetched:
            read = services.guard.call(read_message, mail.raw or b"")
            (form,) = read.submissions
            row = (read.message.senders[0].address, repr(form.answers))
            connection.execute("INSERT INTO answers VALUES (?, ?)", row)
        connection.execute("COMMIT")

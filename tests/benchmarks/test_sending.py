"""Sending to Postfix's smtp-sink, and composing and queueing, against bare scripts."""

import smtplib
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from pipeline.config import CourierSettings
from pipeline.flow.connections import open_courier, open_mailbox
from pipeline.flow.context import Notice, NoticeDetails, Trigger
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.inbound.process import process
from pipeline.flow.outgoing.deliver import deliver as send_due
from pipeline.flow.outgoing.notices import queue_notice
from pipeline.flow.services import Services, Work
from pipeline.model.identifiers import new_id
from pipeline.model.notice import NoticeName
from pipeline.model.transition import SendNotice
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import seconds, settled, show, tell
from tests.servers.needed import skip_without
from tests.servers.postfix import postfix_sink, smtp_sink_program
from tests.world.crowd import form_mail
from tests.world.outbox import queue_to
from tests.world.world import deliver

_MAILS = 200
_ROUNDS = 5
_NOTICES = 50


@pytest.mark.benchmark
def test_sending_against_a_bare_loop(services_in: OpenServices, tmp_path: Path) -> None:
    skip_without(smtp_sink_program(), "smtp-sink")
    services = services_in(tmp_path / "ours")
    pairs = []
    with postfix_sink() as port:
        courier = CourierSettings(
            kind="smtp", host="127.0.0.1", port=port, encryption="none", hourly_cap=1_000_000
        )
        services.settings = services.settings.model_copy(update={"courier": courier})
        for turn in range(_ROUNDS + 1):
            people = [f"taro@shrub-{number}.example" for number in range(_MAILS)]
            mails = [row.content for row in queue_to(services, *people, name=f"{turn}")]
            ours = seconds(partial(_ours, services))
            floor = seconds(partial(_bare, mails, port, tmp_path / f"bare-{turn}"))
            pairs.append((ours, floor))
    measured = sorted(pairs[1:], key=lambda pair: pair[0] / pair[1])
    ours, floor = measured[len(measured) // 2]
    show(f"sending {_MAILS} mails", ours, floor, "a bare smtplib loop with the same commits")
    tell(f"sending: {_MAILS / ours:.0f} mails a second in one process")


def _ours(services: Services) -> None:
    with open_courier(services) as (courier, archive):
        assert send_due(services, courier, archive).sent == _MAILS


def _bare(mails: list[bytes], port: int, folder: Path) -> None:
    """Send each mail on one line, with a durable commit before and after it."""
    folder.mkdir()
    with (
        closing(sqlite3.connect(folder / "rows.sqlite3", isolation_level=None)) as rows,
        smtplib.SMTP("127.0.0.1", port) as line,
    ):
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("PRAGMA synchronous = FULL")
        rows.execute("CREATE TABLE outbox (id INTEGER PRIMARY KEY, mail BLOB, state TEXT)")
        rows.executemany("INSERT INTO outbox VALUES (?, ?, 'queued')", list(enumerate(mails)))
        for number, mail in enumerate(mails):
            rows.execute("UPDATE outbox SET state = 'sending' WHERE id = ?", (number,))
            line.sendmail("box@example.com", ["aiko@example.jp"], mail)
            at = f"sent {datetime.now(UTC)}"
            rows.execute("UPDATE outbox SET state = ? WHERE id = ?", (at, number))


@pytest.mark.benchmark
def test_composing_and_queueing_against_finished_bytes(
    services_in: OpenServices, tmp_path: Path
) -> None:
    """A notice is written and queued, against the same rows with the bytes of one ready."""
    services = services_in(tmp_path / "ours")
    deliver(services, form_mail(0))
    with open_mailbox(services) as mailbox:
        fetch(services, mailbox)
    process(services)
    with services.store.read() as tx:
        (queued,) = tx.outbox.list("open")
        record = tx.requests.get(queued.request_id or "")
    assert record is not None
    notice = Notice(record, SendNotice(NoticeName.ACKNOWLEDGED), NoticeDetails())
    rounds = count()

    def ours() -> None:
        turn = next(rounds)

        def change(work: Work) -> None:
            for number in range(_NOTICES):
                version = replace(record.state, version=1000 * (turn + 1) + number)
                queue_notice(
                    work, replace(notice, record=replace(record, state=version)), Trigger()
                )

        services.run(change)

    def floor() -> None:
        turn = next(rounds)

        def change(work: Work) -> None:
            for number in range(_NOTICES):
                row = replace(queued, id=new_id(), message_id=f"<{turn}.{number}@genesys.com>")
                assert work.tx.outbox.enqueue(row)

        services.run(change)

    taken = settled(ours, floor)
    show(f"composing and queueing {_NOTICES} mails", *taken, "queueing their finished bytes")
    tell(f"composing and queueing: {_NOTICES / taken[0]:.0f} mails a second in one process")

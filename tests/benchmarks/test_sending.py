"""Sending to Postfix's smtp-sink, and composing and queueing, against bare scripts."""

import smtplib
import sqlite3
import ssl
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
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
from tests.servers.certificates import make_certificate
from tests.servers.needed import skip_without
from tests.servers.postfix import postfix_sink, smtp_sink_program
from tests.servers.tls_front import tls_front
from tests.world.crowd import form_mail
from tests.world.outbox import queue_to
from tests.world.world import deliver

_MAILS = 200
_ROUNDS = 5
_NOTICES = 50


@dataclass(frozen=True)
class _Goal:
    """Where mails go, and what both sides need to know of it."""

    port: int
    certificate: Path | None

    def line(self) -> smtplib.SMTP:
        """Return a bare connection."""
        if self.certificate is None:
            return smtplib.SMTP("127.0.0.1", self.port)
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        return smtplib.SMTP_SSL("127.0.0.1", self.port, context=trusted)


@pytest.mark.benchmark
@pytest.mark.parametrize(
    ("portion", "against"),
    [
        (1, "a bare smtplib loop with two durable commits a mail"),
        (None, "a bare smtplib loop without any commit"),
    ],
)
@pytest.mark.parametrize("encryption", ["none", "tls"])
def test_sending_against_a_bare_loop(
    services_in: OpenServices,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    portion: int | None,
    against: str,
    encryption: str,
) -> None:
    skip_without(smtp_sink_program(), "smtp-sink")
    services = services_in(tmp_path / "ours")
    pairs = []
    with ExitStack() as stack:
        port, certificate = stack.enter_context(postfix_sink()), None
        if encryption == "tls":
            certificate = make_certificate(tmp_path, "127.0.0.1")
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            port = stack.enter_context(tls_front(certificate, port))
        goal = _Goal(port, certificate)
        values = {"kind": "smtp", "host": "127.0.0.1", "port": port, "encryption": encryption}
        size = {} if portion is None else {"portion": portion}
        courier = CourierSettings.model_validate({**values, **size, "hourly_cap": 1_000_000})
        services.settings = services.settings.model_copy(update={"courier": courier})
        for turn in range(_ROUNDS + 1):
            people = [f"taro@shrub-{number}.example" for number in range(_MAILS)]
            mails = [row.content for row in queue_to(services, *people, name=f"{turn}")]
            ours = seconds(partial(_ours, services))
            with closing(_rows(tmp_path / f"bare-{turn}", mails)) as rows:
                floor = seconds(partial(_bare, mails, goal, rows if portion else None))
            pairs.append((ours, floor))
    measured = sorted(pairs[1:], key=lambda pair: pair[0] / pair[1])
    ours, floor = measured[len(measured) // 2]
    over = "TLS" if encryption == "tls" else "a bare line"
    what = "the default" if portion is None else str(portion)
    show(f"sending {_MAILS} mails over {over}, portion {what}", ours, floor, against)
    tell(f"sending over {over}: {_MAILS / ours:.0f} mails a second in one process")


def _ours(services: Services) -> None:
    with open_courier(services) as (courier, archive):
        assert send_due(services, courier, archive).sent == _MAILS


def _rows(folder: Path, mails: list[bytes]) -> sqlite3.Connection:
    """Return a table of the mails whose commits are durable."""
    folder.mkdir()
    rows = sqlite3.connect(folder / "rows.sqlite3", isolation_level=None)
    rows.execute("PRAGMA journal_mode = WAL")
    rows.execute("PRAGMA synchronous = FULL")
    rows.execute("CREATE TABLE outbox (id INTEGER PRIMARY KEY, mail BLOB, state TEXT)")
    rows.execute("BEGIN")
    rows.executemany("INSERT INTO outbox VALUES (?, ?, 'queued')", list(enumerate(mails)))
    rows.execute("COMMIT")
    return rows


def _bare(mails: list[bytes], goal: _Goal, rows: sqlite3.Connection | None) -> None:
    """Send each mail on one line, with a commit before and after it where there are ``rows``."""
    with goal.line() as line:
        for number, mail in enumerate(mails):
            if rows is not None:
                rows.execute("UPDATE outbox SET state = 'sending' WHERE id = ?", (number,))
            line.sendmail("box@example.com", ["aiko@example.jp"], mail)
            if rows is not None:
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

"""The demo: what it promises is kept or put off, and no mail of it says what is not so."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.clock import SettableClock
from pipeline.config import load
from pipeline.demo.play import play
from pipeline.demo.story import Act
from pipeline.flow.services import open_services
from pipeline.store.outbox_records import OutboxState
from tests.simulation import checks
from tests.simulation.checks import Mail
from tests.simulation.facts import Written, kept_facts

_STAFF = "whatsapp-staff@genesys.example"


@contextmanager
def _quiet(acts: tuple[Act, ...]) -> Iterator[Iterable[Act]]:
    yield acts


def _mails(folder: Path, written: dict[str, Written]) -> tuple[list[Mail], dict[str, datetime]]:
    """Return the mails of the demo in ``folder``, and when its requests ended."""
    mails, ended = [], {}
    settings = load(folder / "pipeline.toml", environment={})
    with (
        open_services(settings, SettableClock(datetime.now(UTC))) as services,
        services.store.read() as tx,
    ):
        for row in sorted(tx.outbox.list("all", 1000), key=lambda row: row.id):
            records = [tx.requests.get(name) for name in tx.outbox.requests_of(row.id)]
            known = [record for record in records if record is not None]
            if row.recipient == _STAFF or row.state is not OutboxState.SENT or not known:
                continue
            assert row.sent_at is not None
            owner = next(record for record in known if record.id == row.request_id)
            mine = row.recipient.lower() == owner.address_of_record.lower()
            told = tuple(record.reference for record in known)
            mails.append(
                Mail(
                    row.notice,
                    row.variant,
                    row.sent_at,
                    mine,
                    told,
                    written[row.message_id],
                )
            )
            for record in known:
                if record.state.ended_at is not None:
                    ended[record.reference] = record.state.ended_at
    return mails, ended


def test_demo_keeps_what_it_promises(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with kept_facts() as written:
        play(folder, _quiet)
    mails, ended = _mails(folder, written)
    assert len(mails) > 30
    faults = [
        fault
        for mail in mails
        for look in (checks.untrue_dates, checks.untrue_enclosures)
        for fault in look(mail)
    ]
    # no batch runs between two acts of the story: what is late is told with the next one
    late = checks.broken_promises(
        mails, ended, datetime.now(UTC), lambda promised: promised + timedelta(hours=30)
    )
    assert [*faults, *late] == []

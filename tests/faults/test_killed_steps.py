"""kill -9 at each step of issuing, reissuing, revoking, rotating and of the daily lists; races.

The ordinary suite takes the steps that part what is durable; ``make test-long`` takes all.
"""

import itertools
import os
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from pipeline.batch import run_batch
from pipeline.certificates.authority import RETIRED_FOLDER
from pipeline.certificates.verify import Reason
from pipeline.errors import RefusedError, TryLaterError
from pipeline.flow.services.lists import kept_lists
from pipeline.flow.staff import authority, certificates
from pipeline.flow.staff import review as decisions
from pipeline.flow.upkeep.revocation_lists import keep_lists_current
from pipeline.flow.views import certificates as views
from pipeline.model.certificate import CertificateState
from pipeline.model.request import EventName, Status
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import RequestRecord
from pipeline.store.staff_records import Signed, SigningPhase
from tests.faults.stepping import few, killed_at, race, steps_of
from tests.servers.needed import skip_without
from tests.world.crowd import sender_of
from tests.world.fixtures import MakeWorld
from tests.world.world import World

LIVE, SUPERSEDED = CertificateState.LIVE, CertificateState.SUPERSEDED
REVOKED = CertificateState.REVOKED
_LEASES_ARE_OVER = timedelta(minutes=12)
_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
_PROCESSES = 4


@dataclass
class Office:
    """A world, and one new request after the other that waits for its certificate."""

    world: World
    _positions: Iterator[int] = field(default_factory=itertools.count)

    def named(self) -> RequestRecord:
        """Return a new request that only its name keeps from its certificate."""
        world, position = self.world, next(self._positions)
        world.deliver_forms(position)
        world.batch()
        record = world.request(sender_of(position))
        return decisions.approve(
            world.services, record, "saki", ticked="all", business_verified=True
        )

    def issued(self) -> RequestRecord:
        """Return a new request whose certificate was mailed."""
        record = self.named()
        self.approve_name(record)
        return self.settled(record)

    def approve_name(self, record: RequestRecord) -> None:
        """Approve the name: the certificate is issued at once."""
        name_approved = EventName.NAME_APPROVED
        decisions.advance(self.world.services, record, "saki", event=name_approved)

    def settled(self, record: RequestRecord) -> RequestRecord:
        """Run batches until all leases and waits are over; return the request as it is then."""
        for _ in range(2):
            summary = self.world.batch(after=_LEASES_ARE_OVER)
            assert summary.failures == ()
        return self.world.again(record)

    def mailed(self, record: RequestRecord) -> Counter[str]:
        """Return how often each notice about a certificate was sent."""
        rows = [row for row in self.world.mails_of(record) if row.state is OutboxState.SENT]
        names = [row.notice.value for row in rows]
        return Counter(name for name in names if name.startswith("certificate_"))

    def states(self, record: RequestRecord) -> list[CertificateState]:
        """Return the states of its certificates, the oldest first."""
        return [row.state for row in self.world.certificates(record)]

    def verified(self, record: RequestRecord, place: int) -> tuple[Reason, ...]:
        """Return what ``certificate verify`` says against one of its certificates."""
        text = self.world.certificates(record)[place].text
        return tuple(views.verify_text(self.world.services, text, self.world.clock.now()).reasons)

    def signed_once(self, record: RequestRecord) -> None:
        """Check that each of its certificates is noted as signed once, and was begun before."""
        with self.world.services.store.read() as tx:
            lines = [row for row in tx.signings.list(100_000) if row.what is Signed.CERTIFICATE]
        for row in self.world.certificates(record):
            phases = Counter(line.phase for line in lines if line.subject == row.serial)
            assert phases[SigningPhase.DONE] == 1
            assert phases[SigningPhase.BEGUN] >= 1


@pytest.fixture
def make_office(make_world: MakeWorld, request: pytest.FixtureRequest) -> Callable[[str], Office]:
    """Open the office on a database, by its name."""

    def make(database: str) -> Office:
        url = "" if database == "sqlite" else request.getfixturevalue("postgresql")()
        courier = {"hourly_cap": 100_000}
        return Office(make_world(url, team={"alert_to": ""}, courier=courier))

    return make


# --- what is killed, and what has to be true after it --------------------------------------------


class Act(Protocol):
    """What is killed: how a request comes to it, what is done, and what has to be true then."""

    def before(self) -> RequestRecord:
        """Return a new request to which it can be done."""

    def act(self, record: RequestRecord) -> None:
        """Do it."""

    def check(self, record: RequestRecord) -> None:
        """Repeat what was not committed, and check what came of it."""


@dataclass
class Issue:
    """Staff approve the name; the certificate is reserved, drafted, signed and recorded."""

    office: Office

    def before(self) -> RequestRecord:
        return self.office.named()

    def act(self, record: RequestRecord) -> None:
        self.office.approve_name(record)

    def check(self, record: RequestRecord) -> None:
        now = self.office.settled(record)
        if now.status is Status.NAME_REVIEW:  # nothing was committed: staff see it, and decide
            self.act(now)
            now = self.office.settled(now)
        assert now.status is Status.CERTIFICATE_ISSUED
        assert self.office.states(now) == [LIVE]
        assert self.office.mailed(now) == {"certificate_issued": 1}
        assert self.office.verified(now, 0) == ()
        self.office.signed_once(now)


@dataclass
class Send(Issue):
    """A batch sends the mail with the certificate."""

    def before(self) -> RequestRecord:
        record = self.office.named()
        self.office.approve_name(record)
        self.office.world.clock.advance(timedelta(minutes=3))
        return self.office.world.again(record)

    def act(self, record: RequestRecord) -> None:
        run_batch(self.office.world.services)


@dataclass
class Batch(Issue):
    """A batch issues the certificate that an earlier process only reserved, and mails it."""

    def before(self) -> RequestRecord:
        record = self.office.named()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("pipeline.flow.staff.command.issue", lambda *_: [])
            self.office.approve_name(record)
        return self.office.world.again(record)

    def act(self, record: RequestRecord) -> None:
        run_batch(self.office.world.services)


@dataclass
class Reissue:
    """Staff order a new certificate in place of the live one."""

    office: Office

    def before(self) -> RequestRecord:
        return self.office.issued()

    def act(self, record: RequestRecord) -> None:
        certificates.reissue_certificate(self.office.world.services, record, "saki")

    def check(self, record: RequestRecord) -> None:
        now = self.office.settled(record)
        if self.office.states(now) == [LIVE]:
            self.act(now)
            now = self.office.settled(now)
        assert self.office.states(now) == [SUPERSEDED, LIVE]
        assert self.office.mailed(now) == {"certificate_issued": 1, "certificate_reissued": 1}
        assert self.office.verified(now, 0) == (Reason.SUPERSEDED,)
        assert self.office.verified(now, 1) == ()
        self.office.signed_once(now)
        _listed(self.office, now, 0)


@dataclass
class Revoke:
    """Staff revoke the live certificate."""

    office: Office

    def before(self) -> RequestRecord:
        return self.office.issued()

    def act(self, record: RequestRecord) -> None:
        certificates.revoke_certificate(self.office.world.services, record, "saki", "exposed")

    def check(self, record: RequestRecord) -> None:
        now = self.office.settled(record)
        if self.office.states(now) == [LIVE]:
            self.act(now)
            now = self.office.settled(now)
        assert now.status is Status.HELD
        assert self.office.states(now) == [REVOKED]
        assert self.office.mailed(now) == {"certificate_issued": 1, "certificate_revoked": 1}
        assert self.office.verified(now, 0) == (Reason.REVOKED,)
        _listed(self.office, now, 0)


@dataclass
class Lists:
    """The daily lists of revoked certificates are signed."""

    office: Office

    def before(self) -> RequestRecord:
        record = self.office.issued()
        certificates.revoke_certificate(self.office.world.services, record, "saki", "exposed")
        self.office.settled(record)
        self.office.world.clock.advance(timedelta(days=1))
        return record

    def act(self, record: RequestRecord) -> None:
        keep_lists_current(self.office.world.services)

    def check(self, record: RequestRecord) -> None:
        world = self.office.world
        assert self.office.settled(record).status is Status.HELD
        with world.services.store.read() as tx:
            kept = kept_lists(tx)
        assert kept is not None
        assert world.clock.now() - kept.at < timedelta(hours=1)
        _listed(self.office, record, 0)


@dataclass
class Rotate:
    """A new authority takes the place of the old one."""

    office: Office

    def before(self) -> RequestRecord:
        shutil.rmtree(self.office.world.home / "authority" / RETIRED_FOLDER, ignore_errors=True)
        return self.office.issued()

    def act(self, record: RequestRecord) -> None:
        authority.rotate(self.office.world.services, "saki")

    def check(self, record: RequestRecord) -> None:
        """Check what both authorities signed, and that the next rotation works."""
        office = self.office
        assert office.settled(record).status is Status.CERTIFICATE_ISSUED
        assert office.verified(record, 0) == ()
        new = office.issued()
        assert office.verified(new, 0) == ()
        before = office.world.services.authority.fingerprint
        assert authority.rotate(office.world.services, "saki") != before
        for one in (record, new):
            assert office.verified(one, 0) == ()
            now = office.world.again(one)
            certificates.revoke_certificate(office.world.services, now, "saki", "exposed")
            assert office.verified(one, 0) == (Reason.REVOKED,)
            _listed(office, one, 0)


def _listed(office: Office, record: RequestRecord, place: int) -> None:
    """Check that exactly the list of its authority names the certificate, and is in force."""
    from cryptography import x509  # noqa: PLC0415 - slow to import

    serial = int(office.world.certificates(record)[place].serial, 16)
    end = "-----END X509 CRL-----\n"
    parts = views.current_crl(office.world.services).split(end)[:-1]
    lists = [x509.load_pem_x509_crl((part + end).encode()) for part in parts]
    named = [one for one in lists if one.get_revoked_certificate_by_serial_number(serial)]
    assert len(named) == 1


_KILLED: Mapping[str, Callable[[Office], Act]] = {
    "issue": Issue,
    "batch": Batch,
    "send": Send,
    "reissue": Reissue,
    "revoke": Revoke,
    "lists": Lists,
    "rotate": Rotate,
}


def _kill(office: Office, name: str, folder: Path, choose: Callable[[list[str]], list[int]]) -> int:
    """Kill an act at the chosen steps, each with a request of its own; return how often."""
    act = _KILLED[name](office)
    first = act.before()  # of a new home some steps are taken once
    act.act(first)
    act.check(first)
    record = act.before()
    steps = steps_of(office.world.services, partial(act.act, record), folder)
    act.check(record)
    kills = 0
    places = choose(steps)
    for place in places:
        record = act.before()
        kills += killed_at(office.world.services, partial(act.act, record), place)
        act.check(record)
    office.world.all_mails()
    ids = Counter(str(mail.message_id) for mail in office.world.outbox())
    assert set(ids.values()) == {1}
    assert kills >= 0.9 * len(places), f"{kills} kills at {len(places)} steps"
    return kills


@pytest.mark.parametrize("name", _KILLED)
def test_kill_between_what_is_durable(
    name: str, make_office: Callable[[str], Office], tmp_path: Path
) -> None:
    def some(steps: list[str]) -> list[int]:
        chosen = few(steps)
        return chosen[:: max(1, len(chosen) // 2)]

    assert _kill(make_office("sqlite"), name, tmp_path, some) >= 2


@pytest.mark.long
@pytest.mark.parametrize("database", _DATABASES)
@pytest.mark.parametrize("name", _KILLED)
def test_kill_at_every_step(
    name: str,
    database: str,
    make_office: Callable[[str], Office],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    kills = _kill(make_office(database), name, tmp_path, lambda steps: list(range(len(steps))))
    record_property("kills", kills)


# --- four processes at once ----------------------------------------------------------------------


def _race(office: Office, count: int) -> None:
    """Let four processes make the same certificates, then order new ones, then revoke them."""
    world, services = office.world, office.world.services
    records = [office.named() for _ in range(count)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.flow.staff.command.issue", lambda *_: [])
        for record in records:
            office.approve_name(record)
    assert race(services, [partial(run_batch, services)] * _PROCESSES) == [0] * _PROCESSES
    assert [office.settled(one).status for one in records[:1]] == [Status.CERTIFICATE_ISSUED]
    records = [world.again(record) for record in records]
    for record in records:
        assert office.states(record) == [LIVE]
        assert office.mailed(record) == {"certificate_issued": 1}
        office.signed_once(record)
    _all_at_once(office, records, partial(_reissued, office))
    for record in records:
        assert office.states(record) == [SUPERSEDED, LIVE]
        assert office.mailed(record) == {"certificate_issued": 1, "certificate_reissued": 1}
        office.signed_once(record)
    _all_at_once(office, [world.again(record) for record in records], partial(_revoked, office))
    for record in records:
        assert office.states(record) == [SUPERSEDED, REVOKED]
        assert office.mailed(record)["certificate_revoked"] == 1
        _listed(office, record, 0)
        _listed(office, record, 1)


def _all_at_once(
    office: Office, records: list[RequestRecord], act: Callable[[RequestRecord], object]
) -> None:
    """Let four processes do ``act`` to all records; who comes late is refused."""

    def acts() -> None:
        for record in records:
            try:
                act(record)
            except RefusedError as error:
                if error.code != "stale_request":
                    raise

    assert race(office.world.services, [acts] * _PROCESSES) == [0] * _PROCESSES
    office.settled(records[0])


def _reissued(office: Office, record: RequestRecord) -> None:
    certificates.reissue_certificate(office.world.services, record, "saki")


def _revoked(office: Office, record: RequestRecord) -> None:
    certificates.revoke_certificate(office.world.services, record, "saki", "exposed")


@pytest.mark.parametrize("database", _DATABASES)
def test_four_processes_make_each_certificate_once(
    database: str, make_office: Callable[[str], Office]
) -> None:
    _race(make_office(database), 3)


@pytest.mark.long
@pytest.mark.parametrize("database", _DATABASES)
def test_four_processes_make_each_certificate_once_long(
    database: str, make_office: Callable[[str], Office]
) -> None:
    _race(make_office(database), 120)


# --- the last write is refused -------------------------------------------------------------------

_SQLITE = "CREATE TRIGGER refuse BEFORE {when} BEGIN SELECT RAISE(ABORT, 'refused'); END"
_POSTGRESQL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
CREATE TRIGGER refuse BEFORE {when} EXECUTE FUNCTION refuse();
"""
_LIVE_ROW = {
    "sqlite": "UPDATE ON certificates WHEN NEW.state = 'live'",
    "postgresql": "UPDATE ON certificates FOR EACH ROW WHEN (NEW.state = 'live')",
}
_MAIL = {
    "sqlite": "INSERT ON outbox",
    "postgresql": "INSERT ON outbox FOR EACH ROW",
}


@contextmanager
def _refusing(office: Office, when: str) -> Iterator[None]:
    """Let the database refuse a write, by a trigger as no part of the programme makes one."""
    url = office.world.services.settings.store.url
    if url:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as session:
            session.execute(_POSTGRESQL.format(when=when).encode())
            yield
            session.execute("DROP TRIGGER refuse ON " + when.split()[2])
            session.execute("DROP FUNCTION refuse()")
        return
    path = office.world.home / "requests.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(_SQLITE.format(when=when))
    yield
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER refuse")


@pytest.mark.parametrize("database", _DATABASES)
@pytest.mark.parametrize("last", [_LIVE_ROW, _MAIL], ids=["certificate", "mail"])
def test_refused_last_write_leaves_the_record_and_no_mail(
    last: dict[str, str], database: str, make_office: Callable[[str], Office]
) -> None:
    office = make_office(database)
    world = office.world
    record = office.named()
    other = office.named()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.flow.staff.command.issue", lambda *_: [])
        office.approve_name(record)
        office.approve_name(other)
    with _refusing(office, last[database]):
        for _ in range(3):
            summary = world.batch(after=_LEASES_ARE_OVER)
            assert summary.issued == 0
            assert [failure.stage for failure in summary.failures] == ["issue"]
    for one in (record, other):
        (row,) = world.certificates(one)
        assert (row.state, row.text) == (CertificateState.PREPARED, "")
        assert world.again(one).status is Status.APPROVED
        assert office.mailed(one) == {}
    for one in (record, other):
        now = office.settled(one)
        assert now.status is Status.CERTIFICATE_ISSUED
        assert office.states(now) == [LIVE]
        assert office.mailed(now) == {"certificate_issued": 1}
        office.signed_once(now)


# --- a file system without room ------------------------------------------------------------------

_MOUNT = shutil.which("mount") if os.geteuid() == 0 else None
_NOT_LIVE = ([CertificateState.RESERVED], [CertificateState.PREPARED])


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own, with room for 8 MB."""
    skip_without(_MOUNT, "mount, as root")
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    skip_without(None if mounted.returncode else _MOUNT, "the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def _room(folder: Path, left: int) -> Iterator[None]:
    """Leave ``left`` bytes on the file system of ``folder``."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4_096):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
        file.truncate(file.tell() - left)
    yield
    filler.unlink()


@pytest.mark.parametrize("pages", [0, 1, 4, 8, 12, 20, 30])
def test_full_file_system_makes_no_certificate_and_no_mail(
    pages: int, make_world: MakeWorld, small: Path
) -> None:
    office = Office(make_world(store={"home": small / "state"}, team={"alert_to": ""}))
    office.issued()  # the folders of a new home are made
    world = office.world
    record = office.named()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.flow.staff.command.issue", lambda *_: [])
        office.approve_name(record)
    with _room(small, pages * 4096):
        full = [_is_full(world) for _ in range(3)]
        is_live = office.states(record) == [LIVE]
        assert is_live or office.states(record) in _NOT_LIVE
        assert (world.again(record).status is Status.CERTIFICATE_ISSUED) == is_live
        assert is_live or office.mailed(record) == {}
    assert any(full) or is_live
    assert any(full) or pages
    now = office.settled(record)
    assert office.states(now) == [LIVE]
    assert office.mailed(now) == {"certificate_issued": 1}
    assert office.verified(now, 0) == ()


def _is_full(world: World) -> bool:
    """Run a batch; return whether it says that there is no room."""
    try:
        return world.batch(after=_LEASES_ARE_OVER).unreachable == "storage"
    except TryLaterError as error:
        return error.code == "storage_unwritable"

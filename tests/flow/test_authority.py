"""The authority at work: what it signs is noted, lists are current, a new one takes its place."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from cryptography import x509
from icalendar import Calendar

from pipeline.certificates.authority import RETIRED_FOLDER, Authority, trusted_certificates
from pipeline.certificates.verify import Reason
from pipeline.clock import SettableClock
from pipeline.errors import (
    ConfigurationError,
    ExitCode,
    NotFoundError,
    RefusedError,
    TryLaterError,
)
from pipeline.flow.services import Services, state
from pipeline.flow.services.lists import KeptLists, kept_lists
from pipeline.flow.staff import authority as staff
from pipeline.flow.staff import certificates
from pipeline.flow.staff import review as decisions
from pipeline.flow.upkeep.revocation_lists import keep_lists_current
from pipeline.flow.views import certificates as views
from pipeline.flow.views.expiring import expiring_calendar
from pipeline.model.certificate import CertificateState
from pipeline.model.request import EventName, HoldReason, Status
from pipeline.store.records import RequestRecord
from pipeline.store.staff_records import Signed, SigningPhase
from pipeline.store.unit_of_work import Transaction
from pipeline.terms import Issuer
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

BEGUN, DONE, FAILED = SigningPhase.BEGUN, SigningPhase.DONE, SigningPhase.FAILED


def _approved(world: World) -> RequestRecord:
    world.mail(HANAKO, form())
    return decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )


def _named(world: World, record: RequestRecord) -> RequestRecord:
    return decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)


def _issued(world: World) -> RequestRecord:
    record = _named(world, _approved(world))
    world.staff_mails()
    assert record.status is Status.CERTIFICATE_ISSUED
    return world.again(record)


def _signings(world: World) -> list[tuple[SigningPhase, Signed, str]]:
    with world.services.store.read() as tx:
        return [(row.phase, row.what, row.subject) for row in reversed(tx.signings.list(100))]


def _lists(world: World) -> list[x509.CertificateRevocationList]:
    end = "-----END X509 CRL-----\n"
    parts = views.current_crl(world.services).split(end)[:-1]
    return [x509.load_pem_x509_crl((part + end).encode()) for part in parts]


def _serials(crl: x509.CertificateRevocationList) -> set[str]:
    return {f"{one.serial_number:036x}" for one in crl}


# --- what is noted ----------------------------------------


def test_each_signing_has_a_line_before_and_one_after(any_world: World) -> None:
    world = any_world
    record = _issued(world)
    (row,) = world.certificates(record)
    of_certificate = [line for line in _signings(world) if line[1] is Signed.CERTIFICATE]
    assert of_certificate == [
        (BEGUN, Signed.CERTIFICATE, row.serial),
        (DONE, Signed.CERTIFICATE, row.serial),
    ]
    of_lists = [phase for phase, what, _ in _signings(world) if what is Signed.REVOCATION_LIST]
    assert of_lists == [BEGUN, DONE]
    with world.services.store.read() as tx:
        begun = [one for one in tx.signings.list(10) if one.phase is BEGUN]
    assert {one.authority for one in begun} == {world.services.authority.fingerprint}


def test_certificate_that_could_not_be_made_is_noted_as_such(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _approved(world)

    def refuse(*_: object) -> None:
        raise RefusedError("certificate_lint_failed")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.certificates.profile.finish", refuse)
        record = _named(world, record)
    assert record.status is Status.APPROVED
    assert [phase for phase, what, _ in _signings(world) if what is Signed.CERTIFICATE] == [
        BEGUN,
        FAILED,
    ]


# --- the list of revoked certificates ----------------------------------------


def test_list_is_signed_at_each_revocation_and_daily(any_world: World) -> None:
    world = any_world
    with pytest.raises(NotFoundError):
        views.current_crl(world.services)
    record = _issued(world)
    (first,) = _lists(world)
    assert _serials(first) == set()
    world.run()
    assert len(_lists(world)) == 1
    assert _lists(world)[0] == first  # nothing was revoked, and no day has passed
    world.clock.advance(timedelta(minutes=1))
    certificates.revoke_certificate(world.services, record, "saki", "exposed")
    (second,) = _lists(world)
    (row,) = world.certificates(record)
    assert _serials(second) == {row.serial}
    world.later(hours=25)
    (third,) = _lists(world)
    assert third.last_update_utc > second.last_update_utc
    assert _serials(third) == {row.serial}
    numbers = [
        crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for crl in (first, second, third)
    ]
    assert numbers == sorted(set(numbers))


def test_revocation_that_another_worker_commits_after_the_list_was_read_is_listed(
    any_world: World,
) -> None:
    world = any_world
    record = _issued(world)
    (row,) = world.certificates(record)
    began = world.clock.now()
    world.clock.advance(timedelta(seconds=2))
    keep_lists_current(world.services, anew=True)  # beside the transaction of another worker
    ended = replace(row, state=CertificateState.REVOKED, ended_at=began, end_reason="revoke")
    world.services.store.run(lambda tx: tx.certificates.save(ended, before=row))
    assert keep_lists_current(world.services)
    assert _serials(_lists(world)[0]) == {row.serial}
    assert not keep_lists_current(world.services)
    world.clock.advance(timedelta(minutes=1))
    assert not keep_lists_current(world.services)


def test_two_workers_at_once_leave_the_list_of_the_later_number(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = any_world
    _issued(world)
    others: list[Thread] = []

    def slowly(tx: Transaction, **more: bool) -> KeptLists | None:
        found = kept_lists(tx, **more)
        if not tx.context.read_only and not others:
            world.clock.advance(timedelta(seconds=5))
            again = partial(keep_lists_current, world.services, anew=True)
            others.append(Thread(target=again))
            others[0].start()
            others[0].join(1)
        return found

    monkeypatch.setattr("pipeline.flow.upkeep.revocation_lists.kept_lists", slowly)
    keep_lists_current(world.services, anew=True)
    others[0].join()
    with world.services.store.read() as tx:
        kept = kept_lists(tx)
        lines = tx.signings.list(100)
    signed = [int(line.subject) for line in lines if line.what is Signed.REVOCATION_LIST]
    assert kept is not None
    assert kept.number == max(signed)


def test_busy_database_after_a_revocation_does_not_say_that_it_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _issued(world)

    def busy(*_: object, **__: object) -> bool:
        raise TryLaterError("database_busy", where="")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.staff.command.keep_lists_current", busy)
        held = certificates.revoke_certificate(world.services, record, "saki", "exposed")
    assert held.status is Status.HELD
    world.run()
    (row,) = world.certificates(record)
    assert _serials(_lists(world)[0]) == {row.serial}


def test_certificate_that_was_replaced_or_withdrawn_by_mail_is_listed_in_the_same_batch(
    world: World,
) -> None:
    record = _issued(world)
    world.reply(record, "証明書の再発行希望")
    old, new = world.certificates(record)
    assert old.serial in _serials(_lists(world)[0])
    world.reply(record, "取り下げます")
    assert {old.serial, new.serial} <= _serials(_lists(world)[0])


def test_list_that_cannot_be_signed_stops_no_revocation(world: World) -> None:
    record = _issued(world)
    key = world.home / "authority" / "authority.key"
    key.chmod(0o644)
    world.services.read_keys_again()
    certificates.revoke_certificate(world.services, record, "saki", "exposed")
    assert world.certificates(record)[0].state is CertificateState.REVOKED
    assert "revocation_not_listed" in world.alerts()
    assert world.batch().exit_code == ExitCode.CONFIGURATION
    key.chmod(0o600)
    world.run()
    assert _serials(_lists(world)[0]) == {world.certificates(record)[0].serial}


def test_openssl_says_ok_then_revoked_then_expired(world: World, tmp_path: Path) -> None:
    record = _issued(world)
    (row,) = world.certificates(record)
    assert row.expires_at is not None
    assert _openssl(world, row.text, tmp_path) == "OK"
    at_the_end = row.expires_at - timedelta(seconds=2)
    assert _openssl(world, row.text, tmp_path, at_the_end) == "OK"
    assert "expired" in _openssl(world, row.text, tmp_path, row.expires_at)
    world.clock.advance(timedelta(minutes=1))
    certificates.revoke_certificate(world.services, record, "saki", "exposed")
    assert "revoked" in _openssl(world, row.text, tmp_path)


def test_tls_refuses_a_certificate_of_ours_as_a_server(world: World, tmp_path: Path) -> None:
    record = _issued(world)
    (row,) = world.certificates(record)
    for purpose in ("sslserver", "sslclient"):
        told = _openssl(world, row.text, tmp_path, None, "-purpose", purpose)
        assert "purpose" in told


def _openssl(world: World, text: str, folder: Path, at: datetime | None = None, *more: str) -> str:
    """Return OK, or the reason that openssl gives."""
    (folder / "certificate.pem").write_text(text)
    trusted = trusted_certificates(state.authority_folder(world.services.settings))
    (folder / "trusted.pem").write_text(trusted)
    (folder / "crl.pem").write_text(views.current_crl(world.services))
    moment = int((at or world.clock.now()).timestamp())
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-crl_check", "-ignore_critical", *more,
         "-attime", str(moment), "-CRLfile", "crl.pem", "-CAfile", "trusted.pem",
         "certificate.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    return "OK" if done.returncode == 0 else done.stdout + done.stderr


# --- a new authority ----------------------------------------


def test_rotation_trusts_both_and_lists_the_revocations_of_both(
    any_world: World, tmp_path: Path
) -> None:
    world = any_world
    record = _issued(world)
    (old,) = world.certificates(record)
    before = world.services.authority.fingerprint
    made = staff.rotate(world.services, "saki")
    assert made == world.services.authority.fingerprint != before
    assert views.verify_text(world.services, old.text, None).valid
    assert _openssl(world, old.text, tmp_path) == "OK"
    world.clock.advance(timedelta(minutes=1))
    world.reply(record, "証明書の再発行希望")
    new = next(row for row in world.certificates(record) if row.serial != old.serial)
    assert _openssl(world, new.text, tmp_path) == "OK"
    assert "revoked" in _openssl(world, old.text, tmp_path)
    assert [_serials(crl) for crl in _lists(world)] == [set(), {old.serial}]
    lines = [(phase, subject) for phase, what, subject in _signings(world)
             if what is Signed.AUTHORITY]  # fmt: skip
    assert lines == [(BEGUN, before), (DONE, made)]
    assert "authority_rotated" in world.alerts()


def test_retired_key_that_cannot_be_used_stops_no_list_of_the_present_one(world: World) -> None:
    staff.rotate(world.services, "saki")
    record = _issued(world)
    (key,) = (world.home / "authority" / RETIRED_FOLDER).glob("*/authority.key")
    key.chmod(0o644)
    world.clock.advance(timedelta(minutes=1))
    certificates.revoke_certificate(world.services, record, "saki", "exposed")
    (row,) = world.certificates(record)
    assert [_serials(crl) for crl in _lists(world)] == [{row.serial}]
    assert "revocation_not_listed" in world.alerts()
    world.run()  # told once a day
    with pytest.raises(ConfigurationError) as error:
        keep_lists_current(world.services, anew=True)
    assert error.value.code == "file_open_to_others"


def test_rotation_whose_lists_cannot_be_signed_has_succeeded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _issued(world)
    before = world.services.authority.fingerprint

    def behind() -> bool:
        return world.services.lists_are_behind

    def refuse(*_: object, **__: object) -> None:
        raise ConfigurationError("authority_passphrase_wrong", path="authority.key")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.staff.command.keep_lists_current", refuse)
        made = staff.rotate(world.services, "saki")
    assert made not in {"", before}
    assert behind()
    assert "revocation_not_listed" in world.alerts()
    assert len(_lists(world)) == 1
    assert world.batch().failures == ()  # does not wait for the list of the day
    assert len(_lists(world)) == 2
    assert not behind()
    assert views.verify_text(world.services, world.certificates(record)[0].text, None).reasons == ()


def test_key_that_was_removed_with_its_issuer_stops_no_batch(world: World) -> None:
    record = _issued(world)
    manual = world.services.settings.certificates.model_copy(update={"issuer": Issuer.MANUAL})
    world.change(certificates=manual)
    (world.home / "authority" / "authority.key").unlink()
    world.services.read_keys_again()
    for days in (0, 2):
        assert world.batch(after=timedelta(days=days)).failures == ()
    assert "revocation_not_listed" not in world.alerts()
    certificates.revoke_certificate(world.services, world.again(record), "saki", "exposed")
    assert world.alerts().count("revocation_not_listed") == 1  # it is on no list, and that is told
    for _ in range(2):
        assert world.batch(after=timedelta(days=1)).failures == ()
    assert world.alerts().count("revocation_not_listed") == 1


def test_rotation_that_was_killed_before_the_database_knew_goes_on(world: World) -> None:
    record = _issued(world)
    settings = world.services.settings.certificates
    folder = world.home / "authority"
    made = Authority.rotate(
        folder, passphrase=None, name=settings.authority_name, now=world.clock.now()
    )
    world.services.read_keys_again()
    assert world.services.authority.fingerprint == made.fingerprint
    world.later(hours=25)  # the list of the day tells the database
    shutil.rmtree(folder / RETIRED_FOLDER)
    world.services.read_keys_again()
    assert world.services.authority.fingerprint == made.fingerprint
    assert (
        Reason.OTHER_AUTHORITY
        in views.verify_text(world.services, world.certificates(record)[0].text, None).reasons
    )


def test_authority_of_elsewhere_is_refused_also_beside_retired_ones(
    world: World, tmp_path: Path
) -> None:
    staff.rotate(world.services, "saki")
    folder = world.home / "authority"
    for name in ("authority.key", "authority.crt"):
        (folder / name).unlink()
    Authority.make(folder, passphrase=None, name="Another", now=world.clock.now())
    world.services.read_keys_again()
    with pytest.raises(ConfigurationError) as error:
        _ = world.services.authority
    assert error.value.code == "keys_differ"


def test_draft_of_a_retired_authority_is_made_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _approved(world)
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.lifecycle.issuance._sign", lambda *_: [])
        _named(world, record)
    staff.rotate(world.services, "saki")
    world.run()
    world.later(minutes=11)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_revocation_whose_text_was_erased_is_listed_after_a_rotation(world: World) -> None:
    record = _issued(world)
    (row,) = world.certificates(record)
    certificates.revoke_certificate(world.services, record, "saki", "exposed")
    with world.services.store.read() as tx:
        (ended,) = tx.certificates.of_request(record.id)
    world.services.store.run(
        lambda tx: tx.certificates.save(replace(ended, number="", text="", to_be_signed=b""))
    )
    staff.rotate(world.services, "saki")
    assert all(_serials(crl) == {row.serial} for crl in _lists(world))
    assert len(_lists(world)) == 2


# --- whatever fails, no certificate ----------------------------------------


def _clock_back(world: World) -> None:
    assert isinstance(world.clock, SettableClock)
    world.clock.advance(-timedelta(hours=1))


def _key_missing(world: World) -> None:
    (world.home / "authority" / "authority.key").unlink()


def _key_open(world: World) -> None:
    (world.home / "authority" / "authority.key").chmod(0o644)


def _folder_gone(world: World) -> None:
    (world.home / "authority").rename(world.home / "elsewhere")


def _folder_open(world: World) -> None:
    (world.home / "authority").chmod(0o755)


def _wrong_passphrase(world: World) -> None:
    (world.home / "passphrase").write_text("another phrase of many words\n")


_FAULTS: dict[str, tuple[Callable[[World], None], str]] = {
    "clock back an hour": (_clock_back, "clock_behind"),
    "key missing": (_key_missing, "authority_missing"),
    "key 0644": (_key_open, "file_open_to_others"),
    "authority folder gone": (_folder_gone, "authority_missing"),
    "authority folder 0755": (_folder_open, "authority_folder_open"),
    "wrong passphrase": (_wrong_passphrase, "authority_passphrase_wrong"),
}


def test_clock_that_was_set_back_before_the_decision_makes_no_certificate(world: World) -> None:
    record = _approved(world)
    back = world.clock.now()
    _clock_back(world)
    with pytest.raises(ConfigurationError, match="clock_behind"):
        _named(world, record)
    record = world.again(record)
    assert record.status is Status.APPROVED
    (row,) = world.certificates(record)
    assert (row.state, row.reserved_at) == (CertificateState.RESERVED, back)
    assert [failure.stage for failure in world.batch().failures] == ["issue"]
    assert notices(world.staff_mails()) == []
    world.clock.set(back)
    world.batch()
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


@pytest.fixture
def guarded(make_world: MakeWorld, tmp_path: Path) -> World:
    """A world whose authority has a passphrase; its next decision orders a certificate."""
    phrase = tmp_path / "passphrase"
    phrase.touch(mode=0o600)
    phrase.write_text("a phrase of many words\n")
    world = make_world(certificates={"passphrase": {"file": str(phrase)}})
    (world.home / "passphrase").symlink_to(phrase)
    return world


@pytest.mark.parametrize("name", _FAULTS)
def test_fault_makes_no_certificate_and_the_request_stays_approved(
    name: str, guarded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = guarded
    break_it, code = _FAULTS[name]
    record = _approved(world)
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.staff.command.issue", lambda *_: [])
        record = _named(world, record)
    assert record.status is Status.APPROVED
    kept = {path: path.read_bytes() for path in (world.home / "authority").iterdir()}
    break_it(world)
    summary = world.batch()
    assert summary.exit_code == ExitCode.CONFIGURATION
    assert code in {failure.error.code for failure in summary.failures if failure.error}
    assert summary.issued == 0
    assert world.again(record).status is Status.APPROVED
    assert {row.state for row in world.certificates(record)} <= {CertificateState.RESERVED}
    with pytest.raises(ConfigurationError) as error:
        certificates.issue_wanted(world.services, world.again(record))
    assert error.value.code == code
    assert world.certificates(record)[0].text == ""
    assert "certificate_issued" not in notices(world.new_mails())
    _mend(world, kept)
    world.clock.advance(timedelta(hours=1))
    assert notices(world.staff_mails()) == ["certificate_issued"]
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def _mend(world: World, kept: dict[Path, bytes]) -> None:
    folder = world.home / "authority"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    for path, content in kept.items():
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
    (world.home / "passphrase").write_text("a phrase of many words\n")


@pytest.mark.parametrize("step", ["_prepare", "_sign"])
def test_full_disk_makes_no_certificate_and_the_request_stays_approved(
    step: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _approved(world)
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.staff.command.issue", lambda *_: [])
        record = _named(world, record)
    whole = Services.run

    def full(services: Services, change: Callable[..., object]) -> object:
        if step in repr(change) or step in getattr(change, "__code__", full.__code__).co_names:
            raise state._unusable(
                services.settings, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            )
        return whole(services, change)

    with monkeypatch.context() as patched:
        patched.setattr(Services, "run", full)
        summary = world.batch()
    assert (summary.issued, summary.exit_code) == (0, ExitCode.TRY_LATER)
    assert summary.unreachable == "storage"
    assert world.again(record).status is Status.APPROVED
    assert notices(world.staff_mails()) == ["certificate_issued"]


# --- one instant everywhere -----------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("UTC", datetime(2028, 2, 22, 9, 30, tzinfo=UTC), 168),  # ends on the leap day
        ("Europe/Berlin", datetime(2027, 3, 24, 9, 30, tzinfo=UTC), 167),
        ("Europe/Berlin", datetime(2027, 10, 27, 9, 30, tzinfo=UTC), 169),
        ("Pacific/Kiritimati", datetime(2026, 12, 28, 9, 30, tzinfo=UTC), 168),
        ("Pacific/Pago_Pago", datetime(2026, 12, 28, 9, 30, tzinfo=UTC), 168),
    ],
)
def test_end_is_the_same_instant_wherever_it_is_told(
    zone: str, start: datetime, hours: int, make_world: MakeWorld
) -> None:
    world = make_world(certificates={"time_zone": zone})
    world.clock.set(start)
    record = _approved(world)
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    if record.status is Status.AWAITING_READINESS:
        record = decisions.advance(world.services, record, "saki", event=EventName.READY)
    created = world.clock.now()
    end = created + timedelta(hours=hours)
    (row,) = world.certificates(record)
    assert (row.created_at, row.expires_at) == (created, end)
    certificate = x509.load_pem_x509_certificate(row.text.encode())
    assert certificate.not_valid_after_utc + timedelta(seconds=1) == end
    assert record.state.certificate_expires_at == end
    mail = next(mail for mail in world.staff_mails() if mail.notice == "certificate_issued")
    told = end.astimezone(ZoneInfo(record.time_zone))
    assert f"{told:%H:%M}" in mail.text
    assert f"{told.month}月{told.day}日" in mail.text
    (calendar,) = [content for name, content in mail.files.items() if name.endswith(".ics")]
    (event,) = Calendar.from_ical(calendar).events
    assert event.start == end
    assert record.reference in str(event["summary"])
    feed = Calendar.from_ical(expiring_calendar(world.services))
    assert end in [one.start for one in feed.events]
    world.clock.set(end - timedelta(days=3, seconds=1))
    assert world.run() == []
    world.clock.set(end - timedelta(days=3))
    assert notices(world.run()) == ["certificate_reminder"]
    world.clock.set(end - timedelta(seconds=1))
    world.run()
    assert views.verify_text(world.services, row.text, None).valid
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    world.clock.set(end)
    assert notices(world.run()) == ["certificate_expired"]
    assert views.verify_text(world.services, row.text, None).reasons == (Reason.EXPIRED,)


def test_feed_names_all_that_ends_and_no_certificate(world: World) -> None:
    record = _issued(world)
    feed = Calendar.from_ical(expiring_calendar(world.services))
    kinds = {str(event["uid"]).partition("-")[0] for event in feed.events}
    assert kinds == {"certificate", "approval", "integration"}
    line = world.certificates(record)[0].text.splitlines()[1]
    assert line not in expiring_calendar(world.services).decode()
    decisions.mark_active(world.services, record, "saki")
    assert list(Calendar.from_ical(expiring_calendar(world.services)).events) == []


def test_calendar_file_of_a_new_certificate_takes_the_place_of_the_old_one(world: World) -> None:
    world.mail(HANAKO, form())
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = _named(world, record)
    (first,) = world.staff_mails()
    world.clock.advance(timedelta(hours=1))
    (second,) = world.reply(record, "証明書の再発行希望")
    events = [
        next(iter(Calendar.from_ical(content).events))
        for mail in (first, second)
        for name, content in mail.files.items()
        if name.endswith(".ics")
    ]
    assert events[0]["uid"] == events[1]["uid"]
    assert int(str(events[1]["sequence"])) > int(str(events[0]["sequence"]))


def test_calendar_file_of_a_new_approval_takes_the_place_of_the_old_one(world: World) -> None:
    record = _named(world, _approved(world))
    mails = world.staff_mails()
    for _ in range(2):
        world.clock.advance(timedelta(hours=1))
        record = certificates.reissue_certificate(world.services, world.again(record), "saki")
        mails += world.staff_mails()
    held = certificates.reissue_certificate(world.services, world.again(record), "saki")
    assert held.state.hold_reason is HoldReason.CERTIFICATE_LIMIT
    world.clock.advance(timedelta(hours=1))
    decisions.approve(world.services, held, "saki", ticked="all", business_verified=True)
    mails += world.staff_mails()
    sequences = [
        int(str(next(iter(Calendar.from_ical(content).events))["sequence"]))
        for mail in mails
        for name, content in mail.files.items()
        if name.endswith(".ics")
    ]
    assert len(sequences) == 4
    assert sequences == sorted(set(sequences))


def test_cancelled_certificate_leaves_the_calendar_and_the_next_one_comes_back(
    world: World,
) -> None:
    record = _named(world, _approved(world))
    mails = world.staff_mails()
    world.clock.advance(timedelta(hours=1))
    certificates.revoke_certificate(world.services, world.again(record), "saki", "exposed")
    mails += world.staff_mails()
    held = world.again(record)
    decisions.release(world.services, held, "saki")
    certificates.reissue_certificate(world.services, world.again(record), "saki")
    mails += world.staff_mails()
    assert notices(mails) == [
        "certificate_issued",
        "certificate_revoked",
        "status_changed:released",
        "certificate_reissued",
    ]
    (issued, revoked, reissued) = [
        Calendar.from_ical(content)
        for mail in mails
        for name, content in mail.files.items()
        if name.endswith(".ics")
    ]
    methods = [str(one["method"]) for one in (issued, revoked, reissued)]
    assert methods == ["PUBLISH", "CANCEL", "PUBLISH"]
    events = [next(iter(one.events)) for one in (issued, revoked, reissued)]
    assert len({str(event["uid"]) for event in events}) == 1
    assert len({str(event["organizer"]) for event in events}) == 1
    sequences = [int(str(event["sequence"])) for event in events]
    assert sequences == sorted(set(sequences))
    assert [str(event.get("status", "")) for event in events] == ["", "CANCELLED", ""]
    assert events[1].start == events[0].start
    assert ".ics" in mails[1].text

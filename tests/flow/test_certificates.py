"""The life of a certificate: issued, reminded, expired, renewed, limited, revoked, active."""

import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, RefusedError
from pipeline.flow.staff import certificates
from pipeline.flow.staff import corrections as answer_decisions
from pipeline.flow.staff import review as decisions
from pipeline.flow.views import certificates as views
from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.identifiers import new_id
from pipeline.model.request import EventName, HoldReason, NumberState, Status
from pipeline.store.records import CertificateRecord, RequestRecord
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.settings import STAFF
from tests.world.world import World

LIVE, SUPERSEDED = CertificateState.LIVE, CertificateState.SUPERSEDED
REVOKED, EXPIRED = CertificateState.REVOKED, CertificateState.EXPIRED


def issued(world: World, sender: str = HANAKO, language: str = "ja", **more: str) -> RequestRecord:
    """Bring a good onboarding form to its certificate; the mails so far are put aside."""
    world.mail(sender, form(FormKind.ONBOARDING, language, **more))
    record = world.request(sender)
    record = decisions.approve(world.services, record, "saki", ticked="all", business_verified=True)
    return decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)


def states(world: World, record: RequestRecord) -> list[CertificateState]:
    return [row.state for row in world.certificates(record)]


def test_approved_and_ready_gets_its_certificate_at_once(any_world: World, tmp_path: Path) -> None:
    world = any_world
    record = issued(world)
    assert record.status is Status.CERTIFICATE_ISSUED
    (row,) = world.certificates(record)
    now = world.clock.now()
    assert (row.state, row.created_at, row.expires_at) == (LIVE, now, now + timedelta(days=7))
    (mail,) = world.staff_mails()
    assert mail.named == ("certificate_issued", HANAKO)
    (name, content), (calendar, _) = mail.files.items()
    assert calendar == name.replace(".txt", ".ics")
    assert name == f"whatsapp-certificate_{record.reference}_exp-2026-11-30.txt"
    assert content.decode().strip() == row.text.strip()
    assert row.text.splitlines()[1] not in mail.text + mail.html + mail.subject
    assert _accepted_by_openssl(world, row.text, tmp_path)
    assert "18:30" in mail.text


def _accepted_by_openssl(world: World, text: str, folder: Path) -> bool:
    (folder / "certificate.pem").write_text(text)
    (folder / "authority.pem").write_text(world.services.authority.certificate_pem)
    (folder / "crl.pem").write_text(views.current_crl(world.services))
    at = str(int((world.clock.now() + timedelta(days=1)).timestamp()))
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-attime", at, "-crl_check", "-ignore_critical",
         "-CRLfile", "crl.pem", "-CAfile", "authority.pem", "certificate.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    return done.returncode == 0


def test_reminders_three_and_one_day_before_the_expiry_and_one_offer_after_it(
    any_world: World,
) -> None:
    world = any_world
    record = issued(world)
    world.staff_mails()
    seen = [(day, notices(world.later(days=1))) for day in range(1, 10)]
    assert [(day, names) for day, names in seen if names] == [
        (4, ["certificate_reminder"]),
        (6, ["certificate_reminder"]),
        (7, ["certificate_expired"]),
    ]
    assert world.again(record).status is Status.CERTIFICATE_EXPIRED
    assert states(world, record) == [EXPIRED]


def test_after_downtime_only_the_most_urgent_missed_reminder_is_sent(world: World) -> None:
    issued(world)
    world.staff_mails()
    (mail,) = world.later(days=6, hours=12)
    assert mail.notice == "certificate_reminder"
    assert notices(world.later(hours=1)) == []


def test_after_long_downtime_only_the_expiry_is_told(world: World) -> None:
    record = issued(world)
    world.staff_mails()
    assert notices(world.later(days=20)) == ["certificate_expired"]
    assert notices(world.later(hours=1)) == []
    assert states(world, record) == [EXPIRED]


def test_no_reminder_for_an_active_integration(world: World) -> None:
    record = issued(world)
    world.staff_mails()
    assert notices(world.reply(record, "アクティブになりました")) == ["activated"]
    assert [world.later(days=1) for _ in range(9)] == [[]] * 9
    number = world.number(record.number)
    assert number is not None
    assert number.state is NumberState.ACTIVE


def test_new_certificate_by_reply_supersedes_the_old_one(any_world: World) -> None:
    world = any_world
    record = issued(world)
    world.staff_mails()
    world.clock.advance(timedelta(days=2))
    mails = world.reply(record, "証明書の再発行希望")
    assert notices(mails) == ["certificate_reissued"]
    assert states(world, record) == [SUPERSEDED, LIVE]
    old, new = world.certificates(record)
    assert old.ended_at == new.issued_at == world.clock.now()
    assert new.expires_at == world.clock.now() + timedelta(days=7)


def test_expired_certificate_is_renewed_by_reply(world: World) -> None:
    record = issued(world)
    world.staff_mails()
    world.later(days=8)
    assert notices(world.reply(record, "証明書の再発行を希望します")) == ["certificate_reissued"]
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert states(world, record) == [EXPIRED, LIVE]


def test_fourth_certificate_is_held_for_a_person(any_world: World) -> None:
    world = any_world
    record = issued(world)
    world.staff_mails()
    for _ in range(2):
        world.clock.advance(timedelta(days=1))
        assert notices(world.reply(record, "証明書の再発行希望")) == ["certificate_reissued"]
    world.clock.advance(timedelta(days=1))
    mails = world.reply(record, "証明書の再発行希望")
    after = world.again(record)
    assert (after.status, after.state.hold_reason) == (
        Status.HELD,
        HoldReason.CERTIFICATE_LIMIT,
    )
    assert [mail.notice for mail in mails] == ["held"]
    assert states(world, record) == [SUPERSEDED, SUPERSEDED, LIVE]


def test_withdrawal_revokes_the_live_certificate_at_once(any_world: World) -> None:
    world = any_world
    record = issued(world)
    world.staff_mails()
    mails = world.reply(record, "取り下げます")
    assert notices(mails) == ["withdrawn"]
    assert world.again(record).status is Status.WITHDRAWN
    assert states(world, record) == [REVOKED]
    text = world.certificates(record)[0].text
    assert views.verify_text(world.services, text, None).valid is False


def test_revoked_certificate_holds_the_request(world: World) -> None:
    record = issued(world)
    world.staff_mails()
    after = certificates.revoke_certificate(world.services, record, "saki", "compromised")
    assert (after.status, after.state.hold_reason) == (
        Status.HELD,
        HoldReason.CERTIFICATE_REVOKED,
    )
    assert notices(world.staff_mails()) == ["certificate_revoked"]
    assert states(world, record) == [REVOKED]


@pytest.mark.parametrize(
    ("reason", "attached"),
    [("number_changed", True), ("name_changed", True), ("exposed", False), ("asked", False)],
)
def test_cancelled_with_its_approval_brings_the_form_for_a_new_start(
    reason: str, attached: bool, world: World
) -> None:
    record = issued(world)
    world.staff_mails()
    certificates.revoke_certificate(world.services, record, "saki", reason)
    (mail,) = world.staff_mails()
    ended = f"whatsapp-certificate_{record.reference}_cancelled.ics"
    assert list(mail.files) == (["onboarding_ja.xlsx"] if attached else []) + [ended]
    assert ("添付の申請書" in mail.text) is attached


def test_second_live_certificate_for_a_number_is_refused_by_the_database(
    any_world: World,
) -> None:
    world = any_world
    record = issued(world)
    (row,) = world.certificates(record)
    twin = CertificateRecord(
        id=new_id(),
        request_id=record.id,
        number=record.number,
        serial="01" + "ab" * 17,
        issuer=row.issuer,
        state=LIVE,
        ordinal=2,
        reserved_at=world.clock.now(),
        created_at=row.created_at,
        expires_at=row.expires_at,
        issued_at=world.clock.now(),
        text="another",
        fingerprint="cd" * 32,
    )
    with pytest.raises(Exception, match=r"(?i)certificate|unique"):
        world.services.store.run(lambda tx: tx.certificates.reserve(twin))
    assert states(world, record) == [LIVE]


def test_not_yet_ready_is_asked_on_the_day_and_ready_brings_the_certificate(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", ready_date="2026-12-07"))
    record = decisions.approve(
        world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert record.status is Status.AWAITING_READINESS
    assert notices(world.staff_mails()) == ["approved_not_ready"]
    seen = [name for _ in range(15) for name in notices(world.later(days=1))]
    assert seen == ["readiness_check"]
    assert notices(world.reply(record, "READY")) == ["certificate_issued"]
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_new_date_by_reply_moves_the_question(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", ready_date="2026-12-07"))
    record = decisions.approve(
        world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    assert world.reply(record, "2026-12-21") == []
    after = world.again(record)
    assert (after.status, after.state.ready_date) == (
        Status.AWAITING_READINESS,
        date(2026, 12, 21),
    )


def test_manual_issuer_waits_for_staff_who_paste_it(make_world: MakeWorld) -> None:
    maker = make_world()
    text = maker.certificates(issued(maker))[0].text
    world = make_world(certificates={"issuer": "manual"})
    record = issued(world)
    assert record.status is Status.APPROVED
    with pytest.raises(RefusedError, match="certificate_waits_for_staff"):
        certificates.issue_wanted(world.services, record)
    certificates.enter_certificate(world.services, record, text, "saki")
    after = world.again(record)
    assert after.status is Status.CERTIFICATE_ISSUED
    assert notices(world.staff_mails()) == ["certificate_issued"]
    with pytest.raises(RefusedError) as refused:
        certificates.enter_certificate(world.services, after, text, "saki")
    assert refused.value.code == "certificate_used"


def test_nothing_is_entered_while_the_clock_is_behind(make_world: MakeWorld) -> None:
    maker = make_world()
    text = maker.certificates(issued(maker))[0].text
    world = make_world(certificates={"issuer": "manual"})
    record = issued(world)
    world.clock.advance(timedelta(days=1))
    record = decisions.hold(world.services, record, "saki", note="")
    record = decisions.release(world.services, record, "saki")
    world.clock.advance(-timedelta(hours=1))
    with pytest.raises(ConfigurationError, match="clock_behind"):
        certificates.enter_certificate(world.services, record, text, "saki")
    assert world.certificates(record) == []
    world.clock.advance(timedelta(hours=1))
    certificates.enter_certificate(world.services, record, text, "saki")
    assert states(world, record) == [LIVE]


def test_pasted_private_key_is_refused_and_staff_are_warned(make_world: MakeWorld) -> None:
    world = make_world(certificates={"issuer": "manual"})
    record = issued(world)
    key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIB\n-----END"
    with pytest.raises(RefusedError):
        certificates.enter_certificate(world.services, record, key, "saki")
    assert "private_key_pasted" in world.alerts()


def test_texts_of_certificates_are_in_no_mail_to_staff_and_in_no_history(world: World) -> None:
    record = issued(world)
    world.clock.advance(timedelta(seconds=121))
    world.run()
    line = world.certificates(record)[0].text.splitlines()[1]
    staff = [mail.raw.decode() for mail in world.new_mails() if mail.to == STAFF]
    assert [text for text in staff if line in text] == []
    assert [event for event in world.history(record) if line in str(event)] == []
    assert [row for row in world.outbox() if line in row.subject] == []


def test_number_of_an_approved_request_cannot_be_edited_by_staff(world: World) -> None:
    record = issued(world)
    with pytest.raises(RefusedError) as refused:
        answer_decisions.edit(
            world.services,
            record,
            "saki",
            answers=(
                ("phone_number", "+81 90 8765 4321"),
                ("phone_number_again", "+81 90 8765 4321"),
            ),
        )
    assert refused.value.code == "change_needs_approval"
    assert world.again(record).number == "+819012345678"

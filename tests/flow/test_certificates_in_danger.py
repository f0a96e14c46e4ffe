"""What would put a certificate into wrong hands, or take a right one away too soon."""

import base64
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.errors import ConfigurationError, RefusedError
from pipeline.flow.services.state import open_store
from pipeline.flow.staff import certificates
from pipeline.flow.staff import corrections as answer_decisions
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.possible import decisions_now
from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, NumberState, Slot, Status
from pipeline.store import queries, queues
from pipeline.store.queues import QueueView
from pipeline.store.records import RequestRecord
from tests.world.customers import EVE, HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

LIVE, SUPERSEDED = CertificateState.LIVE, CertificateState.SUPERSEDED
REVOKED, EXPIRED = CertificateState.REVOKED, CertificateState.EXPIRED
NUMBER = "+819012345678"
_SLOT = Slot(
    datetime(2026, 12, 8, 1, 0, tzinfo=UTC),
    datetime(2026, 12, 8, 2, 0, tzinfo=UTC),
)


def _offered(world: World, record: RequestRecord) -> set[EventName]:
    return {possible.event for possible in decisions_now(world.services, record)}


def _reviewed(world: World, sender: str = HANAKO) -> RequestRecord:
    """Bring a good onboarding form to the review of its name."""
    world.mail(sender, form())
    return decisions.approve(
        world.services, world.request(sender), "saki", ticked="all", business_verified=True
    )


def _issued(world: World) -> RequestRecord:
    record = _named(world, _reviewed(world))
    world.staff_mails()
    assert record.status is Status.CERTIFICATE_ISSUED
    return record


def _named(world: World, record: RequestRecord) -> RequestRecord:
    return decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)


def _agreed(world: World) -> RequestRecord:
    """Bring a good migration form to the agreed call."""
    world.mail(HANAKO, form(FormKind.MIGRATION))
    record = decisions.approve(world.services, world.request(), "saki", ticked="all")
    record = decisions.advance(world.services, record, "saki", slots=(_SLOT,))
    world.staff_mails()
    world.reply(record, "承知しました")
    record = world.again(record)
    assert record.status is Status.SLOT_AGREED
    return record


def _unowned(world: World) -> tuple[RequestRecord, datetime]:
    """Bring a migration to a second certificate that needs the ownership again.

    Return it with the end of the live one.
    """
    record = _agreed(world)
    world.clock.set(_SLOT.start)
    decisions.advance(world.services, record, "saki", event=EventName.CODE_VERIFIED)
    world.staff_mails()
    world.later(days=10)
    world.reply(record, "証明書の再発行希望")
    world.later(days=5)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert notices(world.reply(record, "証明書の再発行希望")) == ["status_changed"]
    end = world.certificates(record)[-1].expires_at
    assert end is not None
    return world.again(record), end


def states(world: World, record: RequestRecord) -> list[CertificateState]:
    rows = sorted(world.certificates(record), key=lambda row: row.reserved_at)
    return [row.state for row in rows]


def refused(error: pytest.ExceptionInfo[RefusedError]) -> str:
    return error.value.code


# --- the authority is made once ----------------------------------------


@pytest.mark.parametrize("issued", [False, True], ids=["unused", "used"])
def test_authority_whose_folder_is_gone_is_never_made_anew(issued: bool, world: World) -> None:
    if issued:
        _issued(world)
    world.services.store.close()
    shutil.rmtree(world.home / "authority")
    for make in (False, True, True):
        with pytest.raises(ConfigurationError) as error:
            open_store(world.services.settings, world.clock, make=make)
        assert error.value.code == "authority_missing"
    assert not (world.home / "authority").exists()


# --- whose number it is ----------------------------------------


def test_mere_release_gives_no_certificate_for_the_active_number_of_another(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, "sakura-denki.example")
    world.mail(EVE, form())
    record = world.request(EVE)
    assert record.state.hold_reason is HoldReason.OWNERSHIP
    with pytest.raises(RefusedError) as error:
        decisions.release(world.services, record, "saki")
    assert refused(error) == "release_needs_number"
    with pytest.raises(RefusedError):
        certificates.reissue_certificate(world.services, record, "saki")
    assert world.certificates(record) == []


def test_number_that_went_to_another_after_the_review_gets_no_certificate(world: World) -> None:
    record = decisions.hold(world.services, _reviewed(world), "saki")
    world.set_number(NUMBER, NumberState.ACTIVE, "another.example")
    record = decisions.release(world.services, world.again(record), "saki")
    record = _named(world, record)
    assert record.status is Status.APPROVED
    assert LIVE not in states(world, record)
    with pytest.raises(RefusedError) as error:
        certificates.issue_wanted(world.services, record)
    assert refused(error) == "number_of_another"
    world.staff_mails()
    assert "issue_failed" in world.alerts()
    world.set_number(NUMBER, NumberState.REQUESTED, HANAKO)
    certificates.issue_wanted(world.services, world.again(record))
    assert states(world, record)[-1] is LIVE


# --- what the answers are ----------------------------------------


def test_request_whose_latest_answers_are_wrong_gets_no_certificate(any_world: World) -> None:
    world = any_world
    record = _reviewed(world)
    world.reply(record, "", form(contact_email="hanako at sakura"))
    record = world.again(record)
    assert record.state.hold_reason is HoldReason.CHANGE
    record = decisions.release(world.services, record, "saki")
    with pytest.raises(RefusedError) as error:
        _named(world, record)
    assert refused(error) == "answers_open"
    assert LIVE not in states(world, record)
    assert "contact_email" in str(error.value.params["fields"])
    assert "certificate_issued" not in notices(world.staff_mails())
    mended = (("contact_email", "hanako@sakura-denki.example"),)
    answer_decisions.edit(world.services, world.again(record), "saki", answers=mended)
    _named(world, world.again(record))
    assert states(world, record)[-1] is LIVE
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_wrong_answers_that_staff_enter_later_stop_a_new_certificate(world: World) -> None:
    record = _issued(world)
    answer_decisions.edit(world.services, record, "saki", answers=(("contact_email", "nobody"),))
    with pytest.raises(RefusedError) as error:
        certificates.reissue_certificate(world.services, world.again(record), "saki")
    assert refused(error) == "answers_open"
    assert states(world, record) == [LIVE]


# --- Meta's answers ----------------------------------------


def test_bare_advance_records_no_answer_of_meta(world: World) -> None:
    world.mail(HANAKO, form())
    record = decisions.approve(world.services, world.request(), "saki", ticked="all")
    assert record.status is Status.BUSINESS_VERIFICATION
    for event, status in (
        (EventName.VERIFIED, Status.BUSINESS_VERIFICATION),
        (EventName.NAME_APPROVED, Status.NAME_REVIEW),
    ):
        assert record.status is status
        with pytest.raises(RefusedError) as error:
            decisions.advance(world.services, record, "saki")
        assert (refused(error), error.value.params["event"]) == ("outcome_by_name", event.value)
        record = decisions.advance(world.services, record, "saki", event=event)
    assert record.status is Status.CERTIFICATE_ISSUED


@pytest.mark.parametrize("event", [EventName.CODE_VERIFIED, EventName.CODE_FAILED])
def test_outcome_of_the_call_is_not_recorded_before_the_call(
    event: EventName, world: World
) -> None:
    record = _agreed(world)
    assert event not in _offered(world, record)
    world.clock.set(_SLOT.start - timedelta(seconds=1))
    with pytest.raises(RefusedError) as error:
        decisions.advance(world.services, record, "saki")
    assert refused(error) == "outcome_by_name"
    with pytest.raises(RefusedError) as error:
        decisions.advance(world.services, record, "saki", event=event)
    assert refused(error) == "outcome_too_early"
    world.clock.set(_SLOT.start)
    assert event in _offered(world, record)
    with pytest.raises(RefusedError) as error:
        decisions.record_early(world.services, record, "saki", event)
    assert refused(error) == "outcome_not_early"
    after = decisions.advance(world.services, record, "saki", event=event)
    assert after.status is not Status.SLOT_AGREED


def test_call_that_took_place_earlier_is_recorded_when_staff_say_so(world: World) -> None:
    record = _agreed(world)
    after = decisions.record_early(world.services, record, "saki", EventName.CODE_VERIFIED)
    assert after.status is Status.CERTIFICATE_ISSUED


# --- the live one stays until its successor is made ----------------------------------------


def test_new_certificate_that_needs_the_ownership_again_leaves_the_live_one(
    any_world: World,
) -> None:
    world = any_world
    record, _ = _unowned(world)
    assert record.status is Status.SLOT_PLANNING
    assert states(world, record)[-1] is LIVE
    start = world.clock.now() + timedelta(days=1)
    slot = Slot(start, start + timedelta(hours=1))
    record = decisions.advance(world.services, record, "saki", slots=(slot,))
    world.staff_mails()
    world.reply(record, "承知しました")
    assert states(world, record)[-1] is LIVE
    world.clock.set(start)
    record = decisions.advance(
        world.services, world.again(record), "saki", event=EventName.CODE_VERIFIED
    )
    assert record.status is Status.CERTIFICATE_ISSUED
    assert states(world, record)[-2:] == [SUPERSEDED, LIVE]
    old, new = world.certificates(record)[-2:]
    assert old.ended_at == new.issued_at
    assert notices(world.staff_mails()) == ["certificate_reissued"]


def test_who_proves_the_ownership_again_reads_until_when_the_live_one_counts(
    world: World,
) -> None:
    record, _ = _unowned(world)
    (told,) = [mail for mail in world.all_mails() if mail.notice == "status_changed"][-1:]
    (last,) = [mail for mail in world.all_mails() if mail.notice == "certificate_reissued"]
    (end,) = re.findall("^期限：(.+)$", last.text, re.MULTILINE)
    assert record.status is Status.SLOT_PLANNING
    assert end in told.text
    assert "有効期限は、次のとおり変わりません" in told.text


@pytest.mark.parametrize("held", [False, True], ids=["planned", "held"])
def test_number_corrected_while_the_ownership_is_proven_again_needs_a_new_approval(
    held: bool, world: World
) -> None:
    record, _ = _unowned(world)
    assert record.state.approved_at is not None
    if held:
        record = decisions.hold(world.services, record, "saki")
    answer_decisions.ask(world.services, record, "saki", fields=("phone_number",), text="？")
    world.staff_mails()
    other = "+81 90 8765 4321"
    world.reply(record, "", form(FormKind.MIGRATION, phone_number=other, phone_number_again=other))
    record = world.again(record)
    assert record.number == "+819087654321"
    assert record.status is Status.ELIGIBILITY_REVIEW
    assert (record.state.approved_at, record.state.certificates) == (None, 0)


def test_live_certificate_ends_in_time_while_the_ownership_is_proven_again(world: World) -> None:
    record, end = _unowned(world)
    world.clock.set(end)
    assert "certificate_expired" not in notices(world.run())
    assert world.again(record).status is Status.SLOT_PLANNING
    assert states(world, record)[-1] is EXPIRED


def test_certificate_is_still_live_when_a_new_approval_is_granted(world: World) -> None:
    record = _issued(world)
    for _ in range(3):
        world.clock.advance(timedelta(hours=1))
        world.reply(record, "証明書の再発行希望")
    record = world.again(record)
    assert record.state.hold_reason is HoldReason.CERTIFICATE_LIMIT
    record = decisions.advance(world.services, record, "saki", event=EventName.APPROVE)
    assert record.status is Status.CERTIFICATE_ISSUED
    assert states(world, record) == [SUPERSEDED, SUPERSEDED, SUPERSEDED, LIVE]
    assert notices(world.staff_mails()) == ["certificate_reissued"]


# --- revoked on held, too ----------------------------------------


def test_live_certificate_is_revoked_while_its_request_is_held(any_world: World) -> None:
    world = any_world
    record = decisions.hold(world.services, _issued(world), "saki")
    record = certificates.revoke_certificate(world.services, record, "saki", "exposed")
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.STAFF)
    assert states(world, record) == [REVOKED]
    assert world.certificates(record)[0].end_reason == "exposed"
    assert notices(world.staff_mails()) == ["certificate_revoked"]
    with pytest.raises(RefusedError) as error:
        certificates.revoke_certificate(world.services, world.again(record), "saki", "exposed")
    assert refused(error) == "certificate_missing"
    record = decisions.release(world.services, world.again(record), "saki")
    assert record.status is Status.CERTIFICATE_EXPIRED


# --- the queue ----------------------------------------


def test_active_requests_are_in_no_queue_of_what_expires(any_world: World) -> None:
    world = any_world
    record = _issued(world)

    def expiring() -> tuple[list[str], int]:
        with world.services.store.read() as tx:
            rows = queues.queue(tx, QueueView.EXPIRING)
            soon = queries.counts(tx, world.clock.now() + timedelta(days=5)).expiring
        return [row.reference for row in rows], soon

    assert expiring() == ([record.reference], 1)
    decisions.mark_active(world.services, world.again(record), "saki")
    assert states(world, record) == [LIVE]
    assert expiring() == ([], 0)


# --- a private key --------------------------------------------------------------------------------


@pytest.mark.parametrize("dress", ["as it is", "quoted", "bare", "encoded once more"])
def test_private_key_that_was_pasted_is_stored_nowhere(
    dress: str, make_world: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(certificates={"issuer": "manual"})
    record = _named(world, _reviewed(world))
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    lines = key.decode().splitlines()
    pasted = {
        "as it is": key.decode(),
        "quoted": "".join(f"> {line}\r\n" for line in lines),
        "bare": "".join(lines[1:-1]),
        "encoded once more": base64.b64encode(key).decode(),
    }[dress]
    with pytest.raises(RefusedError) as error:
        certificates.enter_certificate(world.services, record, pasted, "saki")
    assert refused(error) == "certificate_private_key"
    assert "private_key_pasted" in world.alerts()
    world.staff_mails()
    traces = [lines[1][20:50].encode(), base64.b64encode(key)[40:80]]
    told = f"{error.value} {error.value.params} {caplog.text}".encode()
    kept = [path.read_bytes() for path in world.home.rglob("*") if path.is_file()]
    assert [trace for trace in traces for place in (told, *kept) if trace in place] == []
    assert world.certificates(record) == []
    assert world.again(record).status is Status.APPROVED


def test_certificate_of_another_number_is_not_entered(make_world: MakeWorld) -> None:
    maker = make_world()
    text = maker.certificates(_issued(maker))[0].text
    world = make_world(certificates={"issuer": "manual"})
    other = {"phone_number": "+81 90 1234 5679", "phone_number_again": "+81 90 1234 5679"}
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", "xlsx", **other))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = _named(world, record)
    with pytest.raises(RefusedError) as error:
        certificates.enter_certificate(world.services, record, text, "saki")
    assert refused(error) == "certificate_wrong_number"
    assert world.again(record).status is Status.APPROVED
    assert world.certificates(record) == []


@pytest.mark.parametrize("by_hand", [False, True])
def test_draft_that_waited_is_made_anew_and_keeps_its_seven_days(
    any_world: World, monkeypatch: pytest.MonkeyPatch, *, by_hand: bool
) -> None:
    world = any_world
    record = _reviewed(world)

    def lost(*_: object) -> None:
        raise ConfigurationError("authority_missing", path="authority.key")

    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedIssuer, "finish", lost)
        with pytest.raises(ConfigurationError):
            _named(world, record)
    (draft,) = world.certificates(record)
    assert draft.state is CertificateState.PREPARED
    if by_hand:
        world.clock.advance(timedelta(days=6))
        certificates.issue_wanted(world.services, world.again(record))
    else:
        world.batch(timedelta(days=6))
        world.batch()
    old, made = world.certificates(record)
    assert (old.state, old.end_reason, old.issued_at) == (REVOKED, "draft_old", None)
    assert made.state is LIVE
    assert made.serial != draft.serial
    assert made.created_at is not None
    assert made.expires_at == made.created_at + timedelta(days=7)
    assert made.created_at == world.clock.now().replace(microsecond=0)
    assert notices(world.staff_mails()).count("certificate_issued") == 1

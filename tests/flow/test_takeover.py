"""What must not go to, come from, or be changed by somebody else."""

import pytest

from pipeline.errors import RefusedError
from pipeline.flow.staff import corrections as answer_decisions
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.certificates import reissue_certificate
from pipeline.flow.staff.organisations import ask_owner
from pipeline.flow.staff.send_form import send_form
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import EventName, HoldReason, NumberState, Status, Track
from pipeline.store.records import RequestRecord
from tests.world.customers import EVE, HANAKO, TARO, form
from tests.world.world import World

NUMBER = "+819012345678"
OTHER = {"phone_number": "+81 90 1234 5679", "phone_number_again": "+81 90 1234 5679"}


def _notices(mails: list) -> list[str]:  # type: ignore[type-arg]
    return [f"{mail.notice}:{mail.variant}" if mail.variant else mail.notice for mail in mails]


def _with_certificate(world: World) -> RequestRecord:
    world.mail(HANAKO, form())
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    if record.status is Status.AWAITING_READINESS:
        record = decisions.advance(world.services, record, "saki", event=EventName.READY)
    assert record.status is Status.CERTIFICATE_ISSUED
    return record


# --- the table of numbers ---------------------------------------------------------------------


def test_number_set_for_another_organisation_does_not_serve_the_held_request(world: World) -> None:
    world.mail(EVE, form(FormKind.QR))
    assert world.request(EVE).state.hold_reason is HoldReason.NUMBER
    world.set_number(NUMBER, NumberState.ACTIVE, "sakura-denki.example")
    record = world.request(EVE)
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.OWNERSHIP)
    number = world.number(NUMBER)
    assert number is not None
    assert (number.state, number.organisation) == (NumberState.ACTIVE, "sakura-denki.example")


def test_withdrawn_ownership_hold_leaves_the_owners_number_alone(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, "sakura-denki.example")
    world.mail(EVE, form())
    decisions.withdraw(world.services, world.request(EVE), "saki")
    number = world.number(NUMBER)
    assert number is not None
    assert (number.state, number.organisation) == (NumberState.ACTIVE, "sakura-denki.example")


def test_corrected_number_frees_the_old_one_and_claims_the_new_one(world: World) -> None:
    world.mail(HANAKO, form())
    world.reply(world.request(), "", form(FormKind.ONBOARDING, "ja", "xlsx", **OTHER))
    old, new = world.number(NUMBER), world.number("+819012345679")
    assert old is not None
    assert new is not None
    assert (old.state, new.state) == (NumberState.UNKNOWN, NumberState.REQUESTED)


def test_unreadable_number_in_a_correction_does_not_empty_the_request(world: World) -> None:
    world.mail(HANAKO, form())
    broken = form(phone_number="090-1234", phone_number_again="090-1234")
    world.reply(world.request(), "", broken)
    assert world.request().number == NUMBER


# --- what was approved ------------------------------------------------------------------------


def test_hold_edit_release_cannot_change_the_approved_number(world: World) -> None:
    record = decisions.hold(world.services, _with_certificate(world), "saki")
    answers = tuple(OTHER.items())
    with pytest.raises(RefusedError) as refused:
        answer_decisions.edit(world.services, record, "saki", answers=answers)
    assert refused.value.code == "change_needs_approval"
    record = decisions.release(world.services, world.again(record), "saki")
    record = reissue_certificate(world.services, record, "saki")
    assert [row.number for row in world.certificates(record)] == [NUMBER, NUMBER]


def test_unaccepted_change_is_not_adopted_by_a_later_edit(world: World) -> None:
    record = _with_certificate(world)
    world.staff_mails()
    world.reply(record, "", form(FormKind.ONBOARDING, "ja", "xlsx", **OTHER))
    assert world.again(record).state.hold_reason is HoldReason.CHANGE
    released = decisions.release(world.services, world.again(record), "saki")
    edited = decisions.hold(world.services, released, "saki")
    edited = answer_decisions.edit(
        world.services, edited, "saki", answers=(("contact_department", "営業部"),)
    )
    assert (edited.number, edited.department) == (NUMBER, "営業部")


# --- senders ----------------------------------------------------------------------------------


def test_forged_request_does_not_shadow_the_real_one(world: World) -> None:
    world.mail(HANAKO, form(display_name="Eve"), proof="fail")
    mails = world.mail(HANAKO, form())
    assert [mail.named for mail in mails] == [("acknowledged", HANAKO)]
    forged, real = world.requests_of(HANAKO)
    assert (forged.status, real.status) == (Status.HELD, Status.POLICY_REVIEW)


def test_unproven_request_gives_way_to_the_same_form_proven(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    mails = world.mail(HANAKO, form(), text="once more")
    assert _notices(mails) == ["acknowledged"]
    assert [record.status for record in world.requests_of(HANAKO)] == [
        Status.SUPERSEDED,
        Status.POLICY_REVIEW,
    ]


def test_answer_to_a_colleague_carries_no_id_of_the_requesters_thread(world: World) -> None:
    world.know("sakura-denki.example")
    world.mail(HANAKO, form())
    (mail,) = world.mail(TARO, form())
    assert (mail.notice, mail.variant, mail.to) == ("question", "colleague", TARO)
    ours = [
        row.message_id for row in world.mails_of(world.request(HANAKO)) if row.recipient == HANAKO
    ]
    assert [name for name in ours if name.encode() in mail.raw] == []


def test_many_unproven_mails_of_one_address_get_one_receipt(world: World) -> None:
    mails = [
        mail for index in range(6) for mail in world.mail(EVE, text=f"Hello {index}", proof="none")
    ]
    assert _notices(mails) == ["receipt_unverified"]
    assert len(world.requests_of(EVE)) == 1


def test_one_yes_confirms_one_request(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", "xlsx", **OTHER), proof="none")
    first, second = world.requests_of(HANAKO)
    mails = world.reply(first, "はい", proof="none")
    assert [mail.named for mail in mails] == [("acknowledged", HANAKO)]
    assert world.again(first).status is Status.POLICY_REVIEW
    assert world.again(second).status is Status.HELD
    assert world.again(second).sender_verdict is SenderVerdict.NONE
    assert _notices(world.reply(second, "はい", proof="none")) == ["acknowledged"]
    assert world.again(second).status is Status.POLICY_REVIEW


@pytest.mark.parametrize("proof", ["none", "fail"])
def test_request_of_an_unproven_sender_cannot_be_released(world: World, proof: str) -> None:
    world.mail(EVE, form(), proof=proof)
    with pytest.raises(RefusedError) as refused:
        decisions.release(world.services, world.request(EVE), "saki")
    assert refused.value.code == "sender_not_confirmed"


def test_confirmed_sender_without_a_form_is_helped(world: World) -> None:
    world.mail(HANAKO, text="どの申請書を使えばよいですか。", proof="none")
    mails = world.reply(world.request(), "はい", proof="none")
    assert _notices(mails) == ["help_choose_form"]
    assert world.request().status is Status.TRIAGE


def test_forged_words_with_a_reference_are_no_note_of_the_customer(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    assert (
        world.mail(HANAKO, subject=f"Re: {record.reference}", text="cancel it", proof="fail") == []
    )
    assert [note.text for note in world.notes(record) if "cancel" in note.text] == []
    assert world.last_message().outcome == "held"


# --- forms on a thread --------------------------------------------------------------------------


def test_corrected_form_on_the_help_track_is_judged_from_new(world: World) -> None:
    world.mail(HANAKO, form(number_use="business_platform"))
    assert world.request().state.track is Track.HELP
    world.reply(world.request(), "", form())
    assert (world.request().status, world.summary.quarantined) == (Status.POLICY_REVIEW, 0)


def test_suggested_form_on_the_help_track_continues_the_same_request(world: World) -> None:
    world.mail(HANAKO, form(number_use="business_platform"))
    record = send_form(world.services, world.request(), "saki", form=FormKind.MIGRATION)
    world.staff_mails()
    world.reply(record, "", form(FormKind.MIGRATION))
    record = world.request()
    assert (record.status, record.form) == (Status.ELIGIBILITY_REVIEW, FormKind.MIGRATION)


def test_first_form_after_words_were_routed_continues_the_same_request(world: World) -> None:
    world.mail(HANAKO, text="WhatsAppを使いたいです。")
    answer_decisions.route(world.services, world.request(), "saki", track=Track.ONBOARDING)
    world.staff_mails()
    world.reply(world.request(), "", form())
    assert (world.request().status, world.summary.quarantined) == (Status.POLICY_REVIEW, 0)


def test_colleagues_form_on_the_thread_is_not_lost(world: World) -> None:
    world.know("sakura-denki.example")
    world.mail(HANAKO, form())
    mails = world.reply(world.request(), "", form(display_name="さくら"), sender=TARO)
    assert _notices(mails) == ["question:differs_first", "question:differs"]
    assert [record.status for record in world.requests_of(TARO)] == [Status.HELD]
    assert world.request().status is Status.HELD


def test_proof_for_a_held_request_is_kept_and_staff_are_told(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, "sakura-denki.example")
    world.mail(EVE, form())
    record = ask_owner(world.services, world.request(EVE), "saki")
    assert _notices(world.staff_mails()) == ["held"]
    mails = world.reply(record, "Our bill is attached.", ("bill.pdf", b"%PDF-1.4 a bill"))
    assert mails == []
    with world.services.store.read() as tx:
        names = [file.name for file in tx.attachments.list(record.id)]
    assert "bill.pdf" in names
    assert world.again(record).status is Status.HELD

"""One request, one token, one proof; and honest customers whose proof is weak get to the end."""

from datetime import timedelta

import pytest

from pipeline.batch import decide
from pipeline.errors import RefusedError
from pipeline.flow.staff import replies
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.drop import Heap, drop, drop_heap, heaped
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import EventName, HoldReason, Status
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import RequestRecord
from tests.world.customers import EVE, HANAKO, OLIVER, TARO, form
from tests.world.outbox import notices
from tests.world.world import World

OTHER = {"phone_number": "+81 90 8765 4321", "phone_number_again": "+81 90 8765 4321"}


def taken_on(world: World, record: RequestRecord) -> RequestRecord:
    """Take a request that is in review to its certificate, as staff do."""
    record = decisions.approve(
        world.services, world.again(record), "saki", ticked="all", business_verified=True
    )
    decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    return world.again(record)


def accepted(world: World, record: RequestRecord) -> RequestRecord:
    """Press the one key, as the command line does."""
    replies.accept(world.services, world.again(record), "saki")
    decide(world.services)
    return world.again(record)


# --- honest customers -------------------------------------------------------------------------


def test_a_customer_with_spf_alone_gets_to_the_end_without_staff_for_the_proof(
    world: World,
) -> None:
    assert notices(world.mail(HANAKO, form(), proof="none")) == ["receipt_unverified"]
    record = world.request()
    assert notices(world.reply(record, "はい", proof="none")) == ["acknowledged"]
    assert world.again(record).beginning is SenderVerdict.NONE
    record = taken_on(world, record)
    assert notices(world.reply(record, "状況を教えてください", proof="none")) == [
        "duplicate:status"
    ]
    world.reply(record, "アクティブになりました", proof="none")
    assert world.again(record).status is Status.ACTIVE


def test_a_firm_without_dkim_behind_a_forwarder_confirms_and_then_needs_one_key(
    world: World,
) -> None:
    """dmarc=fail under p=none: only its mailbox has the token of the receipt."""
    assert notices(world.mail(HANAKO, form(website=""), proof="forwarded")) == [
        "receipt_unverified"
    ]
    record = world.request()
    assert notices(world.reply(record, "はい", proof="forwarded")) == ["needs_correction"]
    assert world.reply(record, "", form(), proof="forwarded") == []
    assert world.again(record).status is Status.NEEDS_CORRECTION
    assert "reply_suggested" in world.alerts()
    assert accepted(world, record).status is Status.POLICY_REVIEW
    assert notices(world.run()) == ["revision_received"]
    record = taken_on(world, record)
    assert world.reply(record, "アクティブになりました", proof="forwarded") == []
    assert world.last_message().suggested is EventName.ACTIVATED
    assert accepted(world, record).status is Status.ACTIVE


@pytest.mark.parametrize(
    ("text", "event", "status"),
    [
        ("WITHDRAW", EventName.WITHDRAW, Status.WITHDRAWN),
        ("ACTIVE", EventName.ACTIVATED, Status.ACTIVE),
        ("NEW CERTIFICATE", EventName.NEW_CERTIFICATE, Status.CERTIFICATE_ISSUED),
    ],
)
def test_a_temporary_error_in_the_middle_needs_one_key(
    world: World, text: str, event: EventName, status: Status
) -> None:
    world.mail(HANAKO, form())
    record = taken_on(world, world.request())
    before = [row.serial for row in world.certificates(record)]
    assert world.reply(record, text, proof="temporary") == []
    assert world.again(record).state == record.state
    assert (world.last_message().why, world.last_message().suggested) == ("suggested", event)
    assert world.notes(record)[-1].text == text
    after = accepted(world, record)
    assert after.status is status
    world.run()
    serials = [row.serial for row in world.certificates(record)]
    assert (serials != before) == (event is EventName.NEW_CERTIFICATE)
    assert [note.text for note in world.notes(record)].count(text) == 1
    assert ("reply_accepted", world.last_message().id) in [
        detail for line in world.history(record) for detail in line.detail
    ]
    with pytest.raises(RefusedError) as refused:
        replies.accept(world.services, after, "saki")
    assert refused.value.code == "nothing_suggested"


def test_a_temporary_error_at_a_corrected_form_needs_one_key(world: World) -> None:
    world.mail(HANAKO, form(website=""))
    record = world.request()
    assert world.reply(record, "直しました", form(), proof="temporary") == []
    assert world.again(record).status is Status.NEEDS_CORRECTION
    assert [item.seq for item in world.revisions(record)] == [1]
    assert accepted(world, record).status is Status.POLICY_REVIEW
    assert notices(world.run()) == ["revision_received"]


def test_a_temporary_error_at_the_beginning_is_healed_by_a_proven_yes(world: World) -> None:
    world.mail(HANAKO, form(), proof="temporary")
    assert notices(world.reply(world.request(), "はい")) == ["acknowledged"]


def test_a_proven_yes_without_the_token_needs_one_key(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    record = world.request()
    assert world.mail(HANAKO, text="はい", subject=f"Re: [{record.reference}]") == []
    assert world.again(record).held_for(HoldReason.SENDER)
    assert accepted(world, record).status is Status.POLICY_REVIEW


def test_a_colleague_in_cc_leaves_a_note_that_staff_see(world: World) -> None:
    world.mail(HANAKO, form())
    record = taken_on(world, world.request())
    assert world.reply(record, "ACTIVE", sender=TARO) == []
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert world.notes(record)[-1].author == TARO
    assert decisions.mark_active(world.services, world.again(record), "saki").status is (
        Status.ACTIVE
    )


def test_words_beside_the_thread_of_an_unproven_sender_are_a_note_and_an_alert(
    world: World,
) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    subject = f"Re: [{record.reference}]"
    assert world.mail(HANAKO, text="いつ終わりますか", subject=subject, proof="none") == []
    assert world.notes(record)[-1].text == "いつ終わりますか"
    assert "customer_wrote" in world.alerts()
    assert len(world.requests_of(HANAKO)) == 1


# --- the answer to a receipt ------------------------------------------------------------------


def test_the_form_again_confirms_its_request_and_takes_its_corrections(world: World) -> None:
    world.mail(HANAKO, form(website=""), proof="none")
    record = world.request()
    assert notices(world.reply(record, "", form(), proof="none")) == ["acknowledged"]
    after = world.again(record)
    assert (after.status, after.sender_verdict) == (Status.POLICY_REVIEW, SenderVerdict.PASS)
    assert [item.accepted for item in world.revisions(record)] == [True, True]


def test_the_same_form_again_confirms_its_request(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    record = world.request()
    assert notices(world.reply(record, "再送します。", form(), proof="none")) == ["acknowledged"]
    assert len(world.revisions(record)) == 1


def test_a_first_form_in_the_answer_to_a_receipt_for_words(world: World) -> None:
    world.mail(HANAKO, text="どの申請書を使えばよいですか。", proof="none")
    record = world.request()
    assert notices(world.reply(record, "はい", form(), proof="none")) == ["acknowledged"]
    assert world.again(record).status is Status.POLICY_REVIEW


def test_a_form_of_another_number_beside_the_answer_has_to_be_confirmed_itself(
    world: World,
) -> None:
    world.mail(HANAKO, form(), proof="none")
    first = world.request()
    other = form(FormKind.QR, "ja", **OTHER)
    mails = world.reply(first, "はい", form(), other, proof="none")
    assert sorted(notices(mails)) == ["acknowledged", "receipt_unverified"]
    first, second = world.requests_of(HANAKO)
    assert first.status is Status.POLICY_REVIEW
    assert second.held_for(HoldReason.SENDER)


def test_no_closes_the_request_and_stops_receipts_for_thirty_days(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form(), proof="none")
    record = world.request()
    assert world.reply(record, "いいえ", proof="none") == []
    assert world.again(record).status is Status.ANSWERED
    assert world.steps(record) == ["sender_unproven", "disowned"]
    assert world.mail(HANAKO, form(FormKind.ONBOARDING, **OTHER), proof="none") == []
    held = world.requests_of(HANAKO)[-1]
    assert held.held_for(HoldReason.SENDER)
    assert "receipt_not_sent" in world.alerts()
    assert notices(world.mail("hanae@sakura-denki.example", form(), proof="none")) == [
        "receipt_unverified"
    ]
    world.clock.advance(timedelta(days=31))
    third = {"phone_number": "+81 90 1111 2222", "phone_number_again": "+81 90 1111 2222"}
    mails = world.mail(HANAKO, form(FormKind.ONBOARDING, **third), proof="none")
    assert ("receipt_unverified", HANAKO) in [mail.named for mail in mails]


def test_a_no_of_somebody_else_closes_nothing(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    record = world.request()
    for sender, proof in ((EVE, "pass"), (EVE, "none"), (HANAKO, "fail"), (HANAKO, "unknown")):
        assert world.reply(record, "いいえ", sender=sender, proof=proof) == []
    assert world.again(record).held_for(HoldReason.SENDER)


@pytest.mark.parametrize(
    "text", ["送信したかどうか覚えていません。", "That was not us?", "yes? no."]
)
def test_whatever_else_comes_is_a_note_and_one_key(world: World, text: str) -> None:
    world.mail(HANAKO, form(), proof="none")
    record = world.request()
    assert world.reply(record, text, proof="none") == []
    assert world.again(record).held_for(HoldReason.SENDER)
    assert world.last_message().suggested is EventName.SENDER_CONFIRMED
    assert world.notes(record)[-1].text == text
    assert accepted(world, record).status is Status.POLICY_REVIEW
    assert notices(world.staff_mails()) == ["acknowledged"]


def test_one_address_is_asked_three_times_a_day(world: World) -> None:
    sent = []
    for number in range(5):
        e164 = f"+8190123457{number}0"
        answers = {"phone_number": e164, "phone_number_again": e164}
        sent += notices(world.mail(HANAKO, form(FormKind.ONBOARDING, **answers), proof="none"))
    assert sent == ["receipt_unverified"] * 3
    assert world.alerts().count("receipt_not_sent") == 1
    # forged mails use up nobody's share of answers
    world.mail(HANAKO, form(), text="proven")
    record = world.requests_of(HANAKO)[-1]
    assert notices(world.reply(record, "状況を教えてください")) == ["duplicate:status"]


def test_tags_of_an_address_win_no_further_receipt(world: World) -> None:
    """A forger has as many sub-addresses of one mailbox as it likes (RFC 5233)."""

    def asked(tag: str) -> list[str]:
        e164 = f"+8190123457{len(world.requests())}0"
        answers = {"phone_number": e164, "phone_number_again": e164}
        sender = HANAKO.replace("@", f"+{tag}@")
        return notices(world.mail(sender, form(FormKind.ONBOARDING, **answers), proof="none"))

    assert [asked(tag) for tag in "abcd"] == [["receipt_unverified"]] * 3 + [[]]
    world.clock.advance(timedelta(days=1))
    assert asked("e") == ["receipt_unverified"]
    assert world.reply(world.requests()[-1], "いいえ", proof="none") == []
    assert asked("f") == []


def test_what_nobody_confirms_is_closed_in_silence(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    record = world.request()
    assert [mail for day in range(13) for mail in world.later(days=1)] == []
    assert world.again(record).held_for(HoldReason.SENDER)
    assert world.later(days=3) == []
    assert world.again(record).status is Status.CLOSED_NO_RESPONSE
    # a late yes does nothing by itself, and is not lost
    assert world.reply(record, "はい", proof="none") == []
    assert "mail_on_ended_request" in world.alerts()


def test_what_nobody_could_be_asked_about_waits_thirty_days_for_staff(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    world.reply(world.request(), "いいえ", proof="none")
    world.mail(HANAKO, form(FormKind.ONBOARDING, **OTHER), proof="none")
    record = world.requests_of(HANAKO)[-1]
    world.later(days=20)
    assert world.again(record).held_for(HoldReason.SENDER)
    assert world.later(days=14) == []
    assert world.again(record).status is Status.CLOSED_NO_RESPONSE


# --- staff drop what is held ------------------------------------------------------------------


def test_staff_drop_a_heap_of_held_requests_and_nobody_is_mailed(any_world: World) -> None:
    world = any_world
    for number in range(3):
        world.deliver(world.customer.write(f"a{number}@spam.example", text="buy", proof="none"))
    world.deliver(world.customer.write("b@mx.spam.example", text="buy", proof="none"))
    world.deliver(world.customer.write(OLIVER, text="a question", proof="none"))
    world.deliver(world.customer.write(EVE, text="another", proof="fail"))
    world.mail(HANAKO, form())
    before = len(world.outbox())
    heap = Heap(HoldReason.SENDER, sender="spam.example")
    assert len(heaped(world.services, heap)) == 4
    dropped = drop_heap(world.services, heap, "saki")
    assert sorted(record.address_of_record for record in dropped) == [
        "a0@spam.example", "a1@spam.example", "a2@spam.example", "b@mx.spam.example",
    ]  # fmt: skip
    for record in dropped:
        assert record.status is Status.ANSWERED
        (line,) = [line for line in world.history(record) if line.event is EventName.DROP]
        assert line.actor_name == "saki"
    assert drop_heap(world.services, heap, "saki") == []
    later = Heap(HoldReason.SENDER, world.clock.now() - timedelta(days=7))
    assert heaped(world.services, later) == []
    world.clock.advance(timedelta(days=8))
    week_old = Heap(HoldReason.SENDER, world.clock.now() - timedelta(days=7))
    assert [row.address_of_record for row in heaped(world.services, week_old)] == [OLIVER]
    (doubtful,) = heaped(world.services, Heap(HoldReason.SENDER_DOUBTFUL))
    assert drop(world.services, doubtful, "saki").status is Status.ANSWERED
    assert len(world.outbox()) == before


def test_a_receipt_of_a_dropped_request_does_not_go_out(world: World) -> None:
    world.change(courier=world.services.settings.courier.model_copy(update={"receipts_hourly": 1}))
    for number in range(2):
        world.deliver(world.customer.write(f"a{number}@spam.example", text="buy", proof="none"))
    assert len(world.run()) == 1
    drop_heap(world.services, Heap(HoldReason.SENDER), "saki")
    assert world.later(hours=1) == []
    states = {row.state for row in world.outbox() if row.notice.value == "receipt_unverified"}
    assert states == {OutboxState.SENT, OutboxState.CANCELLED}

"""Who wrote it: proven, unproven, forged; other organisations; third parties on a thread."""

import re

import pytest

from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import HoldReason, NumberState, Status
from pipeline.terms import Outcome
from tests.world.customers import EVE, HANAKO, OLIVER, TARO, form
from tests.world.outbox import as_words, notices
from tests.world.world import World


def test_unproven_sender_gets_a_receipt_that_echoes_nothing(any_world: World) -> None:
    world = any_world
    mails = world.mail(HANAKO, form(), text="秘密の言葉", subject="ひみつ", proof="none")
    record = world.request()
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.SENDER)
    assert [mail.named for mail in mails] == [("receipt_unverified", HANAKO)]
    shown = mails[0].subject + mails[0].text + mails[0].html
    secrets = ("秘密", "ひみつ", "さくら", "山田", "1234", "onboarding_ja.xlsx", "日本時間")
    assert [word for word in secrets if word in shown] == []
    assert mails[0].files == {}
    assert world.folders() == {"Held": 1}


def test_unproven_sender_who_replies_is_proven_and_goes_on(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form(), proof="none")
    record = world.request()
    mails = world.reply(record, "はい", proof="none")
    after = world.again(record)
    assert (after.status, after.sender_verdict) == (Status.POLICY_REVIEW, SenderVerdict.PASS)
    assert notices(mails) == ["acknowledged"]
    assert world.steps(record) == ["sender_unproven", "sender_confirmed", "clean"]


def test_unproven_sender_with_problems_is_asked_after_the_proof(world: World) -> None:
    assert notices(world.mail(HANAKO, form(website=""), proof="none")) == ["receipt_unverified"]
    record = world.request()
    assert notices(world.reply(record, "はい", proof="none")) == ["needs_correction"]
    assert world.again(record).status is Status.NEEDS_CORRECTION


def test_reply_of_another_address_does_not_prove_the_sender(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    record = world.request()
    assert world.reply(record, "はい", sender=EVE) == []
    assert world.again(record).status is Status.HELD


@pytest.mark.parametrize("proof", ["fail", "unknown"])
def test_forged_or_unjudged_sender_is_held_and_nothing_is_mailed(world: World, proof: str) -> None:
    assert world.mail(HANAKO, form(), proof=proof) == []
    record = world.request()
    held = (record.status, record.state.hold_reason)
    assert held == (Status.HELD, HoldReason.SENDER_DOUBTFUL)
    assert world.mails_of(record) == []
    assert world.folders() == {"Held": 1}


@pytest.mark.parametrize("proof", ["fail", "unknown"])
def test_words_of_a_forged_sender_are_held_and_nothing_is_mailed(world: World, proof: str) -> None:
    assert world.mail(HANAKO, text="QRコードについて", proof=proof) == []
    assert world.request().status is Status.HELD
    assert world.folders() == {"Held": 1}


def test_more_than_half_unknown_senders_stop_with_a_configuration_error(world: World) -> None:
    for number in range(20):
        proof = "pass" if number < 9 else "unknown"
        raw = world.customer.write(f"a{number}@x{number}.example", text="hello", proof=proof)
        world.deliver(raw)
    world.run()
    assert int(world.summary.exit_code) == 4


def test_unproven_sender_never_replaces_a_form(world: World) -> None:
    world.mail(HANAKO, form())
    first = world.request()
    world.mail(HANAKO, form(display_name="にせもの"), proof="none")
    assert [item.seq for item in world.revisions(first)] == [1]
    assert world.again(first).status is Status.POLICY_REVIEW


def test_other_organisation_is_held_and_told_nothing_of_the_first(world: World) -> None:
    world.mail(HANAKO, form())
    mails = world.mail(EVE, form(FormKind.ONBOARDING, "ja", display_name="ほかの会社"))
    record = world.request(EVE)
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.OWNERSHIP)
    assert [mail.named for mail in mails] == [("acknowledged", EVE)]
    assert world.request(HANAKO).reference not in mails[0].raw.decode()
    assert world.request(HANAKO).status is Status.POLICY_REVIEW


def _neutral(text: str, reference: str) -> str:
    text = as_words(text)
    text = re.sub(r"WA-\w{8}", "REF", text.replace(reference, "REF"))
    return re.sub(r"90-1234-56\d\d|90 1234 56\d\d|9012345\d{3}", "NUMBER", text)


def test_other_organisation_reads_the_same_whatever_is_stored(world: World) -> None:
    texts = set()
    for number, state in enumerate((*NumberState, "open")):
        e164 = f"+8190123456{10 + number}"
        if state == "open":
            world.mail(HANAKO, form(phone_number=e164, phone_number_again=e164))
        elif state in {NumberState.ACTIVE, NumberState.REQUESTED}:
            world.set_number(e164, NumberState(state), "sakura-denki.example")
        sender = f"eve{number}@other{number}.example"
        (mail,) = world.mail(sender, form(phone_number=e164, phone_number_again=e164))
        shown = f"{mail.notice}:{mail.variant}\n{mail.subject}\n{mail.text}\n{mail.html}"
        texts.add(_neutral(shown, world.request(sender).reference))
    assert len(texts) == 1


def test_other_organisation_s_number_that_is_active_alerts_staff(world: World) -> None:
    world.set_number("+819012345678", NumberState.ACTIVE, "sakura-denki.example")
    mails = world.mail(EVE, form())
    assert notices(mails) == ["acknowledged"]
    assert world.request(EVE).state.hold_reason is HoldReason.OWNERSHIP
    assert "route_number_known" in world.alerts()


def test_forged_token_is_no_reply(world: World) -> None:
    world.mail(HANAKO, form(website=""))
    record = world.request()
    box, _, domain = "GenesysCloudWhatsAppRequests@genesys.com".partition("@")
    forged = f"{box}+{record.reference.lower()}.{'a' * 16}@{domain}"
    world.mail(EVE, text="WITHDRAW\n", to=forged, subject=f"Re: {record.reference}")
    assert world.again(record).status is Status.NEEDS_CORRECTION
    assert world.notes(record) == [] or all(note.author == HANAKO for note in world.notes(record))
    assert len(world.requests_of(EVE)) == 1


def test_reference_without_token_is_a_note_answered_with_reply_to_act(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    mails = world.mail(HANAKO, text="取り下げます", subject=f"Re: [{record.reference}]")
    assert notices(mails) == ["question:reply_to_act"]
    assert world.again(record).status is Status.POLICY_REVIEW
    assert world.notes(record)[-1].text == "取り下げます"


def test_reference_of_another_s_request_discloses_nothing(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    mails = world.mail(EVE, text="What is the status?", subject=f"[{record.reference}]")
    assert notices(mails) == ["help_choose_form"]
    assert world.request(EVE).id != record.id
    assert record.reference not in mails[0].text
    assert all(note.author != EVE for note in world.notes(record))


def test_third_party_with_the_token_leaves_a_note_and_staff_are_told(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    assert world.reply(record, "WITHDRAW", sender=EVE) == []
    assert world.again(record).status is Status.POLICY_REVIEW
    assert world.last_message().why == "third_party"
    assert world.notes(record)[-1].author == EVE
    assert "thread_third_party" in world.alerts()


def test_colleague_on_the_thread_leaves_a_note_without_alert(world: World) -> None:
    world.know("sakura-denki.example")
    world.mail(HANAKO, form())
    record = world.request()
    before = world.alerts()
    assert world.reply(record, "取り下げます", sender=TARO) == []
    assert world.again(record).status is Status.POLICY_REVIEW
    assert world.last_message().why == "colleague"
    assert world.alerts() == before


def test_forged_sender_with_the_token_changes_nothing(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    assert world.reply(record, "取り下げます", proof="fail") == []
    assert world.again(record).status is Status.POLICY_REVIEW
    assert world.last_message().outcome is Outcome.REPLY


def test_notices_go_to_the_address_of_record_never_to_reply_to_or_the_form(world: World) -> None:
    raw = world.customer.write(
        OLIVER,
        form(language="en", contact_email="other@elsewhere.example"),
        headers={"Reply-To": "drop@evil.example", "Cc": "cc@evil.example"},
    )
    world.deliver(raw)
    assert [mail.named for mail in world.run()] == [("acknowledged", OLIVER)]

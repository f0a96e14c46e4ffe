"""Forms that stop before review: machine numbers, wrong forms, late changes, and words."""

import pytest

from pipeline.errors import RefusedError
from pipeline.flow.staff import corrections as answer_decisions
from pipeline.flow.staff import letters
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.send_form import send_form
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, Status, Track
from tests.world.customers import EVE, HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.world import World


def _numbered(number: str, kind: FormKind = FormKind.ONBOARDING, **more: str) -> tuple[str, bytes]:
    return form(kind, phone_number=number, phone_number_again=number, **more)


def test_number_of_a_machine_range_is_rejected_with_its_reason(any_world: World) -> None:
    world = any_world
    mails = world.mail(HANAKO, _numbered("+81 20 1234 5678"))
    record = world.request()
    assert record.status is Status.REJECTED
    assert notices(mails) == ["rejected"]
    assert "M2M" in mails[0].text
    assert world.number("+812012345678") is None or record.number == ""


def test_range_that_machines_share_with_people_is_held(world: World) -> None:
    mails = world.mail(
        OLIVER,
        form(
            FormKind.ONBOARDING,
            "en",
            country="Netherlands",
            phone_number="+31 97 0123 45678",
            phone_number_again="+31 97 0123 45678",
        ),
    )
    record = world.request(OLIVER)
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.M2M)
    assert len(mails) == 1


def test_number_said_to_be_a_machine_s_is_held_and_staff_settle_it(world: World) -> None:
    mails = world.mail(HANAKO, form(is_m2m="yes"))
    record = world.request()
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.M2M)
    assert [mail.notice for mail in mails] == ["question"]
    released = decisions.release(world.services, record, "saki")
    assert released.status is Status.POLICY_REVIEW
    assert notices(world.staff_mails()) == ["acknowledged"]


@pytest.mark.parametrize(
    ("kind", "use", "suggestion"),
    [
        (FormKind.ONBOARDING, "business_platform", FormKind.MIGRATION),
        (FormKind.MIGRATION, "never", FormKind.ONBOARDING),
        (FormKind.MIGRATION, "whatsapp_app", FormKind.ONBOARDING),
    ],
)
def test_wrong_form_goes_to_help_with_a_suggestion_and_keeps_its_answers(
    world: World, kind: FormKind, use: str, suggestion: FormKind
) -> None:
    mails = world.mail(HANAKO, form(kind, number_use=use))
    record = world.request()
    assert (record.state.track, record.status) == (Track.HELP, Status.TRIAGE)
    assert record.suggestion is suggestion
    assert [mail.notice for mail in mails] == ["help_choose_form"]
    assert len(world.revisions(record)) == 1


def test_route_keeps_the_answers_and_asks_for_the_missing_ones(world: World) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, number_use="business_platform"))
    record = answer_decisions.route(world.services, world.request(), "saki", track=Track.MIGRATION)
    assert (record.form, record.status) == (FormKind.MIGRATION, Status.NEEDS_CORRECTION)
    (mail,) = world.staff_mails()
    assert (mail.notice, mail.variant) == ("needs_correction", "after_route")
    assert "未入力" not in mail.text
    assert "これまでのご回答は、添付の申請書に転記しました。" in mail.text
    assert [name.partition("_")[0] for name in mail.files] == ["migration"]
    reminders = [item for item in world.later(days=4) if item.notice == "correction_reminder"]
    assert "追加のご記入をお願いした申請書を、まだ受け取っておりません。" in reminders[0].text
    latest = world.revisions(record)[-1]
    values = {reading.field: reading.value for reading in latest.readings}
    assert (latest.form, values["company_legal_name"]) == (
        FormKind.MIGRATION,
        "株式会社さくら電機",
    )
    world.reply(record, "", form(FormKind.MIGRATION))
    assert world.again(record).status is Status.ELIGIBILITY_REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "Dear team,\nwe want to move our number to you.\n\nJane\nWhatsApp: https://wa.me/4930901820",
        "他社から移行したいです。\n\n花子\nhttps://acme.example/qr\nWhatsApp: wa.me/819012345678",
        "Guten Tag,\nwir planen den Umzug unserer Nummer.\n\nJan\nhttps://wa.me/qr/ABC\nqr.acme.de",
    ],
    ids=["en", "ja", "de"],
)
def test_a_link_in_a_signature_never_chooses_the_form(world: World, text: str) -> None:
    world.mail(HANAKO, text=text)
    record = world.request()
    assert record.suggestion is FormKind.MIGRATION
    send_form(world.services, record, "saki", form=FormKind.MIGRATION)
    (mail,) = world.staff_mails()
    assert [name.partition("_")[0] for name in mail.files] == ["migration"]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("QRコードを作りたいのですが。", FormKind.QR),
        ("他社から移行したいです。", FormKind.MIGRATION),
        ("よろしくお願いします。", None),
    ],
)
def test_words_without_a_form_are_helped(
    world: World, text: str, suggestion: FormKind | None
) -> None:
    mails = world.mail(HANAKO, text=text)
    record = world.request()
    assert (record.state.track, record.status) == (Track.HELP, Status.TRIAGE)
    assert (record.suggestion, record.language) == (suggestion, "ja")
    assert [mail.notice for mail in mails] == ["help_choose_form"]
    assert len(mails[0].files) == 3
    assert [note.text for note in world.notes(record)] == [text]


def test_form_by_reply_to_the_help_keeps_the_reference(world: World) -> None:
    world.mail(OLIVER, text="We want to use WhatsApp. Which form is it?")
    record = world.request(OLIVER)
    mails = world.reply(record, "", form(language="en"))
    after = world.again(record)
    assert (after.reference, after.status) == (record.reference, Status.POLICY_REVIEW)
    assert after.state.track is Track.ONBOARDING
    assert notices(mails) == ["acknowledged"]


def test_text_by_reply_to_the_help_stays_with_staff(world: World) -> None:
    world.mail(OLIVER, text="We want to use WhatsApp. Which form is it?")
    record = world.request(OLIVER)
    assert world.reply(record, "The number is +44 7400 123456, used with Twilio.") == []
    assert world.again(record).status is Status.TRIAGE
    assert len(world.notes(record)) == 2


def test_help_is_answered_by_staff_and_over(world: World) -> None:
    world.mail(OLIVER, text="Thanks, what are your hours?")
    record = world.request(OLIVER)
    with pytest.raises(RefusedError) as refused:  # it would end without a word
        decisions.advance(world.services, record, "saki", event=EventName.ANSWER)
    assert refused.value.code == "own_command"
    done = letters.answer(world.services, record, "saki", text="From nine to five.")
    assert done.status is Status.ANSWERED
    assert notices(world.staff_mails()) == ["answer"]


def test_changed_form_in_work_is_held_for_a_person(world: World) -> None:
    world.mail(HANAKO, form())
    decisions.approve(world.services, world.request(), "saki", ticked="all", business_verified=True)
    mails = world.mail(HANAKO, form(display_name="さくら"))
    record = world.request()
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.CHANGE)
    assert notices(mails) == ["held"] or notices(mails) == ["held:change"]
    assert record.state.came_from is Status.NAME_REVIEW


def test_same_form_in_work_is_a_duplicate(world: World) -> None:
    world.mail(HANAKO, form())
    decisions.approve(world.services, world.request(), "saki", ticked="all", business_verified=True)
    assert [mail.notice for mail in world.mail(HANAKO, form())] == ["duplicate"]
    assert world.request().status is Status.NAME_REVIEW


def test_both_kinds_for_one_number_wait_for_the_customer_s_word(world: World) -> None:
    world.mail(HANAKO, form())
    mails = world.mail(HANAKO, form(FormKind.MIGRATION))
    assert notices(mails) == ["question:which_kind"]
    first, second = world.requests_of(HANAKO)
    assert [first.status, second.status] == [Status.HELD, Status.HELD]


def test_form_for_a_withdrawn_number_is_a_new_linked_request(world: World) -> None:
    world.mail(HANAKO, form())
    first = world.request()
    decisions.withdraw(world.services, first, "saki")
    mails = world.mail(HANAKO, form(display_name="さくら"))
    _, second = world.requests_of(HANAKO)
    assert (second.status, second.linked_to) == (Status.POLICY_REVIEW, first.reference)
    assert "acknowledged" in notices(mails)


def test_merged_request_names_the_one_that_stays(world: World) -> None:
    world.mail(HANAKO, form())
    world.mail("taro@sakura-denki.example", form(display_name="さくら"))
    first = world.request()
    second = world.request("taro@sakura-denki.example")
    merged = decisions.merge(world.services, second, "saki", into=first)
    assert (merged.status, merged.linked_to) == (Status.SUPERSEDED, first.reference)
    (mail,) = world.staff_mails()
    assert (mail.notice, mail.to) == ("duplicate", "taro@sakura-denki.example")


def test_held_request_of_another_organisation_can_be_rejected_or_dropped(world: World) -> None:
    world.mail(HANAKO, form())
    world.mail(EVE, form(display_name="ほかの会社"))
    held = world.request(EVE)
    done = decisions.reject(world.services, held, "saki", reason="m2m")
    assert done.status is Status.REJECTED
    assert world.request(HANAKO).status is Status.POLICY_REVIEW
    number = world.number("+819012345678")
    assert number is not None
    assert number.state == "requested"

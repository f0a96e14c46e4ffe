"""What a customer can say by reply, in English and Japanese, where it means something."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, Slot, Status
from pipeline.store.records import RequestRecord
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.world import World

_HOUR = timedelta(hours=1)
_SLOTS = tuple(
    Slot(start, start + _HOUR)
    for start in (
        datetime(2026, 11, 30, 1, 0, tzinfo=UTC),
        datetime(2026, 12, 1, 2, 0, tzinfo=UTC),
        datetime(2026, 12, 2, 3, 0, tzinfo=UTC),
    )
)


def _opened(world: World, language: str, kind: FormKind, **more: str) -> RequestRecord:
    sender = OLIVER if language == "en" else HANAKO
    world.mail(sender, form(kind, language, **more))
    record = decisions.approve(
        world.services, world.request(sender), "saki", ticked="all", business_verified=True
    )
    world.staff_mails()
    return record


def _proposed(world: World, language: str, slots: tuple[Slot, ...] = _SLOTS) -> RequestRecord:
    record = _opened(world, language, FormKind.MIGRATION)
    record = decisions.advance(world.services, record, "saki", slots=slots)
    world.staff_mails()
    return record


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Ready!"),
        ("en", "Hello,\n\nwe are ready.\n\nBest\nOliver"),
        ("ja", "準備完了しました。"),
        ("ja", "お世話になっております。\n\n準備が完了しました\n"),
        ("en", "ＲＥＡＤＹ"),
    ],
)
def test_ready(world: World, language: str, text: str) -> None:
    record = _opened(world, language, FormKind.ONBOARDING, ready_date="2027-02-01")
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    assert record.status is Status.AWAITING_READINESS
    assert notices(world.reply(record, text)) == ["certificate_issued"]


@pytest.mark.parametrize(("language", "text"), [("en", "ACTIVE"), ("ja", "アクティブになりました")])
def test_active(world: World, language: str, text: str) -> None:
    record = _opened(world, language, FormKind.ONBOARDING)
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    assert notices(world.reply(record, text)) == ["activated"]
    assert world.again(record).status is Status.ACTIVE


@pytest.mark.parametrize(("language", "text"), [("en", "Withdraw"), ("ja", "取り下げます。")])
def test_withdraw(world: World, language: str, text: str) -> None:
    record = _opened(world, language, FormKind.ONBOARDING)
    assert notices(world.reply(record, text)) == ["withdrawn"]
    assert world.again(record).status is Status.WITHDRAWN


@pytest.mark.parametrize(("language", "text"), [("en", "DONE"), ("ja", "完了しました")])
def test_done(world: World, language: str, text: str) -> None:
    record = _opened(world, language, FormKind.MIGRATION, two_step_disabled="no")
    assert record.status is Status.AWAITING_TWO_STEP_OFF
    assert world.reply(record, text) == []
    assert world.again(record).status is Status.SLOT_PLANNING


@pytest.mark.parametrize(("language", "text"), [("en", "OK"), ("ja", "承知しました。")])
def test_ok_to_the_one_offered_slot(world: World, language: str, text: str) -> None:
    record = _proposed(world, language, _SLOTS[:1])
    assert notices(world.reply(record, text)) == ["status_changed"]
    after = world.again(record)
    assert (after.status, after.state.slot) == (Status.SLOT_AGREED, _SLOTS[0])


@pytest.mark.parametrize(
    ("language", "text"), [("en", "B"), ("ja", "Ｂ"), ("en", "Hello,\n\nb)\n\nOliver")]
)
def test_letter_of_an_offered_slot(world: World, language: str, text: str) -> None:
    record = _proposed(world, language)
    assert notices(world.reply(record, text)) == ["status_changed"]
    after = world.again(record)
    assert (after.status, after.state.slot) == (Status.SLOT_AGREED, _SLOTS[1])


def test_ok_to_several_slots_is_left_to_staff(world: World) -> None:
    record = _proposed(world, "en")
    assert world.reply(record, "OK") == []
    assert world.again(record).status is Status.SLOT_PROPOSED
    assert world.last_message().why == "note"
    assert "customer_wrote" in world.alerts()


def test_letter_that_was_not_offered_is_left_to_staff(world: World) -> None:
    record = _proposed(world, "en", _SLOTS[:2])
    assert world.reply(record, "C") == []
    assert world.again(record).status is Status.SLOT_PROPOSED


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Could we do 4 December 2026 instead?"), ("ja", "2026年12月4日ではいかがでしょうか。")],
)
def test_another_time_goes_back_to_planning(world: World, language: str, text: str) -> None:
    record = _proposed(world, language)
    world.reply(record, text)
    assert world.again(record).status is Status.SLOT_PLANNING


@pytest.mark.parametrize(("language", "text"), [("en", "STATUS"), ("ja", "状況を教えてください。")])
def test_status_is_answered(world: World, language: str, text: str) -> None:
    record = _opened(world, language, FormKind.ONBOARDING)
    (mail,) = world.reply(record, text)
    assert (mail.notice, mail.variant) == ("duplicate", "status")
    assert record.reference in mail.text
    assert world.again(record).status is record.status


def test_two_commands_are_left_to_staff(world: World) -> None:
    record = _opened(world, "en", FormKind.ONBOARDING)
    assert world.reply(record, "READY\nWITHDRAW") == []
    assert world.again(record).status is record.status
    assert world.last_message().why == "two_commands"
    assert "two_commands" in world.alerts()


def test_command_in_a_quote_or_signature_does_nothing(world: World) -> None:
    record = _opened(world, "en", FormKind.ONBOARDING)
    text = "Thank you.\n\nOn Monday Genesys wrote:\n> WITHDRAW\n\n-- \nWITHDRAW\n"
    assert world.reply(record, text) == []
    assert world.again(record).status is record.status


def test_command_that_means_nothing_here_is_left_to_staff(world: World) -> None:
    record = _opened(world, "en", FormKind.ONBOARDING)
    assert world.reply(record, "DONE") == []
    assert world.again(record).status is record.status
    assert world.last_message().why == "note"
    (note,) = world.notes(record)[-1:]
    assert note.reading is not None
    assert note.reading.reasons == ("not_now",)


def test_plain_words_are_a_note_for_staff(world: World) -> None:
    record = _opened(world, "en", FormKind.ONBOARDING)
    assert world.reply(record, "We moved to another office.") == []
    assert world.notes(record)[-1].text == "We moved to another office."
    assert "customer_wrote" in world.alerts()


def test_withdrawal_can_be_taken_back_within_a_day(world: World) -> None:
    record = _opened(world, "en", FormKind.ONBOARDING)
    world.reply(record, "WITHDRAW")
    back = decisions.advance(
        world.services, world.again(record), "saki", event=EventName.UNDO_WITHDRAW
    )
    assert back.status is record.status
    assert notices(world.staff_mails()) == ["status_changed"]


def test_reply_on_a_withdrawn_request_reaches_staff(world: World) -> None:
    record = _opened(world, "en", FormKind.ONBOARDING)
    world.reply(record, "WITHDRAW")
    assert world.reply(record, "That was a mistake, please go on.") == []
    assert world.alerts()[-1] == "mail_on_ended_request"
    assert world.notes(record)[-1].text == "That was a mistake, please go on."


def test_new_form_on_an_ended_request_is_a_new_linked_request(world: World) -> None:
    record = _opened(world, "en", FormKind.ONBOARDING)
    world.reply(record, "WITHDRAW")
    world.reply(record, "", form(language="en", display_name="Harbour"))
    first, second = world.requests_of(OLIVER)
    assert (first.status, second.status) == (Status.WITHDRAWN, Status.POLICY_REVIEW)
    assert second.linked_to == first.reference

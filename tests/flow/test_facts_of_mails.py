"""What the later mails say is so: who acted, which certificate, by when, and what hangs on them."""

import re
from datetime import UTC, datetime, timedelta

from pipeline.flow.staff import certificates
from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, NumberState, Slot, Status
from pipeline.store.records import RequestRecord
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import Sent, notices
from tests.world.world import World

NEW_CERTIFICATE = "NEW CERTIFICATE"


def flowing(mail: Sent) -> str:
    return " ".join(mail.text.split())


def asked(mail: Sent) -> dict[str, str]:
    """Return the blocks of a mail: what is asked of the customer, and by when."""
    body = mail.text.partition("\nReference:")[0]
    return dict(re.findall(r"(?m)^(By|[A-Z][^:\n]{3,60}): (\S.*)$", body))


def approved(world: World, **answers: str) -> RequestRecord:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", **answers))
    record = world.request(OLIVER)
    return decisions.approve(world.services, record, "saki", ticked="all", business_verified=True)


def issued(world: World, **answers: str) -> tuple[RequestRecord, Sent]:
    record = decisions.advance(
        world.services, approved(world, **answers), "saki", event=EventName.NAME_APPROVED
    )
    (mail,) = world.staff_mails()
    return record, mail


def two_step(world: World) -> RequestRecord:
    world.mail(OLIVER, form(FormKind.MIGRATION, "en", two_step_disabled="no"))
    record = world.request(OLIVER)
    return decisions.approve(world.services, record, "saki", ticked="all")


def offered(world: World, *slots: Slot) -> tuple[RequestRecord, Sent]:
    world.mail(OLIVER, form(FormKind.MIGRATION, "en"))
    record = decisions.approve(world.services, world.request(OLIVER), "saki", ticked="all")
    record = decisions.advance(world.services, record, "saki", slots=slots)
    (mail,) = world.staff_mails()
    return record, mail


def hour(day: int, at: int = 10, month: int = 11) -> Slot:
    start = datetime(2026, month, day, at, tzinfo=UTC)
    return Slot(start, start + timedelta(hours=1))


def test_meta_s_checks_are_told_while_they_last(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    record = decisions.approve(world.services, world.request(OLIVER), "saki", ticked="all")
    assert record.status is Status.BUSINESS_VERIFICATION
    (mail,) = world.staff_mails()
    assert mail.notice == "status_changed"
    assert mail.subject.startswith("Update – Meta is now checking your business (")
    assert "Done: Check of your form (Genesys) Now: Check of your business (Meta)" in flowing(mail)
    assert "or with an update on Monday 30 November 2026" in flowing(mail)


def test_meta_s_checks_are_not_told_when_they_are_over(world: World) -> None:
    _, mail = issued(world)
    assert mail.notice == "certificate_issued"


def test_withdrawal_can_be_undone_as_long_as_its_mail_says(world: World) -> None:
    record, _ = issued(world)
    (mail,) = world.reply(record, "WITHDRAW")
    assert mail.subject.startswith("Withdrawn")
    assert "As you asked" in mail.text
    assert "We have cancelled the certificate that we sent you" in flowing(mail)
    assert "Nothing has been charged" not in mail.text
    assert asked(mail)["First line of your reply"] == "UNDO"
    assert asked(mail)["By"].startswith("Tuesday 24 November 2026, 09:32")
    reopened, again = world.reply(world.again(record), "UNDO")
    assert (reopened.notice, again.notice) == ("status_changed", "certificate_issued")
    assert "stays cancelled: do not use it. You will get a new one" in flowing(reopened)
    assert "Now: Approved" in flowing(reopened)


def test_withdrawal_by_staff_is_nobody_s_wish(world: World) -> None:
    record = approved(world)
    world.staff_mails()
    ended = decisions.withdraw(world.services, record, "saki")
    (mail,) = world.staff_mails()
    assert mail.subject.startswith("We have closed your WhatsApp request (")
    assert "As you asked" not in mail.text
    assert "UNDO" not in mail.text
    assert "Nothing has been charged." in mail.text
    assert asked(mail)["By"].startswith("Monday 30 November 2026, 18:00")
    decisions.advance(world.services, ended, "saki", event=EventName.UNDO_WITHDRAW)
    (mail,) = world.staff_mails()
    assert "We have opened your request again." in mail.text
    assert "certificate" not in mail.text
    assert "If you did not expect this" in mail.text


def test_reopened_request_says_what_it_waits_for(world: World) -> None:
    record = two_step(world)
    world.staff_mails()
    world.reply(record, "WITHDRAW")
    (mail,) = world.reply(world.again(record), "UNDO")
    assert "we need your answer by" in mail.subject
    assert "You do not need to do anything" not in mail.text
    assert "By" in asked(mail)


def test_rejection_says_until_when_it_can_be_objected_to(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    decisions.reject(world.services, world.request(OLIVER), "saki", reason="policy")
    (mail,) = world.staff_mails()
    assert asked(mail)["By"].startswith("Monday 7 December 2026, 18:00")
    assert "Nothing has been charged." in mail.text


def test_last_certificate_promises_no_further_one(world: World) -> None:
    record, mail = issued(world)
    assert NEW_CERTIFICATE in mail.text
    for _ in range(2):
        world.clock.advance(timedelta(days=1))
        (mail,) = world.reply(record, NEW_CERTIFICATE)
    assert "certificate 3 of 3" in mail.text
    assert "1. In Genesys Cloud, go to Admin" in mail.text
    sent = [mail for _ in range(8) for mail in world.later(days=1)]
    assert notices(sent) == ["certificate_reminder"] * 2 + ["certificate_expired"]
    assert [mail for mail in sent if NEW_CERTIFICATE in mail.text] == []
    assert "all 3 certificates have been used" in flowing(sent[-1])
    assert sent[-1].subject.startswith("Certificate expired – tell us what is holding you up")
    assert asked(sent[-1])["By"].startswith("Monday 4 January 2027")
    (reminder,) = [mail for _ in range(20) for mail in world.later(days=1)]
    assert reminder.notice == "integration_reminder"
    assert NEW_CERTIFICATE not in reminder.text


def test_certificate_cancelled_by_our_mistake_does_not_count(world: World) -> None:
    record, _ = issued(world)
    for _ in range(2):
        world.clock.advance(timedelta(days=1))
        world.reply(record, NEW_CERTIFICATE)
    after = certificates.revoke_certificate(
        world.services, world.again(record), "saki", "our_mistake"
    )
    assert after.state.certificates == 2
    (mail,) = world.staff_mails()
    assert "does not count towards the limit" in flowing(mail)
    assert asked(mail) == {"First line of your reply": NEW_CERTIFICATE}


def test_what_is_needed_is_said_once(world: World) -> None:
    _, mail = issued(world)
    assert "You need: a Genesys Cloud User 2" in flowing(mail)
    assert "0. The number" not in mail.text


def test_who_was_asked_whether_they_are_ready_knows_what_is_needed(world: World) -> None:
    record = approved(world, ready_date="2026-12-07", number_use="whatsapp_app")
    decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    first, second = [mail for _ in range(22) for mail in world.later(days=1)]
    assert first.subject.startswith("Ready? Reply READY by 6 January")
    assert second.subject.startswith("Reminder – reply READY by 6 January")
    assert "We have not heard yet" in second.text
    for mail in (first, second):
        assert "Do not delete the WhatsApp app account" in flowing(mail)
        assert asked(mail)["By"].startswith("Wednesday 6 January 2027, 18:00")
    (mail,) = world.reply(world.again(record), "READY")
    assert mail.notice == "certificate_issued"
    assert "You need:" not in mail.text
    assert "0. The number is in use with the WhatsApp app." in mail.text


def test_reminders_have_words_of_their_own_and_the_last_says_what_follows(world: World) -> None:
    record = two_step(world)
    (first,) = world.staff_mails()
    assert first.subject.startswith("Two-step verification must be off by")
    sent = [mail for _ in range(13) for mail in world.later(days=1)]
    assert notices(sent) == ["two_step_instructions"] * 3
    for mail in sent:
        assert mail.subject.startswith("Reminder – two-step verification off by 23 December")
        assert "We have not heard yet" in mail.text
        assert f"two-step-off_{record.reference}.txt" in mail.files
    closing = ["we will close the request" in flowing(mail) for mail in sent]
    assert closing == [False, False, True]
    (closed,) = [mail for _ in range(25) for mail in world.later(days=1)]
    assert closed.notice == "closed_no_response"
    assert "Was due: Wednesday 23 December 2026" in flowing(closed)


def test_time_is_to_be_chosen_before_it_comes(world: World) -> None:
    record, mail = offered(world, hour(25, 12), hour(30, 12), hour(3, 12, month=12))
    assert asked(mail)["By"].startswith("Tuesday 24 November 2026, 18:00")
    assert asked(mail)["First line of your reply"] == "A, B or C"
    (reminder,) = [mail for _ in range(3) for mail in world.later(days=1)]
    assert reminder.subject.startswith("Reminder – choose a time by 27 November")
    assert asked(reminder)["First line of your reply"] == "B or C"
    assert "25 November 2026, 12:00" not in reminder.text
    (again,) = [mail for _ in range(5) for mail in world.later(days=1)]
    assert again.subject.startswith("Reminder – confirm the time by 2 December")
    assert asked(again)["First line of your reply"] == "OK"
    (mail,) = world.reply(world.again(record), "OK")
    assert world.again(record).state.slot == hour(3, 12, month=12)
    assert "As soon as your number is confirmed in the call" in flowing(mail)


def test_letter_of_a_time_that_is_left_is_still_its_letter(world: World) -> None:
    record, _ = offered(world, hour(25, 12), hour(27, 12), hour(30, 12))
    world.later(days=3)
    world.reply(world.again(record), "C")
    assert world.again(record).state.slot == hour(30, 12)


def test_word_of_the_customer_that_it_is_active_can_be_taken_back(world: World) -> None:
    record, _ = issued(world)
    (mail,) = world.reply(record, "ACTIVE")
    assert asked(mail)["First line of your reply"] == "UNDO"
    assert asked(mail)["By"].startswith("Tuesday 24 November 2026, 09:32")
    assert "qr_en.xlsx" in mail.files
    (mail,) = world.reply(world.again(record), "UNDO")
    assert world.again(record).status is Status.CERTIFICATE_ISSUED
    assert mail.subject.startswith("Not active – finish the set-up by 30 November")
    decisions.mark_active(world.services, world.again(record), "saki")
    (mail,) = world.staff_mails()
    assert "UNDO" not in mail.text


def test_japanese_word_for_taking_an_activation_back_is_understood(world: World) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    (mail,) = world.reply(record, "アクティブ")
    (word,) = re.findall(r"1行目に書く言葉：(.+)", mail.text)
    world.reply(world.again(record), word)
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_created_starts_the_clock_of_the_integration(world: World) -> None:
    record, mail = issued(world)
    assert asked(mail)["Created, but not active yet"] == "CREATED"
    world.clock.advance(timedelta(days=3))
    assert world.reply(record, "CREATED") == []
    sent = [mail for _ in range(26) for mail in world.later(days=1)]
    (reminder,) = [mail for mail in sent if mail.notice == "integration_reminder"]
    assert "is not active yet" in flowing(reminder)
    assert asked(reminder)["By"].startswith("Saturday 26 December 2026")


def test_integration_that_nobody_spoke_of_is_not_said_to_exist(world: World) -> None:
    issued(world)
    sent = [mail for _ in range(27) for mail in world.later(days=1)]
    (reminder,) = [mail for mail in sent if mail.notice == "integration_reminder"]
    assert "If you have created it, activate it" in flowing(reminder)
    assert "is not active yet" not in flowing(reminder)
    assert asked(reminder)["By"].startswith("Wednesday 23 December 2026")


def test_certificate_that_ends_on_hold_says_that_the_request_is_held(world: World) -> None:
    record, _ = issued(world)
    decisions.hold(world.services, record, "saki")
    (mail,) = [mail for _ in range(8) for mail in world.later(days=1)]
    assert mail.subject.startswith("Certificate expired – your request is on hold")
    assert NEW_CERTIFICATE not in mail.text


def test_qr_request_that_ends_says_nothing_of_charges(world: World) -> None:
    world.set_number("+819012345678", NumberState.ACTIVE, "sakura-denki.example")
    world.mail(HANAKO, form(FormKind.QR))
    (mail,) = world.reply(world.request(), "取り下げ")
    assert mail.subject.startswith("【取り下げ完了】QRコードの申請を終了しました")
    assert "番号とWhatsAppのご利用に影響はありません。" in mail.text
    assert "料金" not in mail.text


def test_button_is_sent_as_text_to_be_pasted(world: World) -> None:
    world.set_number("+819012345678", NumberState.ACTIVE, "sakura-denki.example")
    world.mail(HANAKO, form(FormKind.QR, prefilled_message="こんにちは"))
    record = world.request()
    decisions.approve(world.services, record, "saki", ticked="all")
    (mail,) = world.staff_mails()
    assert mail.files[f"button_{record.reference}.txt"].startswith(b"<a ")
    assert [name for name in mail.files if name.endswith(".html")] == []
    assert "入力済みのメッセージ：こんにちは" in mail.text

"""Facts that mails say: each is true of its request, all the way from the mail that came in."""

import pytest

from pipeline.flow.staff import corrections, replies
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.send_form import send_form
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, NumberState, Status, Track
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import Sent, notices
from tests.world.world import World


def _flat(mail: Sent) -> str:
    return " ".join(mail.text.split())


def _second() -> tuple[str, bytes]:
    answers = dict.fromkeys(("phone_number", "phone_number_again"), "+44 20 8366 1188")
    name, content = form(FormKind.ONBOARDING, "en", **answers)
    return f"leeds_{name}", content


def test_two_forms_are_told_apart_in_one_mail(world: World) -> None:
    (mail,) = world.mail(OLIVER, form(FormKind.ONBOARDING, "en"), _second())
    first, second = world.requests_of(OLIVER)
    assert mail.notice == "acknowledged"
    references = f"({first.reference}, {second.reference})"
    assert mail.subject == f"We have your 2 WhatsApp requests {references}"
    text = _flat(mail)
    assert "What we received (2 requests)" in text
    assert f"{second.reference}: +44 20 8366 1188, leeds_" in text
    assert f"{first.reference}: +44" in text


def test_reminder_names_the_answers_that_are_open_and_marks_them(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", genesys_org_id="8c1d4f70"))
    (mail,) = world.later(days=6)
    assert mail.notice == "correction_reminder"
    assert mail.subject.startswith("Reminder – correct 1 answer by ")
    assert "Question 18: " in _flat(mail) or "Organization ID" in _flat(mail)
    assert len(mail.files) == 1


def test_same_form_again_is_told_what_is_still_open(world: World) -> None:
    bad = form(FormKind.ONBOARDING, "en", genesys_org_id="8c1d4f70")
    world.mail(OLIVER, bad)
    (mail,) = world.mail(OLIVER, bad, text="Again.")
    assert mail.notice == "duplicate"
    assert mail.subject.startswith("Already received – please reply by ")
    assert "We are waiting for your corrected form." in mail.text
    assert "Organization ID" in mail.text


@pytest.mark.parametrize("status", ["review", "approved"])
def test_same_form_again_is_answered_by_where_the_request_stands(world: World, status: str) -> None:
    good = form(FormKind.ONBOARDING, "en", ready_date="2027-03-01")
    world.mail(OLIVER, good)
    if status == "approved":
        record = decisions.approve(
            world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
        )
        decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
        world.staff_mails()
    (mail,) = world.mail(OLIVER, good, text="Again.")
    text = _flat(mail)
    if status == "review":
        assert mail.subject.startswith("Already received – we are working on it")
        assert "To change an answer, reply to this e-mail with a corrected form." in text
    else:
        assert "When you are ready to set up, reply READY." in text
        assert "We have already approved this request" in text
        assert "First line of your reply: READY" in text
        assert "If anything has changed, reply and tell us: we will check it." in text


def test_receipt_for_words_asks_about_no_form(world: World) -> None:
    (mail,) = world.mail(OLIVER, text="We want to move our number to you.", proof="none")
    assert mail.notice == "receipt_unverified"
    assert mail.subject.startswith("Did you write to us? Reply by ")
    assert "form" not in mail.text.lower().partition("reference:")[0]


def test_receipt_for_a_form_asks_about_the_form(world: World) -> None:
    (mail,) = world.mail(OLIVER, form(FormKind.ONBOARDING, "en"), proof="none")
    assert mail.subject.startswith("Did you send us a form? Reply by ")


@pytest.mark.parametrize("known", [True, False])
def test_unreadable_file_is_answered_with_as_many_blanks_as_the_mail_says(
    world: World, *, known: bool
) -> None:
    broken = form(FormKind.ONBOARDING, "en")[1][:-2000]
    if known:
        world.mail(OLIVER, form(FormKind.ONBOARDING, "en", genesys_org_id="8c1d4f70"))
        record = world.request(OLIVER)
        (mail,) = world.reply(record, "Here it is.", ("form.xlsx", broken))
    else:
        (mail,) = world.mail(OLIVER, ("form.xlsx", broken))
    assert mail.notice == "unreadable"
    said = "A blank form is attached." if known else "Blank forms are attached."
    assert said in _flat(mail)
    assert len(mail.files) == (1 if known else 3)


def test_reminder_of_a_prefilled_form_is_a_mail_of_its_own_with_the_form(world: World) -> None:
    world.mail(OLIVER, text="Hello, which form do we need?")
    send_form(world.services, world.request(OLIVER), "saki", form=FormKind.MIGRATION)
    (first,) = world.staff_mails()
    (again,) = world.later(days=8)
    assert (again.notice, again.variant) == ("question", "prefilled_form_reminder")
    assert again.subject.startswith("Reminder – complete your form by ")
    assert list(again.files) == list(first.files) != []


def test_words_that_are_routed_are_sent_the_form_in_one_mail(world: World) -> None:
    world.mail(OLIVER, text="Hello, we want WhatsApp for +44 20 7946 0018.")
    record = world.request(OLIVER)
    corrections.route(world.services, record, "saki", track=Track.MIGRATION)
    (mail,) = world.staff_mails()
    assert (mail.notice, mail.variant) == ("needs_correction", "after_route")
    assert mail.subject.startswith("Complete the right form by ")
    assert [name.partition("_")[0] for name in mail.files] == ["migration"]


def test_request_that_is_routed_to_help_waits_for_staff(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en"))
    record = corrections.route(world.services, world.request(OLIVER), "saki", track=Track.HELP)
    assert record.status is Status.TRIAGE
    assert notices(world.staff_mails()) == ["status_changed"]


def test_staff_ask_whether_a_reply_means_what_it_nearly_says(world: World) -> None:
    world.mail(OLIVER, form(FormKind.ONBOARDING, "en", ready_date="2027-03-01"))
    record = decisions.approve(
        world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
    )
    decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    world.reply(world.request(OLIVER), "READY?")
    replies.ask_meaning(world.services, world.request(OLIVER), "saki")
    (mail,) = world.staff_mails()
    assert (mail.notice, mail.variant) == ("question", "meaning")
    assert "Do you mean READY? If so, reply as below." in _flat(mail)
    assert all(note.waits_since is None for note in world.notes(world.request(OLIVER)))
    assert world.request(OLIVER).status is Status.AWAITING_READINESS


def test_released_number_is_acknowledged_with_a_question_that_may_be_left(world: World) -> None:
    world.set_number("+819012345678", NumberState.RELEASED, "sakura-denki.example")
    world.know("sakura-denki.example")
    (mail,) = world.mail(HANAKO, form())
    assert (mail.notice, mail.variant) == ("question", "reused_number")
    text = "".join(mail.text.split())
    assert "現在、貴社の番号であれば、お手続きいただくことはありません。" in text
    assert "次の日時までにメールでご連絡いたします。" in text
    assert world.request().status is Status.POLICY_REVIEW

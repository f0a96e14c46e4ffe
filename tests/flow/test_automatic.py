"""Mail that no person wrote, caps on answers, and mails that belong to an earlier one."""

from email import message_from_bytes, policy

import pytest

from pipeline.errors import RefusedError
from pipeline.flow.inbound.plan import plan
from pipeline.flow.staff import review as decisions
from pipeline.flow.views.plan import Fate, PlannedMail
from pipeline.model.message import MessageKind
from pipeline.model.request import HoldReason, Status
from pipeline.terms import Outcome
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.settings import ADDRESS, STAFF
from tests.world.world import World


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto-Submitted": "auto-replied"}, MessageKind.AUTOMATIC),
        ({"Precedence": "bulk"}, MessageKind.AUTOMATIC),
        ({"Subject": "Automatic reply: out of the office"}, MessageKind.AUTOMATIC),
        ({"List-Id": "<news.example>"}, MessageKind.LIST),
    ],
)
def test_automatic_mail_is_recorded_and_not_answered(
    world: World, headers: dict[str, str], kind: MessageKind
) -> None:
    world.deliver(world.customer.write(HANAKO, text="I am away.", headers=headers))
    assert world.run() == []
    row = world.last_message()
    assert (row.kind, row.outcome) == (kind, Outcome.IGNORED)
    assert world.requests_of(HANAKO) == []
    assert world.folders() == {"Ignored": 1}


def test_form_in_automatic_mail_waits_for_staff_and_goes_on_when_they_release_it(
    any_world: World,
) -> None:
    world = any_world
    marked = {"List-Id": "<staff.sakura-denki.example>"}
    for _ in range(3):  # programs repeat themselves
        world.deliver(world.customer.write(HANAKO, form(), headers=marked))
    assert world.run() == []
    record = world.request()
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.AUTOMATIC)
    assert world.alerts() == ["route_written_by_program"]
    assert world.folders() == {"Held": 3}
    decisions.release(world.services, record, "saki")
    assert notices(world.staff_mails()) == ["acknowledged"]
    assert world.request().status is Status.POLICY_REVIEW


def test_form_of_an_unproven_sender_in_automatic_mail_goes_on_when_the_sender_is_confirmed(
    world: World,
) -> None:
    marked = {"Precedence": "bulk"}
    world.deliver(world.customer.write(HANAKO, form(), proof="none", headers=marked))
    assert world.run() == []
    decisions.confirm_sender(world.services, world.request(), "saki")
    assert notices(world.staff_mails()) == ["acknowledged"]


def test_form_in_automatic_mail_changes_no_other_request(world: World) -> None:
    world.mail(HANAKO, form())
    changed = form(display_name="さくら")
    marked = {"Auto-Submitted": "auto-generated"}
    world.deliver(world.customer.write(HANAKO, changed, headers=marked))
    assert world.run() == []
    held, first = sorted(world.requests_of(HANAKO), key=lambda record: record.status.value)
    assert (held.status, first.status) == (Status.HELD, Status.POLICY_REVIEW)
    assert len(world.revisions(first)) == 1


def test_reply_of_a_program_is_a_note_and_staff_hear_of_it_five_times_a_day(world: World) -> None:
    (ours,) = world.mail(HANAKO, form())
    for number in range(8):
        raw = world.customer.write(
            HANAKO,
            text=f"READY {number}",
            to=ours.reply_to,
            headers={"Auto-Submitted": "auto-replied", "In-Reply-To": ours.message_id},
        )
        world.deliver(raw)
    assert world.run() == []
    assert world.request().status is Status.POLICY_REVIEW
    kept = [note.text for note in world.notes(world.request())]
    assert [f"READY {number}" in kept for number in range(8)] == [True] * 8
    assert world.alerts() == ["program_wrote"] * 5
    assert world.last_message().outcome is Outcome.REPLY


def test_reference_alone_makes_a_note_of_the_address_of_record_and_of_nobody_else(
    world: World,
) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    marked = {"Precedence": "bulk", "Subject": f"Re: [{record.reference}] WhatsApp"}
    world.deliver(world.customer.write(HANAKO, text="Our ticket 4711.", headers=marked))
    world.deliver(world.customer.write(OLIVER, text="Our ticket 4712.", headers=marked))
    assert world.run() == []
    assert [note.text for note in world.notes(record)][1:] == ["Our ticket 4711."]


def test_staff_hear_once_a_day_of_a_scan_that_a_machine_sent(world: World) -> None:
    for number in range(3):
        scan = (f"scan{number}.pdf", b"%PDF-1.4 broken")
        raw = world.customer.write("noreply-scanner@sakura-denki.example", scan, subject="Scan")
        world.deliver(raw)
    assert world.run() == []
    assert world.last_message().outcome is Outcome.IGNORED
    assert world.alerts() == ["program_sent_file"]


def test_plan_tells_what_becomes_of_automatic_mail(world: World) -> None:
    (ours,) = world.mail(HANAKO, form())
    marked = {"Precedence": "bulk"}
    world.deliver(world.customer.write(OLIVER, form(language="en"), headers=marked))
    world.deliver(world.customer.write(HANAKO, text="Away.", to=ours.reply_to, headers=marked))
    world.deliver(world.customer.write(OLIVER, text="News.", headers=marked))
    mails = plan(world.services).mailbox.first
    planned = [(mail.fate, mail.reason) for mail in mails if isinstance(mail, PlannedMail)]
    assert sorted(planned) == [
        (Fate.AUTOMATIC, "precedence"),
        (Fate.AUTOMATIC_FORM, "precedence"),
        (Fate.AUTOMATIC_REPLY, "precedence"),
    ]


def test_returned_mail_of_ours_with_its_form_is_a_bounce_and_no_request(world: World) -> None:
    (ours,) = world.mail(HANAKO, form(phone_number="12"))
    assert ours.notice == "needs_correction"
    returned = world.mails_of(world.request())[-1].content
    head = (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nSubject: Returned mail\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
        "--x\r\n\r\nNo such user.\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    world.deliver(head.encode() + returned + b"\r\n--x--\r\n")
    assert world.run() == []
    assert len(world.requests()) == 1
    assert [mail.state for mail in world.mails_of(world.request())] == ["bounced"]


def test_our_own_mail_is_not_answered(world: World) -> None:
    assert world.mail(ADDRESS, text="hello") == []
    assert world.last_message().kind is MessageKind.OURS


def test_automatic_reply_to_our_mail_starts_no_loop(world: World) -> None:
    (ours,) = world.mail(HANAKO, form())
    raw = world.customer.write(
        HANAKO,
        text="不在にしております。",
        to=ours.reply_to,
        headers={"Auto-Submitted": "auto-replied", "In-Reply-To": ours.message_id},
    )
    world.deliver(raw)
    assert world.run() == []
    assert world.request().status is Status.POLICY_REVIEW


def _bounce(world: World, message_id: str, status: str = "5.1.1") -> None:
    body = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        "--x\r\n\r\nThe user does not exist.\r\n--x\r\n"
        "Content-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example\r\n\r\nAction: failed\r\nStatus: {status}\r\n\r\n"
        "--x\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {message_id}\r\n\r\n--x--\r\n"
    )
    head = (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\n"
        f"To: {ADDRESS}\r\nSubject: Undelivered mail\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <bounce-{len(world.messages())}@mx.example>\r\n"
    )
    world.deliver((head + body).encode())
    assert world.run() == []


def test_bounce_marks_our_notice_and_staff_are_told(any_world: World) -> None:
    world = any_world
    (ours,) = world.mail(HANAKO, form())
    _bounce(world, ours.message_id)
    record = world.request()
    assert [mail.state for mail in world.mails_of(record)] == ["bounced"]
    assert world.last_message().outcome is Outcome.BOUNCE
    assert world.last_message().request_id == record.id
    assert "notice_bounced" in world.alerts()
    assert world.folders()["Bounces"] == 1


def test_forged_bounce_changes_nothing(world: World) -> None:
    world.mail(HANAKO, form())
    _bounce(world, "<made-up.aaaaaaaaaaaaaaaa@genesys.com>")
    assert [mail.state for mail in world.mails_of(world.request())] == ["sent"]
    assert "notice_bounced" not in world.alerts()


def test_direct_answers_to_one_sender_are_capped_at_three_a_day(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    answers = [notices(world.mail(HANAKO, form(), text=f"再送{i}")) for i in range(5)]
    assert [len(mails) for mails in answers] == [1, 1, 1, 0, 0]
    assert world.alerts().count("answers_capped") == 2
    assert [len(world.later(days=1)), len(world.mail(HANAKO, form(), text="翌日"))] == [0, 1]


def test_notices_of_a_transition_are_not_capped(world: World) -> None:
    world.mail(HANAKO, form())
    for i in range(4):
        world.mail(HANAKO, form(), text=f"再送{i}")
    assert notices(world.mail(HANAKO, form(display_name="さくら"))) == ["revision_received"]


def test_hourly_cap_delays_and_drops_nothing(world: World) -> None:
    settings = world.services.settings
    courier = settings.courier.model_copy(update={"hourly_cap": 3})
    world.services.settings = settings.model_copy(update={"courier": courier})
    for i in range(5):
        number = f"+8190876543{20 + i}"
        filled = form(phone_number=number, phone_number_again=number)
        world.deliver(world.customer.write(f"a{i}@firma{i}.example", filled))
    everything = [len(world.run()), len(world.later(minutes=10)), len(world.later(hours=1))]
    assert sum(everything) == 5
    assert everything[0] <= 3
    assert everything[1] == 0


def test_staff_get_one_digest_without_the_customer_s_words(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    world.reply(record, "極秘の内容です。")
    world.reply(record, "READY\nWITHDRAW\n極秘")
    told = [mail for mail in world.all_mails() if mail.to == STAFF]
    assert len(told) == 2
    shown = "".join(mail.subject + mail.text + mail.html for mail in told)
    assert record.reference in shown
    assert [word for word in ("極秘", "山田", "+81", HANAKO) if word in shown] == []


def test_alerts_of_one_batch_are_one_mail(world: World) -> None:
    world.mail(HANAKO, form())
    world.mail(OLIVER, form(language="en"))
    for sender in (HANAKO, OLIVER):
        record = world.request(sender)
        ours = world.mails_of(record)[-1]
        raw = world.customer.write(
            sender,
            text="Some words.",
            to=_reply_to(ours.content),
            headers={"In-Reply-To": ours.message_id},
        )
        world.deliver(raw)
    world.run()
    assert len([mail for mail in world.all_mails() if mail.to == STAFF]) == 1


def _reply_to(content: bytes) -> str:
    return str(message_from_bytes(content, policy=policy.default)["Reply-To"])


def test_decision_on_a_stale_view_is_refused(world: World) -> None:
    world.mail(HANAKO, form())
    seen = world.request()
    world.mail(HANAKO, form(display_name="さくら"))
    with pytest.raises(RefusedError) as refused:
        decisions.approve(world.services, seen, "saki", ticked="all", business_verified=True)
    assert refused.value.code == "stale_request"
    assert world.request().status is Status.POLICY_REVIEW

"""A mail over the size limit: its header is judged, its body is never read, its sender hears once.

A program, a sender without proof, a third party and a header that was cut hear nothing.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.inbound.process import process
from pipeline.flow.staff.review import withdraw
from pipeline.mailbox.header_block import HEADER_BYTES
from pipeline.model.message import SenderVerdict
from pipeline.model.request import Status, Track
from pipeline.store.records import MessageRecord
from tests.world.customers import EVE, HANAKO, OLIVER, TARO, File, form
from tests.world.outbox import Sent, notices
from tests.world.world import World

_LIMIT = 1_000_000
_BIG: File = ("brochure.pdf", b"\x00" * _LIMIT)
_RELAY = b"Received: from relay.example by mx2.genesys.example with ESMTP; Mon, 23 Nov 2026\r\n"
_SAME_ID = {"Message-ID": "<again@harbour-books.example>"}
_TOLD = "larger than our limit"


@pytest.fixture(autouse=True)
def _limit(world: World) -> None:
    limit(world)


def limit(world: World) -> None:
    mailbox = world.services.settings.mailbox.model_copy(update={"message_bytes": _LIMIT})
    world.change(mailbox=mailbox)


def _kept(world: World, row: MessageRecord) -> bytes:
    return world.services.blobs.get(row.sha256)


def _unanswered(world: World, mails: list[Sent]) -> None:
    """Nobody was written to, staff were told, the mail stands where staff look for it."""
    assert mails == []
    row = world.last_message()
    assert (row.oversized, row.why) == (True, "file_big")
    assert world.folders()["Held"] == 1
    assert world.alerts().count("mail_too_big") == 1
    assert "mail_too_big_told" not in world.alerts()


# --- who is told ---------------------------------------------------------------------------------


def test_proven_person_is_told_once_and_the_request_waits_for_the_form(world: World) -> None:
    raw = world.deliver(world.customer.write(OLIVER, form(language="en"), _BIG, subject="Our form"))
    (mail,) = world.run()
    record = world.request(OLIVER)
    assert (mail.notice, mail.to) == ("unreadable", OLIVER)
    assert _TOLD in mail.text
    assert "must be\nsmaller than 1 MB" in mail.text
    assert "By: Monday 7 December 2026" in mail.text
    assert "no deadline" not in mail.text
    assert mail.files == {}
    assert record.reference in mail.subject
    assert (record.status, record.state.track) == (Status.NEEDS_CORRECTION, Track.HELP)
    row = world.last_message()
    assert (row.oversized, row.why, row.sender_verdict) == (True, "file_big", SenderVerdict.PASS)
    assert row.request_id == record.id
    assert row.size == len(raw)
    assert _kept(world, row) == raw[: raw.index(b"\r\n\r\n") + 4]
    assert world.folders() == {"Held": 1}
    assert world.alerts() == ["mail_too_big_told"]
    assert world.later(hours=1) == []


def test_form_that_comes_after_it_goes_its_way(world: World) -> None:
    world.mail(OLIVER, _BIG)
    record = world.request(OLIVER)
    mails = world.reply(record, "Here it is.", form(language="en"))
    assert notices(mails) == ["acknowledged"]
    assert world.again(record).status is Status.POLICY_REVIEW
    assert world.requests_of(OLIVER) == [world.again(record)]


@pytest.mark.parametrize("proof", ["fail", "forwarded", "none", "nothing", "temporary", "absent"])
def test_sender_without_proof_is_not_answered(world: World, proof: str) -> None:
    _unanswered(world, world.mail(OLIVER, _BIG, proof=proof))
    assert world.requests_of(OLIVER) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"List-Id": "News <news.harbour-books.example>"},
        {"X-Autoreply": "yes"},
        {"Return-Path": "<>", "Subject": "Undelivered Mail Returned to Sender"},
    ],
    ids=str,
)
def test_program_is_not_answered(world: World, headers: dict[str, str]) -> None:
    _unanswered(world, world.mail(OLIVER, _BIG, headers=headers))
    assert world.requests_of(OLIVER) == []


def test_role_of_the_mail_system_is_not_answered(world: World) -> None:
    _unanswered(world, world.mail("mailer-daemon@harbour-books.example", _BIG))


@pytest.mark.parametrize("octets", [HEADER_BYTES, 10_000_000])
def test_header_without_an_end_is_cut_and_not_answered(world: World, octets: int) -> None:
    """A sign of a program may stand behind what was read."""
    padding = b"X-Padding: " + b"x" * 900 + b"\r\n"
    raw = world.customer.write(OLIVER, _BIG)
    head, _, body = raw.partition(b"\r\n\r\n")
    many = padding * (octets // len(padding) + 1)
    world.deliver(head + b"\r\n" + many + b"Auto-Submitted: auto-replied\r\n\r\n" + body)
    _unanswered(world, world.run())
    assert len(_kept(world, world.last_message())) == HEADER_BYTES


@pytest.mark.parametrize("start", [b"\r\n", b"", b"\xff\xfe", b"no field at all\r\n"], ids=repr)
def test_mail_without_a_header_is_held(world: World, start: bytes) -> None:
    world.deliver(start + b"\x00" * (_LIMIT + 1))
    _unanswered(world, world.run())


def test_mailbox_has_its_cap_on_answers(world: World) -> None:
    cap = world.services.settings.courier.sender_daily_cap
    told = [len(world.mail(OLIVER, _BIG, subject=f"Part {part}")) for part in range(cap + 2)]
    assert sum(told) <= cap
    assert told[-2:] == [0, 0]
    assert world.alerts().count("mail_too_big_told") == sum(told)
    assert world.alerts().count("mail_too_big") == len(told) - sum(told)


# --- on a thread ---------------------------------------------------------------------------------


def test_mail_on_a_thread_that_awaits_a_form_is_answered_there(world: World) -> None:
    world.mail(OLIVER, form(language="en", phone_number="12"))
    record = world.request(OLIVER)
    assert record.status is Status.NEEDS_CORRECTION
    (mail,) = world.reply(record, "Corrected.", form(language="en"), _BIG)
    assert notices([mail]) == ["unreadable:too_big"]
    assert "By: " in mail.text
    assert record.reference in mail.subject
    assert world.last_message().message_id in str(mail.raw)
    after = world.again(record)
    assert after.state == record.state
    assert world.requests_of(OLIVER) == [after]
    assert world.last_message().request_id == record.id


def test_mail_on_a_thread_that_awaits_no_form_is_asked_for_its_words(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    record = world.request(OLIVER)
    promised = record.state.promise_at
    assert promised is not None
    (mail,) = world.reply(record, "WITHDRAW", _BIG)
    assert notices([mail]) == ["unreadable:too_big_reply"]
    assert "have not read what you wrote" in mail.text.replace("\n", " ")
    assert "There is no deadline." in mail.text
    after = world.again(record)
    assert (after.status, after.state.promise_at) == (Status.POLICY_REVIEW, promised)


def test_reference_in_the_subject_is_answered_to_its_proven_address(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    record = world.request(OLIVER)
    (mail,) = world.mail(OLIVER, _BIG, subject=f"More about {record.reference}")
    assert notices([mail]) == ["unreadable:too_big_reply"]
    assert record.reference in mail.subject
    assert world.requests_of(OLIVER) == [world.again(record)]


@pytest.mark.parametrize("sender", [TARO, EVE])
def test_others_on_a_thread_are_not_answered(world: World, sender: str) -> None:
    world.mail(HANAKO, form())
    record = world.request(HANAKO)
    assert world.reply(record, "", _BIG, sender=sender) == []
    assert world.requests_of(sender) == []
    assert world.last_message().request_id == record.id
    assert "mail_too_big" in world.alerts()


@pytest.mark.parametrize("proof", ["fail", "none", "absent"])
def test_token_alone_is_no_proof(world: World, proof: str) -> None:
    world.mail(HANAKO, form())
    record = world.request(HANAKO)
    assert world.reply(record, "", _BIG, proof=proof) == []
    assert world.again(record).state == record.state


def test_mail_on_an_ended_request_is_for_staff(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    record = withdraw(world.services, world.request(OLIVER), "saki")
    world.later(minutes=10)
    assert world.reply(record, "", _BIG) == []
    assert world.again(record).status is Status.WITHDRAWN
    assert world.alerts()[-1] == "mail_too_big"


# --- exactly once --------------------------------------------------------------------------------


def test_same_mail_by_another_way_is_answered_once(world: World) -> None:
    raw = world.customer.write(OLIVER, _BIG)
    world.deliver(raw)
    assert len(world.run()) == 1
    world.deliver(_RELAY + raw)
    world.deliver(raw)
    assert world.later(minutes=5) == []
    assert [row.why for row in world.messages()] == ["file_big", "redelivery", "redelivery"]
    assert world.alerts() == ["mail_too_big_told"]


def test_two_big_mails_of_one_message_id_are_two(world: World) -> None:
    """Some programs use a Message-ID again; the files are not the same."""
    first, second = (
        world.customer.write(OLIVER, ("file", b"\x00" * (_LIMIT + more)), headers=_SAME_ID)
        for more in (0, 1000)
    )
    world.deliver(first)
    world.deliver(second)
    world.run()
    assert [row.why for row in world.messages()] == ["file_big", "file_big"]


def test_mail_that_was_fetched_before_a_crash_is_answered_once(world: World) -> None:
    world.deliver(world.customer.write(OLIVER, _BIG))
    with open_mailbox(world.services) as mailbox:
        assert fetch(world.services, mailbox) == 1
        assert fetch(world.services, mailbox) == 0
    assert len(world.run()) == 1
    assert world.later(minutes=5) == []


def test_workers_beside_each_other_answer_once(any_world: World) -> None:
    limit(any_world)
    services = any_world.services
    for sender in (OLIVER, HANAKO, EVE):
        any_world.deliver(any_world.customer.write(sender, _BIG))
    with open_mailbox(services) as mailbox:
        assert fetch(services, mailbox) == 3
    with ThreadPoolExecutor(3) as workers:
        list(workers.map(lambda _: process(services), range(3)))
    mails = any_world.run()
    assert sorted(mail.to for mail in mails) == sorted((OLIVER, HANAKO, EVE))
    assert any_world.alerts().count("mail_too_big_told") == 3


def test_header_that_was_lost_is_fetched_anew(world: World) -> None:
    world.deliver(world.customer.write(OLIVER, _BIG))
    with open_mailbox(world.services) as mailbox:
        fetch(world.services, mailbox)
    (row,) = world.messages()
    world.services.blobs.delete(row.sha256)
    assert world.run() == []
    mails = world.later(minutes=1) + world.later(hours=1)
    assert notices(mails) == ["unreadable"]
    assert world.last_message().why == "file_big"
    assert world.quarantined() == []


def test_header_is_given_up_as_raw_mail_is(world: World) -> None:
    world.mail(OLIVER, _BIG)
    row = world.last_message()
    assert _kept(world, row)
    now = world.clock.now()
    given_up = world.services.store.run(
        lambda tx: tx.privacy.forget_raw_mail(now + timedelta(days=1), 10)
    )
    assert given_up == [row.sha256]

"""Machines are recorded and never answered; a bounce counts only for ids that we issued."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.mailbox.automatic import classify
from pipeline.mailbox.parse import parse_message
from pipeline.model.message import Automation, MessageKind

WORLD = Path(__file__).parents[3].parent / "shared" / "corpus" / "sisimai-set-of-emails"
OWN = frozenset({"requests@example.com"})
ISSUED = "<token.1@example.com>"


def is_ours(message_id: str) -> bool:
    return message_id == ISSUED


def kind(*fields: str, body: str = "text") -> Automation:
    raw = "\r\n".join((*fields, "", body)).encode()
    return classify(parse_message(raw), OWN, is_ours)


HUMAN = Automation(MessageKind.HUMAN)
FROM = "From: Taro <taro@example.co.jp>"


@pytest.mark.parametrize(
    "fields",
    [
        ("Subject: form",),
        ("Auto-Submitted: no",),
        ("X-Auto-Response-Suppress: All",),
        ("Precedence: first-class",),
        ("Subject: Re: automatic reply to the form?",),
        ("Return-Path: <taro@example.co.jp>",),
        ("Content-Type: multipart/mixed; boundary=x",),
    ],
)
def test_classify_person_stays_a_person(fields: tuple[str, ...]) -> None:
    assert kind(FROM, *fields) == HUMAN


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("Auto-Submitted: auto-replied",), "auto_submitted"),
        (("Auto-Submitted: auto-generated; owner-email=x",), "auto_submitted"),
        (("Precedence: bulk",), "precedence"),
        (("Precedence: Junk",), "precedence"),
        (("X-Autoreply: yes",), "autoreply_field"),
        (("Return-Path: <>",), "null_sender"),
        (("Subject: Automatic reply: form",), "subject"),
        (("Subject: =?utf-8?b?6Ieq5YuV5b+c562UOiDnlLPoq4s=?=",), "subject"),
        (("Subject: Out of Office: form",), "subject"),
    ],
)
def test_classify_automatic_mail_is_told_with_its_reason(
    fields: tuple[str, ...], expected: str
) -> None:
    assert kind(FROM, *fields) == Automation(MessageKind.AUTOMATIC, expected)


@pytest.mark.parametrize(
    ("report_type", "expected"),
    [("disposition-notification", "read_receipt"), ("feedback-report", "feedback_report")],
)
def test_classify_report_is_certainly_no_person_s(report_type: str, expected: str) -> None:
    found = kind(FROM, f"Content-Type: multipart/report; report-type={report_type}")
    assert found == Automation(MessageKind.AUTOMATIC, expected, certain=True)


def test_classify_no_reply_address_is_automatic() -> None:
    expected = Automation(MessageKind.AUTOMATIC, "no_reply_address")
    assert kind("From: no-reply@example.com") == expected
    assert kind("From: noreply+x@example.com") == expected
    assert kind("From: do_not_reply@example.com") == expected
    assert kind("From: noreplying@example.com") == HUMAN


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("List-Id: <x.example.com>", "list_id"),
        ("List-Unsubscribe: <mailto:x@example.com>", "list_unsubscribe"),
        ("Precedence: list", "precedence_list"),
    ],
)
def test_classify_list_mail_is_told_with_its_reason(field: str, expected: str) -> None:
    assert kind(FROM, field) == Automation(MessageKind.LIST, expected)


def test_classify_our_own_mail_is_ours() -> None:
    assert kind("From: Requests@Example.com") == Automation(MessageKind.OURS, "from_us")
    found = kind(FROM, f"Message-ID: {ISSUED}")
    assert found == Automation(MessageKind.OURS, "our_message_id", certain=True)


def report(status: str, message_id: str = ISSUED) -> Automation:
    return kind(
        "From: MAILER-DAEMON@mx.example.net",
        "Return-Path: <>",
        "Subject: Undelivered Mail Returned to Sender",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        body="\r\n".join(
            (
                "--b",
                "",
                "it failed",
                "--b",
                "Content-Type: message/delivery-status",
                "",
                "Reporting-MTA: dns; mx.example.net",
                "",
                "Final-Recipient: rfc822; taro@example.co.jp",
                status,
                "",
                "--b",
                "Content-Type: message/rfc822",
                "",
                "From: requests@example.com",
                f"Message-ID: {message_id}",
                "Subject: x",
                "",
                "text",
                "--b--",
            )
        ),
    )


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        ("Status: 5.1.1", True),
        ("Action: failed", True),
        ("Status: 4.4.1", False),
        ("Action: delayed", False),
        ("X: y", True),
    ],
)
def test_classify_delivery_report_names_our_mail_and_how_bad_it_is(
    status: str, permanent: bool
) -> None:
    expected = Automation(MessageKind.BOUNCE, "delivery_status", (ISSUED,), permanent, certain=True)
    assert report(status) == expected


def test_classify_bounce_is_understood_without_the_bytes_of_its_parts() -> None:
    raw = b"""From: MAILER-DAEMON@mx.example.net
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Status: 4.2.2

--b
Content-Type: text/rfc822-headers

Message-ID: <token.1@example.com>

--b--
"""
    message = parse_message(raw)
    emptied = tuple(replace(part, content=b"") for part in message.attachments)
    found = classify(replace(message, attachments=emptied), OWN, is_ours)
    assert found == Automation(
        MessageKind.BOUNCE, "delivery_status", (ISSUED,), False, certain=True
    )


def test_classify_forged_bounce_names_nothing_of_ours() -> None:
    found = report("Status: 5.1.1", "<token.2@example.com>")
    assert found == Automation(MessageKind.BOUNCE, "delivery_status", certain=True)


@pytest.mark.parametrize("where", ["text", "headers part", "in-reply-to"])
def test_classify_our_id_is_found_wherever_the_bounce_shows_it(where: str) -> None:
    fields = ["From: postmaster@mx.example.net", "Subject: Returned mail"]
    body = "failed"
    if where == "in-reply-to":
        fields.append(f"In-Reply-To: {ISSUED}")
    elif where == "text":
        body = f"> Message-ID: {ISSUED}\r\n> Message-ID: {ISSUED}"
    else:
        fields.append('Content-Type: multipart/mixed; boundary="b"')
        body = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-Id: {ISSUED}\r\n--b--"
    assert kind(*fields, body=body) == Automation(MessageKind.BOUNCE, "bounce_sender", (ISSUED,))


def test_classify_bounces_of_the_world_are_never_taken_for_a_person() -> None:
    if not WORLD.is_dir():
        pytest.skip("the corpus of bounces is not beside the checkout")
    mails = sorted(WORLD.glob("*.eml"))
    human = [
        path.name
        for path in mails
        if classify(parse_message(path.read_bytes()), OWN, is_ours).kind is MessageKind.HUMAN
    ]
    assert len(mails) > 100
    # A list server's alert about a loop: no bounce, and nothing but its words says so.
    assert human == ["lhost-fml-03.eml"]

"""Finished mails: headers, hygiene, hostile values, the same bytes."""

import email
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest

from pipeline.model.notice import MailFile, NoticeFacts, NoticeName, OutboundMessage, Thread
from pipeline.notifications.compose import Composed, compose
from pipeline.notifications.headers import SenderIdentity, assemble

MakeFacts = Callable[..., NoticeFacts]
KEY = b"k" * 32
US = SenderIdentity("Genesys Cloud WhatsApp requests", "GenesysCloudWhatsAppRequests@genesys.com")
LONG_ID = f"<{'a' * 90}@mail.example.jp>"


def finished(composed: Composed, **changes: Any) -> OutboundMessage:
    arguments: dict[str, Any] = {
        "notice_key": "WA-7K3M9Q4M:1:acknowledged:",
        "reference": "WA-7K3M9Q4M",
        "recipient": "aiko@example.jp",
        "sender": US,
        "key": KEY,
        "thread": Thread(),
        "files": (),
        "date": datetime(2026, 11, 24, 6, 40, tzinfo=UTC),
    }
    return assemble(composed, **(arguments | changes))


def read(message: OutboundMessage) -> EmailMessage:
    return email.message_from_bytes(message.content, policy=policy.default)


@pytest.fixture
def composed(make_facts: MakeFacts) -> Composed:
    return compose(NoticeName.ACKNOWLEDGED, "", "ja", make_facts("ja"))


def test_the_same_input_makes_the_same_bytes(composed: Composed) -> None:
    file = MailFile("form.xlsx", "application/octet-stream", b"\x00\x01")
    first, second = finished(composed, files=(file,)), finished(composed, files=(file,))
    assert first == second
    assert first.content == second.content


def test_the_bytes_do_not_depend_on_the_zone_of_the_date(composed: Composed) -> None:
    tokyo = datetime(2026, 11, 24, 15, 40, tzinfo=timezone(timedelta(hours=9)))
    assert finished(composed, date=tokyo).content == finished(composed).content


def test_the_headers_say_who_to_whom_and_that_a_machine_wrote(composed: Composed) -> None:
    mail = read(finished(composed, thread=Thread(LONG_ID, ("<first@example.jp>",), True)))
    assert str(mail["From"]) == (
        "Genesys Cloud WhatsApp requests <GenesysCloudWhatsAppRequests@genesys.com>"
    )
    assert str(mail["To"]) == "aiko@example.jp"
    assert str(mail["Subject"]) == composed.subject
    assert str(mail["Date"]) == "Tue, 24 Nov 2026 06:40:00 +0000"
    assert str(mail["Auto-Submitted"]) == "auto-replied"
    assert str(mail["X-Auto-Response-Suppress"]) == "All"
    assert str(mail["X-Notice-Template"]) == "acknowledged.ja/2"
    assert str(mail["In-Reply-To"]) == LONG_ID
    assert str(mail["References"]) == f"<first@example.jp> {LONG_ID}"
    assert re.fullmatch(
        r".*<GenesysCloudWhatsAppRequests\+wa-7k3m9q4m\.[a-z2-7]{16}@genesys\.com>",
        str(mail["Reply-To"]),
    )


def test_a_mail_that_we_start_is_auto_generated(composed: Composed) -> None:
    mail = read(finished(composed))
    assert str(mail["Auto-Submitted"]) == "auto-generated"
    assert mail["In-Reply-To"] is None
    assert mail["References"] is None


def test_long_ids_stay_whole_on_the_wire(composed: Composed) -> None:
    content = finished(composed, thread=Thread(LONG_ID, (), True)).content
    assert f"In-Reply-To: {LONG_ID}\r\n".encode() in content


def test_a_long_thread_keeps_its_first_and_last_ten(composed: Composed) -> None:
    ids = tuple(f"<{number:03}{'x' * 100}@example.jp>" for number in range(40))
    content = finished(composed, thread=Thread(ids[-1], ids, True)).content
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = re.sub(r"\r\n[ \t]+", " ", head)
    found = re.search(r"^References: (.*)$", unfolded, re.MULTILINE)
    assert found is not None
    assert found[1].split() == [*ids[:10], *ids[-10:]]
    assert max(map(len, head.split("\r\n"))) <= 998


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "no brackets@x",
        "<a b@x>",
        "<a@x>\r\nBcc: evil@x",
        "<a@x\x00>",
        "<x" * 600 + "@y>",
        "<a@x",
        "a@x>",
        "<<a@x>>",
        "<\xe9@x>",
        "<a\udcff@x>",
        "<a@\u4f8b\u3048.jp>",
        "<@>",
        '<"a b"@x>',
        "<a@x (comment)>",
        "<a\t@x>",
        "<1234567890>",
    ],
)
def test_a_malformed_id_is_left_out(composed: Composed, bad: str) -> None:
    mail = read(finished(composed, thread=Thread(bad, (bad, "<good@x>"), True)))
    assert mail["In-Reply-To"] is None
    assert str(mail["References"]) == "<good@x>"
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    "found",
    [
        "<a@[192.0.2.1]>",
        "<a;b$c%d!e#f@g>",
        "<a@b@c>",
        "<=?utf-8?q?a?=@b>",
        "<a@b=?utf-8?q?x?=>",
        f"<{'a' * 980}@b>",
    ],
)
def test_an_odd_id_is_answered_as_it_is(composed: Composed, found: str) -> None:
    content = finished(composed, thread=Thread(found, ("<good@x>", found), True)).content
    assert f"\r\nIn-Reply-To: {found}\r\n".encode() in content
    assert max(map(len, content.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "value", ["a\r\nBcc: evil@example.com", "\x00\x1b[2J", "\u2028x", "\ud800"]
)
def test_no_header_can_be_injected(value: str, make_facts: MakeFacts) -> None:
    facts = make_facts("en", contact=value, company=value, reference=f"WA-7K3M9Q4M{value}")
    composed = compose(NoticeName.ACKNOWLEDGED, "", "en", facts)
    hostile = SenderIdentity(f"Name {value}", US.address)
    mail = read(finished(composed, sender=hostile))
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject", [])) == 1
    assert not re.search(r"[\x00-\x1f]", str(mail["Subject"]) + str(mail["From"]))


def test_a_recipient_on_an_international_domain_gets_a_labels(composed: Composed) -> None:
    mail = finished(composed, recipient="aiko@例え.jp")
    assert b"To: aiko@xn--r8jz45g.jp\r\n" in mail.content
    assert mail.recipient == "aiko@例え.jp"


def test_both_parts_and_the_files_arrive(composed: Composed) -> None:
    files = (
        MailFile("申請書 ../form.xlsx", "application/octet-stream", b"\x00\xff"),
        MailFile("certificate.txt", "text/plain", "証明書\n".encode()),
    )
    mail = read(finished(composed, files=files))
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain["Content-Transfer-Encoding"] == "base64"
    assert plain.get_content().replace("\r\n", "\n") == composed.text
    assert page.get_content().replace("\r\n", "\n") == composed.html
    attached = list(mail.iter_attachments())
    assert [part.get_filename() for part in attached] == ["form.xlsx", "certificate.txt"]
    assert [part.get_payload(decode=True) for part in attached] == [
        b"\x00\xff",
        "証明書\n".encode(),
    ]


def test_everything_on_the_wire_is_ascii_in_short_lines(composed: Composed) -> None:
    file = MailFile("form.xlsx", "application/octet-stream", bytes(range(256)) * 40)
    content = finished(composed, files=(file,)).content
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_mailbox_that_takes_no_plus_gets_a_plain_reply_address(composed: Composed) -> None:
    plain = SenderIdentity(US.name, US.address, "plain")
    assert str(read(finished(composed, sender=plain))["Reply-To"]).endswith(f"<{US.address}>")


def test_a_digest_for_staff_has_no_token_in_its_reply_address(make_facts: MakeFacts) -> None:
    composed = compose(NoticeName.STAFF_ALERT, "", "en", make_facts("en", reference=""))
    mail = read(finished(composed, reference="", recipient="staff@genesys.com"))
    assert str(mail["Reply-To"]).endswith(f"<{US.address}>")
    assert str(mail["Message-ID"]).startswith("<staff.")

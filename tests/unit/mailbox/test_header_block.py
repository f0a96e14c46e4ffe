"""What a person sees in sender, subject and date is read, whatever breaks the header block."""

from datetime import UTC, datetime

import pytest

from pipeline.mailbox.header_block import looks_like_message, mend_header
from pipeline.mailbox.parse import parse_message

TORN = "X-Gateway-Tracker: H4sIAAAA\n Ig5abc\niZbLL1ggQQ==\n"
FIELDS = (
    "From: Oliver Whitcombe <oliver@example.com>\n"
    "Subject: The form\n"
    "Date: Mon, 23 Nov 2026 09:30:00 +0000\n"
)
REST = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nHello.\n\nBye.\n"
MBOX = "From oliver@example.com Mon Nov 23 09:30:00 2026\n"

BLOCKS = {
    "sound": FIELDS + REST,
    "torn line first": TORN + FIELDS + REST,
    "torn line between": FIELDS.replace("Subject", f"{TORN}Subject") + REST,
    "several torn lines": TORN + "no field\nnor this one\n" + FIELDS + "and this\n" + REST,
    "a line without a name": ": empty\n" + FIELDS + REST,
    "byte order mark": "\ufeff" + FIELDS + REST,
    "two byte order marks": "\ufeff\ufeff" + FIELDS + REST,
    "mbox line": MBOX + FIELDS + REST,
    "quoted mbox line": ">" + MBOX + FIELDS + REST,
    "mark after the mbox line": MBOX + "\ufeff" + FIELDS + REST,
    "blank line first": "\n" + FIELDS + REST,
    "blank lines first": "\n \t\n\n" + FIELDS + REST,
    "blank before the colon": (FIELDS + REST).replace(": ", " : ", 3),
    "tab before the colon": (FIELDS + REST).replace(": ", "\t: ", 3),
    "NUL in names and values": (FIELDS + REST).replace("Sub", "Su\x00b").replace("The", "T\x00he"),
    "first field is indented": "  " + FIELDS + REST,
    "bare CR between fields": FIELDS.replace("\n", "\r", 2) + REST,
    "line ends of Macintosh": (FIELDS + REST).replace("\n", "\r"),
    "doubled CR": (FIELDS + REST).replace("\n", "\r\r\n"),
    "folded": FIELDS.replace("The ", "The\n ").replace("09:", "\n\t09:") + REST,
    "names in capitals": (FIELDS + REST).replace("Subject", "SUBJECT").replace("From", "FROM"),
    "no blank after the colon": (FIELDS + REST).replace("Subject: ", "Subject:"),
    "empty field first": "X-Nothing:\n" + FIELDS + REST,
    "second, empty subject first": "Subject:\n" + FIELDS + REST,
    "second, broken date first": "Date: soon\n" + FIELDS + REST,
}


@pytest.mark.parametrize("crlf", [True, False], ids=["crlf", "lf"])
@pytest.mark.parametrize("name", BLOCKS)
def test_header_is_read_whatever_breaks_it(name: str, crlf: bool) -> None:
    block = BLOCKS[name]
    if crlf and "\r" not in block:
        block = block.replace("\n", "\r\n")
    message = parse_message(block.encode())
    assert [(item.name, item.address) for item in message.senders] == [
        ("Oliver Whitcombe", "oliver@example.com")
    ]
    assert message.subject == "The form"
    assert message.date == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert message.text.startswith("Hello.")
    assert message.text.endswith("Bye.")
    assert "From" in {key.title() for key, _ in message.headers}


def test_header_in_utf_16_is_read() -> None:
    message = parse_message((FIELDS + REST).encode("utf-16"))
    assert (message.subject, message.text) == ("The form", "Hello.\n\nBye.")


def test_header_with_a_bare_cr_in_a_value_is_one_line() -> None:
    message = parse_message(b"From: a@example.com\r\nSubject: The\rform\r\n\r\nx")
    assert message.subject == "The form"


@pytest.mark.parametrize(
    ("raw", "subject", "text"),
    [
        (b"Subject: x\nHello\nmore\n", "x", "Hello\nmore"),
        (b"From: a@b.example\nSubject: x\nHello\nFrom: c@d.example\nTo: e\n\nx", "x",
         "Hello\nFrom: c@d.example\nTo: e\n\nx"),
        (b"From: a@b.example\nSubject: x\n \nHello\nDate: soon\n\nx", "x",
         "Hello\nDate: soon\n\nx"),
        (b"just words\nand more\n\nx", "", "just words\nand more\n\nx"),
        (b"", "", ""),
    ],
)  # fmt: skip
def test_header_ends_where_the_words_begin(raw: bytes, subject: str, text: str) -> None:
    message = parse_message(raw)
    assert (message.subject, message.text) == (subject, text)


def test_header_quoted_in_the_text_makes_no_second_sender() -> None:
    raw = b"From: a@b.example\nTo: x@y.example\nHello\nFrom: boss@b.example\nSubject: y\n\nx"
    assert [item.address for item in parse_message(raw).senders] == ["a@b.example"]


def test_header_that_is_sound_is_left_as_it_is() -> None:
    raw = (FIELDS + REST).encode()
    assert mend_header(raw) is raw


def test_header_of_more_lines_than_any_mail_has_is_cut() -> None:
    raw = FIELDS.encode() + b"X: y\n" * 100_000 + b"\nwords"
    message = parse_message(raw)
    assert (message.subject, message.text) == ("The form", "words")
    assert "headers_cut" in message.defects


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        (FIELDS + REST, True),
        (MBOX + FIELDS + REST, True),
        ("\ufeff\n" + FIELDS + REST, True),
        ("Received: from a by b\nFrom: a@b.example\nSubject: x\n\nx", True),
        ("From: a\nSubject: quoted in a text\n\nx", False),
        ("Name: Oliver\nNumber: 1\nType: text\n\n", False),
        ("words", False),
    ],
)
def test_header_of_a_saved_mail_is_known(content: str, is_one: bool) -> None:
    assert looks_like_message(content.encode()) is is_one

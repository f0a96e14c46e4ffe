"""Parts as gateways and old programs leave them: texts are read, and files are whole."""

import base64
import hashlib

import pytest

from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import SenderPolicy, judge_sender
from pipeline.mailbox.words import file_name
from pipeline.model.message import InboundMessage, SenderVerdict
from tests.unit.intake.conftest import XLSX

TOP = b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
TEXT = b"--b\r\nContent-Type: text/plain\r\n\r\nOur form.\r\n"
OTHER = bytes(range(256))


def file(content: bytes = OTHER, encoding: str = "base64", behind: bytes = b"") -> bytes:
    return (
        b'--b\r\nContent-Type: application/octet-stream; name="f.xlsx"\r\n'
        + f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + base64.encodebytes(content).replace(b"\n", b"\r\n")
        + behind
    )


def contents(message: InboundMessage) -> list[bytes]:
    return [item.content for item in message.attachments]


@pytest.mark.parametrize(
    "encoding",
    [
        "Base64; x=1",
        "BASE64 (as always)",
        '"base64"',
        "(x) base64",
        "base 64",
        "base64;",
        "base64.",
    ],
)
def test_encoding_is_known_however_it_is_written(encoding: str) -> None:
    message = parse_message(TOP + TEXT + file(encoding=encoding) + b"--b--\r\n")
    assert contents(message) == [OTHER]


@pytest.mark.parametrize(
    "behind",
    [b"--in--\r\n", b"--in\r\n", b"------=_Part_12--\r\n\r\n", b"--Apple-Mail=_1A-2B--\r\n"],
)
def test_delimiters_of_other_parts_are_no_base64(behind: bytes) -> None:
    message = parse_message(TOP + TEXT + file(behind=behind) + b"--b--\r\n")
    assert contents(message) == [OTHER]


@pytest.mark.parametrize(
    "raw",
    [
        TOP + TEXT + b"--b--\r\n" + file() + b"--b--\r\n",
        TOP + TEXT + b"--b--\r\n" + file(),
        TOP + TEXT + b"--b--\r\nA footer.\r\n" + file() + b"--b--\r\nA footer.\r\n",
        TOP + TEXT + b"--b--\r\n" + TEXT + b"--b--\r\n" + file() + b"--b--\r\n",
        TOP.replace(b'"b"', b'"b"\n').replace(b"\r\n", b"\n") + TEXT + b"--b-- \n" + file(),
    ],
)
def test_parts_behind_the_end_are_read(raw: bytes) -> None:
    message = parse_message(raw)
    assert message.text.startswith("Our form.")
    assert contents(message) == [OTHER]


@pytest.mark.parametrize("behind", [b"A footer.\r\n", b"--b\r\nA quote\r\n", b"--b--\r\n--b--\r\n"])
def test_words_behind_the_end_are_passed_over(behind: bytes) -> None:
    message = parse_message(TOP + TEXT + file() + b"--b--\r\n" + behind)
    assert (message.text, contents(message)) == ("Our form.", [OTHER])


@pytest.mark.parametrize(
    ("fields", "is_text"),
    [
        (b'; name="body.txt"\r\nContent-Disposition: inline', True),
        (b"\r\nContent-Disposition: inline; filename=body.txt", True),
        (b'; name="body.txt"', True),
        (b'; name="body.txt"\r\nContent-Disposition: attachment', False),
    ],
)
@pytest.mark.parametrize("other", [b"", TEXT])
def test_named_text_is_the_text_where_no_other_is(
    fields: bytes, is_text: bool, other: bytes
) -> None:
    named = b"--b\r\nContent-Type: text/plain" + fields + b"\r\n\r\nOur words.\r\n"
    message = parse_message(TOP + other + named + file(XLSX) + b"--b--\r\n")
    shown = "Our form." if other else "Our words." if is_text else ""
    assert message.text == shown
    assert [item.file_name for item in message.attachments] == (
        ["f.xlsx"] if shown == "Our words." else ["body.txt", "f.xlsx"]
    )


@pytest.mark.parametrize("text", [b"Our\x00 form.", b"\x00Our form.\x00\x00\x00", b"\x01Our form."])
def test_text_with_a_few_controls_is_text(text: bytes) -> None:
    message = parse_message(b"From: a@b.example\r\n\r\n" + text)
    assert "form." in message.text
    assert "\x00" not in message.text
    assert message.attachments == ()


def test_file_without_a_name_typed_as_text_is_a_file() -> None:
    message = parse_message(b"From: a@b.example\r\nContent-Type: text/plain\r\n\r\n" + OTHER)
    assert (message.text, len(message.attachments)) == ("", 1)


@pytest.mark.parametrize("name", ["..", ".", "../..", "a/..", "C:\\..", ". .", "...", "\u202e.."])
def test_name_of_dots_alone_is_none(name: str) -> None:
    assert file_name(name) == ""


def test_behind_the_end_counts_among_the_parts_of_the_mail() -> None:
    sums = {hashlib.sha256(bytes([n])).hexdigest() for n in range(5)}
    parts = b"".join(file(bytes([n])) + b"--b--\r\n" for n in range(5))
    message = parse_message(TOP + TEXT + b"--b--\r\n" + parts)
    assert {item.sha256 for item in message.attachments} == sums


@pytest.mark.parametrize(
    "sender",
    ["Taro K a@b.example", "K, Taro <a@b.example>", "x(y <a@b.example>", '"x <a@b.example>'],
)
def test_sender_that_no_standard_knows_is_read_and_never_proven(sender: str) -> None:
    head = (
        "Authentication-Results: mx.genesys.example; dmarc=pass header.from=b.example\r\n"
        f"Received: from b.example by mx.genesys.example; x\r\nFrom: {sender}\r\n\r\nx"
    )
    message = parse_message(head.encode())
    judged = judge_sender(message, SenderPolicy(("mx.genesys.example",)))
    assert [item.address for item in message.senders] == ["a@b.example"]
    assert judged.verdict is SenderVerdict.UNKNOWN

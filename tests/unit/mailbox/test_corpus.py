"""Odd mails: our own ones are read exactly so, those of the world never stop anything."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import RefusedError
from pipeline.guard import Guard, GuardError
from pipeline.intake.find import find_forms
from pipeline.mailbox.automatic import classify
from pipeline.mailbox.parse import parse_message
from pipeline.mailbox.sender import SenderPolicy, judge_sender
from pipeline.model.message import InboundMessage
from tests.world.pace import soon

OURS = Path(__file__).parents[2] / "corpus" / "mail"
#: Of the others only what a person must see is noted (tests/corpus/test_odd_mails.py).
NOTED = sorted(p for p in OURS.glob("*.eml") if not p.with_suffix(".right.json").exists())
WORLD = Path(__file__).parents[3].parent / "shared" / "corpus"


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(preload=("pipeline.mailbox.parse",)) as opened:
        yield opened


def reading(message: InboundMessage) -> dict[str, object]:
    return {
        "message_id": message.message_id,
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "senders": [[a.name, a.address] for a in message.senders],
        "recipients": [[a.name, a.address] for a in message.recipients],
        "subject": message.subject,
        "date": message.date.isoformat() if message.date else None,
        "text": message.text,
        "new_text": message.new_text,
        "attachments": [
            [a.position, a.file_name, a.content_type, len(a.content), a.inline]
            for a in message.attachments
        ],
        "language": message.language,
        "defects": list(message.defects),
    }


@pytest.mark.parametrize("path", NOTED, ids=lambda path: path.stem)
def test_corpus_our_odd_mail_is_read_as_noted(path: Path) -> None:
    found = reading(parse_message(path.read_bytes()))
    noted = path.with_suffix(".json")
    if not noted.exists() or json.loads(noted.read_text("utf-8")) != found:
        actual = path.with_name(f"{path.stem}_actual.json")
        actual.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
    assert found == json.loads(noted.read_text("utf-8"))


def test_corpus_mails_of_the_world_are_read_or_refused_and_none_hangs(guard: Guard) -> None:
    if not WORLD.is_dir():
        pytest.skip("the corpus of odd mails is not beside the checkout")
    mails = sorted(WORLD.rglob("*.eml"))
    refused = []
    slowest = 0.0
    for path in mails:
        raw = path.read_bytes()
        started = time.monotonic()
        try:
            message = guard.call(parse_message, raw)
            assert message == parse_message(raw)
        except GuardError as error:
            refused.append((path.name, str(error)))
        slowest = max(slowest, time.monotonic() - started)
    assert len(mails) > 300
    assert refused == []
    assert soon(slowest, 5)


def nested(depth: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
        for level in range(depth)
    )
    return b"From: a@example.com\n" + head + b"\nx\n"


def many_parts(count: int) -> bytes:
    head = b'From: a@example.com\nContent-Type: multipart/mixed; boundary="b"\n\n'
    return head + b"--b\n\nx\n" * count + b"--b--\n"


def forwarded(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\n\n" * depth + b"Subject: x\n\ny\n"


HOSTILE = {
    "long subject": b"From: a@example.com\nSubject: " + b"=?utf-8?q?x?= " * 80_000 + b"\n\nx",
    "parameters": b"Content-Type: text/plain" + b"; a*1*=b" * 20_000 + b"\n\nx",
    "names": b"From: " + b'"a" <a@example.com>, ' * 50_000 + b"\n\nx",
    "comments": b"From: " + b"(" * 100_000 + b"a@example.com\n\nx",
    "angles": b"From: " + b"<" * 100_000 + b"a@example.com\n\nx",
    "quotes": b'Content-Type: text/plain; name="' + b"\\" * 100_000 + b"\n\nx",
    "headers": b"X: y\n" * 100_000 + b"\nx",
    "references": b"References: " + b"<a@b> " * 100_000 + b"\n\nx",
    "html": b"Content-Type: text/html\n\n" + b"<blockquote>" * 50_000 + b"x",
    "html open tag": b"Content-Type: text/html\n\n" + b"<a " * 100_000,
    "html comment": b"Content-Type: text/html\n\n" + b"<!--" * 100_000,
    "spaces": b"Content-Type: text/plain\n\n" + (b" " * 10_000 + b"\n") * 300,
    "dates": b"Content-Type: text/plain\n\n" + b"on 1.1 " * 100_000,
    "rules": b"Content-Type: text/plain\n\n" + (b"-=" * 5000 + b"\n") * 300,
    "escapes": b"Content-Type: text/plain\n\n" + b"\x1b$B" * 200_000,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"=" * 500_000,
    "label": b"Content-Type: text/plain; charset=" + b"x" * 10_000 + b"\n\nx",
    "idna": b"Content-Type: text/plain; charset=idna\n\n" + b"\xc3\xa9" * 50_000,
    "nul": b"From: a@example.com\x00\n\n" + b"\x00" * 100_000,
    "lines": b"\n" * 500_000,
    "marks": b"\xef\xbb\xbf" * 1_000_000 + b"From: a@example.com\n\nx",
    "short fields": b"a:\n" * 1_600_000 + b"\nx",
    "torn lines": b"From: a@example.com\n" + b"x\n" * 1_000_000 + b"Subject: y\n\nx",
    "bare returns": b"From: a@example.com\nX: " + b"a\r" * 1_000_000 + b"\n\nx",
    "words without end": b"From: " + b"=?a?q?" * 200_000 + b"\n\nx",
    "raw bytes in words": b"Subject: " + b"=?a?q?\xff" * 200_000 + b"\n\nx",
    "empty comments": b"From: " + b"(a)" * 200_000 + b"\n\nx",
    "uuencode": b"Content-Type: text/plain\n\n" + b"begin 644 x\n!  \n" * 100_000,
    "base64 blocks": b"Content-Type: text/plain\n\n" + b"begin-base64 644 x\n" * 100_000,
    "yenc": b"Content-Type: text/plain\n\n" + b"=ybegin name=x\n=yend\n" * 100_000,
    "octets": b"Content-Type: application/pkcs7-mime\n\n\x30\x80\x06\x09"
    + bytes.fromhex("2a864886f70d010701a0802480")
    + b"\x04\x01x" * 1_000_000,
    "octets in octets": b"Content-Type: application/pkcs7-mime\n\n\x30\x80\x06\x09"
    + bytes.fromhex("2a864886f70d010702a080")
    + b"\x30\x80" * 1_000_000,
    "received": b"Received: from a by b;\n" * 5000 + b"\nx",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_corpus_hostile_mail_is_read_in_good_time(guard: Guard, name: str) -> None:
    started = time.monotonic()
    message = guard.call(parse_message, HOSTILE[name])
    assert message.size == len(HOSTILE[name])
    assert soon(time.monotonic() - started, 5)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (many_parts(1001), "RefusedError mail_refused parts"),
        (many_parts(100_000), "RefusedError mail_refused parts"),
        (nested(60), "RefusedError mail_refused depth"),
        (nested(900), "RefusedError mail_refused depth"),
        (forwarded(60), "RefusedError mail_refused depth"),
    ],
    ids=["parts", "many parts", "nested", "deeply nested", "forwarded"],
)
def test_corpus_structure_beyond_the_limits_is_refused(
    guard: Guard, raw: bytes, reason: str
) -> None:
    with pytest.raises(GuardError) as caught:
        guard.call(parse_message, raw)
    assert caught.value.reason == "exception"
    assert caught.value.detail.partition(" at ")[0] == reason


def test_corpus_thousand_parts_are_within_the_limits(guard: Guard) -> None:
    assert guard.call(parse_message, many_parts(900)).text.count("x") == 900


TOKENS = (
    *(b"=?", b"?=", b"<", b">", b'"', b";", b"(", b")", b"%", b"--", b"\x00", b"\xff"),
    *(b"\r\n", b"\n\n", b"\x1b$B", b"*0*=", b"''", b"boundary=", b"charset=utf-16"),
    *(b"multipart/mixed", b"message/rfc822", b"base64"),
)


def changed(raw: bytes, dice: random.Random) -> bytes:
    found = bytearray(raw)
    for _ in range(dice.randint(1, 12)):
        place = dice.randrange(min(len(found), 1500) + 1)
        choice = dice.randrange(3)
        if choice == 0:
            found[place:place] = dice.choice(TOKENS)
        elif choice == 1:
            del found[place : place + dice.randint(1, 40)]
        else:
            found[place : place + 1] = bytes([dice.randrange(256)])
    return bytes(found)


@pytest.mark.parametrize("path", sorted(OURS.glob("*.eml")), ids=lambda path: path.stem)
def test_corpus_damaged_mail_gives_text_that_can_be_stored(path: Path) -> None:
    dice = random.Random(path.stem)
    for _ in range(40):
        raw = changed(path.read_bytes(), dice)
        try:
            message = parse_message(raw)
        except RefusedError:
            continue
        json.dumps(reading(message), ensure_ascii=False).encode("utf-8")
        find_forms(message)
        classify(message, frozenset(), lambda _: False)
        judge_sender(message, SenderPolicy(("mx.ours.example",)))

"""Our own writer of mails against the standard library's: what is read back is the same."""

import email
import email.policy
from email.headerregistry import Address
from email.message import EmailMessage

import pytest

from pipeline.notifications import mime

_POLICY = email.policy.SMTP.clone(max_line_length=998)
_ADDRESSES = (
    Address("", "aiko", "example.jp"),
    Address("Aiko Tanaka", "aiko.tanaka", "example.jp"),
    Address("Tanaka, Aiko (Sales) <x>", "aiko", "example.jp"),
    Address("田中 愛子・Genesys Cloud WhatsApp申請窓口", "aiko", "example.jp"),
    Address('"quoted" \\ name', "aiko", "example.jp"),
    Address("", "two words", "example.de"),
    Address("", "a..b.", "docomo.example"),
    Address("", "aiko", "[192.0.2.1]"),
    Address("", "a" * 64, f"{'b' * 60}.{'c' * 60}.example"),
    Address("名" * 200, "aiko", "example.jp"),
    Address("", "用户", "xn--r8jz45g.jp"),
    Address("利用者", "用户", "xn--r8jz45g.jp"),
)
_SUBJECTS = (
    "We have your request (WA-7K3M9Q4M)",
    "【受付完了】WhatsApp利用申請を受け付けました［WA-7K3M9Q4M］",
    "Wir haben Ihren Antrag für die Rufnummer +49 30 1234567 erhalten (WA-7K3M9Q4M)",
    "=?utf-8?q?not_encoded?= is what it says",
    "Your certificate for WhatsApp Business Calling has been issued (WA-7K3M9Q4M), in English",
    "a " + "long" * 30 + " word",
    "a word " * 40,
    "long" * 60,
    "👨‍👩‍👧‍👦 " * 30,
    "",
)


def _both(name: str, value: str | Address, *, utf8: bool) -> tuple[EmailMessage, EmailMessage]:
    part = mime.encoded('text/plain; charset="utf-8"', mime.crlf("text\n"))
    theirs = EmailMessage(policy=_POLICY.clone(utf8=utf8))
    theirs[name] = value
    theirs.set_content("text\n", cte="base64")
    read = (
        email.message_from_bytes(content, policy=email.policy.default)
        for content in (mime.mail({name: value}, part, utf8=utf8), theirs.as_bytes())
    )
    ours, library = read
    assert isinstance(ours, EmailMessage)
    assert isinstance(library, EmailMessage)
    return ours, library


@pytest.mark.parametrize("field", ["From", "To", "Reply-To"])
@pytest.mark.parametrize("address", _ADDRESSES, ids=range(len(_ADDRESSES)))
def test_an_address_is_read_back_as_it_was(field: str, address: Address) -> None:
    utf8 = not address.username.isascii()
    ours, library = _both(field, address, utf8=utf8)
    assert ours[field] == library[field]
    if utf8 or ".." in address.username:
        return  # the library's own reader takes these apart in another way
    (found,) = ours[field].addresses
    assert (found.display_name, found.addr_spec) == (address.display_name, address.addr_spec)
    assert not ours[field].defects


@pytest.mark.parametrize("subject", _SUBJECTS)
def test_a_subject_is_read_back_as_the_library_writes_it(subject: str) -> None:
    ours, library = _both("Subject", subject, utf8=False)
    assert ours["Subject"] == library["Subject"]


def test_a_plain_subject_is_folded_at_its_blanks() -> None:
    part = mime.encoded('text/plain; charset="utf-8"', b"text\r\n")
    subject = " ".join(["word"] * 40)
    written = mime.mail({"Subject": subject}, part, utf8=False).decode()
    lines = written.partition("\r\nMIME-Version")[0].split("\r\n")
    assert lines[0].startswith("Subject: word")
    assert len(lines) == 3
    assert all(70 < len(line) <= 76 for line in lines[:-1])
    assert "".join(lines) == f"Subject: {subject}"


def test_a_subject_has_no_encoded_word_that_is_too_long() -> None:
    part = mime.encoded('text/plain; charset="utf-8"', b"text\r\n")
    for subject in _SUBJECTS:
        written = mime.mail({"Subject": subject}, part, utf8=False)
        words = [word for word in written.split() if word.startswith(b"=?utf-8")]
        assert all(len(word) <= 75 for word in words)


@pytest.mark.parametrize(
    "text", ["", "one\n", "two\nlines", "windows\r\nand\rmac\n", "行\u2028一つ\n\n", "\x00\n"]
)
def test_a_text_is_read_back_with_the_line_ends_of_mail(text: str) -> None:
    part = mime.encoded('text/plain; charset="utf-8"', mime.crlf(text))
    theirs = EmailMessage(policy=_POLICY)
    theirs.set_content(text, cte="base64")
    read = email.message_from_bytes(mime.mail({}, part, utf8=False), policy=email.policy.default)
    assert read.get_payload(decode=True) == theirs.get_payload(decode=True)


def test_parts_and_files_are_read_back_in_their_places() -> None:
    texts = [mime.encoded(f'text/{kind}; charset="utf-8"', b"x\r\n") for kind in ("plain", "html")]
    file = mime.encoded("image/png", bytes(range(256)) * 40, 'attachment; filename="code.png"')
    body = mime.multipart("mixed", [mime.multipart("alternative", texts, "=_in"), file], "=_out")
    read = email.message_from_bytes(mime.mail({}, body, utf8=False), policy=email.policy.default)
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
    ]
    assert not any(part.defects for part in read.walk())
    assert isinstance(read, EmailMessage)
    (attached,) = read.iter_attachments()
    assert attached.get_filename() == "code.png"
    assert attached.get_content() == bytes(range(256)) * 40

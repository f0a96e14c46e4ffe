"""A file is found in every wrapper that mail programs make; what is encrypted is said to be so."""

from collections.abc import Callable

import pytest

from pipeline.errors import RefusedError
from pipeline.intake.find import find_forms
from pipeline.mailbox.parse import enclosed_files, parse_message
from pipeline.mailbox.sender import SenderPolicy, judge_sender
from pipeline.model.message import SenderVerdict
from tests.unit.intake.conftest import PDF, XLSX, tnef, zipped
from tests.unit.mailbox.wrappers import (
    TOP,
    apple_single,
    beside_text,
    binhex,
    cms,
    compressed,
    entity,
    in_pieces,
    mail,
    pgp_mime,
    plain_text,
    saved_mail,
    uuencoded,
    yenc,
)

MIME = "Content-Type: application/pkcs7-mime"
FILE = "Content-Type: application/octet-stream"
SIGNED = f'{MIME}; smime-type=signed-data; name="smime.p7m"'


def rewrapped(times: int) -> bytes:
    found = entity()
    for _ in range(times):
        body = cms("sign", found)
        head = f"{SIGNED}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
        found = head + mail(body, SIGNED).partition(b"\r\n\r\n")[2]
    return TOP + found


WRAPPED: dict[str, Callable[[], bytes]] = {
    "signed": lambda: mail(cms("sign", entity()), SIGNED),
    "signed, streamed BER": lambda: mail(cms("sign", entity() * 9, "-stream"), SIGNED),
    "signed, nested pieces": lambda: mail(in_pieces(entity()), SIGNED),
    "signed, raw binary": lambda: mail(cms("sign", entity()), SIGNED, "binary"),
    "signed, x-pkcs7-mime": lambda: mail(
        cms("sign", entity()), "Content-Type: application/x-pkcs7-mime"
    ),
    "signed, no smime-type": lambda: mail(cms("sign", entity()), MIME),
    "signed, octet-stream": lambda: mail(
        cms("sign", entity()), f'{FILE}\r\nContent-Disposition: attachment; filename="smime.p7m"'
    ),
    "signed, PEM": lambda: mail(cms("sign", entity(), "-outform", "PEM"), MIME, "7bit"),
    "signed, base64 that nobody announced": lambda: mail(
        mail(cms("sign", entity()), MIME).partition(b"\r\n\r\n")[2], MIME, "7bit"
    ),
    "signed beside a text": lambda: beside_text(cms("sign", entity()), SIGNED),
    "signed file alone": lambda: beside_text(
        cms("sign", XLSX), f'{FILE}; name="form.xlsx.p7m"'
    ),
    "signed twice": lambda: rewrapped(2),
    "signed three times": lambda: rewrapped(3),
    "signed in signed without MIME": lambda: mail(cms("sign", cms("sign", entity())), SIGNED),
    "compressed": lambda: mail(compressed(entity()), f"{MIME}; smime-type=compressed-data"),
    "signed in compressed": lambda: mail(compressed(cms("sign", entity())), MIME),
    "plain data": lambda: mail(cms("data_create", entity()), MIME),
    "digested": lambda: mail(cms("digest_create", entity()), MIME),
    "mail in base64": lambda: beside_text(saved_mail(), "Content-Type: message/rfc822"),
    "mail in quoted-printable": lambda: beside_text(
        saved_mail(), "Content-Type: message/rfc822", "quoted-printable"
    ),
    "mail said to be base64": lambda: beside_text(
        saved_mail(), "Content-Type: message/rfc822", "8bit"
    ).replace(b"8bit", b"base64"),
    "mail in base64 that nobody announced": lambda: beside_text(
        mail(saved_mail(), FILE).partition(b"\r\n\r\n")[2], "Content-Type: message/rfc822", "7bit"
    ),
    "mail, global": lambda: beside_text(saved_mail(), "Content-Type: message/global"),
    "mail, the only part": lambda: mail(saved_mail(), "Content-Type: message/rfc822"),
    "eml as octet-stream": lambda: beside_text(saved_mail(), f'{FILE}; name="form.eml"'),
    "eml without a name": lambda: beside_text(saved_mail(), FILE),
    "eml as text": lambda: beside_text(
        saved_mail(), 'Content-Type: text/plain; name="form.eml"', "8bit"
    ),
    "eml as the text": lambda: beside_text(saved_mail(), "Content-Type: text/plain"),
    "eml with a mark": lambda: beside_text(b"\xef\xbb\xbf\r\n" + saved_mail(), FILE),
    "eml of an mbox": lambda: beside_text(
        b"From a@b.example Mon Nov 23 09:30:00 2026\r\n" + saved_mail(), FILE
    ),
    "eml with line ends of Unix": lambda: beside_text(
        saved_mail().replace(b"\r\n", b"\n"), "Content-Type: message/rfc822"
    ),
    "mail in a mail": lambda: beside_text(
        beside_text(saved_mail(), "Content-Type: message/rfc822"), "Content-Type: message/rfc822"
    ),
    "mail in a digest": lambda: TOP
    + b'Content-Type: multipart/digest; boundary="d"\r\n\r\n--d\r\n\r\n'
    + saved_mail()
    + b"\r\n--d--\r\n",
    "mail with a blank line first": lambda: beside_text(
        b"\r\n" + saved_mail(), "Content-Type: message/rfc822", "8bit"
    ),
    "signed mail in a mail": lambda: beside_text(
        mail(cms("sign", entity()), SIGNED), "Content-Type: message/rfc822"
    ),
    "multipart in base64": lambda: TOP
    + b'Content-Type: multipart/mixed; boundary="b-1"\r\n'
    + b"Content-Transfer-Encoding: base64\r\n\r\n"
    + mail(entity().partition(b"\r\n\r\n")[2], FILE).partition(b"\r\n\r\n")[2],
    "multipart without its type": lambda: TOP + entity().partition(b"\r\n")[2],
    "multipart without a blank line": lambda: TOP
    + entity().replace(b"\r\n\r\n--b-1", b"\r\n--b-1", 1),
    "multipart behind a torn type": lambda: TOP
    + entity().replace(b"Content-Type:", b"Content-Type", 1),
    "part with a torn header": lambda: TOP
    + entity().replace(b"filename=", b"\r\nno field\r\nX-Name=").replace(
        b"Content-Type: application", b"torn here\r\nContent-Type: application"
    ),
    "uuencode": lambda: plain_text(b"Hello,\n\n" + uuencoded(XLSX) + b"\nBye\n"),
    "uuencode with CRLF": lambda: plain_text(uuencoded(XLSX).replace(b"\n", b"\r\n")),
    "uuencode, other mode": lambda: plain_text(uuencoded(XLSX, mode="100666")),
    "uuencode without an end": lambda: plain_text(uuencoded(XLSX).partition(b"`\nend")[0]),
    "uuencode with blanks": lambda: plain_text(uuencoded(XLSX).replace(b"`", b" ")),
    "uuencode, blanks lost": lambda: plain_text(
        b"\n".join(line.rstrip() for line in uuencoded(XLSX).replace(b"`", b" ").split(b"\n"))
    ),
    "uuencode in quoted-printable": lambda: mail(
        b"Hello\r\n" + uuencoded(XLSX), "Content-Type: text/plain", "quoted-printable"
    ),
    "uuencode, two files": lambda: plain_text(
        uuencoded(b"other", "a.txt") + b"words\n" + uuencoded(XLSX)
    ),
    "uuencode as transfer encoding": lambda: beside_text(
        uuencoded(XLSX), f'{FILE}; name="form.xlsx"', "x-uuencode"
    ),
    "uuencode as a type": lambda: beside_text(uuencoded(XLSX), "Content-Type: application/x-uue"),
    "uuencode without type and name": lambda: beside_text(uuencoded(XLSX), FILE),
    "uuencode of a mail": lambda: plain_text(uuencoded(saved_mail(), "a.eml")),
    "uuencode of a signed mail": lambda: plain_text(uuencoded(cms("sign", entity()), "smime.p7m")),
    "uuencode of a zip": lambda: plain_text(uuencoded(zipped({"form.xlsx": XLSX}), "f.zip")),
    "base64 of uuencode": lambda: plain_text(
        b"begin-base64 644 form.xlsx\n"
        + mail(XLSX, FILE).partition(b"\r\n\r\n")[2]
        + b"====\n"
    ),
    "yEnc": lambda: plain_text(b"Hello\r\n" + yenc(XLSX)),
    "BinHex in the text": lambda: plain_text(b"Hello\r\n" + binhex(XLSX)),
    "BinHex as a type": lambda: beside_text(
        binhex(XLSX), 'Content-Type: application/mac-binhex40; name="form.hqx"', "7bit"
    ),
    "AppleSingle": lambda: beside_text(apple_single(XLSX), "Content-Type: application/applefile"),
    "AppleDouble": lambda: TOP
    + b'Content-Type: multipart/appledouble; boundary="b-1"\r\n'
    + entity(text="").partition(b"\r\n")[2],
    "xlsx as text without a name": lambda: beside_text(XLSX, "Content-Type: text/plain"),
    "xlsx as HTML without a name": lambda: beside_text(XLSX, "Content-Type: text/html"),
    "xlsx, the only part, as text": lambda: mail(XLSX, "Content-Type: text/plain"),
    "xlsx as a mail": lambda: beside_text(XLSX, "Content-Type: message/rfc822"),
    "xlsx as several parts": lambda: beside_text(XLSX, "Content-Type: multipart/mixed"),
    "xlsx as a signature": lambda: beside_text(XLSX, "Content-Type: application/pkcs7-signature"),
    "xlsx as a picture": lambda: beside_text(XLSX, 'Content-Type: image/png; name="a.png"'),
    "xlsx without its encoding": lambda: beside_text(
        XLSX, f'{FILE}; name="form.xlsx"'
    ).replace(b"Content-Transfer-Encoding: base64\r\n", b""),
    "xlsx encoded twice": lambda: beside_text(
        mail(XLSX, FILE).partition(b"\r\n\r\n")[2], f'{FILE}; name="form.xlsx"'
    ),
    "winmail.dat": lambda: beside_text(
        tnef({"form.xlsx": XLSX}), "Content-Type: application/ms-tnef"
    ),
    "winmail.dat in a signed mail": lambda: mail(
        cms("sign", entity(tnef({"form.xlsx": XLSX}), "winmail.dat")), SIGNED
    ),
    "zip in a mail in a zip": lambda: beside_text(
        zipped({"mail.eml": saved_mail(zipped({"form.xlsx": XLSX}), "form.zip")}), FILE
    ),
    "signed file in a zip": lambda: beside_text(zipped({"form.xlsx.p7m": cms("sign", XLSX)}), FILE),
}  # fmt: skip


@pytest.mark.parametrize("name", WRAPPED)
def test_wrapped_form_is_found(name: str) -> None:
    message = parse_message(WRAPPED[name]())
    found = find_forms(message, enclosed_files)
    assert [form.content for form in found.forms] == [XLSX]
    assert found.unreadable == ()
    assert message.subject == "WhatsApp form"
    assert [sender.address for sender in message.senders] == ["oliver@harbour-books.example"]
    assert "encrypted" not in message.defects
    assert "PK" not in message.text
    assert "begin 644" not in message.text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("signed", "Our form."),
        ("signed three times", "Our form."),
        ("signed beside a text", "See below.\n\nOur form."),
        ("uuencode", "Hello,\n\n\nBye"),
        ("uuencode, two files", "words"),
        ("mail in base64", "See below."),
        ("eml as the text", "See below."),
        ("yEnc", "Hello"),
        ("xlsx, the only part, as text", ""),
    ],
)
def test_wrapped_words_are_read_and_files_are_none(name: str, text: str) -> None:
    assert parse_message(WRAPPED[name]()).text == text


ENCRYPTED: dict[str, Callable[[], bytes]] = {
    "enveloped": lambda: mail(
        cms("encrypt", entity(), "-aes256"), f"{MIME}; smime-type=enveloped-data"
    ),
    "enveloped, streamed": lambda: mail(cms("encrypt", entity(), "-aes256", "-stream"), MIME),
    "enveloped, as octet-stream": lambda: mail(
        cms("encrypt", entity(), "-aes256"), f'{FILE}; name="smime.p7m"'
    ),
    "authenticated": lambda: mail(
        cms("encrypt", entity(), "-aes-256-gcm"), f"{MIME}; smime-type=authEnveloped-data"
    ),
    "encrypted inside signed": lambda: mail(
        cms("sign", mail(cms("encrypt", entity(), "-aes256"), MIME)), SIGNED
    ),
    "PGP/MIME": pgp_mime,
    "PGP in the text": lambda: plain_text(
        b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"
    ),
    "PGP file": lambda: beside_text(b"\x85\x01\x0c\x03" + b"x" * 99, f'{FILE}; name="f.xlsx.gpg"'),
    "PGP file of another make": lambda: beside_text(b"\x10:\xb2\x86" * 99, f'{FILE}; name="f.pgp"'),
    "PGP file in armour": lambda: beside_text(
        b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n",
        f'{FILE}; name="form.xlsx.asc"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENCRYPTED)
def test_wrapped_encrypted_mail_is_told(name: str) -> None:
    message = parse_message(ENCRYPTED[name]())
    found = find_forms(message, enclosed_files)
    assert found.forms == ()
    assert [file.problem.code for file in found.unreadable] == ["file_encrypted_mail"]
    assert message.subject == "WhatsApp form"


@pytest.mark.parametrize(
    "raw",
    [
        plain_text(b"> -----BEGIN PGP MESSAGE-----\r\n> hQEMA\r\n"),
        plain_text(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nmQEN\r\n"),
        plain_text(b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHello\r\n"),
        plain_text(b"MIIB is how it begins\r\n"),
        plain_text(b"we begin 644 times\r\nbegin 644 now\r\nand so on\r\n"),
        plain_text(b"From: a@example.com\r\nSubject: x\r\nReceived: y\r\n\r\nquoted\r\n"),
    ],
)
def test_wrapped_is_not_what_only_looks_so(raw: bytes) -> None:
    message = parse_message(raw)
    assert message.text == raw.partition(b"\r\n\r\n")[2].decode().replace("\r\n", "\n").rstrip("\n")
    assert message.attachments == ()
    assert message.defects == ()


def test_wrapped_signature_beside_its_text_is_no_file_to_open() -> None:
    detached = cms("detach", entity())
    fields = 'Content-Type: application/pkcs7-signature; name="smime.p7s"'
    message = parse_message(beside_text(detached, fields))
    assert [file.file_name for file in message.attachments] == ["smime.p7s"]
    assert find_forms(message, enclosed_files).unreadable == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("form.xlsx.pgp", XLSX),
        ("key.gpg", b"\x99\x01\x0d\x04" + bytes(50)),
        ("key.pgp", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQEN\n"),
        ("signature.pgp", b"\xc2\x75\x04" + bytes(50)),
        ("nothing.pgp", b""),
    ],
)
def test_wrapped_files_that_only_bear_the_name_of_pgp_are_not_encrypted(
    name: str, content: bytes
) -> None:
    message = parse_message(beside_text(content, f'{FILE}; name="{name}"'))
    assert "encrypted" not in message.defects
    assert len(find_forms(message, enclosed_files).forms) == (content == XLSX)


def test_wrapped_signature_proves_no_sender() -> None:
    policy = SenderPolicy(("mx.genesys.example",))
    inner = (
        b"Authentication-Results: mx.genesys.example; dmarc=pass header.from=harbour-books.example"
        b"\r\nFrom: boss@harbour-books.example\r\n"
    )
    message = parse_message(mail(cms("sign", inner + entity()), SIGNED))
    assert judge_sender(message, policy).verdict is SenderVerdict.UNKNOWN
    assert [sender.address for sender in message.senders] == ["oliver@harbour-books.example"]
    assert message.header("Authentication-Results") == ()


def test_wrapped_words_without_fields_of_their_own_are_words() -> None:
    message = parse_message(mail(cms("sign", b"\r\nHello, no form yet.\r\n"), SIGNED))
    assert (message.text, message.attachments) == ("Hello, no form yet.", ())


@pytest.mark.parametrize("cut", [30, 60, 200, 700])
def test_wrapped_content_that_is_cut_off_gives_what_there_is(cut: int) -> None:
    whole = in_pieces(entity(text="Our words. " * 200))
    message = parse_message(mail(whole[:-cut], SIGNED))
    assert message.text.startswith("Our words. Our words.")


@pytest.mark.parametrize(
    "make",
    [
        lambda: mail(compressed(b"\x00" * (120 << 20)), MIME),
        lambda: mail(compressed(compressed(b"\x00" * (120 << 20))), MIME),
        lambda: rewrapped_mails(60),
    ],
    ids=["bomb", "bomb in a bomb", "depth"],
)
def test_wrapped_more_than_a_mail_may_hold_is_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(RefusedError, match="mail_refused"):
        parse_message(make())


def rewrapped_mails(times: int) -> bytes:
    found = saved_mail(b"x")
    for _ in range(times):
        found = (
            TOP + b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + found
        )
    return found


def test_wrapped_pieces_without_end_are_left_closed() -> None:
    many = b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80" * 200_000
    message = parse_message(mail(many, SIGNED))
    assert [file.content for file in message.attachments] == [many]


def test_wrapped_partial_and_external_bodies_are_kept_as_they_are() -> None:
    partial = beside_text(saved_mail(), "Content-Type: message/partial; number=1; total=2", "7bit")
    (file,) = parse_message(partial).attachments
    assert file.content.startswith(b"From: colleague@harbour-books.example")
    outside = b"Content-Type: application/pdf\r\nContent-ID: <1@example.com>\r\n\r\n"
    raw = beside_text(outside, 'Content-Type: message/external-body; name="form.pdf"', "7bit")
    assert [(f.file_name, f.content_type) for f in parse_message(raw).attachments] == [
        ("form.pdf", "message/external-body")
    ]


def test_wrapped_file_keeps_its_name_from_the_text() -> None:
    body = uuencoded(PDF, "申請書.pdf") + uuencoded(XLSX, "../../etc/passwd")
    names = [file.file_name for file in parse_message(plain_text(body)).attachments]
    assert names == ["申請書.pdf", "passwd"]

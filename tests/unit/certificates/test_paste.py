import base64
import json
import quopri
import time
import urllib.parse
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.certificates.issuers.manual import ManualIssuer
from pipeline.certificates.paste import (
    MAXIMUM_CHARACTERS,
    PasteCode,
    PastedCertificate,
    PasteRefused,
    read_paste,
)
from pipeline.errors import RefusedError
from pipeline.model.certificate import CertificateSubject, IssuedCertificate
from pipeline.terms import Issuer
from tests.world.pace import soon

#: Made like Meta's: one line of base64 over fields of a length and their octets.
META = base64.b64encode(
    b"\x0a\x6d" + bytes(range(0x6D)) + b"\x12\x40" + bytes(range(64)) + b"\x18\x01"
).decode()


@pytest.fixture
def issued(issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime) -> IssuedCertificate:
    return issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


_DRESSES = {
    "as it is": lambda text: text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "one line": lambda text: " ".join(_lines(text)),
    "one line without blanks": lambda text: "".join(_lines(text)),
    "quoted": lambda text: "".join(f"> {line}\n" for line in _lines(text)),
    "quoted twice": lambda text: "".join(f">> {line}\n" for line in _lines(text)),
    "quoted with blanks": lambda text: "".join(f" > > {line}\n" for line in _lines(text)),
    "zero-width": lambda text: "\ufeff" + "\u200b".join(text),
    "no-break blanks": lambda text: text.replace("\n", "\u00a0\n\u3000"),
    "bare base64": lambda text: "\n".join(_lines(text)[1:-1]),
    "bare base64 in one line": lambda text: "".join(_lines(text)[1:-1]),
    "dashes of a word processor": lambda text: text.replace("-----", "\u2014\u2013\u2014"),
    "in a mail": lambda text: f"こんにちは。証明書です。\n\n{text}\n\n--\nYamada",
    "double-spaced": lambda text: text.replace("\n", "\n\n"),
    "one long dash": lambda text: text.replace("-----", "\u2014"),
    "a string of JSON": lambda text: json.dumps({"certificate": text}),
    "escaped line ends": lambda text: text.replace("\n", "\\r\\n"),
    "a variable of a shell": lambda text: "CERT='" + text.replace("\n", "\\n") + "'",
    "percent-encoded": urllib.parse.quote,
    "quoted-printable": lambda text: text.replace("=", "=3D"),
    "a page of HTML": lambda text: text.replace("\n", "<br>\n"),
    "double width": lambda text: "".join(
        chr(ord(one) + 0xFEE0) if one.isalnum() else one for one in text
    ),
    "a code block": lambda text: f"```\n{text}```\n",
    "typographic quotes": lambda text: f"\u201e{text.strip()}\u201c",
    "tabs and blanks": lambda text: "".join(f"\t  {line}  \n" for line in _lines(text)),
    "behind its description": lambda text: f"Certificate:\n    Version: 3 (0x2)\n--\n{text}",
    "with attributes": lambda text: f"Bag Attributes\n    localKeyID: 01 02\n{text}",
    "with a header": lambda text: text.replace("E-----\n", "E-----\nProc-Type: 4\n\n", 1),
    "encoded once more": lambda text: base64.b64encode(text.encode()).decode(),
    "old label": lambda text: text.replace("CERTIFICATE", "X509 CERTIFICATE"),
    "a file of UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
    "a file of UTF-16 with its mark": lambda text: text.encode("utf-16").decode("utf-8", "replace"),
    "a mark read as letters": lambda text: "\u00ef\u00bb\u00bf" + text,
    "entities": lambda text: (
        text.replace("+", "&#43;").replace("/", "&#x2F;").replace("=", "&#61;")
    ),
    "quoted, as HTML": lambda text: "".join(f"&gt; {line}\n" for line in _lines(text)),
    "paragraphs of HTML": lambda text: "".join(f"<p>{line}</p>" for line in _lines(text)),
    "divisions of HTML": lambda text: "".join(
        f'<div dir="ltr"><span>{line}&nbsp;</span></div>' for line in _lines(text)
    ),
    "places to break a line": lambda text: text.replace("MII", "M<wbr>II"),
    "soft line breaks": lambda text: quopri.encodestring(
        "".join(_lines(text)[1:-1]).encode()
    ).decode(),
    "rich text": lambda text: "{\\rtf1\\ansi\\f0 " + text.replace("\n", "\\par\n") + "}",
    "base64 for addresses": lambda text: (
        "".join(_lines(text)[1:-1]).replace("+", "-").replace("/", "_")
    ),
    "without its padding": lambda text: "".join(_lines(text)[1:-1]).rstrip("="),
    "a data URL": lambda text: (
        "data:application/x-x509-ca-cert;base64," + "".join(_lines(text)[1:-1])
    ),
    "a signed text": lambda text: (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        + text.replace("-----B", "- -----B").replace("-----E", "- -----E")
        + "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEB\n=abcd\n-----END PGP SIGNATURE-----\n"
    ),
    "small letters": lambda text: text.replace("BEGIN CERTIFICATE", "begin certificate"),
    "hyphens that do not break": lambda text: text.replace("-", "\u2011"),
    "soft hyphens": "\u00ad".join,
    "quoted-printable line by line": lambda text: "=0D=0A".join(
        quopri.encodestring(line.encode()).decode() for line in _lines(text)
    ),
    "quoted-printable with soft breaks": lambda text: text.replace("\n", "=0D=0A=\n"),
    "numbered": lambda text: "".join(f"{n}: {one}\n" for n, one in enumerate(_lines(text), 1)),
    "numbered by cat": lambda text: "".join(
        f"{n:6}\t{one}\n" for n, one in enumerate(_lines(text), 1)
    ),
    "with initials": lambda text: "".join(f"TY> {line}\n" for line in _lines(text)),
    "with bullets": lambda text: "".join(f"\u2022\t{line}\n" for line in _lines(text)),
    "with hyphens": lambda text: "".join(f"- {line}\n" for line in _lines(text)),
    "a sum of strings": lambda text: "".join(f'"{line}\\n" +\n' for line in _lines(text)),
    "a part of XML": lambda text: (
        f"<ds:X509Certificate><![CDATA[{''.join(_lines(text)[1:-1])}]]></ds:X509Certificate>"
    ),
    "with words about a key": lambda text: f"Do not send the private key!\n{text}",
    "between the words of a mail": lambda text: f"Private key: not needed.\n\n{text}\nBest, A",
}


_AROUND_LINES = {
    name: dress
    for name, dress in _DRESSES.items()
    if name in {"numbered", "numbered by cat", "with initials", "with hyphens", "a sum of strings"}
}


@pytest.mark.parametrize("more", range(12))
@pytest.mark.parametrize("dress", _AROUND_LINES.values(), ids=_AROUND_LINES.keys())
def test_lines_with_something_around_them_are_read_at_every_length(
    issuer: EmbeddedIssuer, now: datetime, dress: "object", more: int
) -> None:
    assert callable(dress)
    subject = CertificateSubject("x" * (1 + more), "WA-7K3M9Q4M", "+81312345678")
    made = issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)
    bare = "\n".join(_lines(made.text)[1:-1])
    for text in (made.text, bare):
        found = read_paste(dress(text), now)
        assert isinstance(found, PastedCertificate)
        assert found.text == made.text


@pytest.mark.parametrize("more", range(6))
def test_boundaries_without_dashes_are_no_certificate_of_meta(
    issuer: EmbeddedIssuer, now: datetime, more: int
) -> None:
    subject = CertificateSubject("x" * (1 + more), "WA-7K3M9Q4M", "+81312345678")
    made = issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)
    found = read_paste(made.text.replace("-", ""), now)
    assert isinstance(found, PasteRefused)


def test_a_numbered_line_of_meta_is_not_taken_for_another_certificate(now: datetime) -> None:
    assert read_paste(f"     1\t{META}\n", now) == PasteRefused(PasteCode.UNREADABLE)


@pytest.mark.parametrize("dress", _DRESSES.values(), ids=_DRESSES.keys())
def test_a_pasted_certificate_is_read_however_it_is_dressed(
    issued: IssuedCertificate,
    now: datetime,
    dress: "object",
) -> None:
    assert callable(dress)
    assert read_paste(dress(issued.text), now) == PastedCertificate(
        text=issued.text,
        fingerprint=issued.fingerprint,
        serial=issued.serial.lstrip("0"),
        created_at=issued.created_at,
        expires_at=issued.expires_at,
    )


@pytest.mark.parametrize(
    "text", [META, f"> {META[:80]}\n> {META[80:]}\n", "\u200b".join(META), f"\n {META} \r\n"]
)
def test_the_certificate_of_meta_is_read_as_one_line(text: str, now: datetime) -> None:
    found = read_paste(text, now)
    assert isinstance(found, PastedCertificate)
    assert (found.text, found.created_at, found.expires_at) == (META, None, None)


def _private_keys() -> dict[str, str]:
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    none = serialization.NoEncryption()
    secret = serialization.BestAvailableEncryption(b"passphrase")
    elliptic = ec.generate_private_key(ec.SECP256R1())
    formats = serialization.PrivateFormat
    classic = rsa.generate_private_key(65537, 2048)
    found = {
        "pkcs8": elliptic.private_bytes(pem, formats.PKCS8, none),
        "encrypted": elliptic.private_bytes(pem, formats.PKCS8, secret),
        "sec1": elliptic.private_bytes(pem, formats.TraditionalOpenSSL, none),
        "rsa": classic.private_bytes(pem, formats.TraditionalOpenSSL, none),
        "openssh": elliptic.private_bytes(pem, formats.OpenSSH, none),
        "bare pkcs8": base64.b64encode(elliptic.private_bytes(der, formats.PKCS8, none)),
        "bare encrypted": base64.b64encode(elliptic.private_bytes(der, formats.PKCS8, secret)),
        "bare rsa": base64.b64encode(classic.private_bytes(der, formats.TraditionalOpenSSL, none)),
    }
    openssh = found["openssh"].decode().splitlines()[1:-1]
    return {name: text.decode() for name, text in found.items()} | {
        "bare openssh": "".join(openssh)
    }


_KEYS = _private_keys()


@pytest.mark.parametrize("text", _KEYS.values(), ids=_KEYS.keys())
def test_a_private_key_is_refused_with_an_alert(text: str, now: datetime) -> None:
    found = read_paste(text, now)
    assert found == PasteRefused(PasteCode.PRIVATE_KEY)
    assert isinstance(found, PasteRefused)
    assert found.alert is True


def test_a_private_key_beside_a_certificate_is_refused(
    issued: IssuedCertificate, now: datetime
) -> None:
    found = read_paste(issued.text + _KEYS["pkcs8"], now)
    assert found == PasteRefused(PasteCode.PRIVATE_KEY)


_HIDDEN = {
    "zero-width in its name": lambda key: key.replace("PRIVATE", "PRI\u200bVATE"),
    "quoted": lambda key: "".join(f"> {line}\n" for line in _lines(key)),
    "quoted inside its name": lambda key: key.replace("PRIVATE KEY", "PRIVATE\n> KEY"),
    "one line": lambda key: "".join(_lines(key)),
    "a string of JSON": json.dumps,
    "percent-encoded": urllib.parse.quote,
    "double width": lambda key: "".join(
        chr(ord(one) + 0xFEE0) if one.isalnum() else one for one in key
    ),
    "encoded once more": lambda key: base64.b64encode(key.encode()).decode(),
    "its first line alone": lambda key: _lines(key)[1],
    "lower case": lambda key: key.replace("PRIVATE KEY", "private key"),
    "a file of UTF-16": lambda key: key.encode("utf-16-le").decode("latin-1"),
    "entities": lambda key: key.replace(" ", "&#32;").replace("/", "&#47;"),
    "tags inside its name": lambda key: key.replace("PRIVATE", "PRI<b>VATE</b>"),
    "a soft break inside its name": lambda key: key.replace("PRIVATE", "PRI=\nVATE"),
    "base64 for addresses": lambda key: (
        "".join(_lines(key)[1:-1]).replace("+", "-").replace("/", "_").rstrip("=")
    ),
    "rich text": lambda key: "{\\rtf1 " + key.replace("\n", "\\par\n") + "}",
    "numbered": lambda key: "".join(f"{n}: {one}\n" for n, one in enumerate(_lines(key))),
    "numbered and bare": lambda key: "".join(
        f"{n}: {one}\n" for n, one in enumerate(_lines(key)[1:-1])
    ),
    "bare in a mail": lambda key: f"Hello,\n\n{''.join(_lines(key)[1:-1])}\n\nBest regards, A",
    "figures": lambda key: base64.b64decode("".join(_lines(key)[1:-1])).hex(),
    "its label cut off": lambda key: key.replace("-----BEGIN ", ""),
    "words alone": lambda _key: "You find our private key in the file.",
}


@pytest.mark.parametrize("dress", _HIDDEN.values(), ids=_HIDDEN.keys())
def test_a_private_key_is_known_however_it_is_dressed(dress: "object", now: datetime) -> None:
    assert callable(dress)
    assert read_paste(dress(_KEYS["pkcs8"]), now) == PasteRefused(PasteCode.PRIVATE_KEY)


@pytest.mark.parametrize(
    "text",
    [
        '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","d": "jpsQ"}',
        "PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nPrivate-Lines: 1\nAAAAIQ==",
        base64.b64encode(b"\x30\x82\x09\x30\x02\x01\x03" + bytes(90)).decode(),
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQWG\n-----END PGP PRIVATE KEY BLOCK-----",
    ],
    ids=["JSON Web Key", "PuTTY", "PKCS 12", "PGP"],
)
def test_a_private_key_of_another_form_is_known(text: str, now: datetime) -> None:
    assert read_paste(text, now) == PasteRefused(PasteCode.PRIVATE_KEY)


def _filled(unit: str) -> str:
    return (unit * (MAXIMUM_CHARACTERS // len(unit) + 1))[:MAXIMUM_CHARACTERS]


_HOSTILE = {
    "dashes": "-",
    "long dashes": "\u2014",
    "dashes and blanks": "-- ",
    "begins": "-----BEGIN CERTIFICATE-----\n",
    "begins without ends": "-----BEGIN ",
    "begins on one line": "--BEGIN A",
    "blanks": " ",
    "line ends": "\n",
    "quote marks": "> ",
    "quote marks on lines": "\n>",
    "letters": "A",
    "padding": "=",
    "headers": "A: \n",
    "header names": "A-",
    "escapes": "\\n",
    "backslashes": "\\",
    "percent": "%2",
    "zero-width": "\u200b",
    "blanks of all kinds": "\u00a0\u3000\u2009",
    "kanji": "\u8a3c\u660e\u66f8",
    "emoji": "\U0001f600",
    "halves of characters": "\ud83d",
    "web keys": '"kty":"d":',
    "web keys and blanks": '"d"         ',
    "controls": "\x1e\x00",
    "NULs": "\x00",
    "tags": "<a ",
    "tags and blanks": "<a" + " " * 301,
    "entities": "&#43;",
    "entities without ends": "&#4",
    "soft breaks": "=\n",
    "soft breaks and blanks": "=   \nA",
    "escaped dashes": "\n- -",
    "paragraphs": "\\par",
    "lengths of DER": base64.b64encode(b"\x30\x84\xff\xff\xff\xff").decode(),
    "nested DER": base64.b64encode(b"\x30\x82\x01\x00" * 3).decode(),
    "fields": base64.b64encode(b"\x0a\x01\x00").decode(),
    "private keys": "PRIVATE KEY ",
    "begins of private keys": "BEGINA",
    "begins and a private key": "BEGIN PRIVATE KE",
    "runs of data": "A" * 40 + " ",
    "runs in lines": "1: AAAA\n",
    "runs on a line": "AAAA: ",
    "marks of strings": '"A\\n" +\n',
    "CDATA": "<![CDATA[",
    "varints": base64.b64encode(b"\x0a\xff\xff").decode(),
}


@pytest.mark.parametrize("unit", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_time_to_read_grows_with_the_length_alone(unit: str, now: datetime) -> None:
    text = _filled(unit)
    began = time.process_time()
    for _ in range(4):
        read_paste(text, now)
        read_paste("-----BEGIN CERTIFICATE-----\n" + text[:65_000], now)
    assert soon((time.process_time() - began) / 8, 0.05)


def test_a_key_whose_numbers_would_take_minutes_to_check_is_not_loaded(now: datetime) -> None:
    octets = b"\x02\x01\x00" + b"\x02\x82\x40\x00" + b"\xff" * 0x4000
    key = b"\x30\x82" + len(octets).to_bytes(2, "big") + octets
    began = time.process_time()
    found = read_paste(base64.b64encode(key).decode(), now)
    assert found == PasteRefused(PasteCode.PRIVATE_KEY)
    assert soon(time.process_time() - began, 0.05)


def _wrong(text: str) -> dict[str, tuple[str, PasteCode]]:
    lines = _lines(text)
    body = "".join(lines[1:-1])
    return {
        "nothing": ("", PasteCode.EMPTY),
        "invisible": ("\u200b \ufeff\n>", PasteCode.EMPTY),
        "no end line": ("\n".join(lines[:-1]), PasteCode.TRUNCATED),
        "no begin line": ("\n".join(lines[1:]), PasteCode.TRUNCATED),
        "a line missing": ("\n".join(lines[:4] + lines[6:]), PasteCode.TRUNCATED),
        "cut off": (body[:200], PasteCode.TRUNCATED),
        "cut off inside a group": (body[:201], PasteCode.TRUNCATED),
        "cut off at once": ("MIIC", PasteCode.TRUNCATED),
        "meta cut off": (META[:120], PasteCode.TRUNCATED),
        "meta cut off early": (META[:80], PasteCode.TRUNCATED),
        "two certificates": (text + text, PasteCode.SEVERAL),
        "a request": (text.replace("CERTIFICATE", "CERTIFICATE REQUEST"), PasteCode.UNREADABLE),
        "words": ("Please find the certificate attached.", PasteCode.UNREADABLE),
        "words alone": (
            "Please find the certificate for our number attached to this mail thank you very much",
            PasteCode.UNREADABLE,
        ),
        "figures": (body.encode().hex(), PasteCode.UNREADABLE),
        "figures in groups": (body.encode().hex(" ", 4), PasteCode.UNREADABLE),
        "a chain": (
            text.replace("CERTIFICATE", "PKCS7"),
            PasteCode.UNREADABLE,
        ),
        "trusted": (
            text.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
            PasteCode.UNREADABLE,
        ),
        "a list of revoked ones": (text.replace("CERTIFICATE", "X509 CRL"), PasteCode.UNREADABLE),
        "an encrypted message": (
            "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n",
            PasteCode.UNREADABLE,
        ),
        "shortened": ("\n".join([*lines[:2], "\u2026", lines[-1]]), PasteCode.UNREADABLE),
        "hidden": ("\n".join([lines[0], "*" * 64, lines[-1]]), PasteCode.UNREADABLE),
        "far too long": ("A" * (MAXIMUM_CHARACTERS + 1), PasteCode.TOO_LONG),
        "no certificate inside": (
            base64.b64encode(b"\x30\x40" + bytes(64)).decode(),
            PasteCode.UNREADABLE,
        ),
    }


_WRONG_NAMES = tuple(_wrong("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"))


@pytest.mark.parametrize("name", _WRONG_NAMES)
def test_a_damaged_text_is_refused_with_its_reason(
    issued: IssuedCertificate, now: datetime, name: str
) -> None:
    text, code = _wrong(issued.text)[name]
    assert read_paste(text, now) == PasteRefused(code)


def test_every_shorter_copy_of_a_certificate_is_refused(
    issued: IssuedCertificate, now: datetime
) -> None:
    body = "".join(_lines(issued.text)[1:-1])
    # A copy of Meta's that ends with a whole field cannot be told from a whole certificate.
    ends_of_fields = {2 + 0x6D, 2 + 0x6D + 2 + 0x40}
    for whole, undetectable in ((body, set()), (META, ends_of_fields)):
        found = {
            getattr(read_paste(whole[:length], now), "code", None)
            for length in range(4, len(whole.rstrip("=")) - 1)
            if length // 4 * 3 not in undetectable
        }
        assert found == {PasteCode.TRUNCATED}


def test_an_expired_certificate_is_refused_from_the_second_of_expiry(
    issued: IssuedCertificate,
) -> None:
    before = issued.expires_at - timedelta(seconds=1)
    assert isinstance(read_paste(issued.text, before), PastedCertificate)
    assert read_paste(issued.text, issued.expires_at) == PasteRefused(PasteCode.EXPIRED)


def test_a_manual_certificate_expires_seven_days_after_the_day_of_its_creation(
    now: datetime,
) -> None:
    accepted = ManualIssuer("Asia/Tokyo").accept(META, created=date(2026, 11, 23), now=now)
    assert isinstance(accepted, IssuedCertificate)
    assert accepted.issuer is Issuer.MANUAL
    assert accepted.created_at == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert accepted.expires_at == datetime(2026, 11, 29, 15, tzinfo=UTC)


def test_a_manual_certificate_never_outlives_what_it_says_itself(
    issued: IssuedCertificate, now: datetime
) -> None:
    later = now + timedelta(days=2)
    accepted = ManualIssuer().accept(issued.text, created=later, now=later)
    assert isinstance(accepted, IssuedCertificate)
    assert accepted.expires_at == issued.expires_at


@pytest.mark.parametrize(
    ("created", "code"),
    [
        (None, PasteCode.CREATION_UNKNOWN),
        (date(2026, 11, 10), PasteCode.EXPIRED),
        (datetime(2026, 11, 17, 5, 30, 15, tzinfo=UTC), PasteCode.EXPIRED),
        (datetime(2026, 11, 24, 5, 30, 16, tzinfo=UTC), PasteCode.NOT_YET_CREATED),
    ],
)
def test_a_manual_certificate_without_a_usable_creation_is_refused(
    created: datetime | date | None, code: PasteCode, now: datetime
) -> None:
    assert ManualIssuer().accept(META, created=created, now=now) == PasteRefused(code)


def test_a_certificate_that_is_used_elsewhere_is_refused(now: datetime) -> None:
    first = ManualIssuer().accept(META, created=now, now=now)
    assert isinstance(first, IssuedCertificate)
    again = ManualIssuer().accept(
        f"> {META}", created=now, now=now, used=frozenset({first.fingerprint})
    )
    assert again == PasteRefused(PasteCode.USED)


def test_the_manual_issuer_waits_for_staff(subject: CertificateSubject, now: datetime) -> None:
    manual = ManualIssuer()
    assert manual.automatic is False
    for call in (
        manual.reserve_serial,
        lambda: manual.prepare(subject, "01", now),
        lambda: manual.finish(b""),
    ):
        with pytest.raises(RefusedError, match="certificate_waits_for_staff"):
            call()

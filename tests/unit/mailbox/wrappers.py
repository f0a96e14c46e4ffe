"""Mails that wrap a file in every way, made with real programs where they exist."""

import base64
import binascii
import quopri
import struct
import subprocess
import zlib
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.unit.intake.conftest import XLSX

TOP = (
    b"From: Oliver Whitcombe <oliver@harbour-books.example>\r\nTo: a@example.com\r\n"
    b"Subject: WhatsApp form\r\nDate: Mon, 23 Nov 2026 09:30:00 +0000\r\n"
    b"Message-ID: <1@harbour-books.example>\r\nMIME-Version: 1.0\r\n"
)


def entity(content: bytes = XLSX, name: str = "form.xlsx", text: str = "Our form.") -> bytes:
    """Return a MIME entity with a text and a file, without the fields of a mail."""
    return (
        (
            f'Content-Type: multipart/mixed; boundary="b-1"\r\n\r\n--b-1\r\n'
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--b-1\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; "
            f'filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        ).encode()
        + base64.encodebytes(content).replace(b"\n", b"\r\n")
        + b"--b-1--\r\n"
    )


def saved_mail(content: bytes = XLSX, name: str = "form.xlsx") -> bytes:
    """Return a whole mail with a file."""
    return (
        b"From: colleague@harbour-books.example\r\nSubject: the form\r\n"
        b"Message-ID: <inner@harbour-books.example>\r\nMIME-Version: 1.0\r\n"
    ) + entity(content, name)


def mail(content: bytes, fields: str, encoding: str = "base64") -> bytes:
    """Return a mail whose only part is ``content``."""
    body = encoded(content, encoding)
    return TOP + f"{fields}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def beside_text(content: bytes, fields: str, encoding: str = "base64") -> bytes:
    """Return a mail with a text and ``content`` as its second part."""
    return (
        TOP
        + b'Content-Type: multipart/mixed; boundary="b-0"\r\n\r\n--b-0\r\n'
        + b"Content-Type: text/plain\r\n\r\nSee below.\r\n--b-0\r\n"
        + f"{fields}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + encoded(content, encoding)
        + b"\r\n--b-0--\r\n"
    )


def encoded(content: bytes, encoding: str) -> bytes:
    """Return ``content`` in a transfer encoding."""
    if encoding == "base64":
        return base64.encodebytes(content).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return quopri.encodestring(content)
    return content


@cache
def _keys() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory()
    where = Path(folder.name)
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes",
        "-keyout", where / "key", "-out", where / "cert", "-days", "3650", "-subj", "/CN=Oliver",
    )  # fmt: skip
    return folder


def _openssl(*arguments: str | Path, given: bytes = b"") -> bytes:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout


def cms(step: str, content: bytes, *options: str) -> bytes:
    """Return ``content`` in a wrapper that OpenSSL makes (DER, or BER in pieces with -stream)."""
    keys = Path(_keys().name)
    form = () if "-outform" in options else ("-outform", "DER")
    if step == "sign":
        signer = ("-signer", keys / "cert", "-inkey", keys / "key", "-nodetach")
        return _openssl("cms", "-sign", "-binary", *signer, *form, *options, given=content)
    if step == "detach":
        own = ("-signer", keys / "cert", "-inkey", keys / "key")
        return _openssl("cms", "-sign", "-binary", *own, *form, *options, given=content)
    if step == "encrypt":
        cert = keys / "cert"
        return _openssl("cms", "-encrypt", "-binary", *form, *options, cert, given=content)
    return _openssl("cms", f"-{step}", "-binary", *form, *options, given=content)


def compressed(content: bytes) -> bytes:
    """Return CompressedData (RFC 3274, 1.1), written out as not every OpenSSL can."""
    identifier = bytes.fromhex("060b2a864886f70d0109100109")
    zlib_identifier = bytes.fromhex("060b2a864886f70d0109100308")
    data = bytes.fromhex("06092a864886f70d010701")
    inner = _der(0x30, data + _der(0xA0, _der(0x04, zlib.compress(content))))
    body = _der(0x30, b"\x02\x01\x00" + _der(0x30, zlib_identifier) + inner)
    return _der(0x30, identifier + _der(0xA0, body))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    told = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(told)]) + told + content


def in_pieces(content: bytes) -> bytes:
    """Return SignedData with indefinite lengths and nested octet strings in pieces of 1,000."""
    pieces = b"".join(_der(0x04, content[at : at + 1000]) for at in range(0, len(content), 1000))
    data = bytes.fromhex("06092a864886f70d010701")
    octets = b"\x24\x80\x24\x80" + pieces + b"\x00\x00\x00\x00"
    inner = b"\x30\x80" + data + b"\xa0\x80" + octets + b"\x00\x00\x00\x00"
    body = b"\x30\x80\x02\x01\x01\x31\x80\x00\x00" + inner + b"\x31\x00\x00\x00"
    return b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80" + body + b"\x00" * 4


def uuencoded(content: bytes, name: str = "form.xlsx", mode: str = "644") -> bytes:
    """Return a block as uuencode writes it."""
    lines = (binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    return f"begin {mode} {name}\n".encode() + b"".join(lines) + b"`\nend\n"


def yenc(content: bytes, name: str = "form.xlsx") -> bytes:
    """Return a block as yEnc 1.3 writes it."""
    body = bytearray()
    for byte in content:
        coded = (byte + 42) & 255
        body += bytes([61, (coded + 64) & 255]) if coded in {0, 10, 13, 61} else bytes([coded])
    lines = b"\r\n".join(_lines(bytes(body), 128))
    head = f"=ybegin line=128 size={len(content)} name={name}\r\n".encode()
    return head + lines + f"\r\n=yend size={len(content)}\r\n".encode()


def _lines(body: bytes, width: int) -> list[bytes]:
    found = []
    while body:
        cut = width + (body[width - 1 : width] == b"=")
        found.append(body[:cut])
        body = body[cut:]
    return found


_HQX = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"


def binhex(content: bytes, name: bytes = b"form.xlsx") -> bytes:
    """Return a BinHex 4.0 text (RFC 1741); runs of at least four bytes are packed."""
    head = bytes([len(name)]) + name + b"\x00XLSXXCEL\x00\x00"
    head += struct.pack(">II", len(content), 0)
    raw = head + b"\x00\x00" + content + b"\x00\x00\x00\x00"
    packed = bytearray()
    at = 0
    while at < len(raw):
        run = 1
        while run < 255 and raw[at + run : at + run + 1] == raw[at : at + 1]:
            run += 1
        one = b"\x90\x00" if raw[at] == 0x90 else raw[at : at + 1]
        packed += one + bytes([0x90, run]) if run > 3 else one * run
        at += run
    letters = base64.b64encode(bytes(packed)).rstrip(b"=")
    table = bytes.maketrans(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", _HQX
    )
    text = b"\r\n".join(letters.translate(table)[at : at + 64] for at in range(0, len(letters), 64))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n:" + text + b":\r\n"


def apple_single(content: bytes) -> bytes:
    """Return an AppleSingle file (RFC 1740, appendix A) with its name and its data fork."""
    name = b"form.xlsx"
    start = 26 + 24
    entries = struct.pack(">III", 3, start, len(name))
    entries += struct.pack(">III", 1, start + len(name), len(content))
    head = bytes.fromhex("0005160000020000") + b"\x00" * 16 + struct.pack(">H", 2)
    return head + entries + name + content


def plain_text(body: bytes) -> bytes:
    """Return a mail of one text."""
    return TOP + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body


def pgp_mime() -> bytes:
    """Return a mail as RFC 3156 (4) encrypts it."""
    found = EmailMessage()
    found["From"], found["Subject"] = "oliver@harbour-books.example", "WhatsApp form"
    found["Content-Type"] = 'multipart/encrypted; protocol="application/pgp-encrypted"'
    armour = "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"
    for kind, text in (("pgp-encrypted", "Version: 1\n"), ("octet-stream", armour)):
        part = EmailMessage()
        part.set_content(text.encode(), "application", kind)
        found.attach(part)
    return found.as_bytes()

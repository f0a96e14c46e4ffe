"""Mails that are hostile as a whole: their headers, parts, encodings, words, and what they carry.

``{sender}`` and ``{trace}`` stand for the address and for what the mail servers wrote; both are
filled in by :func:`sent_by`.
"""

import base64
import struct
import zlib
from collections.abc import Callable

from tests.hostile.archives import zipped
from tests.hostile.making import edited, good, good_pdf
from tests.unit.intake.conftest import tnef

_MEGABYTE = 1 << 20
_HEAD = b"{trace}From: {sender}\r\nTo: requests@genesys.example\r\nMessage-ID: <{sender}>\r\n"
_SUBJECT = b"Subject: Our form\r\n"

Make = Callable[[], bytes]


def _mail(body: bytes, head: bytes = b"", subject: bytes = _SUBJECT) -> bytes:
    return _HEAD + subject + head + b"\r\n" + body


def _headers(line: bytes, size: int) -> bytes:
    return _mail(b"Hello", line * (size // len(line)))


def _text(body: bytes, kind: bytes = b"text/plain; charset=utf-8", encoding: bytes = b"") -> bytes:
    head = b"Content-Type: " + kind + b"\r\n"
    return _mail(
        body, head + (b"Content-Transfer-Encoding: %b\r\n" % encoding if encoding else b"")
    )


def _multi(parts: bytes, boundary: bytes = b"b", kind: bytes = b"mixed") -> bytes:
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/%b; boundary="%b"\r\n' % (kind, boundary)
    return _mail(parts, head)


def _file(content: bytes, name: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    return (
        b'--b\r\nContent-Type: %b\r\nContent-Disposition: attachment; filename="%b"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n%b\r\n"
    ) % (kind, name, base64.encodebytes(content))


def _with_file(content: bytes, name: bytes = b"form.xlsx") -> bytes:
    return _multi(_file(content, name) + b"--b--\r\n")


def _unseen(level: bytes) -> bytes:
    """Return a text of many lines in ``level`` upon level, each with its number."""
    levels = b"".join(level.replace(b"%d", b"%d" % number) for number in range(45))
    return _HEAD + _SUBJECT + levels + b"Content-Type: text/plain\r\n\r\n" + b"a\n" * _MEGABYTE


def _nested(depth: int, kind: bytes = b"mixed") -> bytes:
    levels = b"".join(
        b'Content-Type: multipart/%b; boundary="b%d"\r\n\r\n--b%d\r\n' % (kind, level, level)
        for level in range(depth)
    )
    return _HEAD + _SUBJECT + levels + b"\r\nx\r\n"


def _enclosed(depth: int) -> bytes:
    return (
        _HEAD + _SUBJECT + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: x\r\n\r\ny"
    )


def _enclosed_encoded(depth: int) -> bytes:
    inner = b"Subject: x\r\n\r\ny\r\n"
    for _ in range(depth):
        inner = (
            b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(inner)
        )
    return _HEAD + _SUBJECT + inner


def _many_parts(count: int, part: bytes = b"\r\nx\r\n") -> bytes:
    return _multi((b"--b\r\n" + part) * count + b"--b--\r\n")


def _pdf_loop() -> bytes:
    """Return a PDF whose pages, names and fields are their own children."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm 3 0 R/Names 4 0 R/Outlines 5 0 R>>"
        b"endobj\n2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999/Parent 2 0 R>>endobj\n"
        b"3 0 obj<</Fields[6 0 R]>>endobj\n4 0 obj<</EmbeddedFiles 4 0 R/Kids[4 0 R]>>endobj\n"
        b"5 0 obj<</First 5 0 R/Next 5 0 R>>endobj\n"
        b"6 0 obj<</T(a)/Kids[6 0 R]/Parent 6 0 R>>endobj\n"
        b"trailer<</Root 1 0 R/Size 7/Prev 0>>\n%%EOF"
    )


def _pdf_stream(filters: bytes, content: bytes) -> bytes:
    return (
        b"%%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Filter[%b]/Length %d>>stream\n%b\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>\n%%%%EOF" % (filters, len(content), content)
    )


def _tnef_in_tnef(depth: int) -> bytes:
    inner = tnef({"form.xlsx": good()})
    for _ in range(depth):
        inner = tnef({"winmail.dat": inner})
    return inner


def _xml_bomb(entity: bytes) -> bytes:
    sheet = "xl/worksheets/sheet2.xml"
    return edited({sheet: lambda c: entity + c[c.index(b"?>") + 2 :] if b"?>" in c else entity + c})


_LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + b"".join(
    b"<!ENTITY %c '%b'>" % (97 + n, b"&%c;" % (96 + n) * 10) for n in range(1, 12)
) + b"]>"  # fmt: skip
_OUTSIDE = b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'><!ENTITY % b SYSTEM 'http://x/'>]>"

_ADDRESS = b'"a" <a@example.com>, '
_WORD = b"=?utf-8?B?" + base64.b64encode(b"x" * 45) + b"?= "

WHOLE_MAILS: dict[str, Make] = {
    # header lines
    "5 MB of header lines a: in CRLF": lambda: _headers(b"a:\r\n", 5 * _MEGABYTE),
    "header lines a: in LF": lambda: _headers(b"a:\n", _MEGABYTE),
    "header lines a: in CR": lambda: _headers(b"a:\r", _MEGABYTE),
    "5 MB of lines that are no field": lambda: _headers(b"a\r\n", 5 * _MEGABYTE),
    "5 MB of folded lines of one field": lambda: _mail(
        b"Hello", b"X: a\r\n" + b" a\r\n" * (5 * _MEGABYTE // 4)),
    "5 MB of one header line": lambda: _mail(b"Hello", b"X: " + b"a" * 5 * _MEGABYTE + b"\r\n"),
    "header without an end": lambda: _HEAD + b"a:\r\n" * 300_000,
    "header lines of a part": lambda: _many_parts(1, b"a:\r\n" * 300_000 + b"\r\nx\r\n"),
    "header lines in an enclosed mail": lambda: _mail(
        b"a:\r\n" * 300_000, b"Content-Type: message/rfc822\r\n"),
    "50,000 Received fields": lambda: _headers(b"Received: from a by b; x\r\n", _MEGABYTE),
    "10,000 fields of results": lambda: _headers(
        b"Authentication-Results: mx.genesys.example; dmarc=pass header.from=a.example\r\n",
        800_000),
    "results of one long field": lambda: _mail(
        b"Hello", b"Authentication-Results: x; " + b"dkim=pass (" * 100_000 + b"\r\n"),
    "10,000 DKIM signatures": lambda: _headers(
        b"DKIM-Signature: v=1; d=a.example; i=@a\r\n", 400_000),
    "10,000 subjects": lambda: _headers(b"Subject: x\r\n", 120_000),
    "10,000 senders": lambda: _headers(b"From: a@example.com\r\n", 210_000),
    # addresses, names, ids
    "a million addresses": lambda: _mail(b"Hello", b"Cc: " + _ADDRESS * 250_000 + b"\r\n"),
    "a million recipients in lines": lambda: _mail(
        b"Hello", b"To: a@example.com" + b",\r\n b@example.com" * 250_000 + b"\r\n"),
    "nested groups": lambda: _mail(b"Hello", b"To: " + b"g:" * 200_000 + b"\r\n"),
    "nested comments": lambda: _mail(b"Hello", b"Reply-To: " + b"(" * 300_000 + b"\r\n"),
    "5 MB of header lines a: in CR": lambda: _headers(b"a:\r", 5 * _MEGABYTE),
    "address of blanks": lambda: _mail(b"Hello", b"Cc: a" + b" " * 600_000 + b"b@c.example\r\n"),
    "address of comments": lambda: _mail(b"Hello", b"Cc: a" + b"()" * 300_000 + b"\r\n"),
    "open comments": lambda: _mail(b"Hello", b"Cc: " + b"(" * 600_000 + b"\r\n"),
    "encoded word of commas": lambda: _mail(b"Hello", b"Cc: =?utf-8?q?" + b"," * 600_000 + b"\r\n"),
    "open quotes": lambda: _mail(b"Hello", b"Cc: " + b'"\\' * 300_000 + b"\r\n"),
    "angle brackets": lambda: _mail(b"Hello", b"Cc: " + b"<a@" * 200_000 + b"\r\n"),
    "300,000 message ids": lambda: _mail(
        b"Hello", b"References: " + b"<a@b> " * 300_000 + b"\r\n"),
    "ids that never close": lambda: _mail(b"Hello", b"In-Reply-To: " + b"<" * 500_000 + b"\r\n"),
    "returns without an end": lambda: _HEAD + b"X: \r\r\n" + b"\r" * 2 * _MEGABYTE + b"x\r\n\r\nA",
    # words
    "huge encoded words": lambda: _mail(b"Hello", subject=b"Subject: " + _WORD * 60_000 + b"\r\n"),
    "encoded word of 4 MB": lambda: _mail(
        b"Hello", subject=b"Subject: =?utf-8?B?" + b"QUFB" * _MEGABYTE + b"?=\r\n"),
    "encoded words that never close": lambda: _mail(
        b"Hello", subject=b"Subject: " + b"=?utf-8?q?" * 200_000 + b"\r\n"),
    "encoded words in odd charsets": lambda: _mail(b"Hello", subject=b"Subject: " + b"".join(
        b"=?%b?B?//79/Pv6?= " % name for name in
        (b"utf-7", b"utf-32", b"idna", b"punycode", b"hz", b"iso-2022-kr", b"rot13", b"bz2", b"hex")
    ) * 3000 + b"\r\n"),
    "subject of Re:": lambda: _mail(b"Hello", subject=b"Subject: " + b"Re: " * 300_000 + b"\r\n"),
    "subject of brackets": lambda: _mail(b"x", subject=b"Subject: " + b"[" * 500_000 + b"\r\n"),
    "subject of blanks": lambda: _mail(b"x", subject=b"Subject: x" + b" \t" * 500_000 + b"y\r\n"),
    # parameters and names
    "100,000 parameters": lambda: _text(b"x", b"text/plain" + b"; a*1*=b" * 100_000),
    "name in 60,000 pieces": lambda: _multi(
        b"--b\r\nContent-Disposition: attachment; " + b"".join(
            b"filename*%d*=%%41; " % n for n in range(60_000)) + b"\r\n\r\nx\r\n--b--\r\n"),
    "name of a megabyte": lambda: _multi(_file(b"x", b"../" * 350_000) + b"--b--\r\n"),
    "charset of a megabyte": lambda: _text(b"x", b"text/plain; charset=" + b"x" * _MEGABYTE),
    # parts
    "100,000 parts": lambda: _many_parts(100_000),
    "1,001 parts": lambda: _many_parts(1001),
    "900 files": lambda: _multi(_file(b"x", b"form.xlsx") * 900 + b"--b--\r\n"),
    "60 levels of parts": lambda: _nested(60),
    "5,000 levels of parts": lambda: _nested(5000),
    "49 levels of alternatives": lambda: _nested(49, b"alternative"),
    "60 enclosed mails": lambda: _enclosed(60),
    "20,000 enclosed mails": lambda: _enclosed(20_000),
    "12 enclosed mails, each encoded": lambda: _enclosed_encoded(12),
    "45 levels of parts that the parser cannot see": lambda: _unseen(
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--q%d\r\n"),
    "45 levels of parts behind the end": lambda: _unseen(
        b"Content-Type: multipart/mixed; boundary=q%d\r\n\r\n"
        b"--q%d\r\n\r\na\r\n--q%d--\r\n--q%d\r\n"),
    "45 levels of parts below torn lines": lambda: _unseen(
        b"Content-Language: en\r\ntorn\r\n"
        b"Content-Type: multipart/mixed; boundary=q%d\r\n\r\n--q%d\r\n"),
    "45 mails that are called files": lambda: _unseen(
        b"From: a@b.example\r\nReceived: x\r\nSubject: a\r\nContent-Type: application/zip\r\n\r\n"),
    "boundary of 1 MB": lambda: _multi(b"--" + b"x" * _MEGABYTE + b"\r\n\r\nx", b"x" * _MEGABYTE),
    "boundary that is nearly everywhere": lambda: _multi(b"--" + b"-" * 69 + b"\r\n" + (
        b"-" * 70 + b"\r\n") * 40_000, b"-" * 69 + b"x"),
    "boundary of every line": lambda: _multi((b"--b\r\n") * 300_000),
    "empty boundary": lambda: _multi(b"--\r\n\r\nx\r\n" * 50_000, b""),
    "parts with the boundary of their parent": lambda: _multi((
        b'--b\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n') * 2000),
    # encodings
    "base64 of 8 MB": lambda: _text(b"QUFB" * (2 * _MEGABYTE), encoding=b"base64"),
    "base64 of one letter lines": lambda: _text(b"Q\r\n" * 500_000, encoding=b"base64"),
    "base64 of rubbish": lambda: _text(b"=*!" * 500_000, encoding=b"base64"),
    "quoted-printable of soft ends": lambda: _text(
        b"=\r\n" * _MEGABYTE, encoding=b"quoted-printable"),
    "quoted-printable of signs": lambda: _text(b"=4" * _MEGABYTE, encoding=b"quoted-printable"),
    "uuencode of a megabyte": lambda: _text(
        b"begin 644 form.xlsx\r\n" + (b"M" + b"`" * 60 + b"\r\n") * 17_000, encoding=b"x-uuencode"),
    "uuencode that begins for ever": lambda: _text(b"begin 644 x\r\n" * 100_000),
    "bytes in utf-7": lambda: _text(b"+AGEAZQ-" * 200_000, b"text/plain; charset=utf-7"),
    "bytes in iso-2022-jp": lambda: _text(b"\x1b$B" * 500_000, b"text/plain; charset=iso-2022-jp"),
    "bytes in punycode": lambda: _text(b"a" * 200_000 + b"-zzzz", b"text/plain; charset=punycode"),
    "bytes in unicode-escape": lambda: _text(b"\\N{DIGIT ONE}" * 80_000,
                                             b"text/plain; charset=unicode-escape"),
    "zeros": lambda: _mail(bytes(4 * _MEGABYTE)),
    # words of the text
    "text of dates": lambda: _text(b"on 1.1. at 1:1 " * 120_000),
    "text of one quoted line": lambda: _text(b">" * 2_000_000),
    "text of quoted lines": lambda: _text(b"> > > x\r\n" * 200_000),
    "text of addresses": lambda: _text(b"a@a.a." * 250_000),
    "text of links": lambda: _text(b"http://a/<" * 150_000),
    "text of digits": lambda: _text(b"+1 2-3 (4) " * 150_000),
    "text of blanks before a line": lambda: _text((b" " * 50_000 + b"\r\n") * 30),
    "text of rules": lambda: _text((b"-" * 30_000 + b" Original Message \r\n") * 50),
    "text of 'On ... wrote'": lambda: _text(b"On " * 300_000 + b"wrote"),
    # HTML
    "HTML of open tags": lambda: _text(b"<a " * 400_000, b"text/html"),
    "HTML of open comments": lambda: _text(b"<!--" * 300_000, b"text/html"),
    "HTML nested 100,000 deep": lambda: _text(b"<div>" * 100_000 + b"x", b"text/html"),
    "HTML of quotes in quotes": lambda: _text(b"<blockquote>" * 60_000 + b"x", b"text/html"),
    "HTML of entities": lambda: _text(b"&lt&#x10FFFF;&a" * 150_000, b"text/html"),
    "HTML of attributes": lambda: _text(b"<a" + b" x='y'" * 300_000 + b">", b"text/html"),
    "HTML of declarations": lambda: _text(b"<![CDATA[" * 200_000, b"text/html"),
    "HTML of processing": lambda: _text(b"<?" * 400_000, b"text/html"),
    "HTML of half characters": lambda: _text(b"<p>\xe3\x81" * 300_000, b"text/html; charset=utf-8"),
    # files
    "zip in zip in zip": lambda: _with_file(
        zipped(("a.zip", zipped(("b.zip", zipped(("f.xlsx", good())))))), b"a.zip"),
    "zip of 200 MB": lambda: _with_file(zipped(("a.xlsx", bytes(200 * _MEGABYTE))), b"a.zip"),
    "the same form 60 times": lambda: _multi(_file(good(), b"form.xlsx") * 60 + b"--b--\r\n"),
    "the same PDF 40 times": lambda: _multi(_file(good_pdf(), b"form.pdf") * 40 + b"--b--\r\n"),
    "winmail.dat in winmail.dat": lambda: _with_file(_tnef_in_tnef(30), b"winmail.dat"),
    "winmail.dat of zeros": lambda: _with_file(
        b"\x78\x9f\x3e\x22\0\0" + bytes(4 * _MEGABYTE), b"winmail.dat"),
    "PDF in circles": lambda: _with_file(_pdf_loop(), b"form.pdf"),
    "PDF of filters": lambda: _with_file(
        _pdf_stream(b"/FlateDecode " * 4, zlib.compress(zlib.compress(bytes(50 * _MEGABYTE)))),
        b"form.pdf"),
    "PDF of 200,000 objects": lambda: _with_file(b"%PDF-1.7\n" + b"".join(
        b"%d 0 obj[]endobj\n" % n for n in range(200_000)), b"form.pdf"),
    "PDF of open arrays": lambda: _with_file(b"%PDF-1.7\n1 0 obj" + b"[" * 500_000, b"form.pdf"),
    "workbook of entities": lambda: _with_file(_xml_bomb(_LAUGHS)),
    "workbook of outer entities": lambda: _with_file(_xml_bomb(_OUTSIDE)),
    "workbook nested deeply": lambda: _with_file(edited(
        {"xl/worksheets/sheet2.xml": b"<a>" * 400_000})),
    "picture of 4 billion points": lambda: _with_file(
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5B", 13, b"IHDR", 65_535, 65_535, 8, 6, 0, 0, 0)
        + bytes(2000), b"scan.png"),
    # machines
    "report of a megabyte": lambda: _mail(
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b.example\r\n\r\n" * 25_000 + b"--b--\r\n",
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'),
    "dates of signs": lambda: _text(("2026/1/1 " + "@" * 250 + "a" * 320 + ":\n").encode() * 5000),
    "beginnings of blanks": lambda: _text((b"begin 644 a" + b" " * 200 + b"b\n") * 10_000),
    "calendar of a megabyte": lambda: _text(b"BEGIN:VEVENT\r\n" * 70_000, b"text/calendar"),
}  # fmt: skip


def sent_by(sender: str, trace: bytes, make: Make) -> bytes:
    """Return the mail as ``sender`` sends it, with the ``trace`` of its way."""
    return make().replace(b"{trace}", trace, 1).replace(b"{sender}", sender.encode(), 2)

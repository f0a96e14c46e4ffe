"""What the odd mails are made of: header blocks, parts, a real filled form, and the right reading.

An *entity* is header lines, a blank line and a body (RFC 2045 2.4); a mail is ``head()`` and one.
All lines end in CRLF. ``right()`` says what a good mail program would show, as JSON holds it.
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CRLF = b"\r\n"
FORM = (Path(__file__).parent / "filled-qr.xlsx").read_bytes()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SENDER = "Taro Kojima <taro@example.co.jp>"
ADDRESS = "taro@example.co.jp"
SUBJECT = "WhatsApp form"
DATE = "Mon, 23 Nov 2026 10:00:00 +0900"
WORDS = "Our form is attached."

Right = dict[str, Any]
Made = tuple[bytes, Right]


@dataclass(frozen=True)
class Odd:
    """One odd mail: ``kind`` says what is odd, ``source`` where that is known from."""

    number: int
    name: str
    kind: str
    source: tuple[str, ...]
    raw: bytes
    right: Right


MAKERS: dict[int, Callable[[], Odd]] = {}


def odd(number: int, *source: str) -> Callable[[Callable[[], Made]], Callable[[], Made]]:
    """Register the function as the maker of mail ``number``; its docstring is the kind."""

    def register(make: Callable[[], Made]) -> Callable[[], Made]:
        def made() -> Odd:
            raw, right_ = make()
            name = make.__name__.replace("_", "-")
            kind = " ".join((make.__doc__ or "").split())
            raw = raw.replace(b"<odd@", b"<%d@" % number)
            return Odd(number, name, kind, source, raw, right_)

        if number in MAKERS:
            raise ValueError(number)
        MAKERS[number] = made
        return make

    return register


def one_of(*values: object) -> dict[str, list[object]]:
    """Say that each of ``values`` is a defensible reading."""
    return {"any": list(values)}


def right(**fields: Any) -> Right:
    """Return the right reading of a mail with the usual head; ``fields`` replace and add."""
    usual: Right = {
        "from": [["Taro Kojima", ADDRESS]],
        "subject": SUBJECT,
        "date": "2026-11-23T01:00:00+00:00",
    }
    return usual | {name.rstrip("_"): value for name, value in fields.items()}


def with_form(**fields: Any) -> Right:
    """Return the right reading of a mail whose one form must be read and nothing refused."""
    return right(**({"forms": ["qr"], "told": []} | fields))


def sha(content: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


def octets(text: str | bytes) -> bytes:
    """Return UTF-8 with CRLF line ends; bytes stay as they are."""
    return text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()


def lines(*each: str | bytes) -> bytes:
    """Return ``each`` as a line of its own."""
    return b"".join(octets(line) + CRLF for line in each)


def head(
    *more: str | bytes,
    sender: str | bytes = "From: " + SENDER,
    subject: str | bytes = "Subject: " + SUBJECT,
    date: str | bytes = "Date: " + DATE,
    above: Sequence[str | bytes] = (),
) -> bytes:
    """Return the header lines of a mail up to where its own entity begins."""
    return lines(
        *above,
        sender,
        "To: requests@example.com",
        subject,
        date,
        "Message-ID: <odd@example.co.jp>",
        "MIME-Version: 1.0",
        *more,
    )


def entity(body: str | bytes, *fields: str | bytes) -> bytes:
    """Return header lines, a blank line and a body."""
    return lines(*fields) + CRLF + octets(body)


def text(words: str | bytes = WORDS, kind: str = "text/plain; charset=utf-8") -> bytes:
    """Return a text part as it stands, without an encoding."""
    return entity(octets(words) + CRLF, f"Content-Type: {kind}", "Content-Transfer-Encoding: 8bit")


def base64_lines(content: bytes) -> bytes:
    """Return base64 in lines of 76 characters."""
    return base64.encodebytes(content).replace(b"\n", CRLF)


def file(
    content: bytes = FORM,
    kind: str | bytes = "Content-Type: " + XLSX,
    disposition: str | bytes = 'Content-Disposition: attachment; filename="form.xlsx"',
) -> bytes:
    """Return a part with a file in base64; an empty header line is left out."""
    fields = (kind, disposition, "Content-Transfer-Encoding: base64")
    return entity(base64_lines(content), *(field for field in fields if field))


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "b1", more: str = "") -> bytes:
    """Return a multipart entity (RFC 2046 5.1)."""
    mark = b"--" + boundary.encode()
    body = b"".join(mark + CRLF + part.removesuffix(CRLF) + CRLF for part in parts)
    kind = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}'
    return entity(body + mark + b"--" + CRLF, kind)


def mixed(*parts: bytes) -> bytes:
    """Return the usual words, and ``parts`` or the usual form."""
    return multipart(text(), *(parts or (file(),)))


def noise(length: int, seed: bytes = b"odd") -> bytes:
    """Return bytes that look like a signature or like something encrypted; always the same."""
    blocks = (hashlib.sha256(seed + b"%d" % n).digest() for n in range(length // 32 + 1))
    return b"".join(blocks)[:length]

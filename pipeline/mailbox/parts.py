"""The parts of a MIME message: parsed by the standard library, decoded by us, all of it capped."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email import policy
from email.errors import MissingHeaderBodySeparatorDefect
from email.feedparser import BytesFeedParser
from email.message import Message
from functools import lru_cache
from typing import Literal

from pipeline.errors import RefusedError
from pipeline.mailbox.header_block import looks_like_message, mend_header
from pipeline.mailbox.packed_text import decode_uuencode
from pipeline.mailbox.words import base64_bytes, file_name, parse_parameters, to_bytes

MAX_PARTS = 1000
MAX_DEPTH = 50
MAX_UNPACKED = 100 * 1024 * 1024
MAX_PARSED_AGAIN = 16 * 1024 * 1024
"""What the parser could not see is parsed again: level by level, it may be the same each time."""
_MAX_HEADERS = 2000
_FIELD = 64 * 1024
_SCAN = 1 << 20
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_BASE64_LINE = re.compile(rb"(?!--)[ \t]*[A-Za-z0-9+/=*!.,_-]*[ \t\r]*\Z")
_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n|=[ \t]*\Z")
_LOST_BOUNDARY = re.compile(
    rb"^--([A-Za-z0-9'()+_./:=?-]{1,70})[ \t]*\r?\nContent-", re.MULTILINE | re.IGNORECASE
)
"""The line between parts where the header names none, or another one."""
_NO_MESSAGES = {"message/external-body", "message/partial"}
"""What is typed as a message and holds another one's header at most (RFC 2046, 5.2.2, 5.2.3)."""
_ENCODED_FILES = (b"UEsDB", b"JVBERi", b"0M8R4KGx")
"""How base64 of a zip, a PDF and a compound file begins."""
_FILE_STARTS = (b"PK\x03\x04", b"%PDF-", b"\xd0\xcf\x11\xe0")
_ENCODING = 1000
_COMMENT = re.compile(r"\([^()]*\)?")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the message, its content decoded from the transfer encoding.

    ``path`` are the types of the parts around it, the outermost first; ``embedded`` tells that it
    lies in a forwarded message, ``encrypted`` that only its addressee can open it; ``flow`` how a
    text is folded (RFC 3676, 4.1).
    """

    content_type: str
    charset: str
    disposition: str
    name: str
    content_id: str
    content: bytes
    path: tuple[str, ...]
    embedded: bool
    encrypted: bool = False
    flow: Literal["", "flowed", "delsp"] = ""


@dataclass(slots=True)
class Budget:
    """What may still be opened of one mail, whatever is wrapped in what: parts and bytes."""

    parts: int = MAX_PARTS
    unpacked: int = MAX_UNPACKED
    parsed_again: int = MAX_PARSED_AGAIN

    def take_part(self) -> None:
        """Count a part; raise RefusedError ``mail_refused`` for one too many."""
        self.parts -= 1
        if self.parts < 0:
            raise RefusedError("mail_refused", reason="parts")

    def may_parse(self, content: bytes) -> bool:
        """Count what is about to be parsed once more; whether anything was left for it."""
        left = self.parsed_again
        self.parsed_again -= len(content)
        return left > 0

    def take_bytes(self, content: bytes) -> bytes:
        """Count what was taken out of a wrapper, and return it.

        Raises RefusedError ``mail_refused`` when all wrappers of the mail hold too much.
        """
        self.unpacked -= len(content)
        if self.unpacked < 0:
            raise RefusedError("mail_refused", reason="unpacked")
        return content


@lru_cache(maxsize=32)
def _typed(value: str) -> tuple[str, Mapping[str, str]]:
    """Return type and parameters of a Content-Type; the parser asks for the same one many times."""
    return parse_parameters(value)


class _Lean(Message):
    """A message whose structure is read by our own parameter reader, which is linear and capped."""

    def _field(self, name: str) -> str:
        value = next((v for key, v in self.raw_items() if key.lower() == name), "")
        return str(value)[: _FIELD // 4]

    def get_content_type(self) -> str:
        """Return the type in lower case; text/plain when it is missing or broken."""
        main = _typed(self._field("content-type"))[0]
        if main.count("/") == 1 and all(main.split("/")):
            return main
        return self.get_default_type()

    def get_content_maintype(self) -> str:
        """Return ``message`` only for what the parser can read as one, as its content stands."""
        kind = self.get_content_type()
        if kind.startswith("message/") and (kind in _NO_MESSAGES or _encoding(self) in _DECODERS):
            return "application"
        return kind.partition("/")[0]

    def get_boundary(self, failobj: object = None) -> object:  # type: ignore[override] # narrower
        """Return the boundary of a multipart, or ``failobj``."""
        boundary = _typed(self._field("content-type"))[1].get("boundary")
        return boundary.rstrip() if boundary else failobj


def open_message(raw: bytes, budget: Budget | None = None) -> Message:
    """Return the parsed structure of ``raw`` (compat32: it reads everything and decodes nothing).

    Raises RefusedError ``mail_refused`` with the reason ``parts`` or ``depth``.
    """
    left = budget or Budget()

    def factory(**_options: object) -> _Lean:
        left.take_part()
        return _Lean(policy.compat32)

    parser = BytesFeedParser(factory, policy=policy.compat32)
    try:
        parser.feed(mend_header(raw))
        return parser.close()
    except RecursionError:
        raise RefusedError("mail_refused", reason="depth") from None


def header_fields(message: Message) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Return all header fields, unfolded and undecoded, and whether some had to be cut."""
    found: list[tuple[str, str]] = []
    cut = False
    for name, value in message.raw_items():
        if len(found) >= _MAX_HEADERS:
            return tuple(found), True
        cut = cut or len(value) > _FIELD
        found.append((name, re.sub(r"\r?\n(?=[ \t])|[\r\n]+", "", str(value)[:_FIELD])))
    return tuple(found), cut


def named_charsets(raw: bytes) -> tuple[str, ...]:
    """Return the charsets that the mail names anywhere: hints for what names none."""
    found = dict.fromkeys(hit.decode("ascii").lower() for hit in _CHARSET.findall(raw[:_SCAN]))
    return tuple(found)[:20]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part stands: in which types, whether in a forwarded message; what may be opened."""

    path: tuple[str, ...] = ()
    embedded: bool = False
    hints: Sequence[str] = ()
    budget: Budget = field(default_factory=Budget)

    def inside(self, kind: str, *, embedded: bool = False) -> "Place":
        """Return the place one level deeper; raise RefusedError ``mail_refused`` (``depth``)."""
        if len(self.path) >= MAX_DEPTH:
            raise RefusedError("mail_refused", reason="depth")
        return replace(self, path=(*self.path, kind), embedded=self.embedded or embedded)


Unwrap = Callable[[Part, Place], Iterator[Part]]
"""Takes a part apart that is a wrapper of others; yields the part itself when it is none."""


def leaves(message: Message, place: Place, unwrap: Unwrap) -> Iterator[Part]:
    """Yield all parts that hold content, in their order, those of forwarded messages too.

    A forwarded message or a delivery report also gives its header fields as a part of its own.
    """
    message = _mended(message, place)
    kind = message.get_content_type()
    if message.is_multipart():
        children = [child for child in message.get_payload() if isinstance(child, Message)]
        is_message = kind.startswith("message/")
        if is_message:
            yield _part(message, kind, header_lines(children), place)
        inside = place.inside(kind, embedded=is_message)
        for child in children:
            yield from leaves(child, inside, unwrap)
        for child in _behind_the_end(message, place):
            yield from leaves(child, inside, unwrap)
        return
    content = _content(message)
    if again := _lost_multipart(message, kind, content, place):
        inside = place.inside("multipart/mixed")
        for child in again:
            yield from leaves(child, inside, unwrap)
    elif not kind.startswith("multipart/"):
        yield from unwrap(_part(message, kind, content, place), place)
    elif content.strip():
        yield _part(message, "text/plain", content, place)


def _mended(message: Message, place: Place) -> Message:
    """Return a part whose header a broken line has ended too early, or hidden, read again."""
    torn = any(isinstance(found, MissingHeaderBodySeparatorDefect) for found in message.defects)
    bare = bool(place.path) and place.path[-1].startswith("message/") and not message.keys()
    if not place.path or not (torn or bare) or message.is_multipart():
        return message
    lines = "".join(f"{name}: {value}\r\n" for name, value in message.raw_items())
    raw = to_bytes(lines) + _raw_content(message)
    if bare and looks_like_message(decoded := _base64(raw)):  # encoded without a word of it
        return open_message(decoded, place.budget) if place.budget.may_parse(decoded) else message
    mended = mend_header(raw)
    if mended.endswith(raw) or not place.budget.may_parse(mended):
        return message
    return open_message(mended, place.budget)


def _behind_the_end(message: Message, place: Place) -> list[Message]:
    """Return the parts behind the last delimiter, which a gateway put before them.

    RFC 2046, 5.1.1 has them passed over; mail programs show them.
    """
    boundary = message.get_boundary()
    if not message.epilogue or not boundary:
        return []
    rest = to_bytes(message.epilogue)
    delimiter = rb"^--" + re.escape(str(boundary).encode("utf-8", "surrogateescape"))
    if not re.search(delimiter + rb"[ \t]*\r?\nContent-", rest, re.MULTILINE | re.IGNORECASE):
        return []
    ends = re.compile(delimiter + rb"--[ \t]*\r?$", re.MULTILINE)
    return _parts_of(ends.sub(b"", rest), str(boundary), place)


def _parts_of(content: bytes, boundary: str, place: Place) -> list[Message]:
    """Return the parts of ``content`` by their ``boundary``; none where too much was read again."""
    if not place.budget.may_parse(content):
        return []
    named = boundary.replace("\\", r"\\").replace('"', r"\"")
    head = to_bytes(f'Content-Type: multipart/mixed; boundary="{named}"\n\n')
    found = open_message(head + content, place.budget).get_payload()
    return (
        [child for child in found if isinstance(child, Message)] if isinstance(found, list) else []
    )


def _lost_multipart(
    message: Message, kind: str, content: bytes, place: Place
) -> list[Message] | None:
    """Return the parts in ``content`` whose boundary the parser could not see.

    The header names another one or none, or the whole was put into a transfer encoding, which is
    forbidden and done (RFC 2045, 6.4).
    """
    is_typed = kind.startswith("multipart/")
    if not is_typed and (
        place.path or any(key.lower() == "content-type" for key, _ in message.raw_items())
    ):
        return None
    named = message.get_boundary() if is_typed else None
    boundary = str(named).encode("ascii", "replace") if named else b""
    if not boundary or b"--" + boundary not in content:
        found = _LOST_BOUNDARY.search(content)
        boundary = found[1] if found else b""
        if not is_typed and b"--" + boundary + b"--" not in content:
            return None
    if not boundary:
        return None
    return _parts_of(content, boundary.decode("ascii"), place) or None


def header_lines(messages: Sequence[Message]) -> bytes:
    """Return the header fields of enclosed messages as text, capped."""
    return b"".join(_header_block(message) for message in messages[:20])


def _header_block(message: Message) -> bytes:
    fields, _ = header_fields(message)
    text = "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
    return text.encode("utf-8", "surrogateescape")[:_FIELD]


def _part(message: Message, kind: str, content: bytes, place: Place) -> Part:
    fields = {name.lower(): value for name, value in reversed(header_fields(message)[0])}
    _, of_type = parse_parameters(fields.get("content-type", ""), place.hints)
    disposition, of_disposition = parse_parameters(
        fields.get("content-disposition", ""), place.hints
    )
    name = of_disposition.get("filename") or of_type.get("name") or ""
    return Part(
        content_type=kind,
        charset=of_type.get("charset", ""),
        disposition=disposition,
        name=file_name(name),
        content_id=fields.get("content-id", "").strip(),
        content=content,
        path=place.path,
        embedded=place.embedded,
        flow=_flow(of_type),
    )


def _flow(of_type: Mapping[str, str]) -> Literal["", "flowed", "delsp"]:
    if of_type.get("format", "").strip().lower() != "flowed":
        return ""
    return "delsp" if of_type.get("delsp", "").strip().lower() == "yes" else "flowed"


def _encoding(message: Message) -> str:
    """Return the transfer encoding that the first such field names.

    Comments, quotes, blanks within it and parameters behind it, which it never has, are left out.
    """
    found = (v for k, v in message.raw_items() if k.lower() == "content-transfer-encoding")
    value = _COMMENT.sub(" ", str(next(found, ""))[:_ENCODING]).lower()
    return re.sub(r"[^a-z0-9-]", "", value.partition(";")[0])


def _raw_content(message: Message) -> bytes:
    """Return the content as it stands in the mail."""
    name = "content-transfer-encoding"
    encodings = [value for key, value in message.raw_items() if key.lower() == name]
    del message[name]  # so that the bytes come as they stand
    raw = message.get_payload(decode=True)
    for value in encodings:
        message[name] = value
    return raw if isinstance(raw, bytes) else b""


def _content(message: Message) -> bytes:
    """Return the content, decoded as its encoding says and its bytes prove.

    A file that stands there unencoded is left as it is, and base64 that nobody announced, or that
    was encoded twice, is decoded.
    """
    encoding = _encoding(message)
    content = _raw_content(message)
    decoder = _DECODERS.get(encoding)
    is_bare = content.startswith(_FILE_STARTS) or (
        decoder is _base64
        and message.get_content_type().startswith("message/")
        and looks_like_message(content)
    )
    if decoder and not is_bare:
        content = decoder(content)
    for _ in range(2):
        if not content[:16].lstrip().startswith(_ENCODED_FILES):
            break
        content = _base64(content)
    return content


def _base64(raw: bytes) -> bytes:
    """Decode base64 line by line, so that footers and the ends of other parts are left out."""
    return base64_bytes(b"".join(line for line in raw.split(b"\n") if _BASE64_LINE.match(line)))


def _quoted_printable(raw: bytes) -> bytes:
    joined = _SOFT_BREAK.sub(b"", raw)
    return _HEX.sub(lambda hit: bytes([int(hit.group(1), 16)]), joined)


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": _base64,
    "b": _base64,
    "quoted-printable": _quoted_printable,
    "quotedprintable": _quoted_printable,
    "qp": _quoted_printable,
    "uuencode": decode_uuencode,
    "x-uuencode": decode_uuencode,
    "x-uue": decode_uuencode,
    "uue": decode_uuencode,
}

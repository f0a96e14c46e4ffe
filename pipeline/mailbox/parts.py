"""The parts of a MIME message: parsed by the standard library, decoded by us, all of it capped."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email import policy
from email.feedparser import BytesFeedParser
from email.message import Message

from pipeline.errors import RefusedError
from pipeline.mailbox.words import base64_bytes, file_name, parse_parameters

MAX_PARTS = 1000
MAX_DEPTH = 50
_MAX_HEADERS = 2000
_FIELD = 64 * 1024
_SCAN = 1 << 20
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_BASE64_LINE = re.compile(rb"[ \t]*[A-Za-z0-9+/=*!.,_-]*[ \t\r]*\Z")
_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n|=[ \t]*\Z")
_LOST_BOUNDARY = re.compile(
    rb"^--([A-Za-z0-9'()+_./:=?-]{1,70})[ \t]*\r?\nContent-", re.MULTILINE | re.IGNORECASE
)
"""The line between parts where the header names none, or another one."""
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the message, its content decoded from the transfer encoding.

    ``path`` are the types of the parts around it, the outermost first; ``embedded`` tells that it
    lies in a forwarded message.
    """

    content_type: str
    charset: str
    disposition: str
    name: str
    content_id: str
    content: bytes
    path: tuple[str, ...]
    embedded: bool


class _Lean(Message):
    """A message whose structure is read by our own parameter reader, which is linear and capped."""

    def _field(self, name: str) -> str:
        value = next((v for key, v in self.raw_items() if key.lower() == name), "")
        return str(value)[: _FIELD // 4]

    def get_content_type(self) -> str:
        """Return the type in lower case; text/plain when it is missing or broken."""
        main = parse_parameters(self._field("content-type"))[0]
        if main.count("/") == 1 and all(main.split("/")):
            return main
        return self.get_default_type()

    def get_boundary(self, failobj: object = None) -> object:  # type: ignore[override] # narrower
        """Return the boundary of a multipart, or ``failobj``."""
        boundary = parse_parameters(self._field("content-type"))[1].get("boundary")
        return boundary.rstrip() if boundary else failobj


def open_message(raw: bytes) -> Message:
    """Return the parsed structure of ``raw`` (compat32: it reads everything and decodes nothing).

    Raises RefusedError ``mail_refused`` with the reason ``parts`` or ``depth``.
    """
    made = 0

    def factory(**_options: object) -> _Lean:
        nonlocal made
        made += 1
        if made > MAX_PARTS:
            raise RefusedError("mail_refused", reason="parts")
        return _Lean(policy.compat32)

    parser = BytesFeedParser(factory, policy=policy.compat32)
    try:
        parser.feed(raw)
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


def leaves(message: Message, hints: Sequence[str] = ()) -> Iterator[Part]:
    """Yield all parts that hold content, in their order, those of forwarded messages too.

    ``hints`` are charsets for file names that name none.
    A forwarded message or a delivery report also gives its header fields as a part of its own.
    """
    yield from _walk(message, (), hints, embedded=False)


def _walk(
    message: Message, path: tuple[str, ...], hints: Sequence[str], *, embedded: bool
) -> Iterator[Part]:
    if len(path) > MAX_DEPTH:
        raise RefusedError("mail_refused", reason="depth")
    kind = message.get_content_type()
    if message.is_multipart():
        children = [child for child in message.get_payload() if isinstance(child, Message)]
        inside = embedded or kind.startswith("message/")
        if kind.startswith("message/"):
            lines = b"".join(_header_block(child) for child in children[:20])
            yield _part(message, kind, lines, path, hints, embedded=embedded)
        for child in children:
            yield from _walk(child, (*path, kind), hints, embedded=inside)
        return
    content = _content(message)
    if not kind.startswith("multipart/"):
        yield _part(message, kind, content, path, hints, embedded=embedded)
    elif not path and (boundary := _LOST_BOUNDARY.search(content)):
        again = b'Content-Type: multipart/mixed; boundary="%s"\n\n%s' % (boundary.group(1), content)
        yield from _walk(open_message(again), ("multipart/mixed",), hints, embedded=embedded)
    elif content.strip():
        yield _part(message, "text/plain", content, path, hints, embedded=embedded)


def _header_block(message: Message) -> bytes:
    fields, _ = header_fields(message)
    text = "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
    return text.encode("utf-8", "surrogateescape")[:_FIELD]


def _part(
    message: Message,
    kind: str,
    content: bytes,
    path: tuple[str, ...],
    hints: Sequence[str],
    *,
    embedded: bool,
) -> Part:
    fields = {name.lower(): value for name, value in reversed(header_fields(message)[0])}
    _, of_type = parse_parameters(fields.get("content-type", ""), hints)
    disposition, of_disposition = parse_parameters(fields.get("content-disposition", ""), hints)
    name = of_disposition.get("filename") or of_type.get("name") or ""
    return Part(
        content_type=kind,
        charset=of_type.get("charset", ""),
        disposition=disposition,
        name=file_name(name),
        content_id=fields.get("content-id", "").strip(),
        content=content,
        path=path,
        embedded=embedded,
    )


def _content(message: Message) -> bytes:
    encodings = [v for k, v in message.raw_items() if k.lower() == "content-transfer-encoding"]
    del message["content-transfer-encoding"]  # so that the bytes come as they stand
    raw = message.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    encoding = re.sub(r"[^a-z0-9-]", "", str(encodings[0]).lower()) if encodings else ""
    decoder = _DECODERS.get(encoding)
    return decoder(content) if decoder else content


def _base64(raw: bytes) -> bytes:
    """Decode base64 line by line, so that a footer in plain words is left out."""
    return base64_bytes(b"".join(line for line in raw.split(b"\n") if _BASE64_LINE.match(line)))


def _quoted_printable(raw: bytes) -> bytes:
    joined = _SOFT_BREAK.sub(b"", raw)
    return _HEX.sub(lambda hit: bytes([int(hit.group(1), 16)]), joined)


def _uuencode(raw: bytes) -> bytes:
    """Decode what stands between ``begin`` and ``end``; a broken line ends it."""
    found: list[bytes] = []
    lines = iter(raw.splitlines())
    if not any(line.startswith(b"begin ") for line in lines):
        return raw
    for line in lines:
        if line.strip() in (b"end", b"`", b""):
            break
        size = (line[0] - 32) & 63
        values = [(byte - 32) & 63 for byte in line[1:].ljust((size + 2) // 3 * 4)]
        groups = (values[at : at + 4] for at in range(0, (size + 2) // 3 * 4, 4))
        bits = b"".join(
            ((a << 18) | (b << 12) | (c << 6) | d).to_bytes(3, "big") for a, b, c, d in groups
        )
        found.append(bits[:size])
    return b"".join(found)


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": _base64,
    "b": _base64,
    "quoted-printable": _quoted_printable,
    "quotedprintable": _quoted_printable,
    "qp": _quoted_printable,
    "uuencode": _uuencode,
    "x-uuencode": _uuencode,
    "x-uue": _uuencode,
    "uue": _uuencode,
}

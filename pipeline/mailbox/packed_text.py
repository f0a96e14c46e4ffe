"""Files that stand in the text of a mail: uuencode, yEnc and BinHex 4.0 (RFC 1741)."""

import base64
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_BEGIN = re.compile(rb"^begin(-base64)? +[0-7]{3,6} +([^\r\n]{1,400})\r?\n", re.MULTILINE)
_YENC = re.compile(rb"^=ybegin [^\r\n]{0,300}?name=([^\r\n]{1,400})\r?\n", re.MULTILINE)
_YENC_END = re.compile(rb"^=yend\b[^\r\n]*(?:\r?\n|\Z)", re.MULTILINE)
_YENC_PART = re.compile(rb"=ypart [^\r\n]*\r?\n")
_BINHEX = re.compile(rb"^\(This file must be converted with BinHex[^\r\n]*\r?\n\s*:", re.MULTILINE)
_LINE = re.compile(rb"([^\r\n]*)(\r?\n|\r|\Z)")
_MOST_FILES = 50
_HQX = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FROM_HQX = bytes.maketrans(_HQX, _BASE64)
_FROM_UU = bytes(_BASE64[(byte - 32) & 63] for byte in range(256))
_NO_HQX = bytes(set(range(256)) - set(_HQX))
_REPEATED = 0x90
_UU_BLANK = 32
_UU_LAST = 96


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file that stood in the text; its name as raw bytes."""

    name: bytes
    content: bytes


def unpack_text(text: bytes, most: int) -> tuple[bytes, tuple[PackedFile, ...]]:
    """Return ``text`` without the files that stand in it, and the files, ``most`` bytes in all."""
    found: list[PackedFile] = []
    kept: list[bytes] = []
    end = 0
    for start, stop, file in _blocks(text, most):
        if start < end:
            continue
        kept.append(text[end:start])
        end = stop
        found.append(file)
        most -= len(file.content)
        if len(found) >= _MOST_FILES or most <= 0:
            break
    return b"".join((*kept, text[end:])), tuple(found)


def _blocks(text: bytes, most: int) -> Iterator[tuple[int, int, PackedFile]]:
    """Yield the blocks with their places; each search goes on behind the block before."""
    at = 0
    while begin := _BEGIN.search(text, at):
        read = _base64_lines if begin[1] else _uu_lines
        content, stop = read(text, begin.end())
        if content:
            yield begin.start(), stop, PackedFile(begin[2].rstrip(), content)
        at = stop
    at = 0
    while begin := _YENC.search(text, at):
        end = _YENC_END.search(text, begin.end())
        stop = end.start() if end else len(text)
        part = _YENC_PART.match(text, begin.end())
        body = text[part.end() if part else begin.end() : stop]
        at = end.end() if end else len(text)
        yield begin.start(), at, PackedFile(begin[1].rstrip(), _yenc(body))
    if begin := _BINHEX.search(text):
        stop = text.find(b":", begin.end())
        stop = len(text) if stop < 0 else stop
        if file := _binhex(text[begin.end() : stop], most):
            yield begin.start(), stop + 1, file


def decode_uuencode(raw: bytes) -> bytes:
    """Return the first file in ``raw`` (Content-Transfer-Encoding x-uuencode), or ``raw``."""
    begin = _BEGIN.search(raw)
    if not begin:
        return raw
    return (_base64_lines if begin[1] else _uu_lines)(raw, begin.end())[0]


def _uu_lines(text: bytes, at: int) -> tuple[bytes, int]:
    """Return what the lines from ``at`` on stand for, and where they end; ``end`` may be missing.

    A line has its count of bytes in front; blanks at its end may be lost, a checksum may follow.
    """
    found: list[bytes] = []
    while at < len(text):
        hit = _LINE.match(text, at)
        line = hit[1] if hit else b""
        if line.rstrip() == b"end":
            return b"".join(found), hit.end() if hit else at
        ended = line.strip(b" \t") in {b"", b"`"}
        if not ended and not _is_uu(line):
            break
        if not ended:
            found.append(_uu_line(line))
        elif not line and found and not _ends_soon(text, hit.end() if hit else at):
            break
        at = hit.end() if hit else len(text)
    return b"".join(found), at


def _ends_soon(text: bytes, at: int) -> bool:
    """Whether the blank line before ``at`` stands within a block: an end or a full line follows."""
    following = text[at : at + 80].lstrip(b"`\r\n \t")
    return following.startswith((b"end\n", b"end\r", b"M")) or following == b"end"


def _is_uu(line: bytes) -> bool:
    size = (line[0] - _UU_BLANK) & 63
    letters = (size + 2) // 3 * 4
    if line[0] <= _UU_BLANK or any(byte > _UU_LAST for byte in line[: letters + 1]):
        return False
    missing = letters - (len(line) - 1)
    return -2 <= missing <= (letters if b" " in line or size < 4 else 3)  # noqa: PLR2004 - short


def _uu_line(line: bytes) -> bytes:
    size = (line[0] - _UU_BLANK) & 63
    letters = (size + 2) // 3 * 4
    return base64.b64decode(line[1 : letters + 1].ljust(letters).translate(_FROM_UU))[:size]


def _base64_lines(text: bytes, at: int) -> tuple[bytes, int]:
    end = re.compile(rb"^====[^\r\n]*(?:\r?\n|\Z)", re.MULTILINE).search(text, at)
    stop = end.start() if end else len(text)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", text[at:stop])
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    content = base64.b64decode(letters + b"=" * (-len(letters) % 4))
    return content, end.end() if end else len(text)


def _yenc(body: bytes) -> bytes:
    """Decode yEnc 1.3: each byte has 42 more; the critical ones are escaped and have 64 more."""
    body = body.replace(b"\r", b"").replace(b"\n", b"")
    plain = bytes((byte - 42) & 255 for byte in range(256))
    first, *escaped = body.split(b"=")
    pieces = [first.translate(plain)]
    for piece in escaped:
        pieces.append(bytes((byte - 64 - 42) & 255 for byte in piece[:1]))
        pieces.append(piece[1:].translate(plain))
    return b"".join(pieces)


def _binhex(letters: bytes, most: int) -> PackedFile | None:
    """Decode BinHex 4.0 (RFC 1741, appendix A): the data fork, with the name of its file."""
    six = letters.translate(_FROM_HQX, _NO_HQX)
    packed = base64.b64decode(six[: len(six) // 4 * 4] + _tail(six[len(six) // 4 * 4 :]))
    raw = _repeated(packed, most)
    if not raw or len(raw) < raw[0] + 22:
        return None
    size = raw[0]
    (length,) = struct.unpack_from(">I", raw, size + 12)
    start = size + 22
    return PackedFile(raw[1 : 1 + size], raw[start : start + length])


def _tail(letters: bytes) -> bytes:
    return b"" if len(letters) < 2 else letters + b"=" * (4 - len(letters))  # noqa: PLR2004 - a byte


def _repeated(packed: bytes, most: int) -> bytes:
    """Undo the run lengths: a byte, the mark, and how often it stands; 0 means the mark itself."""
    found = bytearray()
    first, *pieces = packed.split(b"\x90")
    found += first
    for piece in pieces:
        count = piece[0] if piece else 0
        if count:
            found += found[-1:] * (count - 1)
        else:
            found.append(_REPEATED)
        found += piece[1:]
        if len(found) > most:
            break
    return bytes(found[:most])


def apple_file(content: bytes) -> PackedFile | None:
    """Return the data fork of an AppleSingle file (RFC 1740, appendix A), or None."""
    if not content.startswith(b"\x00\x05\x16\x00\x00"):
        return None
    entries: dict[int, bytes] = {}
    try:
        (count,) = struct.unpack_from(">H", content, 24)
        for number in range(min(count, 20)):
            kind, start, size = struct.unpack_from(">III", content, 26 + 12 * number)
            entries[kind] = content[start : start + size]
    except struct.error:
        return None
    return PackedFile(entries.get(3, b""), entries[1]) if entries.get(1) else None

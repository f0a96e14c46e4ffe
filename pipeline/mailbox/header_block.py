"""Header blocks as the world breaks them, made readable for the parser (RFC 5322, 2.2 and 4.5).

The parser of the standard library ends the header at the first line that it does not know: a torn
field, a byte order mark or an mbox line would cost everything behind it. Here such lines are left
out while fields follow that a person's mail program shows.
"""

import codecs
import re

_SOUND = re.compile(
    rb"(?>[!-9;-~]++:[^\r\n\x00]*+\r?\n(?>[ \t][^\r\n\x00]*+\r?\n)*+)++(?=\r?\n|\Z)"
)
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_KNOWN = re.compile(
    rb"(?:from|sender|reply-to|to|cc|bcc|subject|date|message-id|in-reply-to|references|received"
    rb"|return-path|delivered-to|mime-version|content-[a-z-]+|authentication-results|resent-[a-z-]+"
    rb"|list-[a-z-]+|arc-[a-z-]+|dkim-signature|x-[!-9;-~]+)\Z",
    re.IGNORECASE,
)
"""RFC 5322 3.6, RFC 2045, and the families of trace fields: no other field proves a header."""
_BLANK_LINES = re.compile(rb"(?:[ \t\x00]*\r?\n)*+")
_BARE_RETURN = re.compile(rb"\r(?!\n)(?=([!-9;-~]+[ \t]*:|[ \t\r]|\Z)?)")
_BLANK = re.compile(rb"(?:(?<=\n)|\A)\x00*\r?\n")
_MARKS = re.compile(rb"(?:\xef\xbb\xbf)*+")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")
#: So much of a header is read of a mail whose body is not: no person's mail program writes more.
HEADER_BYTES = 256 * 1024
_HEAD = 4096
_LONG = 256 * 1024
_MOST_LINES = 20_000
_TWO = 2


def mend_header(raw: bytes) -> bytes:
    """Return ``raw`` with a header block that any parser reads to its end; the body is untouched.

    Left out are byte order marks, blank lines before the first field, NUL bytes, and lines that
    are neither field nor folded when known fields stand between them and the blank line. A blank
    before the colon goes; a bare CR ends a line where a field follows, else it is a blank.
    """
    if found := _SOUND.match(raw):
        return raw if found.end() < _LONG else _shortened(raw, found.end())
    raw = _unmarked(raw)
    raw = raw[_BLANK_LINES.match(raw).end() :]  # type: ignore[union-attr]  # matches the empty text
    if b"\r\r\n" in raw[:_HEAD]:  # line ends that were turned into CRLF twice
        raw = re.sub(rb"(?<!\r)\r+\n", rb"\r\n", raw)
    elif b"\n" not in raw[:_HEAD] and raw[:_HEAD].count(b"\r") > 1:
        raw = raw.replace(b"\r", b"\n")  # the line ends of old Macintoshes
    lines, end = _block(raw)
    kept = _kept(lines)
    if kept is None:
        return raw
    fields, rest = kept
    separator = b"" if not rest and raw[end : end + 2].startswith((b"\r\n", b"\n")) else b"\r\n"
    return b"".join((*fields, separator, *rest, raw[end:]))


def header_of(start: bytes) -> bytes:
    """Return the header block that a mail begins with, its blank line included.

    ``start`` are its first :data:`HEADER_BYTES`, or more; a longer header is cut there.
    """
    blank = _BLANK.search(start, 0, HEADER_BYTES)
    return start[: blank.end() if blank else HEADER_BYTES]


def is_cut(raw: bytes) -> bool:
    """Return whether the header of ``raw`` has more lines than :func:`mend_header` keeps."""
    blank = _BLANK.search(raw)
    end = blank.start() if blank else len(raw)
    bare = raw.count(b"\r", 0, end) - raw.count(b"\r\n", 0, end)
    return raw.count(b"\n", 0, end) + bare > _MOST_LINES


def looks_like_message(content: bytes) -> bool:
    """Return whether ``content`` begins with a header as only mails have it.

    At least three fields, one of them From or Received and one of those that come with it, tell a
    saved mail from a text that quotes one.
    """
    head = mend_header(content[: _HEAD * 4])
    found = _SOUND.match(head)
    if not found:
        return False
    names = {name.lower() for name in re.findall(rb"^([!-9;-~]+):", found[0], re.MULTILINE)}
    traced = names & {b"received", b"mime-version", b"message-id", b"content-type", b"return-path"}
    return bool(names & {b"from", b"received"}) and bool(traced) and len(names) > _TWO


def _unmarked(raw: bytes) -> bytes:
    """Return ``raw`` in a charset that begins with ASCII, without byte order marks."""
    for mark, name in (
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            return raw.removeprefix(mark).decode(name, "replace").encode()
    return raw[_MARKS.match(raw).end() :]  # type: ignore[union-attr]  # matches the empty text


def _shortened(raw: bytes, end: int) -> bytes:
    """Return ``raw`` with the first lines of its endless header: the parser would read them all."""
    lines = raw[:end].split(b"\n", _MOST_LINES)
    return b"\n".join((*lines[:_MOST_LINES], b"")) + raw[end:] if len(lines) > _MOST_LINES else raw


def _block(raw: bytes) -> tuple[list[bytes], int]:
    """Return the lines before the first blank one, each ended by CRLF, and where they end.

    There may be more of them than are looked at.
    """
    lines: list[bytes] = []
    blank = _BLANK.search(raw)
    end = blank.start() if blank else len(raw)
    for count, hit in enumerate(_LINE.finditer(raw, 0, end)):
        if max(count, len(lines)) >= _MOST_LINES:
            return lines, hit.start()
        line = hit[0].rstrip(b"\r\n").replace(b"\x00", b"").removeprefix(codecs.BOM_UTF8)
        if not lines:
            line = line.lstrip(b" \t")
        if b"\r" in line:
            line = _BARE_RETURN.sub(lambda bare: b"\n" if bare[1] else b" ", line)
            room = _MOST_LINES - len(lines)
            lines += [piece + b"\r\n" for piece in line.split(b"\n", room)[:room] if piece]
        elif line:
            lines.append(line + b"\r\n")
    return lines, end


def _kept(lines: list[bytes]) -> tuple[list[bytes], list[bytes]] | None:
    """Return the lines of the header and those of a body that began without a blank line.

    None when there is no field at all.
    """
    names = [_name(line) for line in lines]
    last = max((at for at, name in enumerate(names) if _KNOWN.match(name)), default=-1)
    last = max(last, next((at for at, name in enumerate(names) if name), -1))
    if last < 0:
        return None
    found: list[bytes] = []
    senders_behind = names.count(b"from")
    has_sender = torn = faint = False
    for at, (line, name) in enumerate(zip(lines, names, strict=True)):
        if name:
            torn = faint = False
            has_sender = has_sender or name == b"from"
            senders_behind -= name == b"from"
            found.append(_name_and_value(line))
        elif line[:1] in b" \t":
            faint = not line.strip()
            if found and not torn:  # what is folded behind a torn line belongs to it
                found.append(line)
        elif at > last or line.startswith(b"--") or (has_sender and (senders_behind or faint)):
            # a boundary begins the parts; a second From belongs to what the body quotes; a line of
            # blanks may part the body off
            return found, lines[at:]
        else:
            torn = True
    return found, []


def _name(line: bytes) -> bytes:
    """Return the field name of a line in lower case, or nothing."""
    hit = _FIELD.match(line)
    return hit[1].lower() if hit else b""


def _name_and_value(line: bytes) -> bytes:
    """Return the line of a field without blanks before its colon."""
    name, _, value = line.partition(b":")
    return name.rstrip() + b":" + value

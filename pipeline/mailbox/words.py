"""Header fields as the world writes them: encoded words, parameters, addresses, ids, dates.

RFC 5322, 2047 and 2231, read with patience: what is broken is read as far as it goes, and nothing
here raises. Every loop walks its text once, and every text has a cap.
"""

import binascii
import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import groupby

from pipeline.mailbox import charsets

_FOLD = re.compile(r"[\r\n]+[ \t]*")
_CAP = 64 * 1024
_PARAMETERS = 100
_IDS = 200
ENCODED = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?((?:[^?]|\?(?!=))*)(?:\?=|\Z)")
_RAW = re.compile(r"[^\x00-\x7f]+")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f]")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ID = re.compile(r"<([^<>\s]{1,990})>")
_STARLESS = re.compile(
    r"([A-Za-z][A-Za-z0-9_.:-]{2,30})'[A-Za-z-]{0,12}'(?=[^\x00-\x20]*%[0-9A-Fa-f]{2})"
)
"""The value of an extended parameter (RFC 2231, 4) under the name of a plain one."""
_COMMENT = re.compile(r"\([^()]*\)")
_AROUND_COLONS = re.compile(r"(?<=\d) ?: ?(?=\d)")
_ZONE = re.compile(r"(?<=[\d ])(?:GMT|UTC)?([+-])(\d\d):?(\d\d)(?=\s*(?:\(|\Z))")
_JAPAN = re.compile(r"(?<= )(?:JST|KST)(?=\s*(?:\(|\Z))")
#: The field with the lines that it is folded over (RFC 5322, section 2.2.3).
_ID_FIELD = re.compile(rb"^message-id[ \t]*:((?:.|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_FOUR_DIGITS = 1000
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*?)\Z")


def to_bytes(value: str) -> bytes:
    """Return the bytes of a header value that was read with surrogate escapes."""
    return value.encode("utf-8", "surrogateescape")


def plain(value: str, hints: Iterable[str] = ()) -> str:
    """Return a raw header value as clean text on one line: eight-bit and JIS bytes decoded."""
    if "=?" in value and not value.isascii():
        value = ENCODED.sub(_without_raw_bytes, value[:_CAP])
    # fields are found by their bytes, so none of them is in UTF-16, whatever mark it begins with
    raw = to_bytes(value[:_CAP])
    if not charsets.looks_encoded(raw):
        return _FOLD.sub(" ", value[:_CAP])
    return _FOLD.sub(" ", charsets.decode(raw.lstrip(b"\xff\xfe"), "", hints)[0])


def unfolded(value: str) -> str:
    """Return a raw header value on one line: bytes that are no UTF-8 replaced, nothing decoded."""
    return _FOLD.sub(" ", to_bytes(value[:_CAP]).decode("utf-8", "replace"))


def _without_raw_bytes(word: re.Match[str]) -> str:
    """Return an encoded word with its raw eight-bit bytes as the Q encoding writes them.

    They stand in the charset of the word, or in UTF-8 where they prove it (RFC 6532 programs).
    """
    charset, encoding, text = word.groups()
    if text.isascii() or encoding not in "qQ":
        return word[0]
    label = charsets.canonical(charset.partition("*")[0]) or "utf-8"

    def quoted(run: re.Match[str]) -> str:
        raw = to_bytes(run[0])
        with contextlib.suppress(UnicodeError, LookupError):
            raw = raw.decode("utf-8").encode(label)
        return "".join(f"={byte:02X}" for byte in raw)

    return f"=?{charset}?{encoding}?{_RAW.sub(quoted, text)}?="


def decode_words(value: str, hints: Iterable[str] = ()) -> str:
    """Return the text of an unstructured header value (RFC 2047), on one line."""
    text = plain(value, hints)
    found: list[str] = []
    pending: list[re.Match[str]] = []
    end = 0
    for word in ENCODED.finditer(text):
        between = text[end : word.start()]
        if between.strip() or not pending:
            found += [*_decoded(pending, hints), between]
            pending = []
        pending.append(word)
        end = word.end()
    found += [*_decoded(pending, hints), text[end:]]
    return one_line("".join(found))


def _decoded(words: Sequence[re.Match[str]], hints: Iterable[str]) -> Iterator[str]:
    """Yield the texts of encoded words that follow one another, as runs of one charset.

    A character may be cut between two words, and so may four letters of base64.
    """
    for charset, group in groupby(words, lambda word: word[1].partition("*")[0].lower()):
        run = list(group)
        raw = b"".join(_word_bytes(word[2], word[3]) for word in run)
        if len(run) > 1 and all(word[2] in "bB" for word in run):
            joined = base64_bytes("".join(word[3] for word in run).encode("ascii", "replace"))
            if joined != raw and not charsets.fits(raw, charset) and charsets.fits(joined, charset):
                raw = joined
        yield charsets.decode(raw, charset, hints)[0]


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "bB":
        return base64_bytes(raw)
    return _HEX.sub(lambda hit: bytes([int(hit.group(1), 16)]), raw.replace(b"_", b" "))


def base64_bytes(raw: bytes) -> bytes:
    """Return what base64 text stands for; padding may be missing; other characters are skipped."""
    found = []
    for piece in raw.split(b"="):  # several padded pieces one after the other
        letters = _NO_BASE64.sub(b"", piece)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        found.append(binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)))
    return b"".join(found)


def one_line(text: str) -> str:
    """Return ``text`` without control characters, its blanks as single blanks."""
    return " ".join(_CONTROL.sub(" ", text).split())


def parse_parameters(value: str, hints: Iterable[str] = ()) -> tuple[str, Mapping[str, str]]:
    """Return the main value (lower case) and the parameters of a structured header field.

    RFC 2231 continuations and charsets, RFC 2047 words inside values, values with blanks and
    without quotes are all understood; the first of two equal names wins.
    """
    pieces = _split(plain(value, hints)[: _CAP // 4], ";")
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for piece in pieces[1 : _PARAMETERS + 1]:
        name, sign, raw = piece.partition("=")
        shape = _SECTION.match(name.strip().lower())
        if not sign or not shape:
            continue
        base, number, star = shape.groups()
        whole = number is None
        key = f"{base}*" if whole and star else base
        sections.setdefault(key, {}).setdefault(
            -1 if whole else int(number), (_unquote(raw.strip()), bool(star))
        )
    found: dict[str, str] = {}
    for key, parts in sections.items():
        base = key.rstrip("*")
        text = _join(parts, hints)
        if key.endswith("*") or -1 not in parts:
            found[base] = text  # the charset-aware spelling wins over the plain one
        else:
            found.setdefault(base, text)
    main = pieces[0].strip().lower() if pieces else ""
    return main.split()[0] if main else "", found


def _join(parts: Mapping[int, tuple[str, bool]], hints: Iterable[str]) -> str:
    if -1 in parts and not parts[-1][1]:
        plain_value = parts[-1][0]
        spelt = _STARLESS.match(plain_value)
        if not spelt or not charsets.canonical(spelt[1]):
            return decode_words(plain_value, hints)
        parts = {-1: (plain_value, True)}
    raw, charset, any_encoded = b"", "", False
    for index, (_, (text, encoded)) in enumerate(sorted(parts.items())):
        piece = text
        if encoded:
            any_encoded = True
            if index == 0 and piece.count("'") >= 2:  # noqa: PLR2004 - charset'language'value
                charset, _, piece = piece.split("'", 2)
            raw += _PERCENT.sub(
                lambda hit: bytes([int(hit.group(1), 16)]), piece.encode("utf-8", "replace")
            )
        else:
            raw += piece.encode("utf-8", "replace")
    text = charsets.decode(raw, charset, hints)[0]
    return one_line(text) if any_encoded else decode_words(text, hints)


def _split(text: str, separator: str) -> list[str]:
    """Split outside quoted strings; an unclosed quote ends with the text."""
    pieces: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            pieces.append("".join(current))
            current = []
            continue
        current.append(character)
    pieces.append("".join(current))
    return pieces


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == '"':  # noqa: PLR2004 - an opening and a closing quote
        body = text[1:].partition('"')[0] if "\\" not in text else text[1:].rstrip('"')
        return re.sub(r"\\(.)", r"\1", body)
    return text.strip('"')


def file_name(text: str) -> str:
    """Return a shown name for a file: no path, no control or direction characters, 255 at most."""
    name = one_line(_BIDI.sub("", text)).replace("\\", "/").rpartition("/")[2]
    return "" if not name.strip(". ") else name.strip()[:255]


def message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """Return all ids in angle brackets of ``values``, brackets kept, in their order, once each."""
    found = {f"<{hit}>": None for value in values for hit in _ID.findall(plain(value))}
    return tuple(found)[:_IDS]


def message_id(values: Iterable[str]) -> str:
    """Return the first Message-ID (with angle brackets when it had any), or empty."""
    for value in values:
        if ids := message_ids((value,)):
            return ids[0]
        if text := one_line(plain(value)):
            return text[:990]
    return ""


def message_id_of(head: bytes) -> str:
    """Return the first Message-ID of the header lines ``head``, as :func:`message_id` does."""
    found = _ID_FIELD.findall(head.replace(b"\r\n", b"\n"))
    return message_id(value.decode("utf-8", "surrogateescape") for value in found)


def date(value: str) -> datetime | None:
    """Return the time of a Date field as aware UTC; a field without a zone is taken as UTC.

    Zones with a colon or a name before the offset, comments and blanks between all words (RFC
    5322, 4.3), years of two and three digits, and ISO 8601, are read too.
    """
    text = one_line(_COMMENT.sub(" ", value[:200]))
    text = _ZONE.sub(r"\1\2\3", _AROUND_COLONS.sub(":", text.replace(" ,", ",")))
    text = _JAPAN.sub("+0900", text)
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
            if found.year < _FOUR_DIGITS:
                found = found.replace(year=found.year + 1900)
            aware = found if found.tzinfo else found.replace(tzinfo=UTC)
            return aware.astimezone(UTC)
        except (ValueError, OverflowError, TypeError, IndexError, AttributeError):
            continue
    return None

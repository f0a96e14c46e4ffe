"""Bytes to message: everything decoded, nothing trusted. Runs in the guarded child."""

import hashlib
import re
from collections.abc import Sequence

from pipeline.mailbox import charsets, words
from pipeline.mailbox.addresses import parse_addresses, parse_senders
from pipeline.mailbox.body_text import html_to_text, says_more, unflow
from pipeline.mailbox.header_block import is_cut
from pipeline.mailbox.parts import (
    Budget,
    Part,
    Place,
    header_fields,
    leaves,
    named_charsets,
    open_message,
)
from pipeline.mailbox.reply.new_text import answered, read_new_text
from pipeline.mailbox.wrapped import unwrap
from pipeline.model.message import Attachment, InboundMessage

_MAX_TEXT = 1_000_000
_MAX_SUBJECT = 1000
_TO = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
_TRACE = frozenset(
    {
        "arc-message-signature",
        "arc-seal",
        "authentication-results",
        "dkim-signature",
        "domainkey-signature",
        "received",
        "return-path",
    }
)
_FEW = 5
_MAX_REPORT = 256 * 1024
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2})(?:[-_;,\s]|\Z)")
_BY_CHARSET = {"iso2022_jp": "ja", "cp932": "ja", "euc_jp": "ja"}
_HEAD = 2000
_SHORT = 400
_FILES = (b"PK\x03\x04", b"%PDF-", b"{\\rtf")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_INLINE_TEXT = {"text/plain", "text/html"}


def parse_message(raw: bytes) -> InboundMessage:
    """Return the message that ``raw`` holds (RFC 5322 and MIME, as the world breaks them).

    Raises RefusedError ``mail_refused`` (reason ``parts`` or ``depth``) for a structure no person
    sends. Other exceptions are possible for hostile bytes: call it through the guard.
    """
    budget = Budget()
    structure = open_message(raw, budget)
    fields, cut = header_fields(structure)
    hints = named_charsets(raw)
    parts = tuple(leaves(structure, Place(hints=hints, budget=budget), unwrap))
    bodies = bodies_of(parts)
    text, guessed = _text(bodies, hints)
    senders, senders_good = parse_senders(_values(fields, "from"), hints)
    recipients, _ = parse_addresses(
        [value for name in _TO for value in _values(fields, name)], hints
    )
    reply_to, _ = parse_addresses(_values(fields, "reply-to"), hints)
    subjects = (words.decode_words(value, hints) for value in _values(fields, "subject")[:_FEW])
    subject = next((found for found in subjects if found), "")[:_MAX_SUBJECT]
    dates = _values(fields, "date")
    date = next((found for value in dates[:_FEW] if (found := words.date(value))), None)
    defects = {
        "from_malformed": not senders_good,
        "from_missing": not any(sender.address for sender in senders),
        "headers_cut": cut or is_cut(raw),
        "date_unreadable": bool(dates) and date is None,
        "charset_guessed": guessed,
        "text_cut": len(text) > _MAX_TEXT,
        "encrypted": any(part.encrypted for part in parts),
    }
    text = text[:_MAX_TEXT]
    return InboundMessage(
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        message_id=words.message_id(_values(fields, "message-id")),
        in_reply_to=words.message_ids(_values(fields, "in-reply-to")),
        references=words.message_ids(_values(fields, "references")),
        senders=senders,
        recipients=tuple(dict.fromkeys(recipients)),
        reply_to=reply_to,
        subject=subject,
        date=date,
        text=text,
        new_text=read_new_text(text, answered(recipients, subject)).text,
        attachments=_attachments(parts, bodies),
        headers=tuple((words.plain(name), _shown(name, value)) for name, value in fields),
        language=_language(fields, parts),
        defects=tuple(code for code, present in defects.items() if present),
        report_text=_report_text(parts),
    )


def enclosed_files(content: bytes) -> tuple[Attachment, ...]:
    """Return the files of a saved mail or a signed wrapper; none when ``content`` is neither.

    Raises RefusedError as :func:`parse_message` does.
    """
    kind = "application/octet-stream"
    whole = Part(kind, "", "attachment", "", "", content, (), embedded=True)
    parts = tuple(unwrap(whole, Place(embedded=True)))
    if any(part.content is content for part in parts):
        return ()
    return _attachments(parts, ())


def _values(fields: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in fields if key.lower() == name]


def _shown(name: str, value: str) -> str:
    """Return a header value on one line, without the meaning of JIS escapes in fields of machines.

    A stranger who writes one into such a field would hide what our server wrote behind it.
    """
    return words.unfolded(value) if name.lower() in _TRACE else words.plain(value)


def bodies_of(parts: Sequence[Part]) -> list[Part]:
    """Return the texts of the mail itself: those without a file name, else those shown inline."""
    texts = [part for part in parts if not part.embedded and _is_words(part)]
    texts = [part for part in texts if part.disposition != "attachment"]
    nameless = [part for part in texts if not part.name]
    return nameless if any(part.content.strip() for part in nameless) else texts


def _is_words(part: Part) -> bool:
    """Whether a part typed as text is one: a file without a name is none, whatever its type."""
    if part.content_type not in _INLINE_TEXT or part.content.startswith(_FILES):
        return False
    head = part.content[:_HEAD]
    if len(_BINARY.findall(head)) * 50 <= max(len(head), _SHORT):
        return True
    wide = charsets.canonical(part.charset) or ""
    return wide.startswith(("utf-16", "utf-32")) or head.startswith(_WIDE_MARKS)


def _text(bodies: Sequence[Part], hints: tuple[str, ...]) -> tuple[str, bool]:
    """Return the text of the body parts; where HTML is an alternative to plain text, the plain.

    HTML that shows what the plain text leaves out (a strike, a box to tick) takes its place.
    """
    found: list[str] = []
    guessed = False
    has_plain = False
    for part in bodies:
        decoded, sure = charsets.decode(part.content, part.charset, hints)
        is_html = part.content_type == "text/html"
        beside = is_html and has_plain and "multipart/alternative" in part.path
        if beside and not says_more(decoded):
            continue
        text = html_to_text(decoded) if is_html else re.sub(r"\r\n?", "\n", decoded)
        if part.flow and not is_html:
            text = unflow(text, delete_space=part.flow == "delsp")
        if text.strip():
            if beside:
                found.pop()
            found.append(text.strip("\n"))
            guessed = guessed or not sure
            has_plain = has_plain or not is_html
    return "\n\n".join(found), guessed


def _attachments(parts: Sequence[Part], bodies: Sequence[Part]) -> tuple[Attachment, ...]:
    taken = {id(part) for part in bodies}
    files = [part for part in parts if id(part) not in taken and _is_file(part)]
    return tuple(
        Attachment(
            position=position,
            file_name=part.name,
            content_type=part.content_type,
            content=part.content,
            sha256=hashlib.sha256(part.content).hexdigest(),
            inline=part.disposition == "inline"
            or (part.disposition != "attachment" and bool(part.content_id)),
        )
        for position, part in enumerate(files)
    )


def _is_file(part: Part) -> bool:
    """Whether a part is kept: all but the words of a forwarded mail."""
    words_only = part.embedded and _is_words(part)
    return bool(part.name or part.disposition == "attachment") or not words_only


def _report_text(parts: Sequence[Part]) -> str:
    """Return the parts that speak of another message: reports, header fields of enclosed ones."""
    pieces = [
        charsets.decode(part.content[:_MAX_REPORT], part.charset)[0]
        for part in parts
        if part.content_type.startswith("message/") or part.content_type == "text/rfc822-headers"
    ]
    return "\n\n".join(pieces)[:_MAX_REPORT]


def _language(fields: Sequence[tuple[str, str]], parts: Sequence[Part]) -> str:
    """Return the language that header fields or the charset hint at, or empty."""
    for name in ("content-language", "accept-language", "x-accept-language"):
        for value in _values(fields, name):
            if hit := _LANGUAGE.match(value):
                return hit.group(1).lower()
    found = (_BY_CHARSET.get(charsets.canonical(part.charset) or "") for part in parts)
    return next((language for language in found if language), "")

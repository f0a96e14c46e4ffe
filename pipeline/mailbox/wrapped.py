"""Parts that wrap others: enclosed mails, signed or compressed wrappers, files in the text.

A wrapper is known by its bytes, because mail programs and gateways type it as anything. What is in
it is read like any other part; nothing follows from a signature, which is not even looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import RefusedError
from pipeline.mailbox.header_block import looks_like_message, mend_header
from pipeline.mailbox.packed_text import PackedFile, apple_file, unpack_text
from pipeline.mailbox.parts import Part, Place, header_lines, leaves, open_message
from pipeline.mailbox.words import file_name, plain

_MESSAGES = re.compile(r"message/(?:rfc822|global|news|x-[a-z0-9-]+)\Z")
_NEVER_MAILS = re.compile(r"message/|text/(?:html|rfc822-headers|calendar|x?-?vcard|csv)|image/")
_IN_TEXT = re.compile(r"text/plain|(?:text|application)/x-uu|application/(?:x-)?(?:mac-)?binhex")
_IN_TEXT_NAME = re.compile(r"\.(?:uue?|hqx|yenc|ntx|txt)\Z", re.IGNORECASE)
_TEXT_MARKS = (b"begin", b"=ybegin ", b"BinHex")
_SEAL = re.compile(r"\.p7[mzs]\Z", re.IGNORECASE)
_MULTIPART = re.compile(rb"^content-type:[ \t]*multipart/", re.IGNORECASE | re.MULTILINE)
_ENTITY = re.compile(
    rb"(?:[!-9;-~]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*?content-", re.IGNORECASE
)
_PGP = re.compile(rb"^-----BEGIN PGP MESSAGE-----[ \t\r]*$", re.MULTILINE)
_PGP_NAME = re.compile(r"\.(?:gpg|pgp)\Z", re.IGNORECASE)
_PGP_OPEN = frozenset(
    packet.to_bytes()
    for tag in (2, 4, 5, 6, 7, 8, 11, 14)
    for packet in (0xC0 | tag, *(0x80 | tag << 2 | size for size in range(4)))
)
"""Signatures, keys, compressed and literal data, in the new and the old format (RFC 9580, 4.2)."""
_NO_PGP = (b"PK\x03\x04", b"%PDF-", b"\xd0\xcf\x11\xe0", b"-----BEGIN")
_HEAD = 4096


def unwrap(part: Part, place: Place) -> Iterator[Part]:
    """Yield what ``part`` wraps, or the part itself when it wraps nothing that can be opened.

    Raises RefusedError ``mail_refused`` when more is wrapped than a mail may hold.
    """
    if _is_mail(part):
        yield from _mail(part, place)
    elif _may_be_cms(part.content):
        yield from _cms(part, place)
    elif _may_hold_files(part):
        yield from _text(part, place)
    elif apple := apple_file(part.content):
        inside = place.inside("application/applefile")
        yield from unwrap(_file(apple, part, inside), inside)
    else:
        yield _told(part)


def _may_be_cms(content: bytes) -> bool:
    """Whether the first bytes are those of a sequence with an identifier, or of base64 or PEM."""
    return (content[:1] == b"0" and b"\x06" in content[:20]) or (
        content[:200].lstrip().startswith((b"MI", b"-----BEGIN"))
    )


def _is_mail(part: Part) -> bool:
    """Whether a part is a saved or encoded mail; a text of this mail only when it has parts."""
    content = part.content
    if _MESSAGES.match(part.content_type):
        return bool(content.strip())
    if b":" not in content[:200] or b"\x00" in content[:100]:
        return False
    if _NEVER_MAILS.match(part.content_type) or not looks_like_message(content):
        return False
    is_words = part.content_type == "text/plain" and not part.name
    if is_words and part.disposition != "attachment":
        return bool(_MULTIPART.search(mend_header(content[:_HEAD]).partition(b"\r\n\r\n")[0]))
    return True


def _mail(part: Part, place: Place) -> Iterator[Part]:
    """Yield the header of an enclosed mail as a part, then its parts (RFC 2046, 5.2.1)."""
    if not place.budget.may_parse(part.content):
        raise RefusedError("mail_refused", reason="unpacked")
    message = open_message(place.budget.take_bytes(part.content), place.budget)
    if not message.keys():
        yield part
        return
    yield replace(part, content_type="message/rfc822", content=header_lines([message]))
    yield from leaves(message, place.inside("message/rfc822", embedded=True), unwrap)


def _cms(part: Part, place: Place) -> Iterator[Part]:
    """Yield what a wrapper of S/MIME holds (RFC 8551, 3.5), or the part with what is known."""
    from pipeline.mailbox.cms import CmsKind, open_cms  # noqa: PLC0415 - few mails need it

    found = open_cms(part.content, place.budget.unpacked + 1)
    if found is None or found.kind is not CmsKind.OPEN or not found.content:
        if found is not None and found.kind is CmsKind.ENCRYPTED:
            yield replace(part, content_type="application/pkcs7-mime", encrypted=True)
        else:
            yield _told(part)
        return
    content = place.budget.take_bytes(found.content)
    inside = place.inside(part.content_type)
    if _ENTITY.match(content.lstrip()) or content.startswith((b"\r\n", b"\n")):
        yield from leaves(open_message(content, place.budget), inside, unwrap)
    else:  # a file that was signed by itself: form.xlsx.p7m
        name = _SEAL.sub("", part.name)
        file = replace(part, name=name, content=content, path=inside.path)
        yield from unwrap(replace(file, content_type="application/octet-stream"), inside)


def _may_hold_files(part: Part) -> bool:
    is_text = (
        _IN_TEXT.match(part.content_type)
        or _IN_TEXT_NAME.search(part.name)
        or part.content[:_HEAD].lstrip().startswith((b"begin ", b"begin-base64 "))
    )
    return bool(is_text) and any(mark in part.content for mark in _TEXT_MARKS)


def _text(part: Part, place: Place) -> Iterator[Part]:
    """Yield the words of a text, then the files that stand in it as parts of their own."""
    words, files = unpack_text(part.content, place.budget.unpacked + 1)
    if words.strip() or not files:
        yield _told(replace(part, content=words))
    inside = place.inside(part.content_type)
    for file in files:
        place.budget.take_part()
        place.budget.take_bytes(file.content)
        yield from unwrap(_file(file, part, inside), inside)


def _file(file: PackedFile, around: Part, place: Place) -> Part:
    name = plain(file.name.decode("utf-8", "surrogateescape"), place.hints)
    return Part(
        content_type="application/octet-stream",
        charset="",
        disposition="attachment",
        name=file_name(name) or around.name,
        content_id="",
        content=file.content,
        path=place.path,
        embedded=place.embedded,
    )


def _told(part: Part) -> Part:
    """Return the part, marked and typed as encrypted where OpenPGP encrypted it."""
    if not _is_encrypted(part):
        return part
    is_words = part.content_type.startswith("text/") and not part.name
    kind = part.content_type if is_words else "application/pgp-encrypted"
    return replace(part, content_type=kind, encrypted=True)


def _is_encrypted(part: Part) -> bool:
    """Whether a part is encrypted with OpenPGP: by armour, by type (RFC 3156, 4), by name.

    What only bears such a name, a file or what is signed or a key, is none.
    """
    if part.content_type == "application/pgp-encrypted":
        return True
    if b"BEGIN PGP MESSAGE" in part.content and _PGP.search(part.content):
        return True
    if not _PGP_NAME.search(part.name) or not part.content:
        return False
    return part.content[:1] not in _PGP_OPEN and not part.content.startswith(_NO_PGP)

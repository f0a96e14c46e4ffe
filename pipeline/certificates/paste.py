"""Reading a certificate that a person pasted: whatever mail and chat programs made of it."""

import base64
import binascii
import hashlib
import re
import textwrap
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.certificates import der
from pipeline.certificates.expiry import is_valid

#: A certificate has some thousand characters; anything far longer is another file.
MAXIMUM_CHARACTERS = 65_536
_SHORTEST_OCTETS = 48

_DASHES = "[-\u2010-\u2015\u2212\uff0d]{2,}"
_BOUNDARY = re.compile(rf"{_DASHES}\s*(BEGIN|END)\s+([A-Z0-9 ]*?)\s*{_DASHES}")
_QUOTE = re.compile(r"^[ \t]*(?:[>|\uff1e][ \t]*)+", re.MULTILINE)
_SPACE = re.compile(r"\s+")
_PEM_HEADER = re.compile(r"^[A-Za-z][A-Za-z0-9-]*: .*$", re.MULTILINE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)

_SEQUENCE = 0x30
_FIRST_FIELD = 0x0A


class PasteCode(StrEnum):
    """Why a pasted text is refused."""

    EMPTY = "certificate_empty"
    TOO_LONG = "certificate_too_long"
    UNREADABLE = "certificate_unreadable"
    TRUNCATED = "certificate_truncated"
    SEVERAL = "certificate_several"
    PRIVATE_KEY = "certificate_private_key"
    EXPIRED = "certificate_expired"
    USED = "certificate_used"
    CREATION_UNKNOWN = "certificate_creation_unknown"
    NOT_YET_CREATED = "certificate_not_yet_created"


@dataclass(frozen=True, slots=True)
class PasteRefused:
    """A pasted text that is not accepted; it is never stored or shown again."""

    code: PasteCode

    @property
    def alert(self) -> bool:
        """Whether staff must be alerted: a private key has left its owner."""
        return self.code is PasteCode.PRIVATE_KEY


@dataclass(frozen=True, slots=True)
class PastedCertificate:
    """A pasted certificate; ``text`` is a secret, in PEM or, for Meta's, one line of base64.

    The instants (aware UTC) and ``serial`` (hexadecimal) are known of an X.509 certificate only.
    """

    text: str
    fingerprint: str
    serial: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None


def read_paste(text: str, now: datetime) -> PastedCertificate | PasteRefused:
    """Return the one certificate in ``text``, or why there is none.

    Accepted are PEM, PEM on one line or quoted, typographic dashes, zero-width characters, and bare
    base64 (Meta's certificate is a single line of it).
    """
    if len(text) > MAXIMUM_CHARACTERS:
        return PasteRefused(PasteCode.TOO_LONG)
    plain = _undress(text)
    if not plain.strip():
        return PasteRefused(PasteCode.EMPTY)
    if "PRIVATE KEY" in " ".join(plain.upper().split()):
        return PasteRefused(PasteCode.PRIVATE_KEY)
    body = _body(plain)
    if isinstance(body, PasteRefused):
        return body
    content = _decode(body)
    if isinstance(content, PasteRefused):
        return content
    return _recognise(content, now)


def _undress(text: str) -> str:
    """Return ``text`` without quote marks, invisible characters and typographic spaces."""
    visible = "".join(
        " " if unicodedata.category(character) == "Zs" else character
        for character in text
        if unicodedata.category(character) != "Cf"
    )
    return _QUOTE.sub("", visible)


def _body(plain: str) -> str | PasteRefused:
    """Return the base64 of the only block, or of the whole text when it has no boundaries."""
    boundaries = list(_BOUNDARY.finditer(plain))
    if not boundaries:
        return plain
    begins = [boundary for boundary in boundaries if boundary[1] == "BEGIN"]
    ends = [boundary for boundary in boundaries if boundary[1] == "END"]
    if any(boundary[2] not in {"CERTIFICATE", "X509 CERTIFICATE"} for boundary in boundaries):
        return PasteRefused(PasteCode.UNREADABLE)
    if len(begins) > 1 or len(ends) > 1:
        return PasteRefused(PasteCode.SEVERAL)
    if not begins or not ends or ends[0].start() < begins[0].end():
        return PasteRefused(PasteCode.TRUNCATED)
    return _PEM_HEADER.sub("", plain[begins[0].end() : ends[0].start()])


def _decode(body: str) -> bytes | PasteRefused:
    compact = _SPACE.sub("", body)
    if not _BASE64.fullmatch(compact):
        return PasteRefused(PasteCode.UNREADABLE)
    try:
        content = base64.b64decode(compact, validate=True)
    except binascii.Error:
        return PasteRefused(PasteCode.TRUNCATED)
    return content if len(content) >= _SHORTEST_OCTETS else PasteRefused(PasteCode.TRUNCATED)


def _recognise(content: bytes, now: datetime) -> PastedCertificate | PasteRefused:
    if content.startswith(b"openssh-key-v1\0"):
        return PasteRefused(PasteCode.PRIVATE_KEY)
    if content[0] == _SEQUENCE:
        return _read_der(content, now)
    if content[0] == _FIRST_FIELD and not _whole_fields(content):
        return PasteRefused(PasteCode.TRUNCATED)
    line = base64.b64encode(content).decode("ascii")
    # There is no DER: the fingerprint is that of the text, written the one canonical way.
    return PastedCertificate(line, hashlib.sha256(line.encode("ascii")).hexdigest())


def _read_der(content: bytes, now: datetime) -> PastedCertificate | PasteRefused:
    from cryptography import x509  # noqa: PLC0415 - slow to import, used where it is needed

    length = der.whole_length(content)
    if length is None or length > len(content):
        return PasteRefused(PasteCode.TRUNCATED)
    if _is_private_key(content):
        return PasteRefused(PasteCode.PRIVATE_KEY)
    try:
        certificate = x509.load_der_x509_certificate(content)
        expires = certificate.not_valid_after_utc + timedelta(seconds=1)
        created = certificate.not_valid_before_utc
        serial = f"{certificate.serial_number:x}"
    except (ValueError, OverflowError):
        return PasteRefused(PasteCode.UNREADABLE)
    if not is_valid(expires, now):
        return PasteRefused(PasteCode.EXPIRED)
    lines = textwrap.wrap(base64.b64encode(content).decode("ascii"), 64)
    text = "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
    fingerprint = hashlib.sha256(content).hexdigest()
    return PastedCertificate(text, fingerprint, serial, created, expires)


def _is_private_key(content: bytes) -> bool:
    from cryptography.hazmat.primitives import (  # noqa: PLC0415 - slow to import
        serialization,
    )

    try:
        serialization.load_der_private_key(content, None)
    except TypeError:  # it is one, and it has a passphrase
        return True
    except ValueError:
        return False
    return True


def _whole_fields(content: bytes) -> bool:
    """Return whether ``content`` is a whole series of length-delimited fields.

    Meta's certificate begins with one (field 1); a copy that lost its end breaks off inside one.
    """
    position = 0
    while position < len(content):
        tag = content[position]
        position += 1
        length, shift = 0, 0
        while True:
            if position >= len(content) or shift > 28:  # noqa: PLR2004 - four groups of seven bits
                return False
            octet = content[position]
            position += 1
            length |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:  # noqa: PLR2004 - the last group of a varint
                break
        wire_type = tag & 0x07
        if wire_type == 2:  # noqa: PLR2004 - length-delimited
            position += length
        elif wire_type != 0:
            return False
    return position == len(content)

"""Reading a certificate that a person pasted: whatever mail and chat programs made of it."""

import base64
import binascii
import hashlib
import html
import re
import textwrap
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.certificates import der
from pipeline.certificates.expiry import end_of, is_valid

#: A certificate has some thousand characters; anything far longer is another file.
MAXIMUM_CHARACTERS = 65_536
_SHORTEST_OCTETS = 48

#: Two or more dashes of any kind, as boundaries have them; word processors make one long one.
_DASHES = re.compile("[-\u2010-\u2015\u2212\u2500\u30fc]{2,}|[\u2014\u2015\u2500]")
#: How programs write the characters of a text that they pass on: JSON and shells, the addresses of
#: web pages (RFC 3986), quoted-printable (RFC 2045), HTML, RTF.
_ESCAPED = re.compile(
    r"\\r\\n|\\[rn]|\\(?:par|line)(?![A-Za-z])|[%=]0D[%=]0A|[%=]0A|[%=]20|<br ?/?>|&nbsp;",
    re.IGNORECASE,
)
_HEXADECIMAL = re.compile(r"[%=](2B|2D|2F|3D)", re.IGNORECASE)
_SOFT_BREAK = re.compile(r"=[ \t]*\r?\n(?=[A-Za-z0-9+/-])")
#: Characters and tags of HTML; a certificate has none of its own.
_ENTITY = re.compile(
    r"&(?:#[0-9]{1,4}|#[xX][0-9A-Fa-f]{1,4}|gt|lt|amp|quot|plus|sol|equals|hyphen);"
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|<!\[CDATA\[|\]\]>")
#: What stands before the text in a data URL (RFC 2397), and before dashes in a signed text of
#: OpenPGP (RFC 9580, section 7.2).
_DATA_URL = re.compile(r"^\s{0,9}data:[A-Za-z0-9.+/;=-]{0,100}base64,")
_DASH_ESCAPE = re.compile(r"^- (?=-)", re.MULTILINE)
#: Letters of double width as those that they stand for; what encloses a text is left out.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    map(ord, "\\\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d"), ""
)
#: Stands for a run of dashes; a control character is in no text that a person pastes.
_RUN = "\x1e"
_LONGEST_LABEL = 64
_LABELS = frozenset({"CERTIFICATE", "X509CERTIFICATE"})
#: Boundaries of a signed text that a certificate may stand in.
_AROUND = frozenset({"PGPSIGNEDMESSAGE", "PGPSIGNATURE"})
_QUOTE = re.compile(r"^[ \t]*(?:[>|\uff1e][ \t]*)+", re.MULTILINE)
_SPACE = re.compile(r"\s+")
_PEM_HEADER = re.compile(r"^[A-Za-z][A-Za-z0-9-]*: .*$", re.MULTILINE)
_LABEL = re.compile(r"[A-Z0-9]+", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
#: The alphabet for addresses (RFC 4648, section 5), read as the usual one.
_OF_ADDRESSES = str.maketrans("-_", "+/")
#: Figures of octets are base64 by their characters alone.
_FIGURES = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
#: What programs put around each line: its number, a mark, the initials of who wrote it.
_WIDEST_MARGIN = 8
_MOST_LINES = 2_000
#: Base64 comes four characters at a time.
_GROUP = 4

_SEQUENCE = 0x30
_FIRST_FIELD = 0x0A
#: How the texts of private keys are marked: PEM, PuTTY, and JSON Web Keys (RFC 7517).
_KEY_WORDS = "PRIVATEKEY"
_KEY_BOUNDARY = re.compile("(?<![A-Z0-9])(?:BEGIN|END)[A-Z0-9]{0,40}PRIVATEKEY")
_PUTTY = "PRIVATE-LINES:"
_WEB_KEY = re.compile(r'"(?:d|k|oth)"\s{0,9}:')
#: A key without boundaries has a run of at least so many characters; so many tell that it is one.
_KEY_RUN = re.compile(r"[A-Za-z0-9+/_-]{40,}", re.ASCII)
_TELLING = 32
_OPENSSH = b"openssh-key-v1\0"
#: What follows the outer header of a key, and of no certificate: the version of PKCS #8, PKCS #1
#: and SEC 1 (0 or 1), of PKCS #12 (3); the ciphers of an encrypted PKCS #8 (RFC 8018, RFC 7292).
_KEY_VERSIONS = (b"\x02\x01\x00", b"\x02\x01\x01", b"\x02\x01\x03")
_KEY_CIPHERS = (bytes.fromhex("2a864886f70d0105"), bytes.fromhex("2a864886f70d010c01"))


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
    content = decode_paste(text)
    if isinstance(content, PasteRefused):
        return content
    found = recognise(content)
    if isinstance(found, PastedCertificate) and found.expires_at is not None:
        return found if is_valid(found.expires_at, now) else PasteRefused(PasteCode.EXPIRED)
    return found


def decode_paste(text: str) -> bytes | PasteRefused:
    """Return the octets of the one certificate in ``text``, in time linear in its length.

    A whole PEM file may have been encoded once more, as Kubernetes keeps its secrets.
    """
    content = _decode_once(text)
    if isinstance(content, bytes) and content.lstrip().startswith(b"-----BEGIN"):
        return _decode_once(content.decode("utf-8", "replace"))
    return content


def _decode_once(text: str) -> bytes | PasteRefused:
    if len(text) > MAXIMUM_CHARACTERS:
        return PasteRefused(PasteCode.TOO_LONG)
    shown = _visible(text)
    if _is_marked(shown):
        return PasteRefused(PasteCode.PRIVATE_KEY)
    plain = _undress(shown)
    if not plain.strip():
        return PasteRefused(PasteCode.EMPTY)
    if _is_marked(plain) or _hides_key(plain):
        return PasteRefused(PasteCode.PRIVATE_KEY)
    body = _body(plain)
    found = body if isinstance(body, PasteRefused) else _decode(body)
    # words about a key beside a certificate are words; in its place they may be all that is left
    names_key = _KEY_WORDS in _upper(shown) or _KEY_WORDS in _upper(plain)
    if isinstance(found, PasteRefused) and names_key:
        return PasteRefused(PasteCode.PRIVATE_KEY)
    return found


def _upper(text: str) -> str:
    return "".join(text.split()).upper()


def _is_marked(plain: str) -> bool:
    """Tell whether ``plain`` has what programs write around a private key."""
    upper = _upper(plain)
    if _PUTTY in upper or (_KEY_WORDS in upper and _KEY_BOUNDARY.search(upper)):
        return True
    return '"KTY":' in upper and _WEB_KEY.search("".join(plain.split())) is not None


def _hides_key(plain: str) -> bool:
    """Tell whether a private key stands in ``plain`` without its boundaries, or as figures."""
    starts = (found[0][:_TELLING].translate(_OF_ADDRESSES) for found in _KEY_RUN.finditer(plain))
    figures = "".join(plain[: 2 * _TELLING].split())
    octets = [base64.b64decode(start) for start in starts]
    if _FIGURES.fullmatch(figures):
        octets.append(bytes.fromhex(figures[: len(figures) // 2 * 2]))
    return any(one.startswith(_OPENSSH) or _is_private_key(one) for one in octets if one)


def _undress(shown: str) -> str:
    """Return ``shown`` without what mail, chat and other programs have put around it."""
    if "&" in shown or "<" in shown:
        shown = _ENTITY.sub(lambda found: html.unescape(found[0]), _TAG.sub("\n", shown))
    spelled = _HEXADECIMAL.sub(lambda found: chr(int(found[1], 16)), _DATA_URL.sub("", shown))
    lines = _ESCAPED.sub("\n", _joined(shown, spelled))
    return _DASH_ESCAPE.sub("", _QUOTE.sub("", lines.translate(_PLAIN)))


def _joined(shown: str, spelled: str) -> str:
    """Return ``spelled`` without soft breaks; a single one may be the padding before the end.

    Where padding stands in quoted-printable it is spelled.
    """
    is_encoded = "=3D" in shown or len(_SOFT_BREAK.findall(spelled)) > 1
    return _SOFT_BREAK.sub("", spelled) if is_encoded else spelled


def _visible(text: str) -> str:
    """Return ``text`` without invisible characters and typographic spaces.

    A text of two octets a character, read as one of one, has a NUL beside each.
    """
    text = text.replace("\0", "")
    if text.isascii():
        return text
    unusual = {character for character in set(text) if not character.isascii()}
    kinds = {character: unicodedata.category(character) for character in unusual}
    shown = {ord(one): " " if kind == "Zs" else "" for one, kind in kinds.items()
             if kind in {"Zs", "Cf"}}  # fmt: skip
    return text.translate(shown) if shown else text


def _body(plain: str) -> str | PasteRefused:
    """Return the base64 of the only block, or of the whole text when it has no boundaries."""
    parts = _DASHES.sub(_RUN, plain.replace(_RUN, " ")).split(_RUN)
    inner = range(1, len(parts) - 1)  # a boundary has dashes before it and after it
    boundaries = {place: found for place in inner if (found := _boundary(parts[place]))}
    boundaries = {place: found for place, found in boundaries.items() if found[1] not in _AROUND}
    if not boundaries:
        return plain
    if any(label not in _LABELS for _, label in boundaries.values()):
        return PasteRefused(PasteCode.UNREADABLE)
    begins = [place for place, (kind, _) in boundaries.items() if kind == "BEGIN"]
    ends = [place for place, (kind, _) in boundaries.items() if kind == "END"]
    if len(begins) > 1 or len(ends) > 1:
        return PasteRefused(PasteCode.SEVERAL)
    if not begins or not ends or ends[0] < begins[0]:
        return PasteRefused(PasteCode.TRUNCATED)
    return _PEM_HEADER.sub("", "--".join(parts[begins[0] + 1 : ends[0]]))


def _boundary(part: str) -> tuple[str, str] | None:
    """Return whether ``part`` begins or ends a block, and of what (RFC 7468, section 2)."""
    words = "".join(part.split()).upper()
    for kind in ("BEGIN", "END"):
        label = words.removeprefix(kind)
        if label != words and len(label) <= _LONGEST_LABEL and _LABEL.fullmatch(label):
            return kind, label
    return None


def _decode(body: str) -> bytes | PasteRefused:
    compact = _SPACE.sub("", body)
    if "+" not in compact and "/" not in compact:
        compact = compact.translate(_OF_ADDRESSES)
    is_base64 = _BASE64.fullmatch(compact) is not None
    content = _of_base64(compact) if is_base64 else None
    if content is not None and _is_whole(content):
        return content
    # numbers of lines are base64 by their characters, too
    margined = _without_margins(body)
    if margined is not None:
        return margined
    if not is_base64:
        return PasteRefused(PasteCode.UNREADABLE)
    if content is None or len(content) < _SHORTEST_OCTETS:
        return PasteRefused(PasteCode.TRUNCATED)
    known = content[0] in {_SEQUENCE, _FIRST_FIELD}
    return PasteRefused(PasteCode.UNREADABLE) if not known and _is_no_base64(body) else content


def _is_whole(content: bytes) -> bool:
    """Tell whether ``content`` is one value of DER, from its first to its last octet."""
    return content[:1] == bytes((_SEQUENCE,)) and der.whole_length(content) == len(content)


def _of_base64(compact: str) -> bytes | None:
    bare = compact.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % _GROUP), validate=True)
    except binascii.Error:
        return None


def _without_margins(body: str) -> bytes | None:
    """Return the DER in ``body``, whose lines have something around them; None: it is not whole.

    Where the length is not told, as in Meta's certificates, nobody could tell what got lost.
    """
    kept: list[str] = []
    lines = body.splitlines()
    for line in lines if len(lines) <= _MOST_LINES else ():
        longest = max(reversed(_BASE64.findall(line)), key=len, default="")
        data = longest if len(longest) >= _GROUP else ""
        if len("".join(line.split())) - len(data) > _WIDEST_MARGIN:
            return None
        kept.append(data)
    content = _of_base64("".join(kept))
    return content if content is not None and _is_whole(content) else None


def _is_no_base64(body: str) -> bool:
    """Tell figures of octets, and words of a language, that happen to be characters of base64.

    Programs break base64 into lines of one length, of which the last may be shorter.
    """
    words = body.split()
    is_uneven = len({len(word) for word in words[:-1]} | {len(words[0])}) > 1
    is_uneven = is_uneven or len(words[-1]) > len(words[0])
    return is_uneven or all(_FIGURES.fullmatch(word) for word in words)


def recognise(content: bytes) -> PastedCertificate | PasteRefused:
    """Return the certificate of ``content``, expired or not, or why it is none."""
    if content.startswith(_OPENSSH) or _is_private_key(content):
        return PasteRefused(PasteCode.PRIVATE_KEY)
    if content[0] == _SEQUENCE:
        return _read_der(content)
    if content[0] == _FIRST_FIELD and not _whole_fields(content):
        return PasteRefused(PasteCode.TRUNCATED)
    line = base64.b64encode(content).decode("ascii")
    # There is no DER: the fingerprint is that of the text, written the one canonical way.
    return PastedCertificate(line, hashlib.sha256(line.encode("ascii")).hexdigest())


def _read_der(content: bytes) -> PastedCertificate | PasteRefused:
    from cryptography import x509  # noqa: PLC0415 - slow to import, used where it is needed

    length = der.whole_length(content)
    if length is None or length > len(content):
        return PasteRefused(PasteCode.TRUNCATED)
    if not content[length:].strip():  # a file may end with a line end
        content = content[:length]
    try:
        certificate = x509.load_der_x509_certificate(content)
        expires = end_of(certificate.not_valid_after_utc)
        created = certificate.not_valid_before_utc
        serial = f"{certificate.serial_number:x}"
    except (ValueError, x509.InvalidVersion):
        return PasteRefused(PasteCode.UNREADABLE)
    lines = textwrap.wrap(base64.b64encode(content).decode("ascii"), 64)
    text = "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
    fingerprint = hashlib.sha256(content).hexdigest()
    return PastedCertificate(text, fingerprint, serial, created, expires)


def _is_private_key(content: bytes) -> bool:
    """Tell whether ``content`` is a key in DER, whole or cut off; it is not loaded.

    Loading would check its numbers, which takes minutes for those that somebody made long.
    """
    if content[0] != _SEQUENCE:
        return False
    begin = _content_at(content, 0)
    inner = content[begin : begin + 3]
    if inner in _KEY_VERSIONS:
        return True
    if inner[:1] != bytes((_SEQUENCE,)):
        return False
    algorithm = _content_at(content, begin)
    return content[algorithm + 2 :].startswith(_KEY_CIPHERS)


def _content_at(content: bytes, place: int) -> int:
    """Return where the content of the DER value at ``place`` begins (X.690, section 8.1.3)."""
    length = int.from_bytes(content[place + 1 : place + 2], "big")
    return place + 2 + (length & 0x7F if length > 0x7F else 0)  # noqa: PLR2004 - the long form


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

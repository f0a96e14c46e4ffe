"""The few DER encodings that we write by hand (ITU-T X.690)."""

_LONG_FORM = 0x80
_UTF8_STRING = 0x0C
_BIT_STRING = 0x03
_SEQUENCE = 0x30


def encode(tag: int, content: bytes) -> bytes:
    """Return ``content`` with its tag and its definite length."""
    size = len(content)
    if size < _LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + content


def sequence(content: bytes) -> bytes:
    """Return a SEQUENCE of the encoded ``content``."""
    return encode(_SEQUENCE, content)


def bit_string(content: bytes) -> bytes:
    """Return ``content`` as a BIT STRING of whole octets."""
    return encode(_BIT_STRING, b"\x00" + content)


def utf8_string(text: str) -> bytes:
    """Return ``text`` as a UTF8String."""
    return encode(_UTF8_STRING, text.encode("utf-8"))


def whole_length(content: bytes) -> int | None:
    """Return how long the value at the start of ``content`` says it is, header included.

    None when the header itself is cut off or is no definite length.
    """
    if len(content) < 2:  # noqa: PLR2004 - a tag and a length
        return None
    first = content[1]
    if first < _LONG_FORM:
        return 2 + first
    count = first - _LONG_FORM
    if count == 0 or len(content) < 2 + count:
        return None
    return 2 + count + int.from_bytes(content[2 : 2 + count], "big")


def read_utf8_string(content: bytes) -> str:
    """Return the text of a UTF8String; empty when ``content`` is none."""
    if not content or content[0] != _UTF8_STRING or whole_length(content) != len(content):
        return ""
    header = len(content) - _content_length(content)
    return content[header:].decode("utf-8", "replace")


def _content_length(content: bytes) -> int:
    first = content[1]
    if first < _LONG_FORM:
        return first
    return int.from_bytes(content[2 : 2 + first - _LONG_FORM], "big")

"""Decodes and encodes the text strings of a PDF (ISO 32000-2, 7.9.2.2).

The bytes are decoded here and not by the library, because programs write damaged UTF-16 for
characters outside the basic plane, and a damaged answer must be asked about instead of lost.
"""

import codecs
import re
from typing import Any

import pikepdf

from pipeline.forms.pdf.faults import DamagedPdfError

_UTF16_BE = b"\xfe\xff"
#: Asked for by name, a codec takes longer than what it decodes.
_UTF16 = {_UTF16_BE: codecs.utf_16_be_decode, b"\xff\xfe": codecs.utf_16_le_decode}
_UTF8 = b"\xef\xbb\xbf"
_LANGUAGE_ESCAPE = re.compile("\x1b[A-Za-z]{2,5}\x1b")
#: Lone surrogates, private use, the replacement character.
_DAMAGED = re.compile("[\ud800-\udfff\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")
#: ASCII that PDFDocEncoding does not map to anything else, without a carriage return.
_PLAIN = re.compile(rb"[\t\n -~]*")
_JAPANESE = re.compile("[ぁ-ヿ㐀-鿿]")
_FOREIGN = re.compile("[\u0530-\u10ff\u1200-\u1dff\ua000-\uabff]")
_EITHER = re.compile(f"{_DAMAGED.pattern[:-1]}{_FOREIGN.pattern[1:]}")

#: No answer of a form is longer; a longer string is cut and taken for damaged.
MAXIMUM_LENGTH = 100_000
#: What qpdf parses is nested less deeply (see ``open``); deeper is an array that holds itself.
_DEEPEST = 100


def decode_string(content: bytes) -> tuple[str, bool]:
    """Return the text of a PDF text string, and whether its bytes were damaged.

    UTF-16 with either byte order mark, UTF-8 with its mark, else PDFDocEncoding; bytes without a
    mark that can only be UTF-8 are read as such, but as damaged, since the file does not say so.
    """
    is_long = len(content) > MAXIMUM_LENGTH
    if not is_long and content.isascii():
        text = content.decode("ascii")
        if text.isprintable() or _PLAIN.fullmatch(content):
            return text, False  # as nearly always
    text, wrong = _decode(content[:MAXIMUM_LENGTH])
    if "\x1b" in text:
        text = _LANGUAGE_ESCAPE.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, wrong or is_long or is_damaged(text)


def encode_string(text: str) -> bytes:
    """Return the bytes of a PDF text string that can be read in one way only.

    ASCII as it is, all else (control characters as well) as UTF-16 with its mark. Lone surrogates
    raise UnicodeEncodeError.
    """
    plain = text.encode("ascii", "replace")
    is_plain = text.isascii() and _PLAIN.fullmatch(plain)
    return plain if is_plain else _UTF16_BE + text.encode("utf-16-be")


def _decode(content: bytes) -> tuple[str, bool]:
    """Return the text that ``content`` spells, and whether its bytes do not fit its encoding."""
    decode = _UTF16.get(content[: len(_UTF16_BE)])
    if decode is not None:
        odd = len(content) % 2
        body = content[len(_UTF16_BE) : len(content) - odd]
        return decode(body, "surrogatepass", True)[0], bool(odd)  # noqa: FBT003 - no name in C
    if content.startswith(_UTF8):
        return content[len(_UTF8) :].decode("utf-8", "replace"), False
    if not content.isascii():
        try:
            return content.decode("utf-8"), True
        except UnicodeDecodeError:
            pass
    return _pdf_doc(content), False


def _pdf_doc(content: bytes) -> str:
    """Decode PDFDocEncoding, with the codec that pikepdf registers."""
    return content.decode("pdfdoc_pikepdf", "replace")


def is_damaged(text: str) -> bool:
    """Return whether ``text`` has lone surrogates, private-use or replacement characters.

    So does Japanese with a letter of Asia's other alphabets: PDFium cuts 𠮷 to its lower 16 bits,
    which is a letter of Tamil.
    """
    if text.isascii() or not _EITHER.search(text):
        return False
    return _DAMAGED.search(text) is not None or _JAPANESE.search(text) is not None


def without_surrogates(text: str) -> str:
    """Return ``text`` with lone surrogates replaced, so that it can be stored as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def read_text(value: Any, depth: int = 0) -> tuple[str, bool]:
    """Return the text of a field's value object, and whether it was damaged.

    A string, a name, a text stream, a number, or an array of them (joined by line breaks);
    anything else is damaged. Raises DamagedPdfError for an array within itself.
    """
    if depth > _DEEPEST:
        raise DamagedPdfError("array")
    if value is None:
        return "", False
    if isinstance(value, pikepdf.String):
        return decode_string(bytes(value))
    if isinstance(value, pikepdf.Stream):
        return decode_string(value.read_bytes())
    if isinstance(value, pikepdf.Array):
        parts = [read_text(item, depth + 1) for item in list(value)[:100]]
        nested = any(isinstance(item, pikepdf.Array) for item in list(value)[:100])
        damaged = nested or len(value) > len(parts) or any(wrong for _, wrong in parts)
        return "\n".join(text for text, _ in parts), damaged
    if isinstance(value, pikepdf.Name):
        text = str(value).removeprefix("/")
        return text, is_damaged(text)
    return str(value)[:MAXIMUM_LENGTH], not isinstance(value, bool | int)

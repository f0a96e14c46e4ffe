"""Certificates as files: the text that would be pasted of them."""

import base64
import codecs
import re

#: How a file of DER begins (X.690, section 8.1.3), and no text: a short one is a key at most, whose
#: version is an integer.
_BEGINS_DER = re.compile(rb"\x30(?:[\x80-\x84]|[\x01-\x7f]\x02)")
#: Marks of the order of octets before a text; that of UTF-32 begins as one of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def text_of(content: bytes) -> str:
    """Return the text of a file as it would be pasted; one of DER is written in base64.

    What cannot be decoded is replaced.
    """
    if _BEGINS_DER.match(content):
        return base64.b64encode(content).decode("ascii")
    known = (encoding for mark, encoding in _MARKS if content.startswith(mark))
    return content.decode(next(known, "utf-8"), "replace")

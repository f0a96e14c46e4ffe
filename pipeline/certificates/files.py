"""Certificates as files: the text that would be pasted of them."""

import base64
import codecs
import re

#: How a file of DER begins (X.690, section 8.1.3), and no text: a short one is a key at most, whose
#: version is an integer.
_BEGINS_DER = re.compile(rb"\x30(?:[\x80-\x84]|[\x01-\x7f]\x02)")
#: The marks before a text of UTF-16; one of UTF-32 of the same order begins alike.
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(content: bytes) -> str:
    """Return the text of a file as it would be pasted; one of DER is written in base64.

    What cannot be decoded is replaced. The text of UTF-32 keeps a NUL behind each character, which
    :func:`~pipeline.certificates.paste.read_paste` leaves out.
    """
    if _BEGINS_DER.match(content):
        return base64.b64encode(content).decode("ascii")
    encoding = "utf-16" if content.startswith(_WIDE) else "utf-8-sig"
    return content.decode(encoding, "replace")

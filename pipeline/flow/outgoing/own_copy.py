"""Our own copy of a mail that we sent: the same body, whatever servers put on top of it.

A Message-ID of ours alone is no proof: whoever got the mail knows it. A copy has the body of our
mail as well, byte for byte but for the ends of lines and the empty lines at the end (a relay adds
fields at the top, RFC 5321, 4.4; a server keeps lines as it likes), so that it holds no word of
anybody else.
"""

import re
from hashlib import sha256

_HEAD_ENDS = re.compile(rb"\r?\n\r?\n")


def head_and_body(raw: bytes) -> tuple[bytes, bytes]:
    """Return the header and the body of a mail; one without an empty line is all header."""
    end = _HEAD_ENDS.search(raw)
    return (raw, b"") if end is None else (raw[: end.start()], raw[end.end() :])


def body_digest(raw: bytes) -> str:
    """Return the digest of the body of a mail, the same for each copy of it."""
    body = head_and_body(raw)[1].replace(b"\r\n", b"\n")
    return sha256(body.rstrip(b"\n")).hexdigest()

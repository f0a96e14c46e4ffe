"""JSON in which every character can be seen."""

import re

#: Everything that a reader of JSON could not see, or that would turn or clear the terminal.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f\ud800-\udfff]"
)


def escaped(json_text: str) -> str:
    """Return JSON in which control, direction and invisible characters are written as escapes.

    They stand in strings only, so the value is the same.
    """
    return _UNSEEN.sub(_escape, json_text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x10000:  # noqa: PLR2004 - the end of the first plane
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"

"""Values in templates: sealed before the template is read, opened when the part is written.

Jinja2 and Markdown see only a number between two noncharacters (Unicode 23.7), so that no value
can become a tag, a link, a list or another template. The two writers open the seals: the plain part
with the cleaned value, the HTML part with the escaped one.
"""

import html
import re
import unicodedata
from dataclasses import dataclass, field

from markupsafe import Markup

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
#: Around a value that stays on one line when it fits into one.
GLUE_START, GLUE_END = "\ufdd2", "\ufdd3"
_SEAL = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")
#: Hidden words: annotations (Unicode 23.8), and tags that are no emoji flag (23.9).
_HIDDEN = re.compile(
    "[\ufff9-\ufffb]|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
)
#: More marks on one letter than any script has; they would cover the lines around it.
_MOST_MARKS = 8
_ISOLATES = re.compile("[\u2068\u2069]")
_BLANKS = re.compile(" {2,}")
#: The blocks of Unicode that have characters written from right to left.
_MAY_RUN_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATE, _POP = "\u2068", "\u2069"
_LAST_OF_PLANE = 0xFFFE
_FIRST_NONCHARACTER, _LAST_NONCHARACTER = 0xFDD0, 0xFDEF
_OUR_LINKS = ("https://wa.me/",)
_JOINER = "\u2060"
#: What a mail program takes for an address when it stands in plain words: a dot before a letter, an
#: at sign, what follows a scheme, two slashes, and the two backslashes of a server. Browsers take
#: the wide forms of these for the same (UTS 46); a wide dot between letters that are not Latin ends
#: a sentence.
_LINKS = re.compile(
    r"(?<=[^\s!-/:-@\[-^`{-~])[.\u2024\ufe52](?=[^\W\d_])"
    r"|(?<=[A-Za-z0-9])[\u3002\uff0e\uff61](?=\w)|(?<=\w)[\u3002\uff0e\uff61](?=[A-Za-z])"
    r"|(?<=\S)[@\uff20\ufe6b](?=\S)|(?<=[A-Za-z]):(?=\S)|[:\uff1a](?=[/\uff0f]{2})"
    r"|[/\uff0f](?=[/\uff0f])|\\(?=\\)"
)


class Glued(str):
    """A text that is kept on one line (a date, a number)."""

    __slots__ = ()


class Whole(Glued):
    """A short text that is never broken in either part: a reference."""

    __slots__ = ()


class Number(Whole):
    """A phone number."""

    __slots__ = ()


class Mailbox(Glued):
    """An address of ours; in HTML it may break behind its at sign alone."""

    __slots__ = ()


class Promised(Glued):
    """A date by which we promise to write: what it stands in has said so."""

    __slots__ = ()


class Link(str):
    """An address that we made; becomes a link when it is on a host of ours, else text."""

    __slots__ = ()


class Own(str):
    """Words of our team, in which an address may be one."""

    __slots__ = ()


def _inert(character: str) -> str:
    code = ord(character)
    if _FIRST_NONCHARACTER <= code <= _LAST_NONCHARACTER:
        return "\ufffd"
    if code & _LAST_OF_PLANE == _LAST_OF_PLANE:
        return "\ufffd"
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return " " if category in {"Cc", "Zl", "Zp"} else character


def _is_balanced(text: str) -> bool:
    depth = 0
    for mark in _ISOLATES.findall(text):
        depth += 1 if mark == _ISOLATE else -1
        if depth < 0:
            return False
    return depth == 0


def _thinned(text: str) -> str:
    """Return ``text`` with at most so many marks on a letter."""
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def clean(value: str) -> str:
    """Return ``value`` as one line without controls, noncharacters, bidi controls, hidden words.

    Closed isolates (UAX #9) stay: our own sentences carry them around a customer's words.
    """
    text = value
    if not value.isprintable():
        text = "".join(map(_inert, _HIDDEN.sub("", _BIDI.sub("", value))))
    if not text.isascii():
        text = _thinned(text)
    if not value.isprintable() and not _is_balanced(text):
        text = _ISOLATES.sub("", text)
    return (_BLANKS.sub(" ", text) if "  " in text else text).strip()


def unlinked(text: str) -> str:
    """Return ``text`` so that no mail program makes a link of it; it looks as it was.

    A word joiner (Unicode 23.2) stands around what makes an address. It is invisible, it breaks no
    line, and browsers (UTS 46) and our own reading of answers take it away when it is copied.
    """
    return _LINKS.sub(lambda match: f"{_JOINER}{match[0]}{_JOINER}", text)


def has_value(source: str) -> bool:
    """Return whether ``source`` has a value beside the words of the template."""
    return _OPEN in source


def _whole(escaped: str) -> str:
    return f'<span class="whole" style="white-space:nowrap">{escaped}</span>'


def _runs_right_to_left(text: str) -> bool:
    if text.isascii() or not _MAY_RUN_LEFT.search(text):
        return False
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


def _kept(text: str) -> str:
    """Return ``text`` cleaned; words that are not ours can become no link."""
    if isinstance(text, Link) and not text.startswith(_OUR_LINKS):
        return unlinked(clean(text))
    if isinstance(text, Glued | Link | Own):
        return type(text)(clean(text))
    return unlinked(clean(text))


@dataclass
class Vault:
    """The sealed values of one mail."""

    values: list[str] = field(default_factory=list)

    def seal(self, value: object) -> str:
        """Return what stands for ``value`` in the template; template text passes as it is.

        Raises TypeError for a value that is neither text nor a whole number: a missing fact must
        never be printed.
        """
        if isinstance(value, Markup):
            return value
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise TypeError(type(value).__name__)
        text = value if isinstance(value, str) else str(value)
        self.values.append(_kept(text))
        return Markup(f"{_OPEN}{len(self.values) - 1}{_CLOSE}")  # noqa: S704 - made of digits only

    def holds(self, kind: type[str]) -> bool:
        """Tell whether a value of ``kind`` was written."""
        return any(isinstance(value, kind) for value in self.values)

    def open_text(self, source: str) -> str:
        """Return ``source`` with every value as inert plain text, glued ones between marks."""
        if not has_value(source):
            return source
        return _SEAL.sub(lambda match: self._text(self.values[int(match[1])]), source)

    def open_line(self, source: str) -> str:
        """Return ``source`` as one line of plain text without marks (for a header)."""
        return self.open_text(source).replace(GLUE_START, "").replace(GLUE_END, "")

    def open_html(self, source: str) -> str:
        """Return ``source`` escaped for HTML, with every value escaped and isolated."""
        pieces = _SEAL.split(source)
        return "".join(
            self._html(self.values[int(piece)]) if index % 2 else html.escape(piece)
            for index, piece in enumerate(pieces)
        )

    @staticmethod
    def _text(value: str) -> str:
        if isinstance(value, Glued | Link):
            return f"{GLUE_START}{value}{GLUE_END}"
        return f"{_ISOLATE}{value}{_POP}" if _runs_right_to_left(value) else str(value)

    @staticmethod
    def _html(value: str) -> str:
        escaped = html.escape(value)
        if isinstance(value, Link) and value.startswith(_OUR_LINKS):
            return f'<a href="{escaped}">{escaped}</a>'
        if _runs_right_to_left(value):
            return f"<bdi>{escaped}</bdi>"
        if isinstance(value, Number):
            return _whole(escaped)
        if isinstance(value, Mailbox):
            local, at, domain = escaped.partition("@")
            return f"{_whole(local + at)}<wbr>{_whole(domain)}"
        return escaped

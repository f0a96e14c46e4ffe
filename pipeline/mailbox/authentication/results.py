"""Read Authentication-Results fields (RFC 8601, 2.2) by their grammar.

Strangers write into these fields: through the signature's ``i=``, their HELO name, their envelope
sender. So a field is *sound* only when all of it follows the grammar, but for what many servers
write: addresses and slashes without quotes, properties without a type, a semicolon at the end.
"""

import re
from dataclasses import dataclass

_CAP = 16_000
_MOST_RESULTS = 100
_MOST_PROPERTIES = 50
_BLANKS = re.compile(r"[ \t\r\n]*+")
_COMMENT_TEXT = re.compile(r"[^()\\]*+")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*+")
_VERSION = re.compile(r"[0-9]++")
_ATOM = re.compile(r"[^ \t\r\n;()\"\\]++")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: A result as most servers write it: no blank beside its signs, no quotes, no comment in another.
_PLAIN = re.compile(
    r"([A-Za-z][A-Za-z0-9_-]*+)=([A-Za-z][A-Za-z0-9_-]*+)"
    r"((?:[ \t\r\n]++(?:\([^()\\]*+\)"
    r"|[A-Za-z][A-Za-z0-9_-]*+(?:\.[A-Za-z0-9][A-Za-z0-9_-]*+)?=[^ \t\r\n;()\"\\]++))*+)"
    r"[ \t\r\n]*+(?=;|\Z)"
)
_PLAIN_PIECE = re.compile(r"\(([^()\\]*+)\)|([A-Za-z0-9_.-]++)=([^ \t\r\n;()\"\\]++)")
_PLAIN_NAME = re.compile(
    r"[ \t\r\n]*+([^ \t\r\n;()\"\\=]++)(?:[ \t\r\n]++[0-9]++)?[ \t\r\n]*+(?=;|\Z)"
)
_PLAIN_SEMICOLON = re.compile(r"[ \t\r\n]*+;[ \t\r\n]*+(?!\()")
_DMARC_FAILED = re.compile(r"dmarc\s{0,9}=\s{0,9}(?:fail|quarantine|reject)", re.IGNORECASE)
_AMAZON = "amazonses.com"
_AMAZON_FACTS = frozenset({"envelope-from", "helo", "client-ip"})
"""What Amazon SES writes behind spf as if each were a method."""


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One result, such as ``dkim=pass header.d=example.com``; names and result in lower case.

    ``comment`` is the text of all its comments, which proves nothing.
    """

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()
    comment: str = ""

    def value(self, name: str) -> str:
        """Return a property in lower case, or empty."""
        for key, told in self.properties:
            if key == name:
                return told.lower()
        return ""

    def domain(self, name: str) -> str:
        """Return the domain of a property that is a domain or an address, or empty."""
        return self.value(name).strip("<>").rpartition("@")[2].rstrip(".")


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """One field: who wrote it (lower case; empty in Microsoft's dialect), and its results.

    A field that is not ``sound`` proves nothing; its ``results`` are what was read before and
    behind the faults, and ``failure`` tells that the words dmarc=fail stand anywhere in it.
    """

    authserv_id: str
    results: tuple[MethodResult, ...]
    sound: bool
    failure: bool = False


class _FaultError(ValueError):
    """The text at the reader's place does not follow the grammar."""


def parse_results(value: str) -> AuthenticationResults:
    """Return the results of a field. A fault costs its soundness and never raises."""
    reader = _Reader(value[:_CAP])
    authserv_id, sound = reader.authserv_id()
    sound = sound and len(value) <= _CAP and not _CONTROL.search(value)
    found: list[MethodResult] = []
    empty = False
    more = not authserv_id or reader.passes_semicolon()
    while more and not reader.at_end():
        try:
            if reader.is_none():
                empty = True
            elif (result := reader.result(amazon=authserv_id == _AMAZON)) is not None:
                found.append(result)
        except _FaultError:
            sound = False
            reader.to_semicolon()
        more = len(found) < _MOST_RESULTS and reader.passes_semicolon()
    sound = sound and reader.at_end() and not (empty and found)
    failure = not sound and bool(_DMARC_FAILED.search(value))
    return AuthenticationResults(authserv_id, tuple(found), sound, failure)


class _Reader:
    """Walks the text of one field once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._comments: list[str] = []

    def authserv_id(self) -> tuple[str, bool]:
        """Read the id and the version; return the id and whether nothing else stands with it.

        Where a result stands in their place, the id is empty and nothing is read.
        """
        plain = _PLAIN_NAME.match(self._text)
        if plain is not None:
            self._at = plain.end()
            return plain[1].lower(), True
        try:
            self._space()
            start = self._at
            name = self._value().lower()
            self._space()
            if "=" in name or self._peeks("=/"):
                self._at = start
                return "", True
            self._take(_VERSION)
            self._space()
        except _FaultError:
            self.to_semicolon()
            return "", False
        whole = self._ends_result()
        self.to_semicolon()
        return name, whole

    def result(self, *, amazon: bool) -> MethodResult | None:
        """Read a result with its properties. Raises _FaultError; the reader may stand anywhere."""
        plain = None if amazon else self._plain()
        if plain is not None:
            return plain
        self._comments.clear()
        method = self._need(_KEYWORD).lower()
        self._space()
        if self._takes("/"):
            self._space()
            self._need(_VERSION)
            self._space()
        self._equals()
        if amazon and method in _AMAZON_FACTS:
            self._value()
            result = ""
        else:
            result = self._need(_KEYWORD).lower()
        properties = self._properties()
        if not result:
            return None
        return MethodResult(method, result, properties, " ".join(self._comments))

    def _plain(self) -> MethodResult | None:
        """Read a result that is written plainly, all at once; None, and nothing is read, if not."""
        found = _PLAIN.match(self._text, self._at)
        if found is None:
            return None
        method, result, rest = found.groups()
        comments: list[str] = []
        properties: dict[str, str] = {}
        pieces = _PLAIN_PIECE.findall(rest)
        for comment, name, value in pieces:
            if name:
                properties[name.lower()] = value
            else:
                comments.append(comment)
        if len(properties) + len(comments) < len(pieces) or len(properties) > _MOST_PROPERTIES:
            return None  # one stands twice, or there are too many: a fault, which is told above
        self._at = found.end()
        told = tuple(properties.items())
        return MethodResult(method.lower(), result.lower(), told, " ".join(comments))

    def _properties(self) -> tuple[tuple[str, str], ...]:
        """Read ``type.name=value`` up to the next semicolon; none may stand twice."""
        found: dict[str, str] = {}
        while self._space() and not self._ends_result():
            name = self._need(_KEYWORD).lower()
            self._space()
            if self._takes("."):
                self._space()
                name += "." + self._need(_NAME).lower()
                self._space()
            apart = self._equals()
            value = "" if self._ends_result() else self._value()
            if name in found or (apart and "=" in value) or len(found) >= _MOST_PROPERTIES:
                raise _FaultError(name)
            found[name] = value
        return tuple(found.items())

    def is_none(self) -> bool:
        """Pass over the word ``none`` that stands in the place of all results, if it does."""
        start = self._at
        if self._text[start : start + 1] not in {"n", "N"}:
            return False
        if self._take(_KEYWORD).lower() == "none" and self._space() and self._ends_result():
            return True
        self._at = start
        return False

    def passes_semicolon(self) -> bool:
        """Pass over a semicolon and the space behind it, if one stands here."""
        plain = _PLAIN_SEMICOLON.match(self._text, self._at)
        if plain is not None:
            self._at = plain.end()
            return True
        try:
            return self._space() and self._takes(";") and self._space()
        except _FaultError:
            self._at = len(self._text) + 1  # behind the end: a comment that never closes
            return False

    def to_semicolon(self) -> None:
        """Go to the next semicolon, whatever stands before it."""
        found = self._text.find(";", self._at)
        self._at = max(self._at, len(self._text)) if found < 0 else found

    def at_end(self) -> bool:
        """Return whether all was read."""
        return self._at == len(self._text)

    def _ends_result(self) -> bool:
        return self._at >= len(self._text) or self._text[self._at] == ";"

    def _equals(self) -> bool:
        """Pass over ``=``; return whether space stands behind it. Raises _FaultError."""
        if not self._takes("="):
            raise _FaultError("no equals sign")
        before = self._at
        self._space()
        return self._at > before

    def _value(self) -> str:
        """Read quoted strings and other characters that stand together. Raises _FaultError."""
        pieces: list[str] = []
        while not self._ends_result():
            if quoted := _QUOTED.match(self._text, self._at):
                pieces.append(_ESCAPE.sub(r"\1", quoted[1]))
                self._at = quoted.end()
            elif atom := self._take(_ATOM):
                pieces.append(atom)
            else:
                break
        if not pieces:
            raise _FaultError("no value")
        return "".join(pieces)

    def _need(self, pattern: re.Pattern[str]) -> str:
        """Read what must stand here, whole. Raises _FaultError."""
        found = self._take(pattern)
        if not found:
            raise _FaultError(pattern.pattern)
        if pattern is _KEYWORD and not self._ends_keyword():
            raise _FaultError(found)
        return found

    def _ends_keyword(self) -> bool:
        return self._at >= len(self._text) or self._text[self._at] in " \t\r\n;()=./"

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if not found:
            return ""
        self._at = found.end()
        return found[0]

    def _takes(self, character: str) -> bool:
        if not self._peeks(character):
            return False
        self._at += 1
        return True

    def _peeks(self, characters: str) -> bool:
        return self._at < len(self._text) and self._text[self._at] in characters

    def _space(self) -> bool:
        """Pass over blanks and comments, which nest (RFC 5322, 3.2.2). Raises _FaultError."""
        while self._peeks(" \t\r\n("):
            if self._peeks("("):
                self._comment()
            else:
                self._take(_BLANKS)
        return True

    def _comment(self) -> None:
        start = self._at + 1
        depth = 0
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 2 if character == "\\" else 1
            depth += (character == "(") - (character == ")")
            if not depth:
                self._comments.append(self._text[start : self._at - 1])
                return
            self._take(_COMMENT_TEXT)
        self._at = len(self._text) + 1
        raise _FaultError("comment without end")

"""The DKIM signatures of a mail, as far as who signed is concerned (RFC 6376, 3.2 and 3.5).

Whether they verify is said by our servers alone. Their tags are a stranger's text, which servers
copy into their results.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.mailbox.authentication.domains import folded, is_at_or_below

_CAP = 32_000
_MOST = 100
_BLANK = re.compile(r"[ \t\r\n]++")
_ENCODED = re.compile(r"=([0-9A-Fa-f]{2})")
_DANGEROUS = re.compile(r"[\s;\"'()<>\\\x00-\x1f\x7f]")
_COPIED = ("i", "d", "s")


@dataclass(frozen=True, slots=True)
class Signature:
    """The tags of a DKIM-Signature field; ``clear``: each tag stands once."""

    tags: tuple[tuple[str, str], ...]
    clear: bool

    def values(self, name: str) -> tuple[str, ...]:
        """Return what all tags of that name hold."""
        return tuple(value for key, value in self.tags if key == name)

    def value(self, name: str) -> str:
        """Return the tag without blanks, or empty."""
        return _BLANK.sub("", next(iter(self.values(name)), ""))

    @property
    def domain(self) -> str:
        """The signing domain, folded."""
        return folded(self.value("d"))

    @property
    def proves_from(self) -> bool:
        """Whether it covers From and the whole body, for an agent of the signing domain."""
        covered = self.value("h").lower().split(":") if self.values("h") else ["from"]
        agent = decode_quoted(self.value("i")).rpartition("@")[2]
        return (
            self.clear
            and not self.values("l")
            and "from" in covered
            and (not agent or is_at_or_below(agent, self.domain))
        )


@lru_cache(maxsize=16)
def parse_signature(value: str) -> Signature:
    """Return the tags of a DKIM-Signature field (a tag-list)."""
    tags: list[tuple[str, str]] = []
    for piece in value[:_CAP].split(";"):
        name, equals, told = piece.partition("=")
        if equals:
            tags.append((name.strip().lower(), told.strip()))
    names = [name for name, _ in tags]
    return Signature(tuple(tags), len(value) <= _CAP and len(set(names)) == len(names))


def parse_signatures(fields: Sequence[str]) -> tuple[Signature, ...]:
    """Return the signatures of a mail; more than a hundred are none."""
    return tuple(parse_signature(value) for value in fields) if len(fields) <= _MOST else ()


def decode_quoted(text: str) -> str:
    """Decode dkim-quoted-printable (RFC 6376, 2.11), in small letters too; blanks are kept."""
    if "=" not in text:
        return text
    return _ENCODED.sub(lambda hit: chr(int(hit[1], 16)), text)


def holds_results(texts: Iterable[str]) -> bool:
    """Return whether one of the texts could close a result and write another one.

    That takes ``=`` together with a blank, a semicolon, a quote, a bracket or a control character.
    """
    return any("=" in text and _DANGEROUS.search(text.strip()) for text in texts)


def copied_texts(signatures: Iterable[Signature]) -> list[str]:
    """Return, decoded, what servers copy of the signatures into their results."""
    return [
        decode_quoted(text)
        for signature in signatures
        for name in _COPIED
        for text in signature.values(name)
    ]

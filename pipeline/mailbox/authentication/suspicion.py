"""What in a sender's fields may deceive a reader. Staff are told; no rule decides by it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pipeline.mailbox.authentication.domains import organisational, unicode_name
from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.model.message import InboundMessage, SenderWarning

_SHORTEST = 5
"""Shorter names differ from each other by one letter all the time."""
_ADDRESS = re.compile(r"[^\s@<>()\",;:]{1,128}@[^\s@<>()\",;:]{1,253}")
_MOST_ADDRESSES = 10
_LOOKS_LIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝӏкмтвнгαοενρτικυχıɩɡߋօսո01|",
    "aeopcyxijshdqwlkmtbhraoevptikuxiigoouholl",
)
"""Small letters of Cyrillic, Greek, Armenian and others drawn as Latin ones (Unicode TS 39)."""
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_I_IS_L = str.maketrans("i", "l")
_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"})


def warnings_of(message: InboundMessage, policy: SenderPolicy) -> tuple[str, ...]:
    """Return the codes of what may deceive a reader of a mail with one From address."""
    sender = message.senders[0]
    domain = sender.domain
    here = _organisation(domain)
    found: list[SenderWarning] = []
    if _imitates(here, policy):
        found.append(SenderWarning.LOOK_ALIKE_DOMAIN)
    if any(_mixes_scripts(label) for label in _shown(domain).split(".")):
        found.append(SenderWarning.MIXED_SCRIPTS)
    if _names_another(sender.name, sender.address):
        found.append(SenderWarning.NAME_HOLDS_ADDRESS)
    if _poses_as_us(sender.name, here, policy):
        found.append(SenderWarning.NAME_IS_OURS)
    if any(_organisation(reply.domain) != here for reply in message.reply_to):
        found.append(SenderWarning.REPLY_TO_DIFFERS)
    return tuple([code.value for code in found])


def _organisation(domain: str) -> str:
    return organisational(domain) or domain


def _shown(domain: str) -> str:
    """Return ``domain`` as people see it."""
    return unicode_name(domain) if "xn--" in domain else domain


def _imitates(here: str, policy: SenderPolicy) -> bool:
    """Return whether the organisation's domain looks like a known one and is none of them."""
    index = _index(policy.own_addresses, policy.known_domains)
    if here in index.known:
        return False
    shown = _shown(here)
    if _skeleton(shown) in index.skeletons:
        return True
    return len(shown) in index.lengths and any(
        _one_edit_apart(shown, name)
        for piece in _with_one_less(shown)
        for name in index.near.get(piece, ())
    )


@dataclass(frozen=True, slots=True)
class _Index:
    """Known domains: as they are, by how they look, and by what is left without one letter.

    ``lengths`` are those of names that are one edit apart from one of the last.
    """

    known: frozenset[str]
    skeletons: frozenset[str]
    near: dict[str, list[str]]
    lengths: frozenset[int]


@lru_cache(maxsize=4)
def _index(own_addresses: tuple[str, ...], known_domains: frozenset[str]) -> _Index:
    names = {address.rpartition("@")[2] for address in own_addresses}
    known = frozenset(_organisation(name.lower()) for name in names.union(known_domains) if name)
    near: dict[str, list[str]] = {}
    for name in map(unicode_name, known):
        if len(name.partition(".")[0]) >= _SHORTEST:
            for piece in _with_one_less(name):
                near.setdefault(piece, []).append(name)
    lengths = {len(name) for names in near.values() for name in names}
    return _Index(
        known,
        frozenset(_skeleton(unicode_name(name)) for name in known),
        near,
        frozenset(length + more for length in lengths for more in (-1, 0, 1)),
    )


def _with_one_less(name: str) -> set[str]:
    """Return ``name`` and all that it becomes without one letter.

    Two names that are one edit apart have one of these in common.
    """
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))}


def _skeleton(name: str) -> str:
    """Return ``name`` with look-alike letters made equal, and without accents."""
    plain = name.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = plain.translate(_LOOKS_LIKE)
    for pair, single in _PAIRS:
        plain = plain.replace(pair, single)
    return plain.translate(_I_IS_L)


def _one_edit_apart(one: str, other: str) -> bool:
    """Return whether one letter was put in, left out, replaced, or exchanged with its neighbour."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    here, there = one[start:], other[start:]
    return (
        here[1:] == there[1:]
        or here[1:] == there
        or here == there[1:]
        or (here[:2] == there[1::-1] and here[2:] == there[2:])
    )


def _mixes_scripts(label: str) -> bool:
    """Return whether letters of several scripts stand in one label, as no one language has them.

    Japanese and Korean names mix their own scripts and Latin letters.
    """
    if label.isascii():
        return False
    scripts = {
        unicodedata.name(letter, "UNKNOWN").split(" ")[0] for letter in label if letter.isalpha()
    }
    scripts = {"LATIN" if script == "FULLWIDTH" else script for script in scripts}
    return len(scripts) > 1 and not scripts - {"LATIN"} <= _ASIAN


def _names_another(name: str, address: str) -> bool:
    """Return whether a display name holds an address that is not the sender's."""
    if "@" not in name:
        return False
    found = _ADDRESS.findall(name)[:_MOST_ADDRESSES]
    return any(other.strip("'.").lower() != address.lower() for other in found)


def _poses_as_us(name: str, here: str, policy: SenderPolicy) -> bool:
    """Return whether somebody outside bears a name of our own mails."""
    if here in _index(policy.own_addresses, frozenset()).known:
        return False
    borne = _words(name) if name else ""
    return any(own in borne for own in _own_words(policy.own_names))


@lru_cache(maxsize=4)
def _own_words(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_words, names))


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

"""What in a sender's fields may deceive a reader. Staff are told; no rule decides by it."""

import re
import unicodedata

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
_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"})


def warnings_of(message: InboundMessage, policy: SenderPolicy) -> tuple[str, ...]:
    """Return the codes of what may deceive a reader of a mail with one From address."""
    sender = message.senders[0]
    found = {
        SenderWarning.LOOK_ALIKE_DOMAIN: _imitates(sender.domain, policy),
        SenderWarning.MIXED_SCRIPTS: any(
            _mixes_scripts(label) for label in unicode_name(sender.domain).split(".")
        ),
        SenderWarning.NAME_HOLDS_ADDRESS: _names_another(sender.name, sender.address),
        SenderWarning.NAME_IS_OURS: _poses_as_us(sender.name, sender.domain, policy),
        SenderWarning.REPLY_TO_DIFFERS: any(
            _organisation(reply.domain) != _organisation(sender.domain)
            for reply in message.reply_to
        ),
    }
    return tuple(code.value for code, present in found.items() if present)


def _organisation(domain: str) -> str:
    return organisational(domain) or domain


def _own_domains(policy: SenderPolicy) -> set[str]:
    return {
        _organisation(address.rpartition("@")[2].lower())
        for address in policy.own_addresses
        if "@" in address
    }


def _imitates(domain: str, policy: SenderPolicy) -> bool:
    """Return whether ``domain`` looks like a known one and is none of them."""
    known = _own_domains(policy) | {_organisation(name) for name in policy.known_domains}
    here = _organisation(domain)
    if here in known:
        return False
    seen, seen_skeleton = unicode_name(here), _skeleton(unicode_name(here))
    for name in known:
        shown = unicode_name(name)
        if seen_skeleton == _skeleton(shown):
            return True
        if len(shown.partition(".")[0]) >= _SHORTEST and _one_edit_apart(seen, shown):
            return True
    return False


def _skeleton(name: str) -> str:
    """Return ``name`` with look-alike letters made equal, and without accents."""
    parted = unicodedata.normalize("NFKD", name.lower()).translate(_LOOKS_LIKE)
    plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    for pair, single in _PAIRS:
        plain = plain.replace(pair, single)
    return plain.translate(str.maketrans("i", "l"))


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
    found = _ADDRESS.findall(name)[:_MOST_ADDRESSES]
    return any(other.strip("'.").lower() != address.lower() for other in found)


def _poses_as_us(name: str, domain: str, policy: SenderPolicy) -> bool:
    """Return whether somebody outside bears the name of our own mails."""
    if not policy.own_name or _organisation(domain) in _own_domains(policy):
        return False
    return _words(policy.own_name) in _words(name)


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

"""What the local part of an address says of its owner (RFC 2142, RFC 5321): a daemon, a list."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from pipeline.mailbox.automatic import subject_shape
from pipeline.mailbox.automatic.words import read_words

_WORDS = re.compile(r"[^\W_]+")
_LONGEST = 320
#: Local parts of several words are told by their first ones together: ``mail-delivery-system``.
_ROLE_WORDS = 4


@cache
def role_names() -> Mapping[str, frozenset[str]]:
    """Return the lists of names, folded."""
    return subject_shape.folded(read_words()["roles"])


@lru_cache(maxsize=8)
def _words_of(local: str) -> tuple[str, ...]:
    return tuple(subject_shape.fold(word) for word in _WORDS.findall(local[:_LONGEST]))


def _joined(words: Sequence[str], start: int = 0) -> Iterator[str]:
    """Yield the first word from ``start`` on, the first two together, and so on."""
    for end in range(start + 1, min(start + _ROLE_WORDS, len(words)) + 1):
        yield "".join(words[start:end])


def is_role(local: str, wanted: frozenset[str]) -> bool:
    """Whether the first words of a local part, joined, are one of the ``wanted``."""
    return not wanted.isdisjoint(_joined(_words_of(local)))


def roles_of(local: str) -> frozenset[str]:
    """Return what a local part says its owner is: ``daemon``, ``list``, ``responder``, ``refuses``.

    The last: nobody reads replies to it.
    """
    return _roles_of(local[:_LONGEST])


@lru_cache(maxsize=512)
def _roles_of(local: str) -> frozenset[str]:
    told = {
        "daemon": _in_lists(local, "daemon"),
        "list": _is_of_a_list(local),
        "responder": _in_lists(local, "responder"),
        "refuses": _refuses(local),
    }
    return frozenset(role for role, holds in told.items() if holds)


def _in_lists(local: str, name: str) -> bool:
    """Whether a local part, without its tag, is one of the list; of daemons the first words do."""
    words = _words_of(local.partition("+")[0])
    if not words:
        return False
    names = role_names()
    if name == "daemon" and (
        words[0].startswith(_affixes("daemon_begins"))
        or not names["daemon_first"].isdisjoint(_joined(words))
        or (words[0] in {"bounce", "bounces"} and any(map(str.isdigit, local)))
    ):
        return True
    return "".join(words) in names[name]


def _is_of_a_list(local: str) -> bool:
    """Whether a local part is a list server's: ``majordomo``, ``owner-team``, ``team-bounces``."""
    plain = local.lower().partition("+")[0]
    beside = plain.startswith(_affixes("list_begins")) or plain.endswith(_affixes("list_ends"))
    return beside or _in_lists(local, "list_server")


@cache
def _affixes(name: str) -> tuple[str, ...]:
    """Return the beginnings or ends of local parts that stand in a list."""
    return tuple(read_words()["roles"][name])


def _refuses(local: str) -> bool:
    """Whether a local part says that nobody reads replies to it: ``no-reply+123``."""
    words = _words_of(local)
    known = role_names()["takes_no_replies"]
    return any(not known.isdisjoint(_joined(words, at)) for at in range(len(words)))

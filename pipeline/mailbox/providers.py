"""Who gives mailboxes to anybody: a domain of theirs is never one organisation.

The list is data (``providers.txt``, made by ``tools/mailbox-providers``); a setting adds to it.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("providers.txt")
#: An entry of the setting that takes a domain off the list.
_TAKEN_OFF = "!"
#: Second-level names below which registries of countries sell domains (a public suffix).
_SHARED = frozenset(
    "ac ad asn co com ed edu go gob gouv gov gr id lg ltd me mil ne net nom or org plc sch".split()  # noqa: SIM905 - a list of words
)
_LETTERS_OF_A_COUNTRY = 2


@cache
def listed() -> frozenset[str]:
    """Return the domains of the list."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def is_provider(domain: str, setting: Iterable[str] = ()) -> bool:
    """Tell whether anybody can have a mailbox at ``domain``, or at a domain above it.

    ``setting`` are further domains; one with ``!`` before it is no provider, whatever the list
    says. The nearest word about a domain counts.
    """
    said = {entry.strip().lower() for entry in setting}
    for name in lineage(domain):
        if _TAKEN_OFF + name in said:
            return False
        if name in said or name in listed():
            return True
    return False


def is_shared_suffix(domain: str) -> bool:
    """Tell whether unrelated owners register below ``domain``, such as ``co.jp``."""
    name, _, top = domain.partition(".")
    return not top or (name in _SHARED and len(top) == _LETTERS_OF_A_COUNTRY and "." not in top)


def lineage(domain: str) -> Iterator[str]:
    """Yield ``domain`` in small letters and the domains above it, without the top-level one."""
    name = domain.lower().rstrip(".")
    while "." in name:
        yield name
        name = name.partition(".")[2]

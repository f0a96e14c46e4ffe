"""Who gives mailboxes to anybody: a domain of theirs is never one organisation.

The list is data (``providers.txt``, made by ``tools/mailbox-providers``); a setting adds to it.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("providers.txt")
#: An entry of the setting that takes a domain off the list.
_TAKEN_OFF = "!"


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


def lineage(domain: str) -> Iterator[str]:
    """Yield ``domain`` in small letters and the domains above it, without the top-level one."""
    name = domain.lower().rstrip(".")
    while "." in name:
        yield name
        name = name.partition(".")[2]

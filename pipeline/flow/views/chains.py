"""Whether the histories of requests are as they were written."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.store import queries
from pipeline.store.unit_of_work import Transaction

#: So many requests are looked at by one check: it takes a second or two.
MOST = 500


@dataclass(frozen=True, slots=True)
class Chains:
    """How many histories were looked at, and the references of those that are not intact."""

    checked: int
    broken: tuple[str, ...]


def newest_chains(tx: Transaction, most: int = MOST) -> Chains:
    """Check the histories of the newest requests, :data:`MOST` at most."""
    return chains(tx, queries.newest(tx, min(most, MOST)))


def chains(tx: Transaction, requests: Sequence[tuple[str, str]]) -> Chains:
    """Check the histories of ``requests``, each an id and its reference."""
    broken = tuple(reference for name, reference in requests if not _is_intact(tx, name))
    return Chains(len(requests), broken)


def _is_intact(tx: Transaction, request_id: str) -> bool:
    try:
        return tx.events.verify(request_id)
    except (LookupError, TypeError, ValueError):
        return False  # a line that cannot even be read was not written by us

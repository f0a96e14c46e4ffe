"""The lists of revoked certificates that were signed last, as the database keeps them."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.store.unit_of_work import Transaction

#: The row of ``memory`` with the lists.
KEPT_LISTS = "revocation_lists"


@dataclass(frozen=True, slots=True)
class KeptLists:
    """The lists that were signed last: of the present authority, then of retired ones, in PEM.

    ``listed`` are the serial numbers on them that were revoked shortly before ``at``. ``signer`` is
    the fingerprint of the present authority as it was then; empty: not known.
    """

    number: int
    at: datetime
    lists: tuple[str, ...]
    listed: frozenset[str] = frozenset()
    signer: str = ""


def kept_lists(tx: Transaction, *, to_change: bool = False) -> KeptLists | None:
    """Return the lists that were signed last, or None; ``to_change`` locks them on PostgreSQL."""
    value = tx.memory.get(KEPT_LISTS, to_change=to_change)
    if not isinstance(value, dict):
        return None
    listed, lists = value["listed"], value["lists"]
    return KeptLists(
        number=int(str(value["number"])),
        at=datetime.fromisoformat(str(value["at"])),
        lists=tuple(map(str, lists)) if isinstance(lists, list) else (),
        listed=frozenset(map(str, listed)) if isinstance(listed, list) else frozenset(),
        signer=str(value.get("signer", "")),
    )

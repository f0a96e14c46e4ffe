"""Refusals in a row, and whether sending is paused for them; kept in the database."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.store.unit_of_work import Transaction

_KEY = "courier:refusals"


@dataclass(frozen=True, slots=True)
class Refusals:
    """Mails to different people that the server refused in the same way, one after the other.

    ``what`` is what the refusals have in common, ``answer`` the last of them, ``mails`` the ids.
    ``again`` are the ids of those before the last pause: a second refusal is of the mail itself.
    """

    what: str = ""
    answer: str = ""
    mails: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    paused_at: datetime | None = None


def refusals(tx: Transaction, *, to_change: bool = False) -> Refusals:
    """Return the refusals in a row up to now.

    ``to_change`` keeps other transactions from changing them until this one ends.
    """
    kept = tx.memory.get(_KEY, to_change=to_change)
    if not isinstance(kept, dict):
        return Refusals()
    since = kept.get("paused_at")
    return Refusals(
        what=str(kept.get("what", "")),
        answer=str(kept.get("answer", "")),
        mails=_texts(kept.get("mails")),
        again=_texts(kept.get("again")),
        paused_at=datetime.fromisoformat(since) if isinstance(since, str) else None,
    )


def keep(tx: Transaction, found: Refusals) -> None:
    """Keep the refusals in a row."""
    tx.memory.put(
        _KEY,
        {
            "what": found.what,
            "answer": found.answer,
            "mails": list(found.mails),
            "again": list(found.again),
            "paused_at": found.paused_at.isoformat() if found.paused_at else None,
        },
    )


def forget(tx: Transaction) -> None:
    """Begin to count anew."""
    tx.memory.forget(_KEY)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()

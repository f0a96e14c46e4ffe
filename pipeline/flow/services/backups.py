"""What the state remembers of its backups: the last one, and the last one that was checked."""

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.store.schema.plain import from_plain, to_plain
from pipeline.store.unit_of_work import Transaction

_ROW = "backups"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup: its file, its digest, when it was made, and whether it has the keys."""

    file: str
    digest: str
    at: datetime
    with_keys: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of a backup; ``fault`` is the code of what was wrong, or empty."""

    file: str
    digest: str
    made_at: datetime
    at: datetime
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Backups:
    """The last backup, the last check that found it whole, and the last check of all.

    ``keys_at`` is when the last backup with keys was made.
    """

    made: Made | None = None
    whole: Checked | None = None
    checked: Checked | None = None
    keys_at: datetime | None = None


def remembered(tx: Transaction, *, to_change: bool = False) -> Backups:
    """Return what is known of the backups."""
    value = tx.memory.get(_ROW, to_change=to_change)
    found: Backups = from_plain(Backups, value) if isinstance(value, dict) else Backups()
    return found


def note_made(tx: Transaction, made: Made) -> None:
    """Remember a backup."""
    known = remembered(tx, to_change=True)
    keys_at = made.at if made.with_keys else known.keys_at
    tx.memory.put(_ROW, to_plain(replace(known, made=made, keys_at=keys_at)))


def note_checked(tx: Transaction, checked: Checked) -> None:
    """Remember what a check has found."""
    known = remembered(tx, to_change=True)
    whole = known.whole if checked.fault else checked
    tx.memory.put(_ROW, to_plain(replace(known, checked=checked, whole=whole)))

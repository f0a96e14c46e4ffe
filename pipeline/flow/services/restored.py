"""A state that was put back from a backup: unfinished, or not yet compared with the world.

What the backup does not know may have happened since: a mail that waits in it may have gone out,
and a certificate that it is about to issue may be in somebody's hands. Until a person says that
both were compared (``backup settle``), such mails are in doubt, and no certificate is issued.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.unit_of_work import Transaction

#: Lies in a state folder while it is being put back.
UNFINISHED = "restore-unfinished"
_ROW = "restored"


@dataclass(frozen=True, slots=True)
class Restored:
    """From a backup of when the state was put back, and when that was."""

    made_at: datetime
    at: datetime


def unfinished(home: Path) -> Path:
    """Return the file that lies in ``home`` while it is being put back."""
    return home / UNFINISHED


def refuse_unfinished(settings: Settings) -> None:
    """Refuse a state folder that is being put back, or whose restore was killed.

    Raises ConfigurationError ``restore_unfinished``.
    """
    if unfinished(settings.home()).exists():
        raise ConfigurationError("restore_unfinished", path=settings.home().absolute())


def mark(tx: Transaction, found: Restored) -> None:
    """Remember that the state was put back; every mail that waits in it is in doubt.

    What came in and was not decided yet is forgotten: if it still stands in the mailbox it comes in
    again, and if not, it was decided since.
    """
    tx.memory.put(_ROW, {"made_at": found.made_at.isoformat(), "at": found.at.isoformat()})
    tx.outbox.doubt_all(found.at)
    tx.messages.forget_undecided()


def restore_of(tx: Transaction) -> Restored | None:
    """Return that the state was put back and not compared yet, or None."""
    value = tx.memory.get(_ROW)
    if not isinstance(value, dict):
        return None
    made_at, at = (datetime.fromisoformat(str(value[key])) for key in ("made_at", "at"))
    return Restored(made_at, at)


def settle(tx: Transaction) -> bool:
    """Record that somebody has compared the state; False when that was not asked."""
    return tx.memory.forget(_ROW)


def may_have_gone(tx: Transaction, found: Restored | None, mail: OutboxRecord) -> bool:
    """Tell whether a mail that was made after a restore may have gone out before it.

    It is made anew from what the backup knew of an older request, under the same Message-ID. One
    that staff sent on its way again has been tried.
    """
    if found is None or mail.request_id is None or mail.attempt:
        return False
    record = tx.requests.get(mail.request_id)
    return record is not None and record.opened_at < found.at

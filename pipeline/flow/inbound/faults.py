"""Why a message could not be processed, whom that blames, and what follows from it.

The same bytes would end the same way again when the reader refuses them or runs out of its own
memory or processor time. A crash or an exception of the reader counts as theirs once it comes back
from the same place. The machine is to blame for what it lacks (handles, memory, room on its disk, a
library): such a message waits, and is charged no attempt.
"""

import builtins
import errno
import re
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline import logs
from pipeline.errors import PipelineError, place_of
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work, waits
from pipeline.guard import GuardError, GuardStarvedError, Reason
from pipeline.mailbox.scanner import InfectedError
from pipeline.model.identifiers import new_id
from pipeline.store.records import MessageRecord, MessageState, QuarantineRecord
from pipeline.terms import Outcome

#: The stored bytes are gone or damaged: the server may still have the mail.
LOST_BYTES = ("blob_damaged", "blob_missing")

#: What a process lacks (errno(3), "resource" errors): no file can ask for it on purpose.
_LACKING = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EIO}
)
#: The detail of an exception in the child, as :mod:`pipeline.guard` writes it.
_RAISED = re.compile(r"(?P<kind>\w+)(?: (?P<code>\w+))?(?: (?P<why>\w+))? at (?P<place>\S+)")


class Blame(StrEnum):
    """Whom a fault blames."""

    BYTES = "bytes"
    READER = "reader"
    MACHINE = "machine"
    STORAGE = "storage"
    UNKNOWN = "unknown"


#: A child that slept may have waited for the machine.
_BLAME: dict[Reason, Blame] = {
    "memory": Blame.BYTES,
    "cpu": Blame.BYTES,
    "time": Blame.UNKNOWN,
    "crash": Blame.READER,
    "exception": Blame.READER,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message failed: a code that has a sentence, and type and place of the exception.

    Neither holds a word of the message.
    """

    reason: str
    trace: str
    blame: Blame


def fault_of(error: Exception) -> Fault:
    """Return what ``error`` says about the message that was being processed."""
    if isinstance(error, GuardError):
        return _of_reader(error)
    if isinstance(error, InfectedError):
        return Fault("infected", error.name, Blame.BYTES)
    trace = f"{type(error).__name__} at {place_of(error)}"
    if isinstance(error, PipelineError):
        blame = Blame.STORAGE if error.code in LOST_BYTES else Blame.UNKNOWN
        return Fault(error.code, trace, blame)
    lacks = isinstance(error, ImportError | MemoryError) or (
        isinstance(error, OSError) and error.errno in _LACKING
    )
    if lacks:
        return Fault("reader_lacks", trace, Blame.MACHINE)
    return Fault(type(error).__name__, trace, Blame.UNKNOWN)


def _of_reader(error: GuardError) -> Fault:
    if isinstance(error, GuardStarvedError):
        return Fault("guard_starved", error.detail, Blame.MACHINE)
    reason = f"guard_{error.reason}"
    raised = _RAISED.fullmatch(error.detail) if error.reason == "exception" else None
    if raised is None:
        return Fault(reason, error.detail, _BLAME.get(error.reason, Blame.READER))
    kind, code, why = raised["kind"], raised["code"] or "", raised["why"] or ""
    if _is(kind, ImportError) or (_is(kind, OSError) and _number(code) in _LACKING):
        return Fault("reader_lacks", error.detail, Blame.MACHINE)
    if code and kind.endswith("RefusedError"):
        return Fault("_".join(filter(None, (code, why))), error.detail, Blame.BYTES)
    return Fault(reason, error.detail, Blame.READER)


def _is(name: str, kind: type[Exception]) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, kind)


def _number(name: str) -> int:
    return int(getattr(errno, name, 0)) if name.isupper() else 0


def after_failure(work: Work, row: MessageRecord, fault: Fault) -> MessageRecord | None:
    """Return ``row`` as it waits for another try; None: it goes to the quarantine."""
    logs.event(
        "flow.process", "failed", message=row.id, reason=fault.reason, attempts=row.attempts + 1
    )
    noted = replace(row, last_error=fault.reason, trace=fault.trace)
    if fault.blame in {Blame.MACHINE, Blame.STORAGE}:
        stumbles = row.stumbles + 1
        if waits.MACHINE.given_up_after(stumbles):
            return None
        at = work.now + waits.MACHINE.wait_after(stumbles)
        return replace(noted, stumbles=stumbles, next_at=at)
    attempts = row.attempts + 1
    confirmed = fault.blame is Blame.READER and (row.last_error, row.trace) == (
        fault.reason,
        fault.trace,
    )
    last = attempts >= work.services.settings.limits.attempts
    if last or confirmed or fault.blame is Blame.BYTES:
        return None
    return replace(noted, attempts=attempts, next_at=work.now + waits.MESSAGE.wait_after(attempts))


def put_aside(work: Work, row: MessageRecord, fault: Fault) -> None:
    """Put the message of ``row`` into the quarantine with its reason, and tell staff."""
    now = work.now
    attempts = row.attempts + (fault.blame not in {Blame.MACHINE, Blame.STORAGE})
    work.tx.quarantine.put(QuarantineRecord(new_id(), row.id, now, fault.reason, attempts))
    alert(work, "quarantined", "", row.id)
    work.tx.messages.save(
        replace(
            row,
            state=MessageState.QUARANTINED,
            outcome=Outcome.QUARANTINE,
            attempts=attempts,
            next_at=None,
            last_error=fault.reason,
            trace=fault.trace,
            processed_at=now,
            move_to=work.services.settings.folders.of(Outcome.QUARANTINE),
        )
    )

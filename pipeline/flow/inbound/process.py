"""Second write: fetched messages are processed, ten in one transaction.

Their bytes are read before it begins: a slow file holds up no other writer. The guarded child reads
the next ten meanwhile. When the bulk fails, each message is tried under its own savepoint; one that
fails gets attempts with growing waits, then the quarantine, in the same commit. Failures of the
database or the reader do not count as attempts: the portion stops. A message that a wrong setting
stops waits while the others go on, and the error is raised after the last commit. The commit also
says where the mail goes; the mail on the server is moved after it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from pipeline import logs
from pipeline.errors import ConfigurationError, TryLaterError
from pipeline.flow.inbound.read import Reading
from pipeline.flow.inbound.receive import receive
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.guard import GuardError, GuardStarvedError
from pipeline.mailbox.scanner import InfectedError
from pipeline.model.identifiers import new_id
from pipeline.model.retry import Retry
from pipeline.store.faults import blames_nothing
from pipeline.store.records import MessageRecord, MessageState, QuarantineRecord
from pipeline.terms import Outcome

#: How often a message is tried is a setting (limits.attempts).
_RETRY = Retry.doubling(timedelta(minutes=5), timedelta(hours=4))
#: Messages in one transaction: so many that its commit costs little beside them, and so few that
#: the child has the next ones read early.
_AT_ONCE = 10
#: What the same bytes would do again: the child's own memory and processor time ran out. A child
#: that slept, crashed or raised may have met a fault of the machine (no file handles, a library
#: half installed), so those are tried again.
_HOPELESS = frozenset({"memory", "cpu"})


@dataclass(frozen=True, slots=True)
class Processed:
    """How many messages were processed, put off for another attempt, and quarantined."""

    processed: int = 0
    deferred: int = 0
    quarantined: int = 0

    def __add__(self, other: "Processed") -> "Processed":
        return Processed(
            self.processed + other.processed,
            self.deferred + other.deferred,
            self.quarantined + other.quarantined,
        )


#: What one transaction did, and the setting that was wrong for a message of it.
_Done = tuple[Processed, ConfigurationError | None]


def process(services: Services) -> Processed:
    """Process one portion of fetched messages; zero of everything when none is due."""
    with services.store.read() as tx:
        candidates = _claimed(services.work(tx), services.settings.limits.batch)
    parts = [candidates[at : at + _AT_ONCE] for at in range(0, len(candidates), _AT_ONCE)]
    total = Processed()
    fault: ConfigurationError | None = None
    with Reading(services) as reading:
        for number, part in enumerate(parts):
            reading.ahead(part)
            if number + 1 < len(parts):
                reading.meanwhile(parts[number + 1])
            done, found = _process(services, reading, len(part))
            total += done
            fault = fault or found
    if fault is not None:
        raise fault
    return total


def _process(services: Services, reading: Reading, limit: int) -> _Done:
    """Process up to ``limit`` messages in one transaction, in bulk or else one by one."""
    try:
        return services.run(lambda work: _bulk(work, reading, limit)), None
    except Exception as error:
        if _stops_all(error):
            raise
        logs.event("flow.process", "bulk_failed", error=type(error).__name__)
    return services.run(lambda work: _one_by_one(work, reading, limit))


def _claimed(work: Work, limit: int) -> list[MessageRecord]:
    return work.tx.messages.claim(work.now, limit)


def _stops_all(error: Exception) -> bool:
    """Tell an error that any other message would meet too, such as a database that is down."""
    return isinstance(error, TryLaterError) or blames_nothing(error)


def _bulk(work: Work, reading: Reading, limit: int) -> Processed:
    rows = _claimed(work, limit)
    for row in rows:
        work.tx.messages.save(_placed(work.services, receive(work, row, reading)))
    return Processed(processed=len(rows))


def _one_by_one(work: Work, reading: Reading, limit: int) -> _Done:
    total = Processed()
    fault: ConfigurationError | None = None
    for row in _claimed(work, limit):
        try:
            with work.tx.savepoint():
                work.tx.messages.save(_placed(work.services, receive(work, row, reading)))
            total += Processed(processed=1)
        except ConfigurationError as error:
            # a setting is wrong for this message or for all: it waits, and costs no attempt
            fault = fault or error
            later = work.now + _RETRY.wait_after(1)
            work.tx.messages.save(replace(row, next_at=later, last_error=error.code))
            total += Processed(deferred=1)
        except Exception as error:
            if _stops_all(error):
                raise
            total += _failed(work, row, error)
    return total, fault


def _failed(work: Work, row: MessageRecord, error: Exception) -> Processed:
    """Count the attempt; the last one puts the message into the quarantine."""
    now = work.now
    if isinstance(error, GuardStarvedError):  # the machine is to blame: it costs no attempt
        later = now + _RETRY.wait_after(1)
        work.tx.messages.save(replace(row, next_at=later, last_error="guard_starved"))
        return Processed(deferred=1)
    reason = _reason_of(error)
    attempts = row.attempts + 1
    logs.event("flow.process", "failed", message=row.id, reason=reason, attempts=attempts)
    hopeless = isinstance(error, InfectedError) or (
        isinstance(error, GuardError) and error.reason in _HOPELESS
    )
    if attempts < work.services.settings.limits.attempts and not hopeless:
        at = now + _RETRY.wait_after(attempts)
        work.tx.messages.save(replace(row, attempts=attempts, next_at=at, last_error=reason))
        return Processed(deferred=1)
    work.tx.quarantine.put(QuarantineRecord(new_id(), row.id, now, reason, attempts))
    alert(work, "quarantined", "", row.id)
    work.tx.messages.save(
        _placed(
            work.services,
            replace(
                row,
                state=MessageState.QUARANTINED,
                outcome=Outcome.QUARANTINE,
                attempts=attempts,
                next_at=None,
                last_error=reason,
                processed_at=now,
            ),
        )
    )
    return Processed(quarantined=1)


def _reason_of(error: Exception) -> str:
    if isinstance(error, InfectedError):
        return f"virus {error.name}"
    return f"guard_{error.reason}" if isinstance(error, GuardError) else type(error).__name__


def _placed(services: Services, row: MessageRecord) -> MessageRecord:
    """Return ``row`` with the folder that its mail has to go to."""
    if row.outcome is None:
        return row
    return replace(row, move_to=services.settings.folders.of(row.outcome))

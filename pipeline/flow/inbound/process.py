"""Second write: fetched messages are processed, ten in one transaction or as many as are quick.

A worker takes them first, so that no other one reads them as well. Their bytes are read before the
transaction begins: a slow file holds up no other writer. The guarded child reads the next ones
meanwhile; the first portion is small, for nothing can be decided until it is read. When the bulk
fails, each message is tried under its own savepoint; one that fails is tried again after growing
waits or goes to the quarantine, as :mod:`faults` decides, in the same commit. What is not the fault
of a message is charged to none: without the database or the reader the portion stops; a message
that a wrong setting or the machine stops waits while the others go on, and the error is told beside
the numbers. The commit also says where the mail goes; the mail on the server is moved after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from pipeline import logs
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.inbound.faults import Blame, after_failure, fault_of, put_aside
from pipeline.flow.inbound.foresight import foresee
from pipeline.flow.inbound.read import Reading
from pipeline.flow.inbound.ready import make_ready
from pipeline.flow.inbound.receive import receive
from pipeline.flow.services import Services, Work, waits
from pipeline.store.faults import blames_nothing
from pipeline.store.hold import Hold
from pipeline.store.records import MessageRecord

#: Messages in one transaction: so many that its commit costs little beside them, and so few that
#: the child has the next ones read early.
_AT_ONCE = 10
#: Messages in the first one. Each portion is half as large again as the one before: the child reads
#: faster than this decides.
_FIRST = 3


@dataclass(frozen=True, slots=True)
class Processed:
    """How many messages were processed, put off for another attempt, and quarantined.

    ``fault`` is what was wrong with a setting or the machine for one of them at least.
    """

    processed: int = 0
    deferred: int = 0
    quarantined: int = 0
    fault: PipelineError | None = field(default=None, compare=False)

    def __add__(self, other: "Processed") -> "Processed":
        return Processed(
            self.processed + other.processed,
            self.deferred + other.deferred,
            self.quarantined + other.quarantined,
            self.fault or other.fault,
        )

    @property
    def all(self) -> int:
        """How many messages were taken up."""
        return self.processed + self.deferred + self.quarantined


def process(services: Services) -> Processed:
    """Process one portion of fetched messages; zero of everything when none is due.

    What another worker has taken is its own.
    """
    total = Processed()
    left = services.settings.limits.batch
    with services.store.hold() as hold, Reading(services) as reading:
        take = partial(_taken, services, hold, _workers(services))
        most = _FIRST
        part = take(min(left, most), ())
        if part:
            services.guard.warm()
            reading.meanwhile(part)
            make_ready(services)
        while part:
            left -= len(part)
            most = min(most + most // 2, _AT_ONCE)
            coming = take(min(left, most), part)
            reading.meanwhile(coming)
            reading.ahead(part)
            total += _process(services, reading, [row.id for row in part])
            part = coming
    return total


def _workers(services: Services) -> int:
    """Return how many workers share the mail now."""
    with services.store.read() as tx:
        return tx.leases.working(services.clock.now())


def _taken(
    services: Services, hold: Hold, workers: int, most: int, held: Sequence[MessageRecord]
) -> list[MessageRecord]:
    """Take messages to read and decide; fewer when others wait for them."""
    mine = {row.id for row in held}
    return hold.take(services.clock.now(), most, workers, mine) if most else []


def _process(services: Services, reading: Reading, ids: Sequence[str]) -> Processed:
    """Process the messages ``ids``, in one transaction if it is short enough."""
    total = Processed()
    while total.all < len(ids):
        done = _process_some(services, reading, ids)
        if not done.all:
            break  # another worker has the others
        total += done
    return total


def _process_some(services: Services, reading: Reading, ids: Sequence[str]) -> Processed:
    """Process those of ``ids`` that still wait in one transaction, in bulk or else one by one."""
    try:
        return services.run(lambda work: _bulk(work, reading, ids))
    except Exception as error:
        if _stops_all(error):
            raise
        logs.event("flow.process", "bulk_failed", error=type(error).__name__)
    return services.run(lambda work: _one_by_one(work, reading, ids))


def _claimed(work: Work, ids: Sequence[str]) -> list[MessageRecord]:
    return work.tx.messages.waiting(ids, work.now, locked=True)


def _stops_all(error: Exception) -> bool:
    """Tell an error that any other message would meet too, such as a database that is down."""
    return isinstance(error, TryLaterError) or blames_nothing(error)


def _bulk(work: Work, reading: Reading, ids: Sequence[str]) -> Processed:
    processed = 0
    rows = _claimed(work, ids)
    foresee(work, rows, reading)
    for row in rows:
        if processed and work.keeps_others_waiting:
            break
        _decide(work, row, reading)
        processed += 1
    return Processed(processed=processed)


def _one_by_one(work: Work, reading: Reading, ids: Sequence[str]) -> Processed:
    total = Processed()
    for row in _claimed(work, ids):
        if total.all and work.keeps_others_waiting:
            break
        try:
            with work.tx.savepoint():
                _decide(work, row, reading)
            total += Processed(processed=1)
        except ConfigurationError as error:
            # a setting is wrong for this message or for all: it waits, and costs no attempt
            later = work.now + waits.MESSAGE.wait_after(1)
            work.tx.messages.save(replace(row, next_at=later, last_error=error.code))
            total += Processed(deferred=1, fault=error)
        except Exception as error:
            if _stops_all(error):
                raise
            total += _failed(work, row, error)
    return total


def _decide(work: Work, row: MessageRecord, reading: Reading) -> None:
    """Process one message, and say in the log what became of it."""
    done = _placed(work.services, receive(work, row, reading))
    work.tx.messages.save(done)
    logs.event(
        "flow.process", "decided", message=row.id, sha256=row.sha256, outcome=done.outcome or ""
    )


def _failed(work: Work, row: MessageRecord, error: Exception) -> Processed:
    """Let the message wait for another try, or put it into the quarantine."""
    fault = fault_of(error)
    waiting = after_failure(work, row, fault)
    if waiting is None:
        put_aside(work, row, fault)
        return Processed(quarantined=1)
    work.tx.messages.save(waiting)
    lacks = fault.blame is Blame.MACHINE
    told = TryLaterError("reader_lacks", reason=fault.trace) if lacks else None
    return Processed(deferred=1, fault=told)


def _placed(services: Services, row: MessageRecord) -> MessageRecord:
    """Return ``row`` with the folder that its mail has to go to."""
    if row.outcome is None:
        return row
    return replace(row, move_to=services.settings.folders.of(row.outcome))

"""The audit whole: is every line as it was written, and all of them one after another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.model.request import Actor
from pipeline.store import queries, queues
from pipeline.store.audit.chains import StaffChain, histories, staff_chain, staff_lines
from pipeline.store.queues import QueueRow
from pipeline.store.unit_of_work import Store

_REQUESTS_AT_ONCE = 200
#: So many broken histories are named.
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Audit:
    """What a check of the whole audit found.

    ``broken`` are the references of requests with the number of their first line that is not as it
    was written, :data:`MOST_NAMED` at most of ``broken_count``.
    """

    requests: int
    lines: int
    broken_count: int
    broken: tuple[tuple[str, int], ...]
    staff: StaffChain

    @property
    def intact(self) -> bool:
        """Whether every line is as it was written."""
        return not (self.broken_count or self.staff.broken)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line of a history, or of the log of staff (``reference`` is empty then), as codes."""

    reference: str
    seq: int
    at: datetime
    actor: str
    who: str
    what: str
    before: str
    after: str
    detail: str
    hash: str


def verify_audit(store: Store) -> Audit:
    """Check the history of every request and the log of staff, line by line."""
    requests = lines = broken_count = 0
    broken: list[tuple[str, int]] = []
    for history in histories(store):
        requests += 1
        lines += len(history.lines)
        if number := history.broken:
            broken_count += 1
            if len(broken) < MOST_NAMED:
                broken.append((history.reference, number))
    return Audit(requests, lines, broken_count, tuple(broken), staff_chain(store))


def audit_rows(store: Store) -> Iterator[AuditRow]:
    """Yield the lines of all histories, then those of the log of staff."""
    for history in histories(store):
        for line in history.lines:
            yield AuditRow(
                history.reference,
                line.seq,
                line.at,
                line.actor.value,
                line.actor_name,
                line.event.value if line.event else "",
                line.before.value if line.before else "",
                line.after.value,
                "; ".join(f"{name}={value}" if value else name for name, value in line.detail),
                line.hash,
            )
    for entry in staff_lines(store):
        told = "; ".join(filter(None, (entry.subject, entry.detail)))
        yield AuditRow(
            *("", entry.seq, entry.at, Actor.STAFF.value, entry.who, entry.what.value, "", ""),
            detail=told,
            hash=entry.hash,
        )


def every_request(store: Store) -> Iterator[QueueRow]:
    """Yield a line for each request, the oldest first; memory holds a portion of them."""
    after = ""
    while True:
        with store.read() as tx:
            ids = queries.next_ids(tx, after, _REQUESTS_AT_ONCE)
            rows = queues.rows_of(tx, ids)
        if not ids:
            return
        yield from rows
        after = ids[-1]

"""Undo the last decision on a request: while its mails wait, and nothing else has happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.people.roles import Permission, needed_for
from pipeline.model.request import Actor, EventName
from pipeline.store.records import EventRecord, RequestRecord
from pipeline.store.staff_records import UndoRecord
from pipeline.store.tables.events import UNDONE_LINES

#: Raises what forbids to undo a decision.
Refuse = Callable[[UndoRecord], None]


@dataclass(frozen=True, slots=True)
class Undoable:
    """A decision that can be undone until an instant: whose it was, and what.

    ``event`` is what it was, or ``what`` (a code) where it was none of the machine's. ``mails`` are
    the ids of those that wait in the outbox because of it. ``needs`` is the permission that it
    needed, which who undoes it needs as well.
    """

    until: datetime
    at: datetime
    who: str
    event: EventName | None
    what: str
    mails: tuple[str, ...]
    needs: Permission


def undoable(within: Work | Services, record: RequestRecord) -> Undoable | None:
    """Return the last decision on ``record`` if it can be undone now, or None."""
    if isinstance(within, Work):
        kept = within.tx.undo.get(record.id)
        possible = kept is not None and not _hindrance(within, kept)
        return _shown(kept) if kept is not None and possible else None
    with within.store.read() as tx:
        return undoable(within.work(tx), record)


def last_decision(services: Services, record: RequestRecord) -> UndoRecord | None:
    """Return what is kept of the last decision on ``record``, or None."""
    with services.store.read() as tx:
        return tx.undo.get(record.id)


def permission_of(kept: UndoRecord) -> Permission:
    """Return which permission a decision needed; one of before an upgrade is told by its name."""
    return Permission(kept.permission) if kept.permission else needed_for(kept.event or kept.what)


def undo(
    services: Services, record: RequestRecord, who: str, *, refuse: Refuse = lambda _kept: None
) -> RequestRecord:
    """Undo the last decision on the request, whoever took it; return the request as it is then.

    ``refuse`` is asked first, and raises what forbids it. Its mails are taken back, and all rows
    are what they were, but for the history, which names both colleagues. Raises RefusedError
    ``undo_nothing``, ``undo_lasting`` (something came of it that stays), ``decision_undo_late``
    (its time is over, or a mail was taken up), or ``undo_changed_since``.
    """

    def change(work: Work) -> RequestRecord:
        if record.number:
            work.tx.numbers.lock(record.number)
        if work.tx.requests.lock(record.id) is None:
            raise NotFoundError("request_unknown", reference=record.reference)
        kept = work.tx.undo.get(record.id)
        if kept is None:
            raise RefusedError("undo_nothing", reference=record.reference)
        refuse(kept)
        rewind = work.tx.undo.rewind(kept)
        changed = [work.tx.requests.lock(name) for name in rewind.requests()]
        code = _hindrance(work, kept, lock=True)
        if code or not rewind.put_back():
            raise RefusedError(code or "decision_undo_late", reference=record.reference)
        work.tx.undo.forget(record.id)
        for before in changed:
            if before is not None:
                _note(work, before, kept, who)
        restored = work.tx.requests.get(record.id)
        return restored or record

    return services.run(change)


def _hindrance(work: Work, kept: UndoRecord, *, lock: bool = False) -> str:
    """Return the code of what forbids to undo a decision, or nothing."""
    if kept.lasting:
        return "undo_lasting"
    if work.now >= kept.until:
        return "decision_undo_late"
    rewind = work.tx.undo.rewind(kept)
    if not rewind.mails_wait(lock=lock):
        return "decision_undo_late"
    told = work.tx.undo.told({name for name, _ in kept.told})
    if told != kept.told or not rewind.is_as_left(lock=lock):
        return "undo_changed_since"
    return ""


def _note(work: Work, before: RequestRecord, kept: UndoRecord, who: str) -> None:
    """Write into the history of a request that lines of it were undone, by whom and whose."""
    after = work.tx.requests.get(before.id)
    if after is None:
        return
    lines = {name: f"{first}-{last}" for name, first, last in kept.lines}
    detail = {
        "undone": kept.event.value if kept.event else kept.what,
        "decided_by": kept.who,
        UNDONE_LINES: lines.get(before.id, ""),
    }
    work.tx.events.append(
        EventRecord(
            request_id=before.id,
            seq=0,
            at=work.now,
            actor=Actor.STAFF,
            actor_name=who,
            event=None,
            before=before.status,
            after=after.status,
            detail=tuple((name, value) for name, value in detail.items() if value),
        )
    )


def _shown(kept: UndoRecord) -> Undoable:
    needs = permission_of(kept)
    return Undoable(kept.until, kept.at, kept.who, kept.event, kept.what, kept.mails, needs)

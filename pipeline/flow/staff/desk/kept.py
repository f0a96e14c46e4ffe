"""What is kept of a decision, so that it can be undone: the rows that it changed, as they were."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.flow.services import Work
from pipeline.flow.staff.people.roles import Permission, needed_by
from pipeline.store.records import EventRecord, RequestRecord
from pipeline.store.staff_records import Lasting, UndoRecord
from pipeline.store.undoing.images import Key
from pipeline.store.undoing.rewind import kept_rows
from pipeline.store.undoing.watch import Watch

#: What stands in these tables is made, ended or asked for outside of our books, or will be.
_LASTING = {
    "certificates": Lasting.CERTIFICATE,
    "signings": Lasting.CERTIFICATE,
    "link_orders": Lasting.META,
    "meta_askings": Lasting.META,
}
#: The names of these tables.
LASTS = frozenset(_LASTING)
Touched = Sequence[tuple[str, Key]]
Lines = tuple[tuple[str, int, int], ...]


def keep_for_undo(work: Work, record: RequestRecord, watch: Watch) -> None:
    """Keep what the rows were that a decision on ``record`` changed; it is the last one then.

    One that changed nothing leaves the decision before it as it is. Where the settings leave no
    time to undo, nothing is kept.
    """
    touched = watch.touched()
    lasting = _lasting(touched)
    # what lasts is never put back: nobody asks what its rows were
    changes = [] if lasting else watch.changes()
    if not lasting and not changes:
        return
    if not work.services.settings.courier.undo_seconds:
        work.tx.undo.forget(record.id)
        return
    lines = _lines(touched)
    written = _written(work, record, lines)
    line = next(iter(written), None)
    until = _until(work)
    if not lasting and (line is None or not watch.complete):
        lasting = Lasting.UNKNOWN.value
    if not lasting and until <= work.now:
        lasting = Lasting.MAIL.value
    changed = {str(change.key[1]) for change in changes if change.table.name == "requests"}
    event = line.event if line else None
    work.tx.undo.set(
        UndoRecord(
            request_id=record.id,
            at=work.now,
            until=until,
            who=line.actor_name if line else "",
            event=event,
            what=line.detail[0][0] if line and event is None and line.detail else "",
            lasting=lasting,
            mails=tuple(work.tx.outbox.enqueued),
            told=() if lasting else work.tx.undo.told({record.id, *changed}),
            lines=lines,
            rows=() if lasting else kept_rows(changes),
            permission=_needed(written).value,
        )
    )


def _until(work: Work) -> datetime:
    """Return until when no mail of the decision goes out, and the undo window is open."""
    end = work.now + timedelta(seconds=work.services.settings.courier.undo_seconds)
    mails = (work.tx.outbox.get(name) for name in work.tx.outbox.enqueued)
    return min((end, *(mail.next_at for mail in mails if mail and mail.next_at)))


def _lines(touched: Touched) -> Lines:
    """Return the first and the last line that was written into the history of each request."""
    found: dict[str, list[int]] = {}
    for table, key in touched:
        if table == "events":
            _, request_id, seq = key
            found.setdefault(str(request_id), []).append(int(seq))
    return tuple((name, min(seqs), max(seqs)) for name, seqs in sorted(found.items()))


def _written(work: Work, record: RequestRecord, lines: Lines) -> list[EventRecord]:
    """Return what the decision wrote of the request; its first line names it and who made it."""
    spans = {name: (first, last) for name, first, last in lines}
    if record.id not in spans:
        return []
    first, last = spans[record.id]
    return work.tx.events.between(record.id, first, last)


def _needed(written: Sequence[EventRecord]) -> Permission:
    """Return the permission that a decision needed, by the lines that it wrote."""
    return needed_by(
        (line.event for line in written if line.event is not None),
        (name for line in written if line.event is None for name, _ in line.detail[:1]),
    )


def _lasting(touched: Touched) -> str:
    """Return what came of a decision that cannot be taken back, or nothing."""
    found = (_LASTING.get(table) for table, _ in touched)
    reason = next(filter(None, found), None)
    return reason.value if reason else ""

"""After the commit: the mail on the server goes to the folder of its outcome, as its row says."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from pipeline import logs
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.mailbox.protocol import Mailbox
from pipeline.store.records import MessageRecord

_PORTION = 200
_LEASE = "moving"
#: So many failures one after another are the folder's or the server's, not a mail's.
_IN_A_ROW = 3
#: A mail that so many batches could not move is told to staff, once.
_ALERTED_AT = 3
#: What an error names that is about one folder, and not about the mailbox.
_ABOUT_A_FOLDER = frozenset({"folder", "path"})


@dataclass
class Moves:
    """The moves of one batch: how many were done, and the rows that are left for the next one."""

    moved: int = 0
    left: set[str] = field(default_factory=set)


def move_processed(services: Services, mailbox: Mailbox, moves: Moves) -> None:
    """Move all processed mail, again after a crash; a mail that is gone is done.

    One worker moves at a time, because servers differ in what two moves of one mail do to it; what
    another worker is moving is left to it. A mail that the server does not move is left for the
    next batch, behind all others. A folder that takes none of several mails is left for the next
    batch as well, while other folders are served; its error is raised at the end.
    """
    fault: PipelineError | None = None
    while _unmoved(services, moves):
        with turn_to_move(services) as mine:
            if not mine:
                break
            # read again: another worker may have moved them before the lease was ours
            fault = _move(services, mailbox, _unmoved(services, moves), moves) or fault
    if fault is not None:
        raise fault


@contextmanager
def turn_to_move(services: Services) -> Iterator[bool]:
    """Say whether it is this worker's turn to change the mailbox; nobody else does meanwhile."""
    mine = services.run(_acquire)
    try:
        yield mine
    finally:
        if mine:
            services.store.run(lambda tx: tx.leases.release(_LEASE, services.worker))


def _move(
    services: Services, mailbox: Mailbox, rows: list[MessageRecord], moves: Moves
) -> PipelineError | None:
    """Move ``rows``; return the error of a folder that took none of several mails."""
    fault: PipelineError | None = None
    streak = 0
    for group in _groups(rows, mailbox.account):
        try:
            refused, renumbered = _file(mailbox, group)
        except ConfigurationError as error:
            if not _ABOUT_A_FOLDER & error.params.keys():
                raise
            logs.event("flow.moving", "folder_refused", code=error.code)
            moves.left.update(row.id for row in group)
            fault = error
            continue
        done = [row.id for row in group if row.id not in refused]
        services.run(partial(_note_moved, rows=done, renumbered=renumbered))
        moves.moved += len(done) if not renumbered else 0
        streak = 0 if done else streak
        for row_id, cause in refused.items():
            streak += 1
            moves.left.add(row_id)
            _note_failed(services, row_id, cause)
            if isinstance(cause, ConfigurationError):
                fault = cause
            elif streak >= _IN_A_ROW and not done:
                fault = fault or cause
    return fault


def _groups(rows: Sequence[MessageRecord], account: str) -> list[list[MessageRecord]]:
    """Return ``rows`` by what one command can move; others are alone."""
    groups: dict[tuple[object, ...], list[MessageRecord]] = defaultdict(list)
    for row in rows:
        place = row.place
        by_number = place.account == account and not row.stands_in
        key = (place.folder, place.uidvalidity, row.move_to) if by_number else (row.id,)
        groups[key].append(row)
    return list(groups.values())


def _file(mailbox: Mailbox, rows: Sequence[MessageRecord]) -> tuple[dict[str, PipelineError], bool]:
    """Move the mails of ``rows`` from where they stand.

    Returns the rows that the server refuses to move, and whether the folder has another
    UIDVALIDITY: the numbers mean other mails then, and these come again under their new ones.

    A mail that was in the quarantine stands in its folder under a number that we do not know; it is
    found there by its Message-ID. One without a Message-ID stays there: the ledger tells where it
    belongs.
    """
    first = rows[0]
    place = first.place
    if place.account != mailbox.account:
        return {}, False  # put in by hand: it stands in no folder
    if first.stands_in:
        if first.message_id and first.stands_in != first.move_to:
            try:
                mailbox.file_by_id(first.stands_in, first.message_id, first.move_to)
            except ConfigurationError:
                raise
            except PipelineError as error:
                return {first.id: error}, False
        return {}, False
    by_uid = {row.place.uid: row.id for row in rows}
    filed = mailbox.file_many(place.folder, place.uidvalidity, sorted(by_uid), first.move_to)
    refused = {by_uid[uid]: error for uid, error in filed.refused.items()}
    return refused, filed.renumbered


def _unmoved(services: Services, moves: Moves) -> list[MessageRecord]:
    with services.store.read() as tx:
        rows = tx.messages.unmoved(_PORTION + len(moves.left))
    return [row for row in rows if row.id not in moves.left]


def _acquire(work: Work) -> bool:
    now = work.now
    until = now + timedelta(seconds=work.services.settings.limits.lease_seconds)
    return work.tx.leases.acquire(_LEASE, work.services.worker, now, until)


def _note_moved(work: Work, rows: Sequence[str], *, renumbered: bool) -> None:
    for row in rows:
        work.tx.messages.moved(row, work.now, renumbered=renumbered)


def _note_failed(services: Services, row: str, error: PipelineError) -> None:
    logs.event("flow.moving", "failed", message=row, code=error.code)

    def change(work: Work) -> None:
        if work.tx.messages.move_failed(row, work.now) == _ALERTED_AT:
            alert(work, "mail_not_moved", "", row)

    services.run(change)

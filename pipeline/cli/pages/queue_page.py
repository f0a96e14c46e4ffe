"""A view of the queue: as a table for the terminal, as a file, or only how many there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.cli.output import print_json, print_lines, print_table
from pipeline.cli.pages.unread import unread_lines
from pipeline.cli.table_files import write_table
from pipeline.cli.times import Times
from pipeline.errors import UsageError
from pipeline.flow.services import Work
from pipeline.flow.views.lists.tables import queue_table
from pipeline.flow.views.queue import counts, due_words
from pipeline.model.request import Move
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.store.queues import QueueRow, QueueView
from pipeline.store.search.query import Query
from pipeline.tracks.moves import move_in
from pipeline.wording import console as words
from pipeline.wording.instants import told

#: The views that show when the certificate ends.
_OF_CERTIFICATES = {QueueView.EXPIRING, QueueView.EXPIRED}


@dataclass(frozen=True, slots=True)
class Shown:
    """Which view is shown, by whose calendar, and when; ``of_staff``: all moves are theirs.

    ``seconds`` are the ids of the requests that wait for the yes of a second person.
    """

    view: QueueView
    team: WorkingCalendar
    now: datetime
    of_staff: bool
    seconds: frozenset[str] = frozenset()


def refuse_faults(query: Query) -> None:
    """Tell the first filter that is none. Raises UsageError ``query_key`` and the like."""
    for fault in query.faults:
        known = ", ".join(fault.known)
        if fault.code == "query_key":
            raise UsageError("query_key", key=fault.key, known=known)
        if fault.known:
            raise UsageError("query_value", key=fault.key, value=fault.value, known=known)
        raise UsageError("query_date", key=fault.key, value=fault.value)


def print_queue(rows: Sequence[QueueRow], replies: Sequence[list[Any]], page: Shown) -> None:
    """Print requests as a table; ``replies`` are what their customers wrote and nobody has read."""
    if not rows:
        print_lines(words.word("queue_empty"))
        return
    zone = page.team.zone
    shown_times = (at for row in rows for at in (row.since, row.next_at, row.promise_at))
    times = Times(zone, list(shown_times))
    headings = [words.word(key) for key in ("reference", "status", "number", "company")]
    headings += [times.heading("since"), words.word("next"), words.word("queue_promised")]
    lines = [
        [
            row.reference,
            _status(row, zone, second=row.id in page.seconds),
            row.number,
            row.company or row.address,
            times.cell(row.since),
            times.cell(row.next_at),
            times.cell(row.promise_at),
        ]
        for row in rows
    ]
    for key, cells in _more_columns(rows, page):
        headings.append(words.word(key))
        for line, cell in zip(lines, cells, strict=True):
            line.append(cell)
    told_below = page.view == QueueView.NEEDS_ME and any(replies)
    below = [unread_lines(told, zone) for told in replies] if told_below else ()
    wrapped = (1, *range(4, len(headings)))
    print_table(headings, lines, keep=(0, 2), wrapped=wrapped, below=below)


def _more_columns(rows: Sequence[QueueRow], page: Shown) -> Iterator[tuple[str, list[str]]]:
    """Yield the columns that only some tables have: the word of the heading, and the cells."""
    if any(row.due_at for row in rows):
        yield "queue_due", [due_words(row.due_at, page.now, page.team) for row in rows]
    if page.view in _OF_CERTIFICATES:
        yield "expires", [told(row.certificate_expires_at, page.team.zone) for row in rows]
    if not page.of_staff:
        yield "whose_move", [words.status_word(row.move.value) for row in rows]
    if any(row.assignee for row in rows):
        yield "assignee", [row.assignee for row in rows]


def _status(row: QueueRow, zone: str, *, second: bool) -> str:
    parts = [words.step(row.status.value)]
    if row.hold_reason:
        parts[0] += f" ({words.status_word(row.hold_reason.value)})"
    if second:
        parts.append(words.word("queue_second"))
    if row.move is Move.STAFF and move_in(row.status) is Move.CUSTOMER:
        parts.append(words.word("queue_unasked"))
    if row.unread:
        parts.append(words.word("queue_unread"))
    if row.overdue_since is not None:
        parts.append(words.word("queue_late", when=told(row.overdue_since, zone)))
    return " – ".join(parts)


def print_counts(work: Work, *, as_json: bool) -> None:
    """Print how many requests each view shows."""
    found = counts(work)
    if as_json:
        print_json(found)
        return
    for view, number in found.items():
        print_lines(f"{view}: {number}")


def export_rows(out: Path, rows: Sequence[QueueRow], zone: str) -> None:
    """Write requests as a table, CSV or XLSX by the ending of ``out``; every cell is text.

    Raises what :func:`write_table` does.
    """
    write_table(out, queue_table(rows, zone))
    print_lines(words.counted("exported", len(rows)))

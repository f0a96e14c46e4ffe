"""A view of the queue: as a table for the terminal, as a file, or only how many there are."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.cli.output import print_json, print_lines, print_table
from pipeline.cli.pages.unread import unread_lines
from pipeline.cli.times import Times
from pipeline.durable import write_out
from pipeline.errors import UsageError
from pipeline.store import queues
from pipeline.store.queues import QueueRow, QueueView
from pipeline.store.unit_of_work import Transaction
from pipeline.wording import console as words
from pipeline.wording.instants import told

#: The views that show when the certificate ends.
_OF_CERTIFICATES = {QueueView.EXPIRING, QueueView.EXPIRED}
#: A cell that begins so is taken for a formula by programs that open a table (CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    *("reference", "track", "status", "hold", "whose_move", "assignee", "number", "company"),
    *("sender", "language", "opened", "since", "next", "queue_promised", "expires"),
)


def print_queue(
    rows: Sequence[QueueRow],
    replies: Sequence[list[Any]],
    zone: str,
    view: str,
    *,
    of_staff: bool,
) -> None:
    """Print requests as a table; ``replies`` are what their customers wrote and nobody has read."""
    if not rows:
        print_lines(words.word("queue_empty"))
        return
    shown_times = (at for row in rows for at in (row.since, row.next_at, row.promise_at))
    times = Times(zone, list(shown_times))
    headings = [words.word(key) for key in ("reference", "status", "number", "company")]
    headings += [times.heading("since"), words.word("next"), words.word("queue_promised")]
    lines = [
        [
            row.reference,
            _status(row, zone),
            row.number,
            row.company or row.address,
            times.cell(row.since),
            times.cell(row.next_at),
            times.cell(row.promise_at),
        ]
        for row in rows
    ]
    if view in _OF_CERTIFICATES:
        headings.append(words.word("expires"))
        for line, row in zip(lines, rows, strict=True):
            line.append(told(row.certificate_expires_at, zone))
    if not of_staff:
        headings.append(words.word("whose_move"))
        for line, row in zip(lines, rows, strict=True):
            line.append(words.status_word(row.move.value))
    if any(row.assignee for row in rows):
        headings.append(words.word("assignee"))
        for line, row in zip(lines, rows, strict=True):
            line.append(row.assignee)
    shown = view == QueueView.NEEDS_ME and any(replies)
    below = [unread_lines(told, zone) for told in replies] if shown else ()
    wrapped = (1, *range(4, len(headings)))
    print_table(headings, lines, keep=(0, 2), wrapped=wrapped, below=below)


def _status(row: QueueRow, zone: str) -> str:
    parts = [words.step(row.status.value)]
    if row.hold_reason:
        parts[0] += f" ({words.status_word(row.hold_reason.value)})"
    if row.unread:
        parts.append(words.word("queue_unread"))
    if row.overdue_since is not None:
        parts.append(words.word("queue_late", when=told(row.overdue_since, zone)))
    return " – ".join(parts)


def print_counts(tx: Transaction, now: datetime, *, as_json: bool) -> None:
    """Print how many requests each view shows; ``all`` is not counted, as history never is."""
    found = {view.value: queues.count(tx, view, now) for view in QueueView if view != QueueView.ALL}
    if as_json:
        print_json(found)
        return
    for view, number in found.items():
        print_lines(f"{view}: {number}")


def export_rows(out: Path, rows: Sequence[QueueRow], zone: str) -> None:
    """Write requests as a table, CSV or XLSX by the ending of ``out``; every cell is text.

    Raises UsageError ``export_kind``.
    """
    kind = out.suffix.lower()
    table = [[words.word(name) for name in _COLUMNS], *(_cells(row, zone) for row in rows)]
    if kind == ".csv":
        write_out(out, _as_csv(table))
    elif kind == ".xlsx":
        from pipeline.forms.xlsx.write.table import table_as_workbook  # noqa: PLC0415 - slow

        write_out(out, table_as_workbook(table))
    else:
        raise UsageError("export_kind", path=out)
    print_lines(words.counted("exported", len(rows)))


def _cells(row: QueueRow, zone: str) -> list[str]:
    return [
        row.reference,
        words.status_word(row.track.value),
        words.step(row.status.value),
        words.status_word(row.hold_reason.value) if row.hold_reason else "",
        words.status_word(row.move.value),
        row.assignee,
        row.number,
        row.company,
        row.address,
        row.language,
        told(row.opened_at, zone),
        told(row.since, zone),
        told(row.next_at, zone),
        told(row.promise_at, zone),
        told(row.certificate_expires_at, zone),
    ]


def _as_csv(table: Sequence[Sequence[str]]) -> bytes:
    """Return a table as CSV with the mark of UTF-8, which Excel needs."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerows([[_inert(cell) for cell in line] for line in table])
    return b"\xef\xbb\xbf" + written.getvalue().encode("utf-8", "replace")


def _inert(cell: str) -> str:
    """Return a cell that no program takes for a formula; a number of ours stays a number."""
    is_number = cell.startswith("+") and cell[1:].isdecimal()
    return f"'{cell}" if cell.startswith(_FORMULA) and not is_number else cell

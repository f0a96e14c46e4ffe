"""``pipeline queue``, ``status`` and ``report``: what needs a decision, waits, is due, expires."""

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli.opened import services
from pipeline.cli.output import plain, print_json, print_lines, print_table
from pipeline.cli.times import Times
from pipeline.wording import console as words
from pipeline.wording.instants import told

_VIEWS = ["needs-me", "waiting", "expiring", "held", "all"]
#: In these views it is always the move of staff: a column that says so would only take room.
_OF_STAFF = {"needs-me", "held"}


@click.command("queue")
@click.argument("view", type=click.Choice(_VIEWS), default="needs-me")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--offset", type=click.IntRange(0), default=0)
@click.option("--json", "as_json", is_flag=True)
def queue(view: str, limit: int, offset: int, *, as_json: bool) -> None:
    """Print a view of the requests."""
    from pipeline.cli.pages.unread import unread_lines, unread_replies  # noqa: PLC0415 - slow to import
    from pipeline.store import queries  # noqa: PLC0415

    with services() as opened:
        with opened.store.read() as tx:
            rows = queries.queue(tx, queries.QueueView(view), limit=limit, offset=offset)
        zone = opened.settings.team.time_zone
        replies = [unread_replies(opened, row.id) if row.unread else [] for row in rows]
    if as_json:
        print_json(
            [{**plain(row), "replies": told} for row, told in zip(rows, replies, strict=True)]
        )
        return
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
            words.step(row.status.value)
            + (f" ({words.status_word(row.hold_reason.value)})" if row.hold_reason else "")
            + (f" – {words.word('queue_unread')}" if row.unread else "")
            + _late(row.overdue_since, zone),
            row.number,
            row.company or row.address,
            times.cell(row.since),
            times.cell(row.next_at),
            times.cell(row.promise_at),
        ]
        for row in rows
    ]
    if view not in _OF_STAFF:
        headings.append(words.word("whose_move"))
        for line, row in zip(lines, rows, strict=True):
            line.append(words.status_word(row.move.value))
    shown = view == "needs-me" and any(replies)
    below = [unread_lines(told, zone) for told in replies] if shown else ()
    print_table(headings, lines, keep=(0, 2), wrapped=(1, 4, 5, 6, 7), below=below)


def _late(overdue_since: datetime | None, zone: str) -> str:
    if overdue_since is None:
        return ""
    return f" – {words.word('queue_late', when=told(overdue_since, zone))}"


@click.command("status")
@click.option("--json", "as_json", is_flag=True)
def status(*, as_json: bool) -> None:
    """Print what waits, is due and expires, and which issuer is in force."""
    from pipeline.flow.services import pause  # noqa: PLC0415
    from pipeline.flow.views.asleep import asleep  # noqa: PLC0415 - slow to import
    from pipeline.store import queries  # noqa: PLC0415

    with services() as opened, opened.store.read() as tx:
        now = opened.clock.now()
        counts = queries.counts(tx, now)
        last = tx.memory.last_batch()
        sleeping = asleep(opened.work(tx))
        sending = pause.refusals(tx)
        zone = opened.settings.team.time_zone
        issuer = opened.settings.certificates.issuer
    if as_json:
        told_as_json = {"at": now, "last_batch": last, "counts": counts, "asleep": sleeping}
        stopped = {"at": sending.paused_at, "reason": sending.answer} if sending.paused_at else None
        print_json({**told_as_json, "sending_paused": stopped, "issuer": issuer})
        return
    click.echo(words.word("status_at", at=told(now, zone)))
    never = words.word("no_batch_yet")
    print_lines(words.word("last_batch", at=told(last, zone)) if last else never, rest="    ")
    for name in counts.__slots__:
        print_lines(f"{words.word(f'count_{name}')}: {getattr(counts, name)}", rest="    ")
    if sending.paused_at is not None:
        at = told(sending.paused_at, zone)
        print_lines(words.word("status_paused", at=at, reason=sending.answer), rest="    ")
    if sleeping.total:
        print_lines(words.counted("status_asleep", sleeping.total))
    print_lines(words.word(f"issuer_{issuer}"))


@click.command("report")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="report.html")
def report(out: Path) -> None:
    """Write a page with every request: how it came, what was read, decided, and mailed."""
    from pipeline.flow.views.report import report_page, write_report  # noqa: PLC0415 - slow to import

    with services() as opened:
        if str(out) == "-":
            click.echo(report_page(opened), nl=False)
            return
        write_report(opened, out)
    click.echo(str(out))

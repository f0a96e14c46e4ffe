"""``pipeline queue``, ``status`` and ``report``: what needs a decision, waits, is due, expires."""

from pathlib import Path

import click

from pipeline.cli.opened import os_user, services
from pipeline.cli.output import plain, print_json, print_lines
from pipeline.wording import console as words
from pipeline.wording.instants import told

#: In these views it is always the move of staff: a column that says so would only take room.
_OF_STAFF = {"needs-me", "new", "approve", "held"}
_VIEWS = [
    *("needs-me", "new", "approve", "waiting", "expiring", "expired", "qr", "held", "open", "all"),
]


@click.command("queue")
@click.argument("view", type=click.Choice(_VIEWS), default="needs-me")
@click.option("--find", "wanted", default="")
@click.option("--mine", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--counts", "only_counts", is_flag=True)
@click.option("--export", "export", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--offset", type=click.IntRange(0), default=0)
@click.option("--json", "as_json", is_flag=True)
def queue(  # noqa: PLR0913 - click hands over each option by its name
    view: str,
    wanted: str,
    name: str | None,
    export: Path | None,
    limit: int,
    offset: int,
    *,
    mine: bool,
    only_counts: bool,
    as_json: bool,
) -> None:
    """Print a view of the requests, or what is looked for in all of them."""
    from pipeline.cli.pages.queue_page import export_rows, print_counts, print_queue  # noqa: PLC0415
    from pipeline.cli.pages.unread import unread_replies  # noqa: PLC0415 - slow to import
    from pipeline.store import queues  # noqa: PLC0415

    with services() as opened:
        zone, now = opened.settings.team.time_zone, opened.clock.now()
        with opened.store.read() as tx:
            if only_counts:
                print_counts(tx, now, as_json=as_json)
                return
            rows = (
                queues.search(tx, wanted, limit=limit)
                if wanted.strip()
                else queues.queue(
                    tx,
                    queues.QueueView(view),
                    now=now,
                    assignee=(name or os_user()) if mine else "",
                    limit=limit,
                    offset=offset,
                )
            )
        replies = [unread_replies(opened, row.id) if row.unread else [] for row in rows]
    if export is not None:
        export_rows(export, rows, zone)
    elif as_json:
        print_json(
            [{**plain(row), "replies": told} for row, told in zip(rows, replies, strict=True)]
        )
    else:
        print_queue(rows, replies, zone, view, of_staff=view in _OF_STAFF and not wanted)


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

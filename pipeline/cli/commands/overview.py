"""``pipeline queue``, ``status``, ``report``, ``metrics``: what waits, is due, expires."""

from dataclasses import replace
from pathlib import Path

import click

from pipeline import terms
from pipeline.cli.opened import os_user, services
from pipeline.cli.output import plain, print_json, print_lines, tell_lines
from pipeline.errors import UsageError
from pipeline.wording import console as words
from pipeline.wording.instants import told

#: In these views it is always the move of staff: a column that says so would only take room.
_OF_STAFF = {"needs-me", "new", "approve", "held"}
#: The days of the figures when nobody says how many.
_USUAL_DAYS = 28
#: The endings of a page for browsers.
_PAGES = {".html", ".htm"}
_VIEWS = [
    *("needs-me", "new", "approve", "waiting", "expiring", "expired", "qr", "held", "open", "all"),
]


@click.command("queue")
@click.argument("view", type=click.Choice(_VIEWS), required=False)
@click.option("--find", "wanted", default="")
@click.option("--mine", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--counts", "only_counts", is_flag=True)
@click.option("--export", "export", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--offset", type=click.IntRange(0), default=0)
@click.option("--json", "as_json", is_flag=True)
def queue(  # noqa: PLR0913 - click hands over each option by its name
    view: str | None,
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
    """Print a view of the requests, or what is looked for in all of them or in one view."""
    from pipeline.cli.pages.queue_page import (  # noqa: PLC0415 - slow to import
        Shown,
        export_rows,
        print_counts,
        print_queue,
        refuse_faults,
    )
    from pipeline.cli.pages.unread import unread_replies  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.queue import parsed, shown  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.second_yes import waiting_of  # noqa: PLC0415 - slow to import
    from pipeline.store.queues import QueueView  # noqa: PLC0415 - slow to import
    from pipeline.store.search.find import is_complete  # noqa: PLC0415 - slow to import

    # what somebody has taken is shown whoever's move it is
    usual = "all" if wanted.strip() else "open" if mine else "needs-me"
    with services() as opened:
        now, who = opened.clock.now(), name or os_user()
        query = parsed(opened, wanted)
        if mine:
            query = replace(query, filters={**query.filters, "assignee": ("me",)})
        refuse_faults(query)
        with opened.store.read() as tx:
            if only_counts:
                print_counts(opened.work(tx), as_json=as_json)
                return
            in_view = QueueView(view or usual)
            rows = shown(opened.work(tx), query, in_view, name=who, limit=limit, offset=offset)
            complete = not query.terms or is_complete(tx)
            seconds = frozenset(waiting_of(opened.work(tx), (row.id for row in rows)))
        replies = [unread_replies(opened, row.id) if row.unread else [] for row in rows]
    of_staff = in_view in _OF_STAFF and not wanted
    page = Shown(in_view, opened.team, now, of_staff=of_staff, seconds=seconds)
    if export is not None:
        export_rows(export, rows, page.team.zone)
    elif as_json:
        print_json(
            [
                {**plain(row), "replies": told, "waits_for_second": row.id in seconds}
                for row, told in zip(rows, replies, strict=True)
            ]
        )
    else:
        print_queue(rows, replies, page)
    if not complete:
        tell_lines(words.word("search_incomplete"))


@click.command("status")
@click.option("--json", "as_json", is_flag=True)
def status(*, as_json: bool) -> None:
    """Print what waits, is due and expires, and which issuer is in force."""
    from pipeline.flow.services import pause  # noqa: PLC0415
    from pipeline.flow.views.asleep import asleep  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.backups import backup_view  # noqa: PLC0415 - slow to import
    from pipeline.store import queries  # noqa: PLC0415

    with services() as opened, opened.store.read() as tx:
        now = opened.clock.now()
        counts = queries.counts(tx, now)
        last = tx.memory.last_batch()
        sleeping = asleep(opened.work(tx))
        sending = pause.refusals(tx)
        backup = backup_view(opened.work(tx))
        zone = opened.settings.team.time_zone
        issuer, put_back = opened.settings.certificates.issuer, opened.restored
    if as_json:
        told_as_json = {"at": now, "last_batch": last, "counts": counts, "asleep": sleeping}
        stopped = {"at": sending.paused_at, "reason": sending.answer} if sending.paused_at else None
        print_json(
            {
                **told_as_json,
                "sending_paused": stopped,
                "issuer": issuer,
                "backup": backup.known,
                "restored": put_back,
            }
        )
        return
    click.echo(words.word("status_at", at=told(now, zone)))
    never = words.word("no_batch_yet")
    print_lines(words.word("last_batch", at=told(last, zone)) if last else never, rest="    ")
    for name in counts.__slots__:
        told_of = words.word(f"count_{name}", days=terms.CERTIFICATE_EXPIRING_DAYS)
        print_lines(f"{told_of}: {getattr(counts, name)}", rest="    ")
    if sending.paused_at is not None:
        at = told(sending.paused_at, zone)
        print_lines(words.word("status_paused", at=at, reason=sending.answer), rest="    ")
    if put_back is not None:
        print_lines(words.word("status_restored", made=told(put_back.made_at, zone)))
    print_lines(words.word(backup.word, **dict(backup.values)), rest="    ")
    if sleeping.total:
        print_lines(words.counted("status_asleep", sleeping.total))
    print_lines(words.word(f"issuer_{issuer}"))


@click.command("report")
@click.option("--days", type=click.IntRange(1, 366), default=None)
@click.option("--questions", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
def report(days: int | None, out: Path | None, *, questions: bool, as_json: bool) -> None:
    """Write a page with every request, or one with the figures of a period, or which fail most."""
    if questions:
        from pipeline.cli.pages.questions_page import tell_questions  # noqa: PLC0415 - slow

        with services() as opened:
            tell_questions(opened, days or _USUAL_DAYS, out, as_json=as_json)
        return
    from pipeline.flow.views import report as pages  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.dashboard import page as figures  # noqa: PLC0415 - slow to import

    if out is not None and str(out) != "-" and out.suffix.lower() not in _PAGES:
        raise UsageError("report_kind", path=out)
    with services() as opened:
        if as_json:
            print_json(figures.figures(opened, days or _USUAL_DAYS))
            return
        page = pages.report_page(opened) if days is None else figures.figures_page(opened, days)
        if str(out) == "-":
            click.echo(page, nl=False)
            return
        out = out or Path("report.html" if days is None else "figures.html")
        pages.write_page(page, out)
    click.echo(str(out))


@click.command("metrics")
@click.option("--json", "as_json", is_flag=True)
def metrics(*, as_json: bool) -> None:
    """Print the metrics in the text format of Prometheus."""
    from pipeline.flow.views.metrics import exposition as text  # noqa: PLC0415 - slow to import

    with services() as opened:
        if as_json:
            print_json(text.as_plain(text.measured(opened)))
        else:
            click.echo(text.exposition(opened), nl=False)

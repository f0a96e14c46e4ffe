"""``pipeline queue`` and ``pipeline status``: what needs a decision, waits, is due, expires."""

import click

from pipeline.cli import words
from pipeline.cli.context import services
from pipeline.cli.output import print_json, print_table

_VIEWS = ["needs-me", "waiting", "expiring", "held", "all"]


@click.command("queue")
@click.argument("view", type=click.Choice(_VIEWS), default="needs-me")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--offset", type=click.IntRange(0), default=0)
@click.option("--json", "as_json", is_flag=True)
def queue(view: str, limit: int, offset: int, *, as_json: bool) -> None:
    """Print a view of the requests."""
    from pipeline.store import queries  # noqa: PLC0415 - slow to import

    with services() as opened, opened.store.read() as tx:
        rows = queries.queue(tx, queries.QueueView(view), limit=limit, offset=offset)
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo(words.word("queue_empty"))
        return
    print_table(
        [
            words.word(key)
            for key in ("reference", "status", "whose_move", "number", "company", "since", "next")
        ],
        [
            [
                row.reference,
                words.status_word(row.status.value)
                + (f" ({words.status_word(row.hold_reason.value)})" if row.hold_reason else ""),
                words.status_word(row.move.value),
                row.number,
                row.company or row.address,
                row.since.strftime("%Y-%m-%d %H:%M"),
                row.next_at.strftime("%Y-%m-%d %H:%M") if row.next_at else "",
            ]
            for row in rows
        ],
        widest=34,
    )


@click.command("status")
@click.option("--json", "as_json", is_flag=True)
def status(*, as_json: bool) -> None:
    """Print what waits, is due and expires, and which issuer is in force."""
    from pipeline.store import queries  # noqa: PLC0415 - slow to import

    with services() as opened, opened.store.read() as tx:
        counts = queries.counts(tx, opened.clock.now())
        issuer = opened.settings.certificates.issuer
    if as_json:
        print_json({"counts": counts, "issuer": issuer})
        return
    for name in counts.__slots__:
        click.echo(f"{words.word(f'count_{name}')}: {getattr(counts, name)}")
    click.echo(words.word(f"issuer_{issuer}"))

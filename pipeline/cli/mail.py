"""``pipeline mail``: put mails into the path by hand, and look at what came in."""

from pathlib import Path

import click

from pipeline.cli import words
from pipeline.cli.context import services
from pipeline.cli.instants import told
from pipeline.cli.output import print_json, print_table
from pipeline.errors import NotFoundError


@click.command("inject")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def inject(files: tuple[Path, ...]) -> None:
    """Put .eml files into the ledger; the next run processes them like mail from the server."""
    from pipeline.flow.inject import inject as put  # noqa: PLC0415 - slow to import

    with services() as opened:
        count = put(opened, [path.read_bytes() for path in files])
    click.echo(words.word("injected", count=count))


@click.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--json", "as_json", is_flag=True)
def list_messages(limit: int, *, as_json: bool) -> None:
    """Print the newest messages of the ledger."""
    with services() as opened, opened.store.read() as tx:
        rows = tx.messages.list("all", limit)
        zone = opened.settings.team.time_zone
    if as_json:
        print_json(rows)
        return
    print_table(
        [words.word(key) for key in ("id", "received", "sender", "subject", "outcome", "why")],
        [
            [
                row.id,
                told(row.fetched_at, zone),
                row.sender,
                row.subject,
                words.status_word(row.outcome.value if row.outcome else row.state.value),
                row.detail,
            ]
            for row in rows
        ],
        keep=(0, 4),
    )


@click.command("show")
@click.argument("message")
def show(message: str) -> None:
    """Print one row of the ledger as JSON."""
    with services() as opened, opened.store.read() as tx:
        row = tx.messages.get(message)
    if row is None:
        raise NotFoundError("message_unknown", message=message)
    print_json(row)


@click.command("raw")
@click.argument("message")
def raw(message: str) -> None:
    """Write the raw bytes of a message to standard output."""
    with services() as opened:
        with opened.store.read() as tx:
            row = tx.messages.get(message)
        if row is None or row.oversized:
            raise NotFoundError("message_unknown", message=message)
        click.echo(opened.blobs.get(row.sha256), nl=False)

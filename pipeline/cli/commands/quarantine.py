"""``pipeline quarantine``: messages that could not be processed."""

import click

from pipeline.cli.context import services
from pipeline.cli.output import print_json, print_lines, print_table
from pipeline.errors import NotFoundError
from pipeline.wording import console as words
from pipeline.wording.instants import told


@click.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_quarantine(*, as_json: bool) -> None:
    """Print the messages in quarantine and why they are there."""
    with services() as opened, opened.store.read() as tx:
        rows = tx.quarantine.list()
        zone = opened.settings.team.time_zone
    if as_json:
        print_json(rows)
        return
    if not rows:
        print_lines(words.word("quarantine_empty"))
        return
    print_table(
        [words.word(key) for key in ("id", "since", "why", "attempts")],
        [
            [row.id, told(row.at, zone), words.named("fault", row.reason), str(row.attempts)]
            for row in rows
        ],
        wrapped=(1,),
    )


@click.command("show")
@click.argument("entry")
@click.option("--json", "as_json", is_flag=True)
def show(entry: str, *, as_json: bool) -> None:
    """Print one entry with its row of the ledger."""
    from pipeline.cli.pages.message_page import print_message  # noqa: PLC0415 - only here
    from pipeline.flow.views.messages import shown_messages  # noqa: PLC0415 - slow to import

    with services() as opened, opened.store.read() as tx:
        row = tx.quarantine.get(entry)
        message = tx.messages.get(row.message_row) if row else None
        shown = shown_messages(tx, [message] if message else [])
        zone = opened.settings.team.time_zone
    if row is None:
        raise NotFoundError("quarantine_unknown", entry=entry)
    if as_json:
        print_json({"quarantine": row, "message": message})
        return
    for key, value in (
        ("id", row.id),
        ("since", told(row.at, zone)),
        ("why", words.named("fault", row.reason)),
        ("attempts", str(row.attempts)),
    ):
        print_lines(f"{words.word(key)}: {value}", rest="    ")
    for mail in shown:
        click.echo("")
        print_message(mail, zone)


@click.command("release")
@click.argument("entry")
def release(entry: str) -> None:
    """Put a message back; the next run tries it again."""
    from pipeline.flow.staff.quarantine import release as put_back  # noqa: PLC0415 - slow to import

    with services() as opened:
        put_back(opened, entry)
    print_lines(words.word("quarantine_released"))


@click.command("drop")
@click.argument("entry")
def drop(entry: str) -> None:
    """Give a message up; its bytes are kept until the retention ends."""
    from pipeline.flow.staff.quarantine import drop as give_up  # noqa: PLC0415 - slow to import

    with services() as opened:
        give_up(opened, entry)
    print_lines(words.word("quarantine_dropped"))

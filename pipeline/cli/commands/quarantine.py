"""``pipeline quarantine``: messages that could not be processed."""

from typing import TYPE_CHECKING

import click

from pipeline.cli.opened import os_user, services
from pipeline.cli.output import plain, print_json, print_lines, print_table
from pipeline.errors import NotFoundError
from pipeline.wording import console as words
from pipeline.wording.instants import told

if TYPE_CHECKING:
    from pipeline.store.records import QuarantineRecord
    from pipeline.store.transaction import Transaction


@click.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_quarantine(*, as_json: bool) -> None:
    """Print the messages in quarantine and why they are there."""
    with services() as opened, opened.store.read() as tx:
        rows = tx.quarantine.list()
        traces = {row.id: _trace(tx, row) for row in rows}
        zone = opened.settings.team.time_zone
    if as_json:
        print_json([_as_json(row, traces[row.id]) for row in rows])
        return
    if not rows:
        print_lines(words.word("quarantine_empty"))
        return
    print_table(
        [words.word(key) for key in ("id", "since", "why", "attempts")],
        [[row.id, told(row.at, zone), words.fault(row.reason), str(row.attempts)] for row in rows],
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
        trace = _trace(tx, row) if row else ""
        shown = shown_messages(tx, [message] if message else [])
        all_of_it = tx.quarantine.of_message(message.id) if message else []
        zone = opened.settings.team.time_zone
    if row is None:
        raise NotFoundError("quarantine_unknown", entry=entry)
    if as_json:
        print_json({"quarantine": _as_json(row, trace), "message": message})
        return
    for key, value in (
        ("id", row.id),
        ("since", told(row.at, zone)),
        ("why", words.fault(row.reason)),
        ("trace", f"{row.reason}: {trace}" if trace else row.reason),
        ("attempts", str(row.attempts)),
        *(
            ("earlier_try", f"{told(one.at, zone)}  {words.fault(one.reason)}")
            for one in all_of_it
            if one.id < row.id
        ),
    ):
        print_lines(f"{words.word(key)}: {value}", rest="    ")
    for mail in shown:
        click.echo("")
        print_message(mail, zone)


def _trace(tx: "Transaction", row: "QuarantineRecord") -> str:
    """Return type and place of the exception that put a message into the quarantine."""
    message = tx.messages.get(row.message_row)
    return message.trace if message is not None and message.last_error == row.reason else ""


def _as_json(row: "QuarantineRecord", trace: str) -> dict[str, object]:
    """Return the row with its reason in words and the place of the fault beside it."""
    return {**plain(row), "why": words.fault(row.reason), "trace": trace}


@click.command("release")
@click.argument("entry")
@click.option("--as", "name", default=None)
def release(entry: str, name: str | None) -> None:
    """Put a message back; the next run tries it again."""
    from pipeline.flow.staff.quarantine import release as put_back  # noqa: PLC0415 - slow to import

    with services() as opened:
        put_back(opened, entry, name or os_user())
    print_lines(words.word("quarantine_released"))


@click.command("drop")
@click.argument("entry")
@click.option("--as", "name", default=None)
def drop(entry: str, name: str | None) -> None:
    """Give a message up; its bytes are kept until the retention ends."""
    from pipeline.flow.staff.quarantine import drop as give_up  # noqa: PLC0415 - slow to import

    with services() as opened:
        give_up(opened, entry, name or os_user())
    print_lines(words.word("quarantine_dropped"))

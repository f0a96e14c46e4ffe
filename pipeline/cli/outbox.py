"""``pipeline outbox``: the mails that wait, failed, or went out."""

import click

from pipeline.cli.context import services
from pipeline.cli.output import print_json, print_lines, print_table
from pipeline.errors import RefusedError
from pipeline.wording import console as words
from pipeline.wording.instants import told


@click.command("list")
@click.argument("view", type=click.Choice(["open", "attention", "sent", "all"]), default="open")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--json", "as_json", is_flag=True)
def list_outbox(view: str, limit: int, *, as_json: bool) -> None:
    """Print a view of the outbox."""
    with services() as opened, opened.store.read() as tx:
        rows = tx.outbox.list(view, limit)  # type: ignore[arg-type]  # click checked the word
        zone = opened.settings.team.time_zone
    if as_json:
        print_json(rows)
        return
    print_table(
        [words.word(key) for key in ("id", "state", "recipient", "subject", "next", "why")],
        [
            [
                row.id,
                words.status_word(row.state.value),
                row.recipient,
                row.subject,
                told(row.next_at, zone),
                row.last_error,
            ]
            for row in rows
        ],
        keep=(0, 1),
        wrapped=(4,),
    )


@click.command("cancel")
@click.argument("mail")
def cancel(mail: str) -> None:
    """Take back a mail that was not sent yet."""
    with services() as opened:
        done = opened.store.run(lambda tx: tx.outbox.cancel(mail))
    if not done:
        raise RefusedError("outbox_too_late", mail=mail)
    print_lines(words.word("outbox_cancelled"))


@click.command("retry")
@click.argument("mail")
def retry(mail: str) -> None:
    """Queue a failed, doubtful or cancelled mail again, with the same bytes and Message-ID."""
    with services() as opened:
        now = opened.clock.now()
        done = opened.store.run(lambda tx: tx.outbox.retry(mail, now))
    if not done:
        raise RefusedError("outbox_not_retried", mail=mail)
    print_lines(words.word("outbox_queued"))

"""``pipeline outbox``: the mails that wait, failed, or went out."""

from dataclasses import replace

import click

from pipeline.cli.opened import one_request, os_user, services
from pipeline.cli.output import plain, print_json, print_lines, print_table
from pipeline.cli.times import Times
from pipeline.errors import NotFoundError
from pipeline.wording import console as words


@click.command("list")
@click.argument("view", type=click.Choice(["open", "attention", "sent", "all"]), default="open")
@click.option("--reference", "about", default="")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--json", "as_json", is_flag=True)
def list_outbox(view: str, about: str, limit: int, *, as_json: bool) -> None:
    """Print a view of the outbox, or all mails about one request."""
    from pipeline.flow.views.outbox import told_of  # noqa: PLC0415 - slow to import
    from pipeline.notifications.token import without_token  # noqa: PLC0415

    with services() as opened, opened.store.read() as tx:
        if about:
            rows = tx.outbox.of_request(one_request(tx, about).id)[-limit:]
        else:
            rows = tx.outbox.list(view, limit)  # type: ignore[arg-type]  # click checked the word
        named = [told_of(tx, row) for row in rows]
        zone = opened.settings.team.time_zone
    if as_json:
        safe = [replace(row, message_id=without_token(row.message_id)) for row in rows]
        print_json([{**plain(row), "references": of} for row, of in zip(safe, named, strict=True)])
        return
    times = Times(zone, [row.next_at for row in rows])
    print_table(
        [
            *(words.word(key) for key in ("id", "state", "reference", "recipient", "subject")),
            times.heading("next"),
            words.word("why"),
        ],
        [
            [
                row.id,
                words.status_word(row.state.value),
                " ".join(of),
                row.recipient,
                row.subject,
                times.cell(row.next_at),
                row.last_error,
            ]
            for row, of in zip(rows, named, strict=True)
        ],
        keep=(0, 1),
        wrapped=(2, 5),
    )


@click.command("show")
@click.argument("mail")
@click.option("--reveal", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--json", "as_json", is_flag=True)
def show(mail: str, *, reveal: bool, name: str | None, as_json: bool) -> None:
    """Print one mail; the certificate in it only with --reveal (audited)."""
    from pipeline.cli.pages.outbox_page import print_outbox_mail  # noqa: PLC0415 - only here
    from pipeline.flow.staff.outbox import reveal_mail  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.outbox import revealed, shown_mail  # noqa: PLC0415

    with services() as opened:
        with opened.store.read() as tx:
            row = tx.outbox.get(mail)
            if row is None:
                raise NotFoundError("mail_unknown", mail=mail)
            shown = shown_mail(tx, row)
        if reveal:
            row = reveal_mail(opened, mail, name or os_user())
            shown = revealed(shown, row)
        zone = opened.settings.team.time_zone
    if as_json:
        print_json(shown)
    else:
        print_outbox_mail(shown, zone)


@click.command("cancel")
@click.argument("mail")
@click.option("--as", "name", default=None)
def cancel(mail: str, name: str | None) -> None:
    """Take back a mail that was not sent yet."""
    from pipeline.cli.pages.possible import commands_now, copyable  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff import outbox  # noqa: PLC0415

    with services() as opened:
        done = outbox.cancel(opened, mail, name or os_user())
        waiting = [(record, commands_now(opened, record)) for record in done.waiting]
    print_lines(words.word("outbox_cancelled"))
    for record, commands in waiting:
        status = words.step(record.status)
        said = words.word(
            "outbox_waiting", reference=record.reference, status=status, mail=done.mail.id
        )
        print_lines(said)
        for command in commands:
            for line in copyable(command):
                click.echo(line)


@click.command("retry")
@click.argument("mail", default="")
@click.option("--all", "all_of", type=click.Choice(["failed", "in_doubt", "bounced"]))
@click.option("--as", "name", default=None)
def retry(mail: str, all_of: str | None, name: str | None) -> None:
    """Queue a failed, doubtful or cancelled mail again, with the same bytes and Message-ID."""
    from pipeline.flow.staff import outbox  # noqa: PLC0415 - slow to import
    from pipeline.store.outbox_records import OutboxState  # noqa: PLC0415

    if bool(mail) == bool(all_of):
        raise click.UsageError(words.word("outbox_retry_which"))
    with services() as opened:
        if all_of is None:
            outbox.retry(opened, mail, name or os_user())
            print_lines(words.word("outbox_queued"))
            return
        done = outbox.retry_all(opened, OutboxState(all_of), name or os_user())
    print_lines(words.counted("outbox_queued_all", done))


@click.command("resume")
@click.option("--as", "name", default=None)
def resume(name: str | None) -> None:
    """Go on sending after a pause."""
    from pipeline.flow.staff import outbox  # noqa: PLC0415 - slow to import

    with services() as opened:
        done = outbox.resume(opened, name or os_user())
    if done is None:
        print_lines(words.word("outbox_not_paused"))
    else:
        print_lines(words.counted("outbox_resumed", done))

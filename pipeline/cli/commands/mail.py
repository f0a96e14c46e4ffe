"""``pipeline mail``: put mails into the path by hand, and look at what came in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.files import read_named, saved_name, tell, worst, write_new
from pipeline.cli.opened import services
from pipeline.cli.output import plain, print_json, print_lines, print_table
from pipeline.cli.times import Times
from pipeline.errors import ExitCode, NotFoundError, PipelineError
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.flow.views.messages import ShownMessage


@click.command("inject")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def inject(files: tuple[Path, ...]) -> int:
    """Put .eml files into the ledger; the next run processes them like mail from the server."""
    from pipeline.batch import inject as put  # noqa: PLC0415 - slow to import

    codes: list[ExitCode] = []
    mails: list[bytes] = []
    for path in files:
        try:
            mails.append(read_named(path))
        except PipelineError as error:
            codes.append(tell(error))
    if mails:
        with services(make=True) as opened:
            count = put(opened, mails)
        print_lines(words.word("injected", count=count))
    return worst(codes)


@click.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@click.option("--json", "as_json", is_flag=True)
def list_messages(limit: int, *, as_json: bool) -> None:
    """Print the newest messages of the ledger."""
    from pipeline.flow.views.messages import shown_messages, told_place  # noqa: PLC0415 - slow

    with services() as opened, opened.store.read() as tx:
        found = shown_messages(tx, tx.messages.list("all", limit))
        zone = opened.settings.team.time_zone
    if as_json:
        print_json([_as_json(mail) for mail in found])
        return
    times = Times(zone, [mail.row.fetched_at for mail in found])
    headings = ("sender", "subject", "outcome", "why")
    print_table(
        [words.word("id"), times.heading("received"), *map(words.word, headings)],
        [
            [
                mail.row.id,
                times.cell(mail.row.fetched_at),
                mail.row.sender,
                told_place(mail.row) if mail.row.withheld else mail.row.subject,
                words.status_word((mail.row.outcome or mail.row.state).value),
                words.why(mail.why),
            ]
            for mail in found
        ],
        keep=(0, 4),
        wrapped=(1, 5),
    )


@click.command("show")
@click.argument("message")
@click.option("--json", "as_json", is_flag=True)
def show(message: str, *, as_json: bool) -> None:
    """Print one row of the ledger."""
    from pipeline.cli.pages.message_page import print_message  # noqa: PLC0415 - only here
    from pipeline.flow.views.messages import shown_messages  # noqa: PLC0415 - slow to import

    with services() as opened, opened.store.read() as tx:
        row = tx.messages.get(message)
        found = shown_messages(tx, [row] if row else [])
        zone = opened.settings.team.time_zone
    if not found:
        raise NotFoundError("message_unknown", message=message)
    if as_json:
        print_json(_as_json(found[0]))
    else:
        print_message(found[0], zone)


@click.command("raw")
@click.argument("message")
def raw(message: str) -> None:
    """Write the raw bytes of a message to standard output."""
    with services() as opened:
        with opened.store.read() as tx:
            row = tx.messages.get(message)
        if row is None or not row.has_bytes:
            raise NotFoundError("message_unknown", message=message)
        click.echo(opened.blobs.get(row.sha256), nl=False)


@click.command("files")
@click.argument("message")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=None)
@click.option("--json", "as_json", is_flag=True)
def files(message: str, out: Path | None, *, as_json: bool) -> None:
    """Print the files of a mail, and those inside them; write them into a folder."""
    from pipeline.batch import mail_files  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.messages import forms_of_message  # noqa: PLC0415

    with services() as opened:
        found = mail_files(opened, message)
        with opened.store.read() as tx:
            forms = forms_of_message(tx, message)
    rows = [
        {
            "file": saved_name(number, file.file_name),
            "type": file.content_type,
            "bytes": len(file.content),
            "sha256": file.sha256,
            "form": forms[file.sha256].value if file.sha256 in forms else "",
        }
        for number, file in enumerate(found, 1)
    ]
    if out is not None:
        for row, file in zip(rows, found, strict=True):
            write_new(out / str(row["file"]), file.content)
    if as_json:
        print_json(rows)
        return
    if not rows:
        print_lines(words.word("no_files"))
        return
    headings = [words.word(key) for key in ("file", "type", "bytes", "sha256", "form")]
    cells = [[str(cell) for cell in row.values()] for row in rows]
    print_table(headings, [[*row[:4], words.status_word(row[4])] for row in cells], keep=(3,))


@click.command("reconcile")
@click.option("--mend", is_flag=True)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50)
@click.option("--json", "as_json", is_flag=True)
def reconcile(*, mend: bool, limit: int, as_json: bool) -> None:
    """Set the mailbox against the ledger: what is where, what is missing."""
    from pipeline.batch import reconcile as compare  # noqa: PLC0415 - slow to import

    with services() as opened:
        found = compare(opened, mend=mend)
    if as_json:
        print_json(found)
        return
    if mend:
        print_lines(words.word("reconcile_mended", moved=found.moved, put_back=found.put_back))
    headings = ["folder", "on_server", "in_ledger", "agreed"]
    print_table(
        [words.word(key) for key in headings],
        [
            [one.folder, str(one.on_server), str(one.expected), str(one.agreed)]
            for one in found.folders
        ],
    )
    click.echo("")
    if not found.differences:
        print_lines(words.word("reconcile_agrees"))
        return
    print_table(
        [words.word(key) for key in ("difference", "folder", "uid", "belongs", "id", "message_id")],
        [
            [
                words.status_word(mail.difference.value),
                mail.folder,
                str(mail.uid or ""),
                mail.belongs,
                mail.message,
                mail.message_id,
            ]
            for mail in found.differences[:limit]
        ],
        keep=(2, 4),
        wrapped=(0,),
    )
    if len(found.differences) > limit:
        click.echo(words.word("plan_more", count=len(found.differences) - limit))


def _as_json(mail: "ShownMessage") -> dict[str, object]:
    """Return the row of a mail with the references of its requests beside it."""
    return {**plain(mail.row), "requests": mail.requests}

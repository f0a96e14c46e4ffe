"""``pipeline number``: the table of numbers."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.choices import WordChoice
from pipeline.cli.context import settings
from pipeline.cli.files import read_named
from pipeline.cli.opened import services
from pipeline.cli.output import cut, inert, print_json, print_lines, print_table, tell_lines
from pipeline.errors import ExitCode, NotFoundError, RefusedError, UsageError
from pipeline.model.request import HoldReason, NumberState
from pipeline.store.records import NumberRecord
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.flow.views.lists.number_file import NumberFile

_LONGEST_VALUE = 80


def e164_of(text: str) -> str:
    """Return the E.164 form of ``text``; raises UsageError ``number_unreadable``."""
    from pipeline.flow.views.lists.number_file import read_number  # noqa: PLC0415 - slow to import

    return read_number(text)


@click.command("list")
@click.option("--state", type=WordChoice(NumberState, words.status_word), default=None)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50)
@click.option("--json", "as_json", is_flag=True)
def list_numbers(state: str | None, limit: int, *, as_json: bool) -> None:
    """Print the numbers that are known."""
    with services() as opened, opened.store.read() as tx:
        rows = tx.numbers.list(NumberState(state) if state else None, limit)
    if as_json:
        print_json(rows)
        return
    print_table(
        [words.word(key) for key in ("number", "state", "organisation", "since")],
        [
            [
                row.e164,
                words.status_word(row.state.value),
                row.organisation,
                row.since.isoformat() if row.since else "",
            ]
            for row in rows
        ],
    )


@click.command("show")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True)
def show(number: str, *, as_json: bool) -> None:
    """Print what is known of one number, and its requests."""
    from pipeline.flow.services.organisations import organisation_of_request  # noqa: PLC0415

    e164 = e164_of(number)
    with services() as opened, opened.store.read() as tx:
        row = tx.numbers.get(e164)
        requests = tx.requests.of_number(e164)
        work = opened.work(tx)
        owners = {record.id: organisation_of_request(work, record) for record in requests}
    if row is None and not requests:
        raise NotFoundError("number_unknown", number=e164)
    if as_json:
        print_json(
            {
                "number": row,
                "requests": [record.reference for record in requests],
                "organisations": {record.reference: owners[record.id] for record in requests},
            }
        )
        return
    if row is not None:
        state = words.status_word(row.state.value)
        print_lines(
            f"{row.e164}  {state}  {row.organisation}  {row.since or ''}".rstrip(), rest="    "
        )
    for record in requests:
        status = words.step(record.status)
        print_lines(f"  {record.reference}  {status}  {owners[record.id]}", rest="    ")


@click.command("set")
@click.argument("number")
@click.argument("state", type=WordChoice(NumberState, words.status_word))
@click.option("--organisation", default="")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None)
@click.option("--as", "name", default=None)
def set_number(
    number: str, state: str, organisation: str, since: datetime | None, name: str | None
) -> None:
    """Record the state of a number; a qr request that waits for it goes on."""
    from pipeline.cli.opened import os_user  # noqa: PLC0415 - only here
    from pipeline.flow.staff import numbers  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.lists.number_file import read_organisation  # noqa: PLC0415 - slow to import

    day = since.date() if since else None
    named = read_organisation(organisation)
    if named is None:
        raise UsageError("organisation_unreadable", organisation=organisation)
    with services(make=True) as opened:
        record = NumberRecord(e164_of(number), NumberState(state), named, day)
        numbers.set_number(opened, record, name or os_user())
        others = numbers.requests_of_others(opened, record)
    click.echo(f"{record.e164}  {words.status_word(state)}")
    for other in others:
        held = other.record.held_for(HoldReason.OWNERSHIP)
        said = words.word(
            "number_set_held" if held else "number_set_other",
            reference=other.record.reference,
            status=words.step(other.record.status.value),
            organisation=other.organisation,
            owner=named or words.status_word("nobody"),
            number=record.e164,
            state=state,
        )
        tell_lines(said)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", "preview", is_flag=True)
@click.option("--tick-all", is_flag=True)
@click.option("--as", "name", default=None)
def import_numbers(file: Path, name: str | None, *, preview: bool, tick_all: bool) -> int:
    """Import numbers from a table, CSV or XLSX: number, state, organisation, since (YYYY-MM-DD).

    What speaks against it is told first, and has to be ticked off.
    """
    from pipeline.cli.opened import os_user  # noqa: PLC0415 - only here
    from pipeline.flow.staff import numbers  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff.desk.import_warnings import warning_line, warnings_of  # noqa: PLC0415
    from pipeline.flow.views.lists.number_file import MOST_MEGABYTES, read_numbers  # noqa: PLC0415

    raw = read_named(file, MOST_MEGABYTES)
    found = read_numbers(str(file), raw, settings().sender.mailbox_providers)
    with services(make=not preview) as opened:
        warned = warnings_of(opened, numbers.compared(opened, found.good))
        if warned:
            zone = opened.settings.team.time_zone
            lines = [warning_line(one, zone) for one in warned]
            tell_lines("\n  ".join([words.word("import_warned"), *lines]))
        if warned and not (preview or tick_all):
            raise RefusedError("import_warned", file=file)
        total = (
            numbers.preview_import(opened, found.good)
            if preview
            else numbers.import_all(opened, found.good, name or os_user())
        )
    counts = {"new": total.new, "changed": total.changed, "unchanged": total.unchanged}
    key = "import_preview" if preview else "imported"
    refused = words.counted("lines_refused", found.refused_lines)
    print_lines(words.word(key, **counts, refused=refused))
    _tell(found)
    return ExitCode.UNFINISHED if found.refused else ExitCode.DONE


def _tell(found: "NumberFile") -> None:
    """Say on standard error which columns were passed over, and why lines were refused."""
    if found.unknown_columns:
        columns = inert(", ".join(found.unknown_columns))
        tell_lines(words.word("import_columns", columns=columns))
    for refusal in found.refused:
        value = cut(inert(refusal.value), _LONGEST_VALUE)
        reason = words.word(refusal.reason, value=value, other=refusal.other)
        tell_lines(words.word("import_line", line=refusal.line, reason=reason))

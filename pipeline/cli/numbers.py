"""``pipeline number``: the table of numbers."""

import csv
import io
from datetime import date, datetime
from pathlib import Path

import click

from pipeline.cli import words
from pipeline.cli.context import services
from pipeline.cli.output import print_json, print_lines, print_table
from pipeline.errors import NotFoundError, UsageError
from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord

_PORTION = 500


def e164_of(text: str) -> str:
    """Return the E.164 form of ``text``; raises UsageError ``number_unreadable``."""
    from pipeline.validation.phone.canonical import canonical_number  # noqa: PLC0415 - slow to import

    number = canonical_number(text)
    if number is None:
        raise UsageError("number_unreadable", number=text)
    return number


@click.command("list")
@click.option("--state", type=click.Choice([state.value for state in NumberState]), default=None)
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
    e164 = e164_of(number)
    with services() as opened, opened.store.read() as tx:
        row = tx.numbers.get(e164)
        requests = tx.requests.of_number(e164)
    if row is None and not requests:
        raise NotFoundError("number_unknown", number=e164)
    if as_json:
        print_json({"number": row, "requests": [record.reference for record in requests]})
        return
    if row is not None:
        state = words.status_word(row.state.value)
        print_lines(
            f"{row.e164}  {state}  {row.organisation}  {row.since or ''}".rstrip(), rest="    "
        )
    for record in requests:
        click.echo(f"  {record.reference}  {words.status_word(record.status.value)}")


@click.command("set")
@click.argument("number")
@click.argument("state", type=click.Choice([state.value for state in NumberState]))
@click.option("--organisation", default="")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None)
@click.option("--as", "name", default=None)
def set_number(
    number: str, state: str, organisation: str, since: datetime | None, name: str | None
) -> None:
    """Record the state of a number; a qr request that waits for it goes on."""
    from pipeline.cli.context import os_user  # noqa: PLC0415 - only here
    from pipeline.flow.numbers import set_number as record_number  # noqa: PLC0415 - slow to import

    day = since.date() if since else None
    with services() as opened:
        record = NumberRecord(e164_of(number), NumberState(state), organisation.lower(), day)
        record_number(opened, record, name or os_user())
    click.echo(f"{record.e164}  {words.status_word(state)}")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "name", default=None)
def import_numbers(file: Path, name: str | None) -> int:
    """Import numbers from CSV: number, state, organisation, since (YYYY-MM-DD)."""
    from pipeline.cli.context import os_user  # noqa: PLC0415 - only here
    from pipeline.flow.numbers import import_numbers as record_all  # noqa: PLC0415 - slow to import

    good: list[NumberRecord] = []
    bad: list[int] = []
    for line, row in enumerate(_table(file), 2):
        record = _row(row)
        if record is None:
            bad.append(line)
        else:
            good.append(record)
    with services() as opened:
        for start in range(0, len(good), _PORTION):
            record_all(opened, good[start : start + _PORTION], name or os_user())
    click.echo(words.word("imported", count=len(good)))
    if bad:
        click.echo(words.word("import_lines_bad", lines=", ".join(map(str, bad[:20]))), err=True)
    return 3 if bad else 0


def _table(file: Path) -> "csv.DictReader[str]":
    """Return the rows of ``file``; a spreadsheet program may have written semicolons or tabs."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("import_not_text", file=file) from error
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip().lower() for name in table.fieldnames or ()]
    if "number" not in names:
        raise UsageError("import_no_heading", file=file, found=heading.strip())
    table.fieldnames = names
    return table


def _row(row: dict[str, str | None]) -> NumberRecord | None:
    from pipeline.validation.phone.canonical import canonical_number  # noqa: PLC0415 - slow to import

    number = canonical_number(row.get("number") or "")
    try:
        since = date.fromisoformat(row["since"]) if row.get("since") else None  # type: ignore[arg-type]
        state = NumberState((row.get("state") or "active").strip().lower())
    except ValueError:
        return None
    if number is None:
        return None
    return NumberRecord(number, state, (row.get("organisation") or "").strip().lower(), since)

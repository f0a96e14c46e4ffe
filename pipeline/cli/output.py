"""Results on standard output: tables that measure East Asian width, or JSON."""

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import click


def plain(value: object) -> Any:  # noqa: PLR0911 - any JSON value; one return a type
    """Return ``value`` as what JSON can carry (instants as ISO 8601 in UTC)."""
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return f"({len(value)} bytes)"
        case Path():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case str() | int() | float() | None:
            return value
        case Iterable():
            return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {name: plain(getattr(value, name)) for name in names}
    return str(value)


def print_json(value: object) -> None:
    """Print one JSON document on one line."""
    click.echo(json.dumps(plain(value), ensure_ascii=False))


def inert(text: str) -> str:
    """Return hostile text as one printable line: no control, escape or direction characters."""
    return "".join(
        character if character.isprintable() else "�" if not character.isspace() else " "
        for character in text
    )


def width(text: str) -> int:
    """Return the columns that ``text`` takes in a terminal (UAX #11: wide and full-width are 2)."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def cut(text: str, columns: int) -> str:
    """Return ``text`` cut to ``columns``, with an ellipsis when it was cut."""
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > columns - 1:
            break
        kept += character
    return kept + "…"


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    widest: int = 48,
    below: Sequence[Sequence[str]] = (),
) -> None:
    """Print a table in aligned columns; cells are made inert and cut at ``widest`` columns.

    ``below`` are whole lines that follow each row (none: no row has any).
    """
    cells = [[cut(inert(cell), widest) for cell in row] for row in (headings, *rows)]
    columns = [max(width(row[index]) for row in cells) for index in range(len(headings))]
    for number, row in enumerate(cells):
        line = "  ".join(
            cell + " " * (columns[index] - width(cell)) for index, cell in enumerate(row)
        ).rstrip()
        click.echo(click.style(line, bold=True) if number == 0 and sys.stdout.isatty() else line)
        for remark in below[number - 1] if number and below else ():
            click.echo(f"    -> {inert(remark)}")

"""Results on standard output: tables that fit the terminal, wrapped lines, or JSON."""

import dataclasses
import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import click

from pipeline.cli.screen import columns, cut, hanging, longest_word, width, wrap
from pipeline.wording.escaping import escaped
from pipeline.wording.inert import inert

__all__ = [
    "cut",
    "inert",
    "plain",
    "print_json",
    "print_lines",
    "print_paragraphs",
    "print_table",
    "tell_lines",
    "width",
]

_GAP = "  "
#: No column is made narrower than this; when that is not enough, each row becomes a block.
_LEAST = 10
#: What is longer is no word: an address, an id, a link.
_LONGEST_WORD = 28


def plain(value: object) -> Any:  # noqa: PLR0911 - any JSON value; one return a type
    """Return ``value`` as what JSON can carry (instants as ISO 8601 in UTC)."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
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
    """Print one JSON document on one line; what cannot be seen is written as an escape."""
    click.echo(escaped(json.dumps(plain(value), ensure_ascii=False)))


def print_lines(text: str, *, first: str = "", rest: str = "", bold: bool = False) -> None:
    """Print ``text`` inert and wrapped, ``first`` before its first line, ``rest`` before others."""
    for line in hanging(inert(text), first=first, rest=rest):
        click.echo(_bold(line) if bold else line)


def tell_lines(text: str) -> None:
    """Print what went wrong on standard error: its lines wrapped, each below its own indent."""
    for line in text.split("\n"):
        words = line.lstrip(" ")
        indent = " " * (len(line) - len(words))
        for part in hanging(inert(words), first=indent, rest=indent, err=True):
            click.echo(part, err=True)


def print_paragraphs(text: str, indent: str = "") -> None:
    """Print the lines of ``text``, each wrapped, all below ``indent``."""
    for line in text.split("\n"):
        print_lines(line, first=indent, rest=indent)


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    keep: Collection[int] = (0,),
    wrapped: Collection[int] = (),
    below: Sequence[Sequence[str]] = (),
) -> None:
    """Print a table that fits the terminal; cells are made inert.

    The columns ``keep`` are never cut: the others give way, and where that is not enough each row
    becomes a block of lines. The columns ``wrapped`` go on in the next line, the others are cut.
    ``below`` are sentences that follow each row (none: no row has any).
    """
    cells = [[inert(cell) for cell in row] for row in (headings, *rows)]
    widths = _fit(cells, keep, wrapped)
    if widths is None:
        _print_blocks(cells, below)
        return
    for number, row in enumerate(cells):
        for line in _row_lines(row, widths, wrapped):
            click.echo(_bold(line) if number == 0 else line)
        _print_below(below, number - 1)


def _fit(
    cells: Sequence[Sequence[str]], keep: Collection[int], wrapped: Collection[int]
) -> list[int] | None:
    """Return the widths of the columns, or None when they do not fit beside each other.

    No column that goes on in the next line is narrower than its words.
    """
    widths = [max(width(row[index]) for row in cells) for index in range(len(cells[0]))]
    least = [_least(cells, index) if index in wrapped else _LEAST for index in range(len(widths))]
    room = columns() - len(_GAP) * (len(widths) - 1)
    too_much = sum(widths) - room
    while too_much > 0:
        flexible = [
            index
            for index in range(len(widths))
            if index not in keep and widths[index] > least[index]
        ]
        widest = max(flexible, key=lambda index: widths[index], default=None)
        if widest is None:
            return None
        # down to the next widest one, or as far as needed: few steps, and equal widths at the end
        same = [index for index in flexible if widths[index] == widths[widest]]
        others = [widths[index] for index in flexible if widths[index] < widths[widest]]
        floor = max([*others, *(least[index] for index in same)])
        step = min(too_much, widths[widest] - floor)
        for index in same:
            taken = min(max(1, step // len(same)), too_much)
            widths[index] -= taken
            too_much -= taken
    return widths


def _least(cells: Sequence[Sequence[str]], index: int) -> int:
    """Return how narrow a column may be made without breaking its words."""
    longest = max(longest_word(row[index]) for row in cells)
    return longest if _LEAST < longest <= _LONGEST_WORD else _LEAST


def _row_lines(row: Sequence[str], widths: Sequence[int], wrapped: Collection[int]) -> list[str]:
    parts = [
        wrap(cell, widths[index]) if index in wrapped else [cut(cell, widths[index])]
        for index, cell in enumerate(row)
    ]
    lines = []
    for number in range(max(len(part) for part in parts)):
        texts = [part[number] if number < len(part) else "" for part in parts]
        padded = (text + " " * (widths[index] - width(text)) for index, text in enumerate(texts))
        lines.append(_GAP.join(padded).rstrip())
    return lines


def _print_blocks(cells: Sequence[Sequence[str]], below: Sequence[Sequence[str]]) -> None:
    """Print each row as lines of heading and cell; the first stands out as the title."""
    headings = cells[0]
    for number, row in enumerate(cells[1:]):
        if number:
            click.echo("")
        for index, cell in enumerate(row):
            if cell:
                print_lines(f"{headings[index]}: {cell}", first="  " if index else "", rest="    ")
        _print_below(below, number)


def _print_below(below: Sequence[Sequence[str]], number: int) -> None:
    for remark in below[number] if below and number >= 0 else ():
        print_lines(remark, first="    -> ", rest="       ")


def _bold(line: str) -> str:
    return click.style(line, bold=True) if sys.stdout.isatty() else line

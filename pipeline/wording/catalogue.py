"""A catalogue of texts, each of which is parsed when it is asked for: of thousands, few are said.

A catalogue is a TOML file of tables of texts, or of tables of such tables. In ours, a line that
begins with a bracket is a heading, and one that begins with a key and an equals sign gives that
key a value: no text has such a line (a test compares every catalogue with what TOML reads).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pipeline import resources

_KEY = re.compile(r'\n(?:"([^"\n]+)"|([A-Za-z0-9_-]+)) = ')


class Table(Mapping[str, Any]):
    """A table whose values are parsed one by one."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Take the TOML of each value, by its key."""
        self._sources = sources
        self._parsed: dict[str, Any] = {}

    def above(self, other: "Table") -> "Table":
        """Return the values of this table, and those of ``other`` where it has none."""
        return Table({**other._sources, **self._sources})

    def __getitem__(self, key: str) -> Any:
        if key not in self._parsed:
            read = resources.parsed_toml(self._sources[key])
            self._parsed[key] = read.get("", read)
        return self._parsed[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


@cache
def read_table(name: str, *parts: str) -> Table:
    """Return a table of a file below ``templates/``; without values when there is none."""
    body, below = _sources(*parts).get(name, ("", {}))
    pieces = _KEY.split(body)  # what stands before the first key, then quoted key, bare key, value
    values = {
        quoted or bare: f'"" = {value}'
        for quoted, bare, value in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True)
    }
    return Table(values | below)


@cache
def _sources(*parts: str) -> Mapping[str, tuple[str, dict[str, str]]]:
    """Return of each table the TOML of its values, and that of each table below it."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for piece in f"\n{resources.read_text(*parts)}".split("\n[")[1:]:
        heading, _, body = piece.partition("]")
        name, _, below = heading.partition(".")
        if below:
            found.setdefault(name, ("", {}))[1][below] = body
        else:
            found[name] = (body, {})
    return found

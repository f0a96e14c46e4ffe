"""Tables of names that are worked out once and kept as text beside the code.

The names of countries in 46 languages take CLDR a third of a second, which each new process would
spend before its first form. A test works the tables out again and compares them.
"""

from collections.abc import Callable, Mapping
from functools import cache, wraps
from importlib import import_module
from types import MappingProxyType

Table = Mapping[str, tuple[str, ...]]

#: What works each kept table out, by its name.
MADE: dict[str, Callable[[], Table]] = {}
_TABLES = "pipeline.validation.kept.tables"
_ENTRY, _VALUE, _MORE = "|", "=", ";"
_SIGNS = frozenset({_ENTRY, _VALUE, _MORE, "\n"})


def kept(make: Callable[[], Table]) -> Callable[[], Table]:
    """Read the table of that name in place of working it out with ``make``."""
    name = make.__name__
    MADE[name] = make

    @cache
    @wraps(make)
    def read() -> Table:
        return unpacked(import_module(_TABLES).TABLES[name])

    return read


def packed(table: Table) -> str:
    """Return ``table`` as one text. Raises ValueError for a name with a sign of ours."""
    for name, values in table.items():
        if _SIGNS.intersection(name).union(_SIGNS.intersection("".join(values))):
            raise ValueError(name)
    return _ENTRY.join(f"{name}{_VALUE}{_MORE.join(values)}" for name, values in table.items())


def unpacked(text: str) -> Table:
    """Return the table that :func:`packed` has made a text of, in its order."""
    entries = (entry.split(_VALUE) for entry in text.split(_ENTRY))
    return MappingProxyType({name: tuple(values.split(_MORE)) for name, values in entries})

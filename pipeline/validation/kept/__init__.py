"""Tables of names that are worked out once and kept in files beside the code.

The names of countries in 46 languages take CLDR a third of a second, which each new process would
spend before its first form. A test works the tables out again and compares them; with
``GOLDEN=write`` it writes them. Each file names its sources in its first line, then has an entry a
line. Licences: LICENSE.unicode of the names of CLDR, LICENSE.holidays of subdivisions.
"""

from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from types import MappingProxyType

Table = Mapping[str, tuple[str, ...]]

#: What works each kept table out, by its name.
MADE: dict[str, Callable[[], Table]] = {}
_VALUE, _MORE = "=", ";"
_SIGNS = frozenset({_VALUE, _MORE, "\n"})


def kept(make: Callable[[], Table]) -> Callable[[], Table]:
    """Read the table of that name in place of working it out with ``make``."""
    name = make.__name__
    MADE[name] = make

    @cache
    @wraps(make)
    def read() -> Table:
        return unpacked(file_of(name).read_text(encoding="utf-8"))

    return read


def file_of(name: str) -> Path:
    """Return the file that keeps the table ``name``."""
    return Path(__file__).with_name(f"{name}.txt")


def packed(table: Table, sources: str) -> str:
    """Return ``table`` as the text of a file. Raises ValueError for a name with a sign of ours."""
    for name, values in table.items():
        if _SIGNS.intersection(name).union(_SIGNS.intersection("".join(values))):
            raise ValueError(name)
    entries = (f"{name}{_VALUE}{_MORE.join(values)}\n" for name, values in table.items())
    return f"# {sources}\n" + "".join(entries)


def unpacked(text: str) -> Table:
    """Return the table that :func:`packed` has made a text of, in its order."""
    _, *lines = text.removesuffix("\n").split("\n")
    entries = (line.split(_VALUE) for line in lines)
    return MappingProxyType({name: tuple(values.split(_MORE)) for name, values in entries})

"""The words that customers may reply with, from ``templates/commands``."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pipeline.resources import read_toml, template

Words = Mapping[str, tuple[str, ...]]


@cache
def _merged(table: str) -> Words:
    found: dict[str, list[str]] = {}
    for path in sorted(template("commands").glob("??.toml")):
        for name, phrases in read_toml("commands", path.name).get(table, {}).items():
            found.setdefault(name, []).extend(phrases)
    return MappingProxyType({name: tuple(dict.fromkeys(words)) for name, words in found.items()})


def load_phrases() -> Words:
    """Return the phrases of each command (by its code), of all languages together."""
    return _merged("commands")


def load_suggestions() -> Words:
    """Return the words that suggest each kind of form, of all languages together."""
    return _merged("suggestions")

"""The words that customers may reply with, from ``templates/commands``."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pipeline.intake.reply.grammar import expand
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
    """Return every wording of each command (by its code), of all languages together."""
    return load_wordings("commands")


@cache
def load_table(table: str, name: str) -> tuple[Any, ...]:
    """Return the entries of one list of ``templates/commands``, of all languages together."""
    return tuple(
        entry
        for path in sorted(template("commands").glob("??.toml"))
        for entry in read_toml("commands", path.name).get(table, {}).get(name, ())
    )


@cache
def load_wordings(table: str, *names: str) -> Words:
    """Return the lists of a table of phrases (all, or ``names``), each wording written out."""
    found: dict[str, list[str]] = {}
    for path in sorted(template("commands").glob("??.toml")):
        content = read_toml("commands", path.name)
        parts = content.get("parts", {})
        for name, phrases in content.get(table, {}).items():
            for phrase in phrases if not names or name in names else ():
                found.setdefault(name, []).extend(expand(phrase, parts))
    return MappingProxyType({name: tuple(dict.fromkeys(words)) for name, words in found.items()})


def load_frequent_words() -> Words:
    """Return the frequent words of each language that can be told by its words."""
    files = sorted(template("commands").glob("??.toml"))
    tables = {path.stem: read_toml("commands", path.name).get("language", {}) for path in files}
    return {code: tuple(table["words"]) for code, table in tables.items() if table}


@cache
def load_months() -> Mapping[str, int]:
    """Return the number of each month by its name, short or long, in every language (CLDR).

    Names are case folded; a beginning that two months share is left out.
    """
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few replies

    found: dict[str, set[int]] = {}
    for path in template("commands").glob("??.toml"):
        names = Locale.parse(path.stem).months["format"]["wide"]
        for number, name in names.items():
            for length in (3, 4, len(name)):
                found.setdefault(name[:length].casefold(), set()).add(int(number))
    return MappingProxyType(
        {name: next(iter(numbers)) for name, numbers in found.items() if len(numbers) == 1}
    )


def load_suggestions() -> Words:
    """Return the words that suggest each kind of form, of all languages together."""
    return _merged("suggestions")

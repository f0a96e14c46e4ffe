"""The words that customers may reply with, from ``templates/commands``."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pipeline.intake.reply.grammar import Choice, parse
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
    """Return the phrases of each command (by its code), of all languages together.

    A phrase may stand for many wordings: ``pipeline.intake.reply.grammar``.
    """
    return _merged("commands")


@cache
def load_table(table: str, name: str) -> tuple[Any, ...]:
    """Return the entries of one list of ``templates/commands``, of all languages together."""
    return tuple(
        entry
        for path in sorted(template("commands").glob("??.toml"))
        for entry in read_toml("commands", path.name).get(table, {}).get(name, ())
    )


@cache
def load_choices(table: str, *names: str) -> tuple[tuple[str, Choice], ...]:
    """Return the phrases of a table (all its lists, or ``names``), each with its list's name."""
    return tuple(
        (name, parse(phrase, content.get("parts", {})))
        for path in sorted(template("commands").glob("??.toml"))
        for content in [read_toml("commands", path.name)]
        for name, phrases in content.get(table, {}).items()
        if not names or name in names
        for phrase in phrases
    )


@cache
def load_frequent_words() -> Mapping[str, frozenset[str]]:
    """Return the frequent words of each language that can be told by its words."""
    files = sorted(template("commands").glob("??.toml"))
    tables = {path.stem: read_toml("commands", path.name).get("language", {}) for path in files}
    found = {code: frozenset(table["words"]) for code, table in tables.items() if table}
    return MappingProxyType(found)


@cache
def load_months() -> Mapping[str, int]:
    """Return the number of each month by its name, short or long, in every language (CLDR)."""
    return _calendar_names("months")


@cache
def load_weekdays() -> Mapping[str, int]:
    """Return the number of each weekday (Monday is 0) by its name, in every language (CLDR)."""
    return _calendar_names("days")


def _calendar_names(of: str) -> Mapping[str, int]:
    """Return names and their beginnings, case folded; what two share is left out."""
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few replies

    found: dict[str, set[int]] = {}
    for path in template("commands").glob("??.toml"):
        names = getattr(Locale.parse(path.stem), of)["format"]["wide"]
        for number, name in names.items():
            # a month may be cut to three letters; "mon" and "son" are words of their own
            for length in (3, 4, len(name)) if of == "months" else (len(name),):
                found.setdefault(name[:length].casefold(), set()).add(int(number))
    return MappingProxyType(
        {name: next(iter(numbers)) for name, numbers in found.items() if len(numbers) == 1}
    )


def load_suggestions() -> Words:
    """Return the words that suggest each kind of form, of all languages together."""
    return _merged("suggestions")

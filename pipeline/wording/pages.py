"""The words of the console's pages, in the language of who looks; what lacks is said in English."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pipeline import resources
from pipeline.wording.catalogue import read_table
from pipeline.wording.console import language
from pipeline.wording.inert import inert

_FALLBACK = "en"


@cache
def _words(code: str) -> Mapping[str, Any]:
    english = read_table("pages", "console", "web", f"{_FALLBACK}.toml")
    name = f"{code}.toml"
    if code == _FALLBACK or not resources.is_there("console", "web", name):
        return english
    return read_table("pages", "console", "web", name).above(english)


def say(key: str, /, **values: object) -> str:
    """Return the words of ``key`` with its placeholders filled; texts that fill them are inert."""
    text: str = _words(language())[key]
    filling = {
        name: inert(value) if isinstance(value, str) else value for name, value in values.items()
    }
    return text.format(**filling) if filling else text


def counted(key: str, count: int, **values: object) -> str:
    """Return the words of ``key`` for so many, those of ``key_one`` for one."""
    return say(f"{key}_one" if count == 1 else key, count=count, **values)

"""How this programme was called, so that every command it prints can be typed as it stands."""

import os
import re
import shlex
import sys
from collections.abc import Iterable
from functools import cache

_NAME = "pipeline"


def programme() -> str:
    """Return what to type to call this programme again, quoted for a shell.

    That is ``pipeline`` where the shell finds this very file by that name (an activated
    environment), else the path that was typed.
    """
    typed = sys.argv[0] if sys.argv else ""
    if os.path.basename(typed) != _NAME or _same(_found_by_shell(), typed):
        return _NAME
    return shlex.quote(typed)


def _found_by_shell() -> str:
    """Return the programme of our name in the first folder of PATH that has one, or empty."""
    there = (os.path.join(folder, _NAME) for folder in os.get_exec_path())
    return next((path for path in there if os.path.isfile(path) and os.access(path, os.X_OK)), "")


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def with_programme(text: str, commands: Iterable[str], *, escape: bool = False) -> str:
    """Return ``text`` with ``pipeline`` replaced before a command, as it has to be typed here.

    ``commands`` are the first words of all commands. ``escape`` doubles the braces of the path,
    for a text whose placeholders are filled afterwards. ``pipeline.toml`` stays what it is.
    """
    typed = programme()
    if typed == _NAME:
        return text
    if escape:
        typed = typed.replace("{", "{{").replace("}", "}}")
    return _named_before(frozenset(commands)).sub(lambda _: typed, text)


@cache
def _named_before(commands: frozenset[str]) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(commands))
    # Letters are those of ASCII: in Japanese no blank stands around a command.
    return re.compile(
        rf"(?<![A-Za-z0-9_./-]){_NAME}(?= (?:(?:{words})(?![A-Za-z0-9_-])|\{{command\}}|--))"
    )

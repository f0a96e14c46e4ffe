"""Where the words and blank forms are: bundled in the wheel, or beside us in the checkout."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


@cache
def root() -> Path:
    """Return the folder that holds ``templates/`` and ``forms/``."""
    bundled = _PACKAGE / "_bundled"
    return bundled if bundled.is_dir() else _PACKAGE.parent


def template(*parts: str) -> Path:
    """Return the path of a file or folder below ``templates/``."""
    return root().joinpath("templates", *parts)


@cache
def read_text(*parts: str) -> str:
    """Return the text of a file below ``templates/`` (UTF-8)."""
    return template(*parts).read_text(encoding="utf-8")


@cache
def read_toml(*parts: str) -> dict[str, Any]:
    """Return the parsed TOML of a file below ``templates/``; callers must not change it."""
    return tomllib.loads(read_text(*parts))


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that the forms exist in, English first."""
    found = sorted(path.stem for path in template("forms").glob("??.toml"))
    return tuple(sorted(found, key=lambda code: (code != "en", code)))

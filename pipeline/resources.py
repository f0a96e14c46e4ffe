"""Where the words and blank forms are: bundled in the wheel, or beside us in the checkout."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
_FENCE = "+++"


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
def read_documents(*parts: str) -> tuple[tuple[dict[str, Any], str], ...]:
    """Return the front matter and the body of each document of a file below ``templates/``.

    Front matter is TOML between two lines of ``+++``. Raises ValueError for a file without it.
    """
    pieces = f"\n{read_text(*parts)}".split(f"\n{_FENCE}\n")
    if len(pieces) % 2 == 0 or pieces[0].strip():
        raise ValueError(f"no front matter: {'/'.join(parts)}")
    heads = (tomllib.loads(head) for head in pieces[1::2])
    return tuple(zip(heads, pieces[2::2], strict=True))


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that the forms exist in, English first."""
    found = sorted(path.stem for path in template("forms").glob("??.toml"))
    return tuple(sorted(found, key=lambda code: (code != "en", code)))

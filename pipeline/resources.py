"""Where the words and blank forms are: bundled in the wheel, or beside us in the checkout."""

import os.path
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_FENCE = "+++"


@cache
def _root() -> str:
    bundled = os.path.join(_PACKAGE, "_bundled")
    return bundled if os.path.isdir(bundled) else os.path.dirname(_PACKAGE)


def _template(*parts: str) -> str:
    return os.path.join(_root(), "templates", *parts)


def root() -> "Path":
    """Return the folder that holds ``templates/`` and ``forms/``."""
    from pathlib import Path  # noqa: PLC0415 - see above

    return Path(_root())


def template(*parts: str) -> "Path":
    """Return the path of a file or folder below ``templates/``."""
    return root().joinpath("templates", *parts)


def is_there(*parts: str) -> bool:
    """Return whether there is such a file below ``templates/``."""
    return os.path.isfile(_template(*parts))


@cache
def read_text(*parts: str) -> str:
    """Return the text of a file below ``templates/`` (UTF-8)."""
    with open(_template(*parts), encoding="utf-8") as file:
        return file.read()


@cache
def read_toml(*parts: str) -> dict[str, Any]:
    """Return the parsed TOML of a file below ``templates/``; callers must not change it."""
    return parsed_toml(read_text(*parts))


def parsed_toml(text: str) -> dict[str, Any]:
    """Return the values of a text in TOML. Raises tomllib.TOMLDecodeError."""
    import tomllib  # noqa: PLC0415 - --version reads no TOML

    return tomllib.loads(text)


@cache
def read_documents(*parts: str) -> tuple[tuple[dict[str, Any], str], ...]:
    """Return the front matter and the body of each document of a file below ``templates/``.

    Front matter is TOML between two lines of ``+++``. Raises ValueError for a file without it.
    """
    return parsed_documents(read_text(*parts))


def parsed_documents(text: str) -> tuple[tuple[dict[str, Any], str], ...]:
    """Return the front matter and the body of each document of a text. Raises ValueError."""
    pieces = f"\n{text}".split(f"\n{_FENCE}\n")
    if len(pieces) % 2 == 0 or pieces[0].strip():
        raise ValueError("no front matter")
    heads = (parsed_toml(head) for head in pieces[1::2])
    return tuple(zip(heads, pieces[2::2], strict=True))


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that the forms exist in, English first."""
    names = (os.path.splitext(name) for name in os.listdir(_template("forms")))
    found = [code for code, ending in names if ending == ".toml" and len(code) == len("en")]
    return tuple(sorted(found, key=lambda code: (code != "en", code)))

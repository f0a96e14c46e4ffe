"""What programs write into mail that no person wrote: ``words.toml`` beside this file."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def read_words() -> dict[str, Any]:
    """Return the tables of words, names and fields; callers must not change them."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

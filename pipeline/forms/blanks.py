"""Finds the published blanks: the files that customers download and fill in."""

from functools import lru_cache

from pipeline.model.form import FormKind
from pipeline.resources import languages, root

_KEPT = 16


@lru_cache(maxsize=_KEPT)
def published(kind: FormKind, language: str) -> bytes | None:
    """Return the published PDF, or None when there is none in ``language``."""
    path = root() / "forms" / f"{kind.value}_{language}.pdf"
    return path.read_bytes() if language in languages() and path.is_file() else None

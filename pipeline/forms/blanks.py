"""Finds the published blanks: the files that customers download and fill in."""

from functools import lru_cache

from pipeline.model.form import FileFormat, FormKind
from pipeline.resources import languages, root

_KEPT = 32


@lru_cache(maxsize=_KEPT)
def published(
    kind: FormKind, language: str, file_format: FileFormat = FileFormat.PDF
) -> bytes | None:
    """Return the published file, or None when there is none in ``language``."""
    path = root() / "forms" / f"{kind.value}_{language}.{file_format.value}"
    return path.read_bytes() if language in languages() and path.is_file() else None

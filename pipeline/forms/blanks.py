"""Names and finds the published blanks: the files that customers download and fill in."""

from functools import lru_cache

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.form import FileFormat, FormKind
from pipeline.resources import languages, root

_KEPT = 32


def file_name(kind: FormKind, language: str, file_format: FileFormat) -> str:
    """Return the name of a form's file, such as ``onboarding_en.xlsx``."""
    return f"{kind.value}_{language}.{file_format.value}"


@lru_cache(maxsize=_KEPT)
def published(
    kind: FormKind, language: str, file_format: FileFormat = FileFormat.PDF, version: str = ""
) -> bytes | None:
    """Return the published file, or None when there is none in ``language``.

    ``version`` is what a file says of itself (empty: the present one). Of older versions the PDFs
    are kept, by which prints of them are read.
    """
    definition, folder = FORMS[kind], root() / "forms"
    if version in definition.older_versions:
        folder /= version
    elif version not in {"", definition.version}:
        return None
    path = folder / file_name(kind, language, file_format)
    return path.read_bytes() if language in languages() and path.is_file() else None

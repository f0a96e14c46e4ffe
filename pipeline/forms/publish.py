"""Writes forms to files: the published blanks, or forms filled in beforehand."""

import tempfile
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pipeline.forms.blanks import file_name
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.xlsx.write.fill import fill_xlsx
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.resources import languages

#: All forms in a few languages, about 20 KB each.
_BLANKS_KEPT = 32
#: The workbooks of which one was made in this process: a few for each form and language.
_began: set[tuple[object, ...]] = set()


def build_form(
    kind: FormKind,
    language: str,
    file_format: FileFormat,
    filling: Filling | None = None,
    *,
    address: str,
    privacy: str,
) -> bytes:
    """Return the form ``kind`` in ``language`` and ``file_format``, blank or with a ``filling``.

    ``address`` is where the form is sent to, ``privacy`` whom to ask about personal data. Raises
    FileNotFoundError for a language that has no texts.
    """
    if file_format is FileFormat.XLSX:
        _began.add(_beginning(kind, language, filling, address, privacy))
        if filling is None:
            return _blank(kind, language, address, privacy)
        return fill_xlsx(kind, language, filling, address=address, privacy=privacy)
    from pipeline.forms.pdf.write.form import build_pdf  # noqa: PLC0415 - needs Pango

    return build_pdf(kind, language, filling, address=address, privacy=privacy)


def is_quick(
    kind: FormKind,
    language: str,
    file_format: FileFormat,
    filling: Filling | None = None,
    *,
    address: str,
    privacy: str,
) -> bool:
    """Return whether :func:`build_form` takes only milliseconds for these arguments.

    Workbooks are, once one of the kind was made in this process; PDFs, once one with the same marks
    was. Only time depends on the answer.
    """
    if file_format is FileFormat.XLSX:
        return _beginning(kind, language, filling, address, privacy) in _began
    from pipeline.forms.pdf.write.form import is_laid_out  # noqa: PLC0415 - needs the fonts

    return is_laid_out(kind, language, filling or Filling(), address=address, privacy=privacy)


def _beginning(
    kind: FormKind, language: str, filling: Filling | None, address: str, privacy: str
) -> tuple[object, ...]:
    """Return what the slow part of a workbook depends on."""
    marked = None if filling is None else bool(filling.marks)
    return kind, language, marked, address, privacy


@lru_cache(maxsize=_BLANKS_KEPT)
def _blank(kind: FormKind, language: str, address: str, privacy: str) -> bytes:
    """Return a blank workbook; it depends on nothing else, so it is built once a process."""
    return build_xlsx(kind, language, address=address, privacy=privacy)


def publish(  # noqa: PLR0913 - what to write, where, and what stands on it
    out: Path,
    *,
    address: str,
    privacy: str,
    kinds: Sequence[FormKind] = tuple(FORMS),
    languages: Sequence[str] = languages(),
    formats: Sequence[FileFormat] = tuple(FileFormat),
    filling: Filling | None = None,
) -> tuple[Path, ...]:
    """Write the forms into the folder ``out`` (made when missing) and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for kind in kinds:
        for language in languages:
            for file_format in formats:
                path = out / file_name(kind, language, file_format)
                content = build_form(
                    kind, language, file_format, filling, address=address, privacy=privacy
                )
                path.write_bytes(content)
                written.append(path)
    return tuple(written)


def stale(
    published: Path,
    *,
    address: str,
    privacy: str,
    formats: Sequence[FileFormat] = tuple(FileFormat),
) -> tuple[str, ...]:
    """Return the names of the blanks in ``published`` that are missing or out of date."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = publish(Path(folder), address=address, privacy=privacy, formats=formats)
        return tuple(path.name for path in fresh if not _same(path, published / path.name))


def _same(fresh: Path, published: Path) -> bool:
    """Return whether two files say the same; a zip may be packed by another version of zlib."""
    if not published.is_file():
        return False
    if fresh.read_bytes() == published.read_bytes():
        return True
    if fresh.suffix != f".{FileFormat.XLSX.value}" or not zipfile.is_zipfile(published):
        return False
    with zipfile.ZipFile(fresh) as one, zipfile.ZipFile(published) as other:
        return one.namelist() == other.namelist() and all(
            one.read(name) == other.read(name) for name in one.namelist()
        )

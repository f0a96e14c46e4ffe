"""A PDF that is being read: its fields, and what it says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.forms.pdf.read.cut import saved_by_pdfium
from pipeline.forms.pdf.read.fields import PdfField, by_short_name, read_form
from pipeline.forms.pdf.read.identity import stamp_of_file
from pipeline.forms.stamp import IDENTITY_NAMES, Stamp
from pipeline.model.form import FormFile
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import UnreadableFile

_IDENTITY = IDENTITY_NAMES[0]


@dataclass(frozen=True, slots=True)
class OpenForm:
    """An open ``pdf`` of the bytes ``content``, which came in ``file``.

    ``fields`` are its fields by the last parts of their names, ``copies`` how often it has the
    hidden field that names the form; ``has_notes`` tells of annotations that are no fields.
    """

    file: FormFile
    content: bytes
    pdf: Any
    fields: Mapping[str, PdfField]
    copies: int
    has_notes: bool
    stamp: Stamp | None

    @property
    def has_two_identities(self) -> bool:
        """Whether its hidden fields name two forms, versions or languages."""
        return any(self.fields[name].disagrees for name in IDENTITY_NAMES if name in self.fields)


def open_form(file: FormFile, content: bytes, pdf: Any) -> OpenForm:
    """Read the fields of the open ``pdf``. Raises whatever pikepdf raises on a broken file."""
    form = read_form(pdf, by_pdfium=saved_by_pdfium(file.content))
    fields = by_short_name(form.fields)
    copies = sum(field.short_name == _IDENTITY for field in form.fields)
    return OpenForm(file, content, pdf, fields, copies, form.has_notes, stamp_of_file(pdf, fields))


def unreadable(file: FormFile, code: str, **params: str | int) -> UnreadableFile:
    """Return the problem ``code`` as what was read of ``file``."""
    return UnreadableFile(file.name, Problem(code, Severity.ERROR, params=tuple(params.items())))

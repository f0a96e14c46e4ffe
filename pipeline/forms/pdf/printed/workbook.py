"""Tells a PDF print of our workbook from a print of the PDF form: by words that only one has."""

from functools import cache

from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.texts import printed_versions
from pipeline.model.form import FormKind

_WORKBOOK = ("explanation", "save_xlsx")
_PDF_FORM = ("save_pdf", "fill_pdf")


def is_print_of_workbook(text: str, kind: FormKind) -> bool:
    """Return whether ``text`` is what the workbook of ``kind`` prints."""
    printed = folded(text)
    return any(word in printed for word in _words(kind, _WORKBOOK)) and not any(
        word in printed for word in _words(kind, _PDF_FORM)
    )


@cache
def _words(kind: FormKind, keys: tuple[str, ...]) -> frozenset[str]:
    """Return, folded, what each key prints in every language and version."""
    return frozenset(folded(texts.words(key)) for texts in printed_versions(kind) for key in keys)

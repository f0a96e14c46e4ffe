"""Writes a form as a PDF: a blank, one that is filled in, or one with marked answers."""

from functools import lru_cache

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.fonts import shows_all
from pipeline.forms.pdf.write.finish import finish
from pipeline.forms.pdf.write.layout import lay_out
from pipeline.forms.stamp import Stamp
from pipeline.model.form import Filling, FormKind

_BLANK = Filling()
_PAGES_KEPT = 32


def build_pdf(
    kind: FormKind, language: str, filling: Filling | None = None, *, address: str, privacy: str
) -> bytes:
    """Return the form as a tagged, fillable PDF; the same input gives the same bytes.

    ``address`` is where the form is sent, ``privacy`` whom to ask about privacy; both are printed.
    ``filling`` writes answers into it and marks some, each with its sentences beside it.
    Raises ConfigurationError (``pango_missing``), FileNotFoundError for an unknown language.
    """
    if filling is None or filling == _BLANK:
        return _blank(kind, language, address, privacy)
    complete = all(shows_all(text) for _, text in filling.answers)
    if filling.marks or not complete:
        pages = lay_out(kind, language, address, privacy, filling)
    else:
        pages = _pages(kind, language, address, privacy)
    return finish(pages, _stamp(kind, language), filling)


@lru_cache(maxsize=_PAGES_KEPT)
def _blank(kind: FormKind, language: str, address: str, privacy: str) -> bytes:
    """Return the blank; it depends on nothing else, so it is made once a process."""
    return finish(_pages(kind, language, address, privacy), _stamp(kind, language), _BLANK)


@lru_cache(maxsize=_PAGES_KEPT)
def _pages(kind: FormKind, language: str, address: str, privacy: str) -> bytes:
    return lay_out(kind, language, address, privacy)


def _stamp(kind: FormKind, language: str) -> Stamp:
    return Stamp(kind, FORMS[kind].version, language)

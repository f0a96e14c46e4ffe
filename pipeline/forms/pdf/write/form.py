"""Writes a form as a PDF: a blank, one that is filled in, or one with marked answers."""

from functools import lru_cache

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.kept import Kept
from pipeline.forms.pdf.write.fill import fill
from pipeline.forms.pdf.write.finish import finish
from pipeline.forms.pdf.write.layout import Printed, lay_out, printed
from pipeline.forms.stamp import Stamp
from pipeline.model.form import Filling, FormKind

_BLANK = Printed()
#: Blanks of all forms in a few languages, some 80 KB each.
_BLANKS_KEPT = 32
#: Forms with marks: many customers make the same mistake.
_copies: Kept[bytes] = Kept(32)


def build_pdf(
    kind: FormKind, language: str, filling: Filling | None = None, *, address: str, privacy: str
) -> bytes:
    """Return the form as a tagged, fillable PDF; the same input gives the same bytes.

    ``address`` is where the form is sent, ``privacy`` whom to ask about privacy; both are printed.
    ``filling`` writes answers into it and marks some, each with its sentences beside it.
    Raises ConfigurationError (``pango_missing``), FileNotFoundError for an unknown language.
    """
    filling = filling or Filling()
    shown = printed(kind, filling)
    if shown == _BLANK:
        form = _blank(kind, language, address, privacy)
    else:
        key = (kind, language, address, privacy, shown)
        form = _copies.get(key, lambda: _finished(kind, language, address, privacy, shown))
    return fill(form, _stamp(kind, language), filling)


def is_laid_out(
    kind: FormKind, language: str, filling: Filling, *, address: str, privacy: str
) -> bool:
    """Return whether the pages of such a form were laid out before, so that it is quick."""
    shown = printed(kind, filling)
    return shown != _BLANK and (kind, language, address, privacy, shown) in _copies


@lru_cache(maxsize=_BLANKS_KEPT)
def _blank(kind: FormKind, language: str, address: str, privacy: str) -> bytes:
    return _finished(kind, language, address, privacy, _BLANK)


def _finished(kind: FormKind, language: str, address: str, privacy: str, shown: Printed) -> bytes:
    pages = lay_out(kind, language, address, privacy, shown)
    return finish(pages, _stamp(kind, language), shown.marks)


def _stamp(kind: FormKind, language: str) -> Stamp:
    return Stamp(kind, FORMS[kind].version, language)

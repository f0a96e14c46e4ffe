"""Writes a form as a PDF: a blank, one that is filled in, or one with marked answers."""

from collections.abc import Hashable

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.kept import Kept
from pipeline.forms.pdf.fonts import shows_all
from pipeline.forms.pdf.write.fill import answers_of, fill
from pipeline.forms.pdf.write.finish import finish
from pipeline.forms.pdf.write.layout import ends_of, lay_out, lay_out_parts
from pipeline.forms.pdf.write.marked import known_marks, marked_copy
from pipeline.forms.pdf.write.prepared import Parts, Whole, parts, whole
from pipeline.forms.stamp import Stamp
from pipeline.model.form import Filling, FormKind

#: Each form in a few languages, some 100 KB each; with and without the note on unknown characters.
_finished: Kept[tuple[bytes, Whole]] = Kept(32)
_in_parts: Kept[Parts] = Kept(16)


def build_pdf(
    kind: FormKind, language: str, filling: Filling | None = None, *, address: str, privacy: str
) -> bytes:
    """Return the form as a tagged, fillable PDF; the same input gives the same bytes.

    ``address`` is where the form is sent, ``privacy`` whom to ask about privacy; both are printed.
    ``filling`` writes answers into it and marks some, each with its sentences beside it.
    Raises ConfigurationError (``pango_missing``), FileNotFoundError for an unknown language.
    """
    filling, stamp = filling or Filling(), _stamp(kind, language)
    form = (kind, language, address, privacy)
    if not known_marks(stamp, filling):
        complete = _is_complete(filling)
        blank, prepared = _finished.get((*form, complete), lambda: _blank(*form, complete=complete))
        if not answers_of(stamp, filling):
            return blank
        if filled := fill(prepared, stamp, filling):
            return filled
    return marked_copy(_in_parts.get(form, lambda: _parts(*form)), stamp, filling)


def is_laid_out(
    kind: FormKind, language: str, filling: Filling, *, address: str, privacy: str
) -> bool:
    """Return whether the pages of such a form were laid out before, so that it is quick."""
    form: tuple[Hashable, ...] = (kind, language, address, privacy)
    if known_marks(_stamp(kind, language), filling):
        return form in _in_parts
    return (*form, _is_complete(filling)) in _finished


def _is_complete(filling: Filling) -> bool:
    """Return whether our fonts can draw every answer."""
    return all(shows_all(text) for _, text in filling.answers)


def _blank(
    kind: FormKind, language: str, address: str, privacy: str, *, complete: bool
) -> tuple[bytes, Whole]:
    pages = lay_out(kind, language, address, privacy, complete=complete)
    blank = finish(pages, _stamp(kind, language))
    return blank, whole(blank)


def _parts(kind: FormKind, language: str, address: str, privacy: str) -> Parts:
    pages = lay_out_parts(kind, language, address, privacy)
    return parts(finish(pages, _stamp(kind, language)), *ends_of(pages))


def _stamp(kind: FormKind, language: str) -> Stamp:
    return Stamp(kind, FORMS[kind].version, language)

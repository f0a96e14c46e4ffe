"""Marks answers: a box around the field, and a note with the sentences (ISO 32000-2, 12.5.6).

Not every viewer shows notes, so the sentences are printed on the page as well.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.forms.pdf.geometry import edges_of
from pipeline.forms.pdf.write.appearance import form_xobject
from pipeline.forms.pdf.write.tags import tag_beside

_PRINT = 1 << 2
_FIXED = (1 << 6) | (1 << 7)
_COLOUR = (0.61, 0.11, 0.11)
_LINE = 1.5
_NOTE_SIZE = 18
_MARGIN = 40


def add_marks(pdf: Any, marks: Mapping[str, tuple[str, str]], word: str) -> None:
    """Box each field of ``marks`` (by its name), with a note in the margin beside it.

    ``marks`` are the label and the sentences of a field; ``word`` says what the box means.
    """
    import pikepdf  # noqa: PLC0415 - slow to import

    tagged = {}
    for page in pdf.pages:
        width = float(page.mediabox[2])
        for widget in page.obj.get("/Annots", []):
            if (name := str(widget.get("/T", ""))) in marks:
                label, sentences = marks[name]
                texts = (f"{word} – {label}", sentences)
                pair = _annotations(pdf, widget, page.obj, texts, width)
                tagged[widget.objgen[0]] = tuple(map(pdf.make_indirect, pair))
        widgets = list(page.obj.get("/Annots", []))
        added = [one for widget in widgets for one in tagged.get(widget.objgen[0], ())]
        if added:
            page.obj.Annots = pikepdf.Array([*added, *widgets])
    tag_beside(pdf, tagged)


def _annotations(
    pdf: Any, widget: Any, page: Any, texts: tuple[str, str], page_width: float
) -> tuple[Any, Any]:
    """Return the box around ``widget`` and the note in the right margin of its page."""
    import pikepdf  # noqa: PLC0415 - slow to import

    left, bottom, right, top = edges_of(widget)
    wide, high = right - left + 2 * _LINE, top - bottom + 2 * _LINE
    colour = " ".join(map(str, _COLOUR))
    inner = f"{_LINE / 2} {_LINE / 2} {wide - _LINE:.2f} {high - _LINE:.2f}"
    look = form_xobject(pdf, f"q {colour} RG {_LINE} w {inner} re S Q", wide, high)
    frame = pikepdf.Dictionary(
        Subtype=pikepdf.Name.Square,
        Rect=pikepdf.Array([left - _LINE, bottom - _LINE, right + _LINE, top + _LINE]),
        F=_PRINT | _FIXED,
        AP=pikepdf.Dictionary(N=look),
        BS=pikepdf.Dictionary(W=_LINE),
    )
    margin = page_width - _MARGIN
    note = pikepdf.Dictionary(
        Subtype=pikepdf.Name.Text,
        Rect=pikepdf.Array([margin, top - _NOTE_SIZE, margin + _NOTE_SIZE, top]),
        Name=pikepdf.Name.Comment,
        F=0,
        Open=False,
    )
    for annotation, text in zip((frame, note), texts, strict=True):
        annotation.Type = pikepdf.Name.Annot
        annotation.P = page
        annotation.C = pikepdf.Array(list(_COLOUR))
        annotation.Contents = pikepdf.String(text)
    return frame, note

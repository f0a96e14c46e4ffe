"""Frames marked answers, with a note in the margin beside each (ISO 32000-2, 12.5.6).

Not every viewer shows notes, so the sentences are printed on the page as well.
"""

from dataclasses import dataclass

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.signs import MARK_NAME, words_digest
from pipeline.forms.pdf.write.objects import Copy, form_entries, rectangle, string
from pipeline.forms.pdf.write.printing import PAGE_WIDTH

_PRINT = 1 << 2
_FIXED = (1 << 6) | (1 << 7)
_COLOUR = "0.61 0.11 0.11"
_LINE = 1.5
_NOTE_SIZE = 18
_MARGIN = 40


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked field: where it stands on which page, and what its frame and its note say."""

    name: str
    edges: Edges
    page: int
    meaning: str
    sentences: str


def annotate(copy: Copy, marked: Marked, first_place: int) -> tuple[int, int]:
    """Write the frame around a field and its note; return their numbers.

    ``first_place`` is that of the first of them in the parent tree.
    """
    left, bottom, right, top = marked.edges
    frame = (left - _LINE, bottom - _LINE, right + _LINE, top + _LINE)
    wide, high = right - left + 2 * _LINE, top - bottom + 2 * _LINE
    inner = f"{_LINE / 2} {_LINE / 2} {wide - _LINE:.2f} {high - _LINE:.2f}"
    drawing = f"q {_COLOUR} RG {_LINE} w {inner} re S Q".encode()
    look = copy.add_stream(drawing, form_entries(wide, high))
    margin = PAGE_WIDTH - _MARGIN
    beside = (margin, top - _NOTE_SIZE, margin + _NOTE_SIZE, top)
    return (
        copy.add(
            b"<</Type/Annot/Subtype/Square/Rect%s/F %d/AP<</N %d 0 R>>/BS<</W %s>>%s>>"
            % (
                *(rectangle(frame), _PRINT | _FIXED, look, b"%g" % _LINE),
                _common(marked, "box", marked.meaning, first_place),
            )
        ),
        copy.add(
            b"<</Type/Annot/Subtype/Text/Rect%s/F 0/Name/Comment/Open false%s>>"
            % (rectangle(beside), _common(marked, "note", marked.sentences, first_place + 1))
        ),
    )


def _common(marked: Marked, part: str, words: str, place: int) -> bytes:
    """Return the entries that both annotations have."""
    name = string(f"{MARK_NAME}{marked.name}:{part}:{words_digest(words)}")
    return b"/P %d 0 R/C[%s]/Contents%s/NM%s/StructParent %d" % (
        *(marked.page, _COLOUR.encode(), string(words), name, place),
    )

"""Collects what was added to a print of a form: what its boxes and our print do not explain."""

from collections.abc import Iterable, Sequence

from pipeline.forms.pdf.left_over.mark import Mark, tidied
from pipeline.forms.pdf.left_over.moved import notes_above, own_on_moved
from pipeline.forms.pdf.left_over.questions import FieldBox, Questions
from pipeline.forms.pdf.left_over.runs import edges_of_run, runs, words_of
from pipeline.forms.pdf.left_over.told import told
from pipeline.forms.pdf.printed.answers import Print
from pipeline.forms.pdf.printed.blank import Blank, blank_form
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.printed.places import edges_on_page
from pipeline.forms.texts import form_texts
from pipeline.model.submission import LeftOver, LeftOverKind


def around_print(found: Print, notes: Iterable[Mark]) -> tuple[LeftOver, ...]:
    """Return what stands on the pages of a print beside its answers.

    ``notes`` are its annotations, of which the typed ones are answers or remarks already.
    """
    blank = blank_form(found.stamp)
    if blank is None:
        return ()
    marks = [note for note in notes if not note.is_typed]
    mark = _word_of_marks(found)
    for page, characters in found.pages:
        ours = own_on_moved(None, characters, found.stamp, notes_above(found.stamp))
        left = [
            item
            for item in characters
            if item.index not in ours and (page, item.index) not in found.used
        ]
        for run in runs(left):
            words = words_of(run)
            if words and not (mark and mark in folded(words)):
                place = (edges_of_run(run),)
                marks.append(Mark(page, place, LeftOverKind.PAGE, tidied(words)))
    return told(marks, Questions(_boxes(blank, found), blank), {})


def _word_of_marks(found: Print) -> str:
    """Return the word that begins the sentences on a print of a marked copy; empty on others.

    A print keeps none of our signs, so they are known by this word and by what is above them.
    """
    texts = form_texts(found.stamp.language, found.stamp.version)
    said = folded(texts.words("marked_note_pdf").partition("{count}")[0])
    shown = "".join(folded(item.text) for _, page in found.pages for item in page)
    return folded(texts.words("check_mark")) if said and said in shown else ""


def _boxes(blank: Blank, found: Print) -> Sequence[FieldBox]:
    return [
        FieldBox(box.field, place.page, edges_on_page(box.edges, place))
        for box in blank.boxes
        for place in found.places.get(box.field, ())[:1]
    ]

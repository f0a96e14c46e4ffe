"""Knows our print on a page whose rows do not stand where they do on the blank: a marked copy.

What is left of it after a program has written its pages anew is told by words: those of the blank,
in its order, those of the sentences at marked answers, and those that stand in content marked as
ours.
"""

import re
from collections.abc import Iterable, Sequence

from pipeline.forms.pdf.fonts import drawable
from pipeline.forms.pdf.left_over.runs import runs
from pipeline.forms.pdf.left_over.sheets import Sheet, sheets
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.printed.page import Character, PrintedPage
from pipeline.forms.pdf.signs import MARK_TAG
from pipeline.forms.stamp import Stamp
from pipeline.forms.texts import form_texts

#: So many characters that follow each other on the blank too are ours.
_ENOUGH = 8
#: A run is ours when so much of it is: a number of pages may differ.
_SHARE = 0.8
_NUMBER = 2  # digits of a number of a question
_DIGITS, _PLACES = re.compile(r"\d+"), re.compile(r"\{pages?\}")


def own_on_moved(
    page: PrintedPage | None, characters: Sequence[Character], stamp: Stamp, own: Iterable[str]
) -> set[int]:
    """Return the indexes of the ``characters`` of a page that are our print.

    ``stamp`` names the blank; ``own`` are other words that we print. Of a ``page`` that is open,
    content that is marked as ours is known too.
    """
    known = sheets(stamp)
    shown = [(folded(item.text), item.index) for item in characters if not item.is_blank]
    text = "".join(part for part, _ in shown)
    at = [index for part, index in shown for _ in part]
    found = _in_order(text, at, known)
    for words in sorted({folded(drawable(words)) for words in own}, key=len, reverse=True):
        start = text.find(words) if words else -1
        while start >= 0:
            found |= set(at[start : start + len(words)])
            start = text.find(words, start + len(words))
    short = {_DIGITS.sub("", line) for sheet in known for line in sheet.lines}
    short.add(_DIGITS.sub("", folded(_PLACES.sub("", form_texts(stamp.language).words("page")))))
    ours: set[int] = set()
    for run in runs(characters):
        indexes = {item.index for item in run if not item.is_blank}
        words = "".join(folded(item.text) for item in run)
        rest = _DIGITS.sub("", words)
        is_short = rest in short and (bool(rest) or len(words) <= _NUMBER)
        left = indexes - found
        tagged = {index for index in left if page and page.is_tagged(index, MARK_TAG)}
        is_ours = is_short or len(left - tagged) <= (1 - _SHARE) * len(indexes)
        ours |= indexes if is_ours else tagged
    return ours


def _in_order(text: str, at: Sequence[int], known: Iterable[Sheet]) -> set[int]:
    """Return the indexes of characters that follow each other on the blank as well."""
    pieces = {
        sheet.text[start : start + _ENOUGH]
        for sheet in known
        for start in range(len(sheet.text) - _ENOUGH + 1)
    }
    found: set[int] = set()
    for start in range(len(text) - _ENOUGH + 1):
        if text[start : start + _ENOUGH] in pieces:
            found |= set(at[start : start + _ENOUGH])
    return found


def notes_above(stamp: Stamp) -> list[str]:
    """Return what we print above the questions of copies."""
    texts = form_texts(stamp.language, stamp.version)
    before, _, after = texts.words("marked_note_pdf").partition("{count}")
    return [before, after, texts.words("unshown_note")]

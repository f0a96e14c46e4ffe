"""Tells what a print is of, by words: our workbook, or one of our forms at all."""

from functools import cache

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.texts import printed_versions
from pipeline.model.form import FormKind

#: A hint of fewer characters may stand in any text; so many hints stand in none but ours.
_LONG, _ENOUGH = 10, 3
_WORKBOOK = ("explanation", "left_go", "save_xlsx")
_PDF_FORM = ("save_pdf", "fill_pdf")


def is_print_of_workbook(text: str, kind: FormKind) -> bool:
    """Return whether ``text`` is what the workbook of ``kind`` prints."""
    printed = folded(text)
    return any(word in printed for word in _words(kind, _WORKBOOK)) and not any(
        word in printed for word in _words(kind, _PDF_FORM)
    )


def has_our_words(text: str) -> bool:
    """Return whether ``text`` has some of the hints of our forms: of a print without its footer."""
    printed = folded(text)
    return any(
        sum(hint in printed for hint in _hints(kind, number)) >= _ENOUGH
        for kind in FormKind
        for number in range(len(printed_versions(kind)))
    )


@cache
def _hints(kind: FormKind, number: int) -> frozenset[str]:
    """Return, folded, the longer hints of the form in one version and language."""
    texts = printed_versions(kind)[number]
    hints = {folded(texts.hint(kind, field)) for field in FORMS[kind].questions}
    return frozenset(hint for hint in hints if len(hint) >= _LONG)


@cache
def _words(kind: FormKind, keys: tuple[str, ...]) -> frozenset[str]:
    """Return, folded, what each key prints in every language and version."""
    return frozenset(
        folded(word)
        for texts in printed_versions(kind)
        for key in keys
        if (word := texts.word_if_any(key))
    )

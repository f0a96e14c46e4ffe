"""Lists the texts that a blank workbook prints beside the answers."""

from collections.abc import Iterator
from functools import cache

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import FormTexts, fold_word, printed_versions
from pipeline.model.form import FormKind

#: The words of the check column, and those at answers that we marked.
MARK_WORDS = ("check_mark", "proposed_mark")
CHECK_WORDS = (
    "check_ok",
    "check_empty",
    "check_format",
    "check_differs",
    *MARK_WORDS,
)


@cache
def printed_texts(kind: FormKind) -> frozenset[str]:
    """Return, folded, what stands beside the answers in every language and version."""
    return frozenset(
        fold_word(text) for texts in printed_versions(kind) for text in _texts(kind, texts)
    )


def _texts(kind: FormKind, texts: FormTexts) -> Iterator[str]:
    for key in ("answer", *CHECK_WORDS):
        yield texts.words(key)
    for name in FORMS[kind].questions:
        yield name
        yield texts.requirement(kind, name)
        yield from texts.beside(kind, name)

"""The texts that a blank workbook prints beside the answers."""

from collections.abc import Iterator
from functools import cache

from pipeline.forms.catalogue import FORMS
from pipeline.forms.texts import FormTexts, fold_word, form_texts
from pipeline.model.form import FormKind
from pipeline.resources import languages

_CHECK_WORDS = ("check_ok", "check_empty", "check_format", "check_differs", "check_mark")


def explanation(kind: FormKind, texts: FormTexts, name: str, *, short: bool = False) -> str:
    """Return what stands beside an answer: why or how to answer (not if ``short``), an example."""
    example = texts.words("example").format(example=texts.example(kind, name))
    if short and not texts.statement(kind, name):
        return example
    return f"{texts.statement(kind, name) or texts.hint(kind, name)}\n{example}"


@cache
def printed_texts(kind: FormKind) -> frozenset[str]:
    """Return, folded and in every language, what stands in the columns beside the answers."""
    return frozenset(
        fold_word(text) for texts in map(form_texts, languages()) for text in _texts(kind, texts)
    )


def _texts(kind: FormKind, texts: FormTexts) -> Iterator[str]:
    for key in ("answer", *_CHECK_WORDS):
        yield texts.words(key)
    for name in FORMS[kind].questions:
        yield name
        yield texts.label(kind, name)
        yield texts.requirement(kind, name)
        yield explanation(kind, texts, name)
        yield explanation(kind, texts, name, short=True)

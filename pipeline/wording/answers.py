"""The answer to a question in a reader's words: choices, countries and languages by their names."""

from functools import cache

from babel import Locale, UnknownLocaleError

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind


def answer_word(kind: FormKind, field: str, value: str | None, language: str) -> str:
    """Return the canonical ``value`` of an answer in ``language``; what has no word stays."""
    question = FORMS[kind].questions.get(field)
    if not value or question is None:
        return value or ""
    texts = form_texts(language)
    if question.kind is AnswerKind.COUNTRY:
        return _country(value, texts.locale)
    return dict(texts.choices(field)).get(value, value)


def question_labels(language: str, form: str | None = None) -> dict[str, str]:
    """Return a label of each question of any form by its id; that in ``form`` where it has it."""
    texts = form_texts(language)
    kinds = sorted(FORMS, key=lambda kind: kind == form)
    return {field: texts.label(kind, field) for kind in kinds for field in FORMS[kind].questions}


def language_name(code: str, language: str) -> str:
    """Return what the language ``code`` is called in ``language``; else the code."""
    try:
        name = Locale.parse(form_texts(language).locale).languages.get(code)
    except (UnknownLocaleError, ValueError, FileNotFoundError):
        return code
    return str(name or code)


@cache
def _country(code: str, locale: str) -> str:
    return str(Locale.parse(locale).territories.get(code, code))

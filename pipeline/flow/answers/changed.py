"""The answers that a revision changed, in the words of the customer."""

from datetime import date

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.texts import form_texts
from pipeline.model.form import FormKind
from pipeline.notifications.dates import full_date
from pipeline.notifications.words import words_of
from pipeline.validation.phone.number_types import international_writing

Changes = tuple[tuple[str, str, str], ...]


def in_words(kind: FormKind, language: str, changed: Changes) -> Changes:
    """Return (label, old, new) of the ``changed`` (field, old, new) of a form of ``kind``."""
    texts = form_texts(language)
    questions = FORMS[kind].questions

    def word(field: str, value: str) -> str:
        match questions[field].kind:
            case AnswerKind.CHOICE | AnswerKind.TICK:
                return dict(texts.choices(field)).get(value, value)
            case AnswerKind.PHONE:
                return international_writing(value)
            case AnswerKind.DATE:
                return _date_in_words(value, language)
        return value

    return tuple(
        (texts.label(kind, field), word(field, old), word(field, new))
        for field, old, new in changed
        if field in questions
    )


def _date_in_words(text: str, language: str) -> str:
    """Return an ISO date as people write it; what is none stays as it was typed."""
    try:
        return full_date(date.fromisoformat(text), words_of(language))
    except ValueError:
        return text

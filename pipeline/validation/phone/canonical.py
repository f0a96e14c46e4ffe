"""A number that staff typed on the command line, without a form around it."""

from datetime import date

from pipeline.forms.definition import AnswerKind, Question
from pipeline.model.problem import Verdict
from pipeline.validation.phone.reader import read_phone
from pipeline.validation.reading import Hints

_QUESTION = Question(AnswerKind.PHONE, "number")


def canonical_number(text: str) -> str | None:
    """Return the E.164 form of an international number, or None when it is none for certain."""
    read = read_phone(text, _QUESTION, Hints(today=date.min))
    return read.value if read.verdict is Verdict.OK else None

"""A number that staff typed on the command line, without a form around it."""

from datetime import date

from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.model.problem import Verdict
from pipeline.validation.phone.reader import read_phone
from pipeline.validation.reading import Hints

_QUESTION = Question(AnswerKind.PHONE, "number")
#: Doubts about what a number is good for (toll-free and the like), not about which number it is.
_ABOUT_ITS_USE = frozenset({"phone_special"})


def canonical_number(text: str) -> str | None:
    """Return the E.164 form of an international number, or None when it is none for certain.

    A toll-free or service number is one: customers who were active before use them.
    """
    read = read_phone(text, _QUESTION, Hints(today=date.min))
    about_use = {finding.code for finding in read.findings} <= _ABOUT_ITS_USE
    certain = read.verdict is Verdict.OK or (read.verdict is Verdict.ASK and about_use)
    return read.value if certain else None

"""From a submission to judged answers, and to the sentences that the customer reads."""

from datetime import date
from functools import cache

from pipeline.forms.catalogue import FORMS
from pipeline.forms.texts import choice_vocabulary, form_texts
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.notice import ProblemItem
from pipeline.model.problem import Audience, Problem, Severity
from pipeline.notifications.catalogue import priority, sentence, shown
from pipeline.validation.check import CheckContext


@cache
def check_context(kind: FormKind, today: date) -> CheckContext:
    """Return what the checks of a form of ``kind`` need, on the customer's ``today``."""
    return CheckContext(today=today, vocabulary=choice_vocabulary(kind))


def items_for_customer(checked: CheckedForm, language: str) -> tuple[ProblemItem, ...]:
    """Return what the customer must correct or confirm: one item a field, in the form's order."""
    kind = checked.submission.form
    texts = form_texts(language)
    numbers = FORMS[kind].numbers
    items = []
    for problem in priority(checked.customer_problems):
        reading = checked.reading(problem.field)
        items.append(
            ProblemItem(
                question=numbers.get(problem.field, 0),
                label=texts.label(kind, problem.field) if problem.field in numbers else "",
                where=reading.where if reading else "",
                given=shown(reading.raw) if reading else "",
                sentences=(sentence(problem, language, kind),),
                field=problem.field,
            )
        )
    return tuple(sorted(items, key=lambda item: item.question))


def notes_for_customer(checked: CheckedForm, language: str) -> tuple[str, ...]:
    """Return the sentences that tell the customer something without asking for anything."""
    told = {Severity.WARNING, Severity.NOTE}
    return tuple(
        sentence(problem, language, checked.submission.form)
        for problem in checked.problems
        if problem.audience is Audience.CUSTOMER and problem.severity in told
    )


def file_items(problems: tuple[Problem, ...], language: str) -> tuple[ProblemItem, ...]:
    """Return the items for problems of files, which stand at no question."""
    return tuple(
        ProblemItem(0, "", "", "", (sentence(problem, language, None),)) for problem in problems
    )

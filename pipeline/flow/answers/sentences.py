"""The sentences about answers and files that the customer reads."""

from collections.abc import Mapping

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import FormTexts, form_texts
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FileFormat
from pipeline.model.notice import ProblemItem
from pipeline.model.problem import Audience, Problem, Severity
from pipeline.wording.problems import priority, sentence, shown

#: The question about an answer that is right as far as we see; ``file_print`` asks it for all.
_READ_FROM_PRINT = "from_print"
#: How the codes of questions about what stands beside an answer begin.
_LEFT_OVER = "left_over_"


def items_for_customer(checked: CheckedForm, language: str) -> tuple[ProblemItem, ...]:
    """Return what the customer must correct or confirm: one item a field, in the form's order.

    Of a print, one sentence asks to check all answers that were read; only others have an item,
    and what stands beside an answer.
    """
    kind = checked.submission.form
    texts = form_texts(language)
    numbers = FORMS[kind].numbers
    items = []
    from_print = checked.submission.from_print
    beside = _beside(checked)
    for problem in priority(checked.customer_problems):
        asked = (problem, *beside.get(problem.field, ()))
        if from_print and problem.code == _READ_FROM_PRINT:
            asked = asked[1:]
        if not asked:
            continue
        reading = checked.reading(problem.field)
        items.append(
            ProblemItem(
                question=numbers.get(problem.field, 0),
                label=texts.label(kind, problem.field) if problem.field in numbers else "",
                where=reading.where if reading else "",
                given=entered(checked, problem.field, texts),
                sentences=tuple(sentence(item, language, kind) for item in dict.fromkeys(asked)),
                field=problem.field,
            )
        )
    return tuple(sorted(items, key=lambda item: item.question))


def entered(checked: CheckedForm, field: str, texts: FormTexts) -> str:
    """Return what was entered at ``field`` as it may be shown; empty: nothing.

    A PDF answers a list with the code of the choice, which the customer has never seen: shown is
    the word that stands on the form in the language of ``texts``.
    """
    reading = checked.reading(field)
    if reading is None:
        return ""
    is_code = checked.submission.format is FileFormat.PDF
    return shown(texts.chosen(field, reading.raw) if is_code else reading.raw)


def _beside(checked: CheckedForm) -> Mapping[str, tuple[Problem, ...]]:
    """Return the questions about what stands beside the answers, by field: each is asked."""
    found: dict[str, tuple[Problem, ...]] = {}
    for problem in checked.customer_problems:
        if problem.field and problem.code.startswith(_LEFT_OVER):
            found[problem.field] = (*found.get(problem.field, ()), problem)
    return found


def notes_for_customer(checked: CheckedForm, language: str) -> tuple[str, ...]:
    """Return the sentences that tell the customer something without asking for anything.

    An answer that has to be corrected or confirmed has its own sentence, and no further one.
    """
    told = {Severity.WARNING, Severity.NOTE}
    of_customer = (
        problem
        for problem in checked.problems
        if problem.audience is Audience.CUSTOMER and problem.code != _READ_FROM_PRINT
    )
    return tuple(
        sentence(problem, language, checked.submission.form)
        for problem in priority(of_customer)
        if problem.severity in told
    )


def file_items(problems: tuple[Problem, ...], language: str) -> tuple[ProblemItem, ...]:
    """Return the items for problems of files, which stand at no question."""
    return tuple(
        ProblemItem(0, "", "", "", (sentence(problem, language, None),)) for problem in problems
    )

"""Check a submission: every answer by its reader, then the rules, all problems at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from types import MappingProxyType

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, FormDefinition, Question
from pipeline.model.checked import CheckedForm, FieldReading, M2mCertainty
from pipeline.model.problem import Audience, Problem, Severity, Verdict
from pipeline.model.submission import Answer, CellType, LeftOver, Submission
from pipeline.validation.answer import read_answer
from pipeline.validation.email import FREE_MAIL_DOMAINS
from pipeline.validation.phone.policy import DEFAULT, PhonePolicy
from pipeline.validation.reading import Finding, Hints, Read
from pipeline.validation.remarks import unlisted, words_of
from pipeline.validation.rules import Facts, apply_rules
from pipeline.validation.the_file import file_problems, with_left_over

_COUNTRY = "country"
_NO_WORDS: Mapping[str, str] = MappingProxyType({})
_IGNORED, _LONGEST = "words_ignored", 200
#: Kinds of answers in which words are no part of the value.
_ONE_VALUE = frozenset(
    {
        AnswerKind.PHONE,
        AnswerKind.CONTACT_PHONE,
        AnswerKind.EMAIL,
        AnswerKind.UUID,
        AnswerKind.DIGITS,
        AnswerKind.PATTERN,
    }
)
#: Answers that are names of the customer's.
_NAMES = (
    "contact_name",
    "contact_department",
    "company_legal_name",
    "company_trading_name",
    "genesys_org_name",
    "display_name",
    "integration_name",
    "code_contact",
)
_NUMBER, _AGAIN = "phone_number", "phone_number_again"


@dataclass(frozen=True)
class CheckContext:
    """What a check needs beside the submission.

    ``today`` is the customer's; ``vocabulary`` maps a field to folded words and their codes (in
    every language); ``confirmed`` maps fields to the raw answers that were asked about before: the
    same answer again confirms it. ``phones`` says which numbers are taken.
    """

    today: date
    vocabulary: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    free_mail_domains: frozenset[str] = FREE_MAIL_DOMAINS
    confirmed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    phones: PhonePolicy = DEFAULT


def check(submission: Submission, context: CheckContext) -> CheckedForm:
    """Return what was read from every answer, the verdicts, and all problems."""
    definition = FORMS[submission.form]
    answers: dict[str, Answer] = {}
    for answer in submission.answers:
        answers.setdefault(answer.field, answer)
    reads = _read_all(submission, answers, definition, context)
    values = {name: read.value for name, read in reads.items()}
    readings = tuple(
        _reading(name, question, answers.get(name), reads[name], values)
        for name, question in definition.questions.items()
    )
    facts = Facts(
        submission.form,
        {reading.field: reading.value if reading.usable else None for reading in readings},
        {reading.field: reading for reading in readings},
        context.today,
        context.free_mail_domains,
    )
    readings = _once(readings)
    problems = (
        *file_problems(submission, definition, readings),
        *(problem for reading in readings for problem in reading.problems),
        *apply_rules(facts),
    )
    machine = reads[_NUMBER].m2m if _NUMBER in reads else M2mCertainty.NONE
    return CheckedForm(submission, readings, _in_order(problems, definition), machine)


def _read_all(
    submission: Submission,
    answers: Mapping[str, Answer],
    definition: FormDefinition,
    context: CheckContext,
) -> dict[str, Read]:
    """Return the reading of every question; the country first, because numbers need it."""
    country = None
    found: dict[str, Read] = {}
    beside = _left_over(submission)
    known = _own_names(answers)
    names = sorted(definition.questions, key=lambda name: name != _COUNTRY)
    for name in names:
        answer = answers.get(name)
        hints = Hints(
            today=context.today,
            country=country,
            language=submission.language,
            words=context.vocabulary.get(name, _NO_WORDS),
            phones=context.phones,
            known=known,
        )
        read = read_answer(
            answer, definition.questions[name], hints, confirmed=context.confirmed.get(name)
        )
        if definition.questions[name].kind in _ONE_VALUE:
            read = _with_ignored_told(read, answer, known)
        if name == _COUNTRY and (read.verdict is Verdict.OK or _waits_for_print(read)):
            country = read.value
        if items := beside.get(name):
            question = definition.questions[name]
            as_answer = partial(_read_words, name, question, hints)
            read = with_left_over(read, answer, items, question.kind, as_answer)
            if name == _COUNTRY and country is None:
                country = read.value
        found[name] = read
    return found


def _own_names(answers: Mapping[str, Answer]) -> frozenset[str]:
    """Return the words of the customer's names, which may stand beside any answer."""
    texts = (answers[name].raw for name in _NAMES if name in answers)
    return frozenset().union(*map(words_of, texts))


def _with_ignored_told(read: Read, answer: Answer | None, known: frozenset[str]) -> Read:
    """Return ``read`` with a word to staff of what beside its value was taken for a name."""
    if answer is None or read.verdict is not Verdict.OK or _IGNORED not in read.notes:
        return read
    if answer.cell_type is CellType.STAFF or "confirmed" in read.notes:
        return read
    words = unlisted(answer.raw, read.value or "", known)
    if not words:
        return read
    told = Finding("words_beside", (("given", words[:_LONGEST]),), Severity.WARNING, Audience.STAFF)
    return replace(read, findings=(*read.findings, told))


def _left_over(submission: Submission) -> Mapping[str, tuple[LeftOver, ...]]:
    """Return what stands beside the answers, by field."""
    found: dict[str, tuple[LeftOver, ...]] = {}
    for item in submission.left_over:
        found[item.field] = (*found.get(item.field, ()), item)
    return found


def _read_words(name: str, question: Question, hints: Hints, words: str) -> Read:
    """Return how ``words`` are read as the answer to ``question``."""
    return read_answer(Answer(name, words, "", CellType.TEXT), question, hints)


def _waits_for_print(read: Read) -> bool:
    """Return whether nothing but its being read from a print keeps an answer from being ok."""
    return [finding.code for finding in read.findings] == ["from_print"]


def _reading(
    name: str,
    question: Question,
    answer: Answer | None,
    read: Read,
    values: Mapping[str, str | None],
) -> FieldReading:
    """Put ``read`` beside its field; a blank required answer gets its problem here."""
    findings = read.findings
    if read.verdict is Verdict.BLANK:
        missing = (_missing(name, question),) if question.is_required(values) else ()
        findings = (*missing, *findings)
    elif question.kind is AnswerKind.TICK and read.verdict is Verdict.REJECT:
        findings = (_missing(name, question),)
    problems = tuple(
        Problem(
            code=finding.code,
            severity=read.severity(finding),
            audience=finding.audience,
            field=name,
            params=finding.params,
        )
        for finding in findings
    )
    return FieldReading(
        field=name,
        raw=answer.raw if answer else "",
        where=answer.where if answer else "",
        value=read.value,
        verdict=read.verdict,
        notes=read.notes,
        candidates=read.candidates,
        problems=problems,
    )


def _once(readings: tuple[FieldReading, ...]) -> tuple[FieldReading, ...]:
    """Return ``readings`` without the second number's problems that the first has too."""
    first = next((reading for reading in readings if reading.field == _NUMBER), None)
    said = {(item.code, item.params) for item in first.problems} if first and first.raw else set()
    return tuple(
        replace(
            reading,
            problems=tuple(
                item for item in reading.problems if (item.code, item.params) not in said
            ),
        )
        if reading.field == _AGAIN
        else reading
        for reading in readings
    )


def _missing(name: str, question: Question) -> Finding:
    """Return the problem of a required answer that is blank."""
    if question.kind is AnswerKind.TICK:
        return Finding("consent", (("thing", name),), Severity.ERROR)
    if set(question.choices) >= {"yes", "no"}:
        code = "yes_no_unknown" if "unknown" in question.choices else "yes_no"
        return Finding(code, (("statement", name),), Severity.ERROR)
    if question.choices:
        return Finding("not_selected", (), Severity.ERROR)
    return Finding("empty_or_unknown" if question.unknown else "empty", (), Severity.ERROR)


def _in_order(problems: tuple[Problem, ...], definition: FormDefinition) -> tuple[Problem, ...]:
    """Return the problems in the order of the form, each once; those of the file first."""
    numbers = definition.numbers
    distinct = tuple(dict.fromkeys(problems))
    return tuple(sorted(distinct, key=lambda problem: numbers.get(problem.field, 0)))

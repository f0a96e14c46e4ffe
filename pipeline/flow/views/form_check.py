"""Check one form file outside of any request, for the command line and for a curious customer."""

from dataclasses import dataclass, field, replace
from datetime import date

from pipeline.flow.answers.judge import check_context
from pipeline.guard import Guard, GuardError
from pipeline.intake.find import find_in_file
from pipeline.intake.read import read_file
from pipeline.mailbox.parse import enclosed_files
from pipeline.model.form import FormKind
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Submission, UnreadableFile
from pipeline.validation.check import check
from pipeline.validation.phone.policy import PhonePolicy
from pipeline.wording.problems import sentence

SCHEMA = "pipeline/form-check/1"


@dataclass(frozen=True, slots=True)
class CheckedField:
    """One field as ``pipeline form check`` prints it."""

    id: str
    where: str
    raw: str
    value: str | None
    verdict: str
    notes: tuple[str, ...]
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedProblem:
    """One problem as ``pipeline form check`` prints it."""

    code: str
    severity: str
    field: str
    params: dict[str, str | int]
    message: str
    audience: str = "customer"


@dataclass(frozen=True, slots=True)
class CheckedLeftOver:
    """What stands in the file beside the answers, as ``pipeline form check`` prints it."""

    kind: str
    words: str
    where: str
    field: str


@dataclass(frozen=True, slots=True)
class FormCheck:
    """The result of ``pipeline form check`` for one file; ``verdict`` may be ``unreadable``.

    ``other_forms`` are further forms in the same file: each becomes a request of its own.
    """

    schema: str
    file: str
    form: str | None
    version: str | None
    language: str | None
    verdict: str
    fields: tuple[CheckedField, ...] = field(default=())
    problems: tuple[CheckedProblem, ...] = field(default=())
    left_over: tuple[CheckedLeftOver, ...] = field(default=())
    other_forms: tuple["FormCheck", ...] = field(default=())


def read_forms_of(name: str, content: bytes) -> tuple[Submission | UnreadableFile, ...]:
    """Find the first file with a form in ``content`` and read all its forms (guarded child).

    A form that cannot be read stands beside those that can.
    """
    found = find_in_file(name, content, enclosed_files)
    if isinstance(found, UnreadableFile):
        return (found,)
    unreadable: tuple[Submission | UnreadableFile, ...] = ()
    for file in found:
        read = read_file(file)
        if any(isinstance(item, Submission) for item in read):
            return tuple(sorted(read, key=lambda item: isinstance(item, UnreadableFile)))
        unreadable = unreadable or read
    return unreadable or (UnreadableFile(name, Problem("file_template", Severity.ERROR)),)


def check_form(
    guard: Guard, name: str, content: bytes, language: str, today: date, phones: PhonePolicy
) -> FormCheck:
    """Read and judge one file; the sentences are in ``language``."""
    try:
        read = guard.call(read_forms_of, name, content)
    except GuardError:
        read = (UnreadableFile(name, Problem("file_refused", Severity.ERROR)),)
    first, *others = (_judged(item, name, language, today, phones) for item in read)
    return replace(first, other_forms=tuple(others))


def _judged(
    read: Submission | UnreadableFile, name: str, language: str, today: date, phones: PhonePolicy
) -> FormCheck:
    if isinstance(read, UnreadableFile):
        problems = (_problem(read.problem, language, None),)
        return FormCheck(SCHEMA, name, None, None, None, "unreadable", (), problems)
    checked = check(read, check_context(read.form, today, phones))
    return FormCheck(
        schema=SCHEMA,
        file=name,
        form=read.form.value,
        version=read.version,
        language=read.language,
        verdict=checked.verdict.value,
        fields=tuple(
            CheckedField(
                reading.field,
                reading.where,
                reading.raw,
                reading.value,
                reading.verdict.value,
                reading.notes,
                reading.candidates,
            )
            for reading in checked.readings
        ),
        problems=tuple(_problem(problem, language, read.form) for problem in checked.problems),
        left_over=tuple(
            CheckedLeftOver(item.kind.value, item.words, item.where, item.field)
            for item in read.left_over
        ),
    )


def _problem(problem: Problem, language: str, kind: FormKind | None) -> CheckedProblem:
    return CheckedProblem(
        code=problem.code,
        severity=problem.severity.value,
        field=problem.field,
        params=dict(problem.params),
        message=sentence(problem, language, kind),
        audience=problem.audience.value,
    )

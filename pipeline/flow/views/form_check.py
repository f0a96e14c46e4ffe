"""Check one form file outside of any request, for the command line and for a curious customer."""

from dataclasses import dataclass, field
from datetime import date

from pipeline.flow.answers.judge import check_context
from pipeline.guard import Guard, GuardError
from pipeline.intake.find import find_in_file
from pipeline.intake.read import read_form
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
class FormCheck:
    """The result of ``pipeline form check`` for one file; ``verdict`` may be ``unreadable``."""

    schema: str
    file: str
    form: str | None
    version: str | None
    language: str | None
    verdict: str
    fields: tuple[CheckedField, ...] = field(default=())
    problems: tuple[CheckedProblem, ...] = field(default=())


def read_file(name: str, content: bytes) -> Submission | UnreadableFile:
    """Find the first form in a file and read it (runs in the guarded child)."""
    found = find_in_file(name, content, enclosed_files)
    if isinstance(found, UnreadableFile):
        return found
    unreadable = None
    for file in found:
        read = read_form(file)
        if isinstance(read, Submission):
            return read
        unreadable = unreadable or read
    return unreadable or UnreadableFile(name, Problem("file_template", Severity.ERROR))


def check_form(
    guard: Guard, name: str, content: bytes, language: str, today: date, phones: PhonePolicy
) -> FormCheck:
    """Read and judge one file; the sentences are in ``language``."""
    try:
        read = guard.call(read_file, name, content)
    except GuardError:
        read = UnreadableFile(name, Problem("file_refused", Severity.ERROR))
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

"""Problems of the file as a whole: an older form, a part that is gone, a printed copy."""

from collections.abc import Iterable

from pipeline.forms.definitions.definition import FormDefinition
from pipeline.model.checked import FieldReading
from pipeline.model.problem import Problem, Severity
from pipeline.model.submission import Submission
from pipeline.validation.characters import is_blank


def file_problems(
    submission: Submission, definition: FormDefinition, readings: Iterable[FieldReading]
) -> tuple[Problem, ...]:
    """Return what is to be said of the file: at most one problem of each kind."""
    found = (
        _empty(submission),
        _version(submission, definition),
        _gone(submission, definition),
        _print(submission, readings),
    )
    return tuple(problem for problem in found if problem)


def _empty(submission: Submission) -> Problem | None:
    if all(is_blank(answer.raw) for answer in submission.answers):
        return Problem("file_empty", Severity.ERROR)
    return None


def _version(submission: Submission, definition: FormDefinition) -> Problem | None:
    """Return whether the form is an older one, which is fine, or one that we never published."""
    version = submission.version
    if version in {"", definition.version}:
        return None
    if version in definition.older_versions:
        params = (("v", version), ("w", definition.version))
        return Problem("file_old", Severity.WARNING, params=params)
    return Problem("file_version_unknown", Severity.ASK, params=(("v", version),))


def _gone(submission: Submission, definition: FormDefinition) -> Problem | None:
    """Return whether questions that the form's version has are missing (not blank: gone)."""
    if submission.missing and definition.asks_the_same(submission.version):
        return Problem("file_incomplete", Severity.ERROR)
    return None


def _print(submission: Submission, readings: Iterable[FieldReading]) -> Problem | None:
    """Return whether answers read from the page wait to be confirmed; no longer when all are."""
    open_ones = (
        problem.code == "from_print" and problem.blocks
        for reading in readings
        for problem in reading.problems
    )
    return Problem("file_print", Severity.ASK) if submission.from_print and any(open_ones) else None

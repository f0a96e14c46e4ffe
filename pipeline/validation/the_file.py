"""Problems of the file: an older form, a part that is gone, a print, words beside the answers.

Nothing that was added to a form is dropped. Words at a question make its answer doubtful, and both
are shown. What stands elsewhere, and what was asked about before, is for staff to tick off.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from pipeline.forms.definitions.definition import AnswerKind, FormDefinition
from pipeline.model.checked import FieldReading
from pipeline.model.problem import Audience, Problem, Severity, Verdict
from pipeline.model.submission import Answer, CellType, LeftOver, LeftOverKind, Submission
from pipeline.validation.characters import clean, fold, is_blank, squeeze
from pipeline.validation.phone.number_types import international
from pipeline.validation.reading import Finding, Read, ok

#: So many are told of at one question, and elsewhere in the file; staff see all of them.
_TOLD_AT_QUESTION = 3
_TOLD_ELSEWHERE = 12
_LONGEST = 200
_STRUCK = LeftOverKind.STRUCK
#: Words of a cell that stands at no question.
_OUTSIDE = "outside"

_NUMBERS = frozenset({AnswerKind.PHONE, AnswerKind.CONTACT_PHONE})
_IN_WORDS = frozenset({AnswerKind.CHOICE, AnswerKind.TICK, AnswerKind.DATE, AnswerKind.DATE_TIME})

#: Reads words as if they were the answer.
ReadWords = Callable[[str], Read]


def file_problems(
    submission: Submission, definition: FormDefinition, readings: Iterable[FieldReading]
) -> tuple[Problem, ...]:
    """Return what is to be said of the file as a whole."""
    found = (
        _empty(submission),
        _version(submission, definition),
        _gone(submission, definition),
        _print(submission, readings),
    )
    return (*(problem for problem in found if problem), *_elsewhere(submission, definition))


def _empty(submission: Submission) -> Problem | None:
    beside = any(item.field for item in submission.left_over)
    if not beside and all(is_blank(answer.raw) for answer in submission.answers):
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


def with_left_over(
    read: Read,
    answer: Answer | None,
    items: tuple[LeftOver, ...],
    kind: AnswerKind,
    as_answer: ReadWords,
) -> Read:
    """Return ``read`` as a question when ``items`` stand at it that say something else.

    Where the answer is blank, the only words beside it are its proposal. What the customer sent
    again after we asked confirms the answer, or the proposal.
    """
    items = tuple(item for item in items if not _is_said_again(item, read, answer, as_answer))
    if not items:
        return read
    if answer is not None and answer.cell_type is CellType.STAFF:
        return replace(read, findings=(*read.findings, *map(_seen, items)))
    if answer is not None and any(_strikes(item, answer) for item in items):
        struck = answer.raw
        items = tuple(
            item if item.words.strip() or item.kind is not _STRUCK else replace(item, words=struck)
            for item in items
        )
        read, answer = Read(None, Verdict.BLANK), None
    proposal = _proposal(items, as_answer) if read.verdict is Verdict.BLANK else None
    asked = tuple(item for item in items if not item.told)
    shown = _shown(read, answer, kind)
    findings = (
        *read.findings,
        *(_asking(item, shown) for item in asked[:_TOLD_AT_QUESTION]),
        *(_seen(item) for item in items if item.told),
    )
    if not asked:
        return replace(_confirmed(proposal) or read, findings=findings)
    if read.verdict is Verdict.REJECT:
        return replace(read, findings=findings)
    found = proposal or read
    return replace(found, verdict=Verdict.ASK, findings=findings)


def _shown(read: Read, answer: Answer | None, kind: AnswerKind) -> str:
    """Return the answer as it is shown: a number and what has words of its own as it was read."""
    if read.value and kind in _NUMBERS:
        return international(read.value)
    if read.value and kind in _IN_WORDS:
        return read.value
    return squeeze(answer.raw) if answer else ""


def _confirmed(proposal: Read | None) -> Read | None:
    """Return the proposal as the answer, when nothing of it is in doubt."""
    if proposal is None or proposal.value is None or proposal.verdict is not Verdict.OK:
        return None
    return replace(ok(proposal.value, *proposal.notes, "confirmed"), m2m=proposal.m2m)


def _is_said_again(item: LeftOver, read: Read, answer: Answer | None, as_answer: ReadWords) -> bool:
    """Whether the words are the answer once more, perhaps in another spelling."""
    if not item.words.strip() or item.kind is _STRUCK or answer is None:
        return False
    if fold(clean(item.words)[0]) == fold(clean(answer.raw)[0]):
        return True
    again = as_answer(item.words) if read.verdict is Verdict.OK else None
    return again is not None and again.verdict is Verdict.OK and again.value == read.value


def _strikes(item: LeftOver, answer: Answer) -> bool:
    """Whether the whole answer is struck out."""
    words = fold(squeeze(item.words))
    return item.kind is _STRUCK and words in {"", fold(squeeze(answer.raw))} and not item.told


def _proposal(items: tuple[LeftOver, ...], as_answer: ReadWords) -> Read | None:
    """Return how the only words beside a blank answer are read, if anything is read."""
    said = {squeeze(item.words): item for item in items if item.words.strip()}
    if len(said) != 1 or next(iter(said.values())).kind is _STRUCK:
        return None
    found = as_answer(next(iter(said)))
    if found.value is None or found.verdict not in {Verdict.OK, Verdict.ASK}:
        return None
    return replace(found, findings=())


def _asking(item: LeftOver, shown: str) -> Finding:
    words = squeeze(item.words)[:_LONGEST]
    if item.kind is _STRUCK and (words or shown):
        if shown and words:
            return _ask("left_over_struck", a=shown, b=words)
        return _ask("left_over_struck_only", b=words or shown)
    if not words:
        return _ask("left_over_mark", mark=item.kind.value)
    if not shown:
        return _ask("left_over_only", spot=item.kind.value, b=words)
    return _ask("left_over_beside", spot=item.kind.value, a=shown, b=words)


def _ask(code: str, **params: str) -> Finding:
    return Finding(code, tuple(params.items()), Severity.ASK)


def _seen(item: LeftOver) -> Finding:
    """Return what staff are told where the customer is not asked any more."""
    words = squeeze(item.words)[:_LONGEST]
    if not words:
        mark = (("mark", item.kind.value),)
        return Finding("left_over_mark_told", mark, Severity.WARNING, Audience.STAFF)
    said = (("spot", item.kind.value), ("b", words))
    return Finding("left_over_told", said, Severity.WARNING, Audience.STAFF)


def _elsewhere(submission: Submission, definition: FormDefinition) -> Iterator[Problem]:
    """Yield what staff must tick off: what stands in the file at none of its questions."""
    items = [item for item in submission.left_over if item.field not in definition.questions]
    for item in items[:_TOLD_ELSEWHERE]:
        words = squeeze(item.words)[:_LONGEST]
        if words:
            spot = _OUTSIDE if item.kind is LeftOverKind.CELL else item.kind.value
            yield _staff("left_over_elsewhere", spot=spot, given=words)
        else:
            yield _staff("left_over_mark_elsewhere", mark=item.kind.value)
    if len(items) > _TOLD_ELSEWHERE:
        yield _staff("left_over_more", n=len(items) - _TOLD_ELSEWHERE)


def _staff(code: str, **params: str | int) -> Problem:
    return Problem(code, Severity.WARNING, Audience.STAFF, params=tuple(params.items()))

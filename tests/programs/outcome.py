"""What became of the answers that a program was given: right, asked about, or wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Answer, Submission, UnreadableFile
from pipeline.validation.check import CheckContext, check
from tests.programs.job import Entry, Job

#: The day on which the forms arrive; the dates in the answers come later.
TODAY = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Row:
    """What one program made of one form.

    ``cells`` counts the answers given, ``right`` those that were read as they were given.
    ``asked`` are pairs of field and code of the problem that the customer is told of; ``wrong``
    are pairs of field and what was accepted in place of the answer (empty: it was lost and nobody
    was asked). ``verdict`` is that of the file: ``ok``, ``ask``, ``reject`` or ``unreadable``;
    ``notes`` are codes of problems of the whole file.
    """

    program: str
    kind: FormKind
    language: str
    file_format: FileFormat
    cells: int
    right: int
    asked: tuple[tuple[str, str], ...]
    wrong: tuple[tuple[str, str], ...]
    verdict: str
    notes: tuple[str, ...] = ()


def judge(job: Job, program: str = "", file_format: FileFormat | None = None) -> Row:
    """Read ``job.target`` as a form that came by mail, and compare it with what was typed."""
    content = job.target.read_bytes()
    found = read_forms_of(job.target.name, content)[0]
    shape = file_format or (FileFormat.PDF if job.target.suffix == ".pdf" else FileFormat.XLSX)

    def row(
        asked: tuple[tuple[str, str], ...],
        wrong: tuple[tuple[str, str], ...],
        verdict: str,
        notes: tuple[str, ...],
    ) -> Row:
        cells = len(job.entries)
        beside = {name for name, _ in (*asked, *wrong)} & {entry.field for entry in job.entries}
        right = cells - len(beside)
        return Row(
            program, job.kind, job.language, shape, cells, right, asked, wrong, verdict, notes
        )

    if isinstance(found, UnreadableFile):
        code = found.problem.code
        refused = tuple((entry.field, code) for entry in job.entries)
        return row(refused, (), "unreadable", (code,))
    if found.form is not job.kind:
        return row((), tuple((entry.field, "") for entry in job.entries), "wrong form", ())
    checked = check(found, context(found.form))
    asked, wrong = compare(checked, {entry.field: entry for entry in job.entries})
    notes = tuple(problem.code for problem in checked.problems if not problem.field)
    return row(asked, wrong, checked.verdict.value, notes)


def context(kind: FormKind) -> CheckContext:
    """Return what the check of a form of ``kind`` needs on the day of the test."""
    return CheckContext(today=TODAY, vocabulary=choice_vocabulary(kind))


def compare(
    checked: CheckedForm, typed: Mapping[str, Entry]
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return the (field, code) pairs that are asked about, and the (field, value) pairs accepted
    that were not typed."""
    asked: list[tuple[str, str]] = []
    wrong: list[tuple[str, str]] = []
    meant = _meant(checked, typed)
    for reading in checked.readings:
        name = reading.field
        codes = [item.code for item in checked.customer_problems if item.field == name]
        if name in checked.submission.missing:
            codes.append("file_incomplete")
        if codes or reading.verdict in {Verdict.ASK, Verdict.REJECT}:
            asked.append((name, codes[0] if codes else reading.verdict.value))
        elif not _same(reading.value, reading.raw, meant.get(name), typed.get(name)):
            wrong.append((name, reading.value or ""))
    return tuple(asked), tuple(wrong)


def _same(value: str | None, raw: str, meant: str | None, typed: Entry | None) -> bool:
    """Whether what was accepted is what was typed: the same meaning, and typed text unchanged."""
    if typed is None:
        return value is None
    if typed.code:
        return value == typed.code
    return value == meant and _lines(raw) == _lines(typed.text)


def _lines(text: str) -> str:
    """Return ``text`` with one kind of line end, which programs choose as they like."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _meant(checked: CheckedForm, typed: Mapping[str, Entry]) -> dict[str, str | None]:
    """Return the values of the typed texts themselves, read without any file between."""
    came = checked.submission
    answers = tuple(Answer(entry.field, entry.text, "") for entry in typed.values())
    direct = Submission(came.form, came.version, came.language, came.format, "", "", answers)
    return {reading.field: reading.value for reading in check(direct, context(came.form)).readings}

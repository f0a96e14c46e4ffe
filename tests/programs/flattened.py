"""What is read of forms that real programs filled, and others flattened or printed to PDF."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.config import FormSettings, MailboxSettings
from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.publish import build_form
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Submission
from pipeline.validation.check import check
from tests.programs.answers import entries, matrix
from tests.programs.flatteners import Flattener
from tests.programs.job import Entry, Job, Program
from tests.programs.matrix import blank_form
from tests.programs.outcome import context
from tests.programs.pdf_programs import PDF_PROGRAMS
from tests.programs.pdfbox import PdfBox
from tests.programs.pypdf_program import PyPdf

#: As on the published blanks, whose geometry prints are read by.
ADDRESS, PRIVACY = MailboxSettings().address, FormSettings().privacy

#: What became of one answer: ``right`` is proposed as it was given; ``marked`` is asked about as
#: something of which characters are missing; ``asked`` without a proposal; ``lost`` is blank and
#: nobody is asked; ``wrong`` is proposed otherwise; ``accepted`` is not asked about.
Outcome = Literal["right", "marked", "asked", "lost", "wrong", "accepted"]
OUTCOMES: tuple[Outcome, ...] = ("right", "marked", "asked", "lost", "wrong", "accepted")


class OwnCopies:
    """Our own writer: a copy that comes back to the customer with the answers filled in."""

    name = "our own copies"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        return ""

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        for job in jobs:
            job.target.write_bytes(filled_form(job.kind, job.language))


#: The programs whose files are flattened.
FILLERS: tuple[Program, ...] = (OwnCopies(), *PDF_PROGRAMS, PdfBox(), PyPdf())


@dataclass(frozen=True, slots=True)
class FlattenedRow:
    """What was read of all forms of one language that one program filled and another flattened.

    ``refused`` are the codes of files that nothing was read of, whose answers are counted as
    ``asked``; an empty one is a file that the program did not write. ``told`` are (form,
    field, outcome) of those that were neither right nor marked.
    """

    filler: str
    flattener: str
    language: str
    forms: tuple[str, ...]
    counts: Counter[str]
    refused: tuple[str, ...]
    told: tuple[tuple[str, str, str], ...]

    @property
    def answers(self) -> int:
        return sum(self.counts.values())


def filled_form(kind: FormKind, language: str) -> bytes:
    """Return the form with all its answers, as our own writer fills it in."""
    answers = tuple(
        (entry.field, entry.code or entry.text)
        if entry.way != "text"
        else (entry.field, entry.text)
        for entry in entries(kind, language, FileFormat.PDF)
    )
    filling = Filling(answers)
    return build_form(kind, language, FileFormat.PDF, filling, address=ADDRESS, privacy=PRIVACY)


def fill_all(
    filler: Program, folder: Path, forms: Iterable[tuple[FormKind, str]] | None = None
) -> tuple[Job, ...]:
    """Let ``filler`` fill the published blanks into ``folder``; what is there is kept."""
    own = folder / "own"
    own.mkdir(parents=True, exist_ok=True)
    jobs = []
    for kind, language in matrix() if forms is None else forms:
        blank, target = folder / "own" / f"{kind.value}_{language}.pdf", folder
        blank.write_bytes(blank_form(kind, language, FileFormat.PDF))
        given = entries(kind, language, FileFormat.PDF)
        jobs.append(Job(kind, language, blank, given, target / blank.name))
    wanted = [job for job in jobs if not job.target.is_file()]
    if wanted:
        filler.fill(wanted, own)
    return tuple(jobs)


def flatten_all(flattener: Flattener, jobs: Sequence[Job], folder: Path) -> str:
    """Let ``flattener`` flatten the filled ``jobs`` into ``folder``; what is there is kept.

    Each by itself, so that one that the program does not take does not keep it from the others.
    Returns the program's last words about one that it did not take.
    """
    folder.mkdir(parents=True, exist_ok=True)
    refused = ""
    wanted = [job.target for job in jobs if not (folder / job.target.name).is_file()]
    try:
        if wanted:
            flattener.flatten(wanted, folder)
    except RuntimeError:
        for source in wanted:
            try:
                flattener.flatten([source], folder)
            except RuntimeError as error:
                refused = str(error)
    return refused


def rows_of(
    filler: str, flattener: str, jobs: Sequence[Job], folder: Path
) -> tuple[FlattenedRow, ...]:
    """Return what is read of the flattened ``jobs`` in ``folder``, a row for each language."""
    languages = dict.fromkeys(job.language for job in jobs)
    return tuple(
        _row(filler, flattener, language, [job for job in jobs if job.language == language], folder)
        for language in languages
    )


def _row(
    filler: str, flattener: str, language: str, jobs: Sequence[Job], folder: Path
) -> FlattenedRow:
    counts: Counter[str] = Counter()
    refused: list[str] = []
    told: list[tuple[str, str, str]] = []
    for job in jobs:
        path = folder / job.target.name
        if not path.is_file():
            refused.append("")
            continue
        found = _read(job, path)
        if isinstance(found, str):
            refused.append(found)
            counts["asked"] += len(job.entries)
            continue
        counts.update(found.values())
        told += [
            (job.kind.value, name, outcome)
            for name, outcome in found.items()
            if outcome not in {"right", "marked"}
        ]
    forms = tuple(job.kind.value for job in jobs)
    codes = tuple(dict.fromkeys(refused))
    return FlattenedRow(filler, flattener, language, forms, counts, codes, tuple(told))


def _read(job: Job, path: Path) -> dict[str, Outcome] | str:
    """Return the outcome of each answer, or the problem for which nothing was read."""
    submission = read_forms_of(path.name, path.read_bytes())[0]
    if not isinstance(submission, Submission):
        return submission.problem.code
    checked = check(submission, context(job.kind))
    codes: dict[str, list[str]] = {}
    for problem in checked.customer_problems:
        codes.setdefault(problem.field, []).append(problem.code)
    answers = {answer.field: answer for answer in submission.answers}
    taken = {one.field for one in checked.readings if one.verdict is Verdict.OK}
    outcomes: dict[str, Outcome] = {}
    for entry in job.entries:
        answer, asked = answers.get(entry.field), codes.get(entry.field, [])
        same = answer is not None and is_same(answer.raw, entry)
        if entry.field in taken and not asked:
            outcomes[entry.field] = "accepted"
        elif same:
            outcomes[entry.field] = "right"
        elif asked and answer is not None and _is_marked(answer.damaged, asked):
            outcomes[entry.field] = "marked"
        elif answer is None or not answer.raw:
            outcomes[entry.field] = "asked" if asked or answer is None else "lost"
        else:
            outcomes[entry.field] = "wrong"
    return outcomes


def _is_marked(damaged: bool, codes: Iterable[str]) -> bool:
    """Return whether the customer is told that something is missing, or asked with both parts."""
    return damaged or any(code.startswith("left_over") for code in codes)


def is_same(raw: str, entry: Entry) -> bool:
    """Return whether ``raw`` is the answer as it was given; a list is answered by word or code."""
    return _fold(raw) in {_fold(entry.text), _fold(entry.code or entry.text)}


#: Signs of one place of Shift JIS, which Unicode has two of.
_OF_SHIFT_JIS = str.maketrans("−〜―∥", "-~—‖")


def _fold(text: str) -> str:
    """Fold as for comparison; blanks count between words that are written with blanks."""
    words = unicodedata.normalize("NFKC", text).translate(_OF_SHIFT_JIS).casefold().split()
    folded = ""
    for word in words:
        wide = unicodedata.east_asian_width((folded[-1:] or "W")[0]) in "WF"
        folded += word if wide or unicodedata.east_asian_width(word[0]) in "WF" else f" {word}"
    return folded

"""What is read of forms that real programs flattened or printed to PDF."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import FormSettings, MailboxSettings
from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.publish import build_form
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.model.submission import Submission
from pipeline.validation.check import check
from tests.programs.answers import entries, matrix
from tests.programs.flatteners import Flattener
from tests.programs.outcome import context

#: As on the published blanks, whose geometry prints are read by.
ADDRESS, PRIVACY = MailboxSettings().address, FormSettings().privacy


@dataclass(frozen=True, slots=True)
class FlattenedRow:
    """What was read of one form that one program flattened; all counts are of fields.

    ``right`` were read as they were given, ``other`` otherwise (both are asked about),
    ``missing`` were read as blank and ``accepted`` are not asked about at all.
    """

    program: str
    form: str
    language: str
    fields: int
    right: int
    other: tuple[str, ...]
    missing: tuple[str, ...]
    accepted: tuple[str, ...]


def run_flattener(flattener: Flattener, folder: Path) -> list[FlattenedRow]:
    """Return what is read of all forms that ``flattener`` flattened in ``folder``."""
    sources, out = folder / "filled", folder / "flattened"
    sources.mkdir(parents=True)
    out.mkdir()
    filled = [filled_form(kind, language, sources) for kind, language in matrix()]
    flattener.flatten(filled, out)
    return [
        _row(flattener.name, kind, language, out / source.name)
        for (kind, language), source in zip(matrix(), filled, strict=True)
    ]


def filled_form(kind: FormKind, language: str, folder: Path) -> Path:
    """Write the form with all its answers, as our own writer fills it in, into ``folder``."""
    answers = tuple(
        (entry.field, entry.code or entry.text)
        if entry.way != "text"
        else (entry.field, entry.text)
        for entry in entries(kind, language, FileFormat.PDF)
    )
    path = folder / f"{kind.value}_{language}.pdf"
    filling = Filling(answers)
    path.write_bytes(
        build_form(kind, language, FileFormat.PDF, filling, address=ADDRESS, privacy=PRIVACY)
    )
    return path


def _row(program: str, kind: FormKind, language: str, path: Path) -> FlattenedRow:
    given = entries(kind, language, FileFormat.PDF)
    submission = read_forms_of(path.name, path.read_bytes())[0]
    assert isinstance(submission, Submission), (program, path.name, submission)
    assert submission.from_print
    raws = {answer.field: answer.raw for answer in submission.answers}
    checked = check(submission, context(kind))
    asked = {problem.field for problem in checked.customer_problems}
    right = {
        entry.field
        for entry in given
        if _fold(raws[entry.field]) in {_fold(entry.text), _fold(entry.code or entry.text)}
    }
    return FlattenedRow(
        program,
        kind.value,
        language,
        len(given),
        len(right),
        other=tuple(name for name, raw in raws.items() if name not in right and raw),
        missing=tuple(name for name, raw in raws.items() if not raw),
        accepted=tuple(name for name in raws if name not in asked),
    )


def _fold(text: str) -> str:
    """Fold as for comparison; blanks count between words that are written with blanks."""
    words = unicodedata.normalize("NFKC", text).casefold().split()
    folded = ""
    for word in words:
        wide = unicodedata.east_asian_width((folded[-1:] or "W")[0]) in "WF"
        folded += word if wide or unicodedata.east_asian_width(word[0]) in "WF" else f" {word}"
    return folded

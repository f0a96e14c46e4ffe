"""Let a program fill every blank of its format, and judge what comes back."""

from pathlib import Path

from pipeline.model.form import FileFormat, FormKind
from pipeline.resources import root
from tests.programs.answers import entries, matrix
from tests.programs.job import Job, Program
from tests.programs.outcome import Row, judge

#: Forms, each in a language.
Blanks = tuple[tuple[FormKind, str], ...]


def make_jobs(
    file_format: FileFormat, folder: Path, blanks: Blanks | None = None
) -> tuple[Job, ...]:
    """Write ``blanks`` (all) into ``folder``; return what is to be done with them."""
    return tuple(_job(kind, language, file_format, folder) for kind, language in blanks or matrix())


def run_program(program: Program, folder: Path, blanks: Blanks | None = None) -> tuple[Row, ...]:
    """Return a row for each of ``blanks`` (all) that ``program`` has filled in ``folder``.

    Raises RuntimeError when the program fails or leaves a form out.
    """
    own = folder / "own"
    own.mkdir()
    jobs = make_jobs(program.file_format, folder, blanks)
    program.fill(jobs, own)
    left_out = [job.target.name for job in jobs if not job.target.is_file()]
    if left_out:
        raise RuntimeError(f"{program.name} did not write {', '.join(left_out)}")
    return tuple(judge(job, program.name) for job in jobs)


def _job(kind: FormKind, language: str, file_format: FileFormat, folder: Path) -> Job:
    name = f"{kind.value}_{language}"
    blank = folder / f"{name}.{file_format.value}"
    blank.write_bytes(blank_form(kind, language, file_format))
    target = folder / f"{name}_filled.{file_format.value}"
    return Job(kind, language, blank, entries(kind, language, file_format), target)


def blank_form(kind: FormKind, language: str, file_format: FileFormat) -> bytes:
    """Return the published blank."""
    return (root() / "forms" / f"{kind.value}_{language}.{file_format.value}").read_bytes()

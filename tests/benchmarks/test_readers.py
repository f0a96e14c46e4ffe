"""Our form readers against the libraries one would take instead, on every file of the matrix."""

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import pypdf
import pytest
from openpyxl import load_workbook

from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.texts import choice_vocabulary, fold_word
from pipeline.forms.xlsx.layout import FIELD_PREFIX
from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.model.form import FileFormat, FormFile
from pipeline.model.submission import Submission
from tests.benchmarks.measuring import settled, show, tell
from tests.programs.every_program import PROGRAMS
from tests.programs.job import Entry, Job
from tests.programs.matrix import make_jobs

Source = TypeVar("Source", FormFile, bytes)

_ROUNDS_EACH = 3
_AGAIN = 3
_READS = 10_000
_GROWTH = 1.05

#: Reads the files of a folder again and again; prints the resident memory in kB after each tenth.
_READ_AGAIN = """
import hashlib, json, pathlib, sys
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.forms.xlsx.read.reader import read_xlsx
from pipeline.model.form import FileFormat, FormFile

def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4

files = []
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    kind = FileFormat(path.suffix[1:])
    content = path.read_bytes()
    files.append(FormFile(path.name, content, kind, hashlib.sha256(content).hexdigest(), 0))
readings = []
for number in range(int(sys.argv[2])):
    file = files[number % len(files)]
    (read_xlsx if file.format is FileFormat.XLSX else read_pdf_forms)(file)
    if (number + 1) % (int(sys.argv[2]) // 10) == 0:
        readings.append(resident())
print(json.dumps(readings))
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that a program of the matrix has filled."""

    program: str
    job: Job
    file: FormFile

    def typed(self) -> Iterator[Entry]:
        """Yield the answers that were given."""
        yield from self.job.entries


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> tuple[Filled, ...]:
    """All forms, filled by every program that is installed."""
    found: list[Filled] = []
    for program in PROGRAMS:
        if program.missing():
            tell(f"{program.missing()} is not installed: left out")
            continue
        folder = tmp_path_factory.mktemp("program")
        (folder / "own").mkdir()
        jobs = make_jobs(program.file_format, folder)
        program.fill(jobs, folder / "own")
        found += [Filled(program.name, job, _file(job.target)) for job in jobs]
    return tuple(found)


def _read_pdf(file: FormFile) -> object:
    return read_pdf_forms(file)[0]


def _file(path: Path) -> FormFile:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return FormFile(path.name, content, FileFormat(path.suffix[1:]), digest, 0)


def _openpyxl(content: bytes) -> Mapping[str, str]:
    """Read the answers with openpyxl by the names of their cells."""
    book = load_workbook(io.BytesIO(content), data_only=True)
    found = {}
    for name, defined in book.defined_names.items():
        if name.startswith(FIELD_PREFIX):
            ((sheet, cell),) = defined.destinations
            value = book[sheet][cell.replace("$", "")].value
            found[name.removeprefix(FIELD_PREFIX)] = "" if value is None else str(value)
    return found


def _pypdf(content: bytes) -> Mapping[str, str]:
    """Read the answers with pypdf, in one call."""
    fields = pypdf.PdfReader(io.BytesIO(content)).get_fields() or {}
    return {name: str(item.get("/V", "")).removeprefix("/") for name, item in fields.items()}


def _pypdf_with_widgets(content: bytes) -> Mapping[str, str]:
    """Read with pypdf what our reader compares: fields, widgets on the pages, who saved it when."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert reader.metadata is not None
    fields = reader.get_fields() or {}
    found = {name: str(item.get("/V", "")).removeprefix("/") for name, item in fields.items()}
    for page in reader.pages:
        for reference in page.get("/Annots", ()):
            widget = reference.get_object()
            name = str(widget.get("/T", ""))
            if widget.get("/Subtype") == "/Widget" and not found.get(name):
                found[name] = str(widget.get("/V", "")).removeprefix("/")
    return found


def _compare(
    files: tuple[Filled, ...],
    ours: Callable[[FormFile], object],
    theirs: Callable[[bytes], Mapping[str, str]],
    what: str,
    against: str,
) -> None:
    """Show how many times as fast ours is; where theirs is right, ours is too.

    All files are read one after another, as a batch does. The weakest file is told beside it.
    """
    readable, failed = [], set()
    for filled in files:
        read = ours(filled.file)
        assert isinstance(read, Submission), filled.program
        try:
            _same_values(filled, read, theirs(filled.file.content))
        except (TypeError, ValueError, KeyError) as error:
            failed.add(f"{filled.program} ({type(error).__name__})")
        else:
            readable.append(filled)
    if failed:
        tell(f"{against} cannot read the files of {', '.join(sorted(failed))}")
    spent, floor = settled(
        partial(_read_all, [filled.file for filled in readable], ours),
        partial(_read_all, [filled.file.content for filled in readable], theirs),
    )
    show(f"{what}, {len(readable)} files", spent / len(readable), floor / len(readable), against)
    ratio, name = min(_one_by_one(readable, ours, theirs))
    tell(f"{what}: {floor / spent:.1f} times as fast; {ratio:.1f} at least ({name})")


def _read_all(files: Iterable[Source], read: Callable[[Source], object]) -> None:
    for file in files:
        read(file)


def _one_by_one(
    files: list[Filled],
    ours: Callable[[FormFile], object],
    theirs: Callable[[bytes], Mapping[str, str]],
) -> Iterator[tuple[float, str]]:
    for filled in files:
        one, other = settled(
            partial(_read_all, [filled.file] * _AGAIN, ours),
            partial(_read_all, [filled.file.content] * _AGAIN, theirs),
            rounds=_ROUNDS_EACH,
        )
        yield other / one, f"{filled.program}, {filled.file.name}"


def _same_values(filled: Filled, read: Submission, theirs: Mapping[str, str]) -> None:
    words = choice_vocabulary(filled.job.kind)
    for entry in filled.typed():
        means = words.get(entry.field, {})

        def meant(text: str, means: Mapping[str, str] = means) -> str:
            return means.get(fold_word(text), text.replace("\r\n", "\n").replace("\r", "\n"))

        if meant(theirs.get(entry.field, "")) == meant(entry.text):
            answer = read.answer(entry.field)
            assert answer is not None, (filled.program, entry.field)
            assert meant(answer.raw) == meant(entry.text), (filled.program, entry.field)


@pytest.mark.benchmark
def test_reading_workbooks_against_openpyxl(matrix: tuple[Filled, ...]) -> None:
    files = tuple(item for item in matrix if item.file.format is FileFormat.XLSX)
    _compare(files, read_xlsx, _openpyxl, "reading a workbook form", "openpyxl")


@pytest.mark.benchmark
def test_reading_pdf_forms_against_pypdf(matrix: tuple[Filled, ...]) -> None:
    files = tuple(item for item in matrix if item.file.format is FileFormat.PDF)
    _compare(files, _read_pdf, _pypdf, "reading a PDF form", "pypdf's list of fields")
    _compare(files, _read_pdf, _pypdf_with_widgets, "reading a PDF form", "pypdf doing the same")


@pytest.mark.benchmark
def test_memory_of_the_readers_is_flat_over_ten_thousand_files(
    matrix: tuple[Filled, ...], tmp_path: Path
) -> None:
    for number, filled in enumerate(matrix):
        (tmp_path / f"{number:03}.{filled.file.format.value}").write_bytes(filled.file.content)
    done = subprocess.run(
        [sys.executable, "-c", _READ_AGAIN, str(tmp_path), str(_READS)],
        check=True,
        capture_output=True,
        text=True,
    )
    resident: list[int] = json.loads(done.stdout)
    tell(
        f"memory after {_READS // 10} files: {resident[0] // 1024} MB, "
        f"after {_READS}: {resident[-1] / resident[0]:.2f} times as much"
    )
    assert resident[-1] < resident[0] * _GROWTH

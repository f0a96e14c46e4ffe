"""PDFBox: the library with which Java programs of offices fill and flatten PDF forms."""

import base64
import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline.forms.pdf.fonts import REGULAR
from pipeline.model.form import FileFormat
from tests.programs.boxes import boxes
from tests.programs.job import Entry, Job
from tests.programs.running import HERE, run

_JARS = Path("/usr/share/java")
_CLASSES = tuple(_JARS / name for name in ("pdfbox2.jar", "fontbox2.jar", "commons-logging.jar"))
_SCRIPT = HERE / "PdfBoxForms.java"


class PdfBox:
    """PDFBox with a font of its user's, as Japanese needs it."""

    name = "PDFBox"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        return pdfbox_missing()

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        _run([_line(job) for job in jobs], folder, "fill", REGULAR)


def pdfbox_missing() -> str:
    """Return what PDFBox lacks to be run here; empty when all is there."""
    if shutil.which("javac") is None:
        return "a Java development kit"
    return "" if all(path.exists() for path in _CLASSES) else "libpdfbox2-java"


def flatten_with_pdfbox(sources: Sequence[Path], out: Path) -> None:
    """Flatten ``sources`` into ``out``, under their names."""
    _run([f"{source}\t{out / source.name}" for source in sources], out, "flatten")


def _run(lines: Sequence[str], folder: Path, *arguments: str | Path) -> None:
    data = folder / "jobs.tsv"
    data.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    classes = ":".join(map(str, _CLASSES))
    run("java", "-cp", classes, _SCRIPT, *arguments, data, folder=folder)


def _line(job: Job) -> str:
    states = {name: found[0].state for name, found in boxes(job.blank).items()}
    values = [
        part
        for entry in job.entries
        for part in (entry.field, _packed(_value(entry, states[entry.field])))
    ]
    return "\t".join((str(job.blank), str(job.target), *values))


def _value(entry: Entry, state: str) -> str:
    return state if entry.way == "tick" else entry.code if entry.way != "text" else entry.text


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")

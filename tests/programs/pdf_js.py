"""pdf.js: the viewer of Firefox, which saves a filled form as an update of the file."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.model.form import FileFormat
from tests.programs.job import Job
from tests.programs.running import missing_package, run_node


class PdfJs:
    """pdf.js under node, saving as Firefox does."""

    name = "pdf.js (Firefox)"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        return missing_package("pdfjs-dist")

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        run_node("fill_pdfjs.mjs", jobs, folder)

"""pdf-lib: the library with which web sites fill PDF forms."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.forms.pdf.fonts import REGULAR
from pipeline.model.form import FileFormat
from tests.programs.job import Job
from tests.programs.running import HERE, call_node, missing_package, write_jobs


class PdfLib:
    """pdf-lib with a font of its user's, as Japanese needs it."""

    name = "pdf-lib"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        return missing_package("pdf-lib", "@pdf-lib/fontkit")

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        data = write_jobs(jobs, folder)
        script = HERE / "fill_pdf_lib.cjs"
        call_node(script, data, REGULAR, folder=folder)

"""pdf-lib: the library with which web sites fill PDF forms."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline.forms.fonts import REGULAR
from pipeline.model.form import FileFormat
from tests.programs.job import Job
from tests.programs.running import HERE, NODE_MODULES, missing_package, run, write_jobs


class PdfLib:
    """pdf-lib with a font of its user's, as Japanese needs it."""

    name = "pdf-lib"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        if shutil.which("node") is None:
            return "node"
        return missing_package("pdf-lib", "@pdf-lib/fontkit")

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        data = write_jobs(jobs, folder)
        script = HERE / "fill_pdf_lib.cjs"
        environment = {"NODE_PATH": str(NODE_MODULES)}
        run("node", script, data, REGULAR, folder=folder, environment=environment)

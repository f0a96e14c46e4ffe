"""poppler-glib: the engine of Evince and of other viewers of GNOME."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from pipeline.model.form import FileFormat
from tests.programs.job import Job
from tests.programs.running import HERE, run, write_jobs

_PYTHON = Path("/usr/bin/python3")
_PROBE = 'import gi; gi.require_version("Poppler", "0.18"); from gi.repository import Poppler'


class Poppler:
    """poppler-glib through the bindings of the system's own Python."""

    name = "poppler (Evince)"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        if not _PYTHON.exists():
            return "python3 of the system"
        probe = subprocess.run([_PYTHON, "-c", _PROBE], check=False, capture_output=True)
        return "gir1.2-poppler-0.18" if probe.returncode else ""

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        run(_PYTHON, HERE / "fill_poppler.py", write_jobs(jobs, folder), folder=folder)

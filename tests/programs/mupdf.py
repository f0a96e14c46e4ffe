"""MuPDF: the engine of Sioyek and of many viewers on telephones."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.model.form import FileFormat
from tests.programs.boxes import boxes, chosen_box
from tests.programs.job import Job
from tests.programs.running import HERE, run


class MuPdf:
    """MuPDF through ``mutool run``; of a list it keeps the word, as its viewer does."""

    name = "MuPDF"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        return "" if shutil.which("mutool") else "mutool"

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        rows = [
            {"blank": str(job.blank), "target": str(job.target), "steps": list(_steps(job))}
            for job in jobs
        ]
        data = folder / "jobs.json"
        data.write_text(json.dumps(rows), encoding="utf-8")
        run("mutool", "run", HERE / "fill_mupdf.js", data, folder=folder)


def _steps(job: Job) -> Iterator[dict[str, Any]]:
    places = boxes(job.blank)
    for entry in job.entries:
        box = chosen_box(places[entry.field], entry)
        yield {"page": box.page, "index": box.index, "way": entry.way, "text": entry.text}

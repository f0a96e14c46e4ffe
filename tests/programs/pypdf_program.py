"""pypdf: the library with which Python scripts fill PDF forms, and flatten what is filled."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from pipeline.model.form import FileFormat
from tests.programs.boxes import boxes
from tests.programs.job import Entry, Job


class PyPdf:
    """pypdf as its manual says it: the values, and the looks that it draws."""

    name = "pypdf"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        return "" if find_spec("pypdf") else "pypdf"

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        for job in jobs:
            fill_with_pypdf(job, flatten=False)


def fill_with_pypdf(job: Job, *, flatten: bool) -> None:
    """Do ``job``; flattened, what fields show is drawn on the pages and the fields are removed."""
    import pypdf  # noqa: PLC0415 - slow to import

    writer = pypdf.PdfWriter(clone_from=job.blank)
    states = {name: found[0].state for name, found in boxes(job.blank).items()}
    values = {entry.field: _value(entry, states[entry.field]) for entry in job.entries}
    for page in writer.pages:
        if "/Annots" in page:
            writer.update_page_form_field_values(
                page, values, auto_regenerate=False, flatten=flatten
            )
    if flatten:
        writer.remove_annotations(subtypes="/Widget")
    writer.write(job.target)


def _value(entry: Entry, state: str) -> str:
    if entry.way == "tick":
        return f"/{state}"
    return f"/{entry.code}" if entry.way == "radio" else entry.code or entry.text

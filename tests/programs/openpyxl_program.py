"""openpyxl: the library with which scripts fill workbooks."""

from collections.abc import Sequence
from pathlib import Path

from openpyxl import load_workbook

from pipeline.forms.xlsx.layout import FIELD_PREFIX
from pipeline.model.form import FileFormat
from tests.programs.job import Job


class Openpyxl:
    """openpyxl sets the named cells and saves what it understood of the workbook."""

    name = "openpyxl"
    file_format = FileFormat.XLSX

    def missing(self) -> str:
        """Return what is not installed: nothing, the product needs it itself."""
        return ""

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        """Set the cells."""
        for job in jobs:
            book = load_workbook(job.blank)
            for entry in job.entries:
                target = book.defined_names[FIELD_PREFIX + entry.field].destinations
                for sheet, cell in target:
                    book[sheet][cell.replace("$", "")].value = entry.text
            book.save(job.target)

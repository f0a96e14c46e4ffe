"""exceljs and SheetJS: the libraries with which web sites and services fill workbooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.form import FileFormat
from tests.programs.job import Job
from tests.programs.running import missing_package, run_node


@dataclass
class NodeBooks:
    """A node library that sets the named cells and saves the workbook its own way."""

    name: str
    package: str
    script: str
    file_format: FileFormat = FileFormat.XLSX

    def missing(self) -> str:
        """Return what is not installed."""
        return missing_package(self.package)

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        """Set the cells."""
        run_node(self.script, jobs, folder)


EXCELJS = NodeBooks("exceljs", "exceljs", "fill_exceljs.cjs")
SHEETJS = NodeBooks("SheetJS", "xlsx", "fill_sheetjs.cjs")

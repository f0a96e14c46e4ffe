"""pdftk-java: filling from a file of answers, as offices that fill many forms do."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from pipeline.model.form import FileFormat
from tests.programs.boxes import boxes
from tests.programs.job import Entry, Job
from tests.programs.running import run

_HEAD = '<?xml version="1.0" encoding="UTF-8"?><xfdf xmlns="http://ns.adobe.com/xfdf/"><fields>'


class Pdftk:
    """pdftk-java, filling from XFDF."""

    name = "pdftk-java"
    file_format = FileFormat.PDF

    def missing(self) -> str:
        return "" if shutil.which("pdftk") else "pdftk"

    def fill(self, jobs: Sequence[Job], folder: Path) -> None:
        for job in jobs:
            data = folder / "answers.xfdf"
            data.write_text(xfdf(job), encoding="utf-8")
            run("pdftk", job.blank, "fill_form", data, "output", job.target, folder=folder)


def xfdf(job: Job) -> str:
    """Return the answers of ``job`` as XFDF (ISO 19444-1): codes of lists, states of buttons."""
    states = {name: found[0].state for name, found in boxes(job.blank).items()}
    rows = "".join(
        f"<field name={quoteattr(entry.field)}><value>"
        f"{escape(_value(entry, states[entry.field]))}</value></field>"
        for entry in job.entries
    )
    return f"{_HEAD}{rows}</fields></xfdf>"


def _value(entry: Entry, state: str) -> str:
    return state if entry.way == "tick" else entry.code if entry.way != "text" else entry.text

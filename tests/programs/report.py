"""Writes docs/forms.md: ``python -m tests.programs.report`` runs every program on every blank."""

import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.forms.texts import form_texts
from pipeline.model.form import FileFormat
from tests.odd_files.page import with_section
from tests.programs.every_program import PROGRAMS, REASONS, STANDS_FOR
from tests.programs.flattened import FlattenedRow, run_flattener
from tests.programs.flatteners import FLATTENERS
from tests.programs.matrix import run_program
from tests.programs.outcome import Row

PAGE = Path(__file__).parents[2] / "docs" / "forms.md"

HEAD = """\
# Forms and the programs that fill them

Made by `python -m tests.programs.report`; `make test` fails when a program no longer does what
stands here.

Each program fills every blank: all three forms, in every language, all questions, with the answers
of one person of that language (`tests/programs/answers.py`). It saves in its own way, and what it
saved is read and judged like the attachment of a mail.

- **right**: read exactly as it was given, and accepted without a question.
- **asked**: the customer is asked about the answer; nothing is taken for granted.
- **wrong**: something else than the answer was accepted, or the answer was lost and nobody asked.
  There must be none.
"""


FLATTENED = """\
## Flattened and printed copies

A copy without fields is read by position, and the customer is asked to check all of it: none of
these answers is taken for granted. What was read otherwise, or not at all, is named.
"""


def page(rows: Sequence[Row], flattened: Sequence[FlattenedRow] = ()) -> str:
    """Return the whole page for the outcomes ``rows`` and what was read of ``flattened`` forms."""
    parts = [HEAD, _programs(rows)]
    for file_format, title in ((FileFormat.XLSX, "Workbooks"), (FileFormat.PDF, "PDF forms")):
        found = [row for row in rows if row.file_format is file_format]
        if found:
            parts.append(f"## {title}\n\n{matrix_table(found)}\n")
    parts.append(f"## Exceptions\n\n{_exceptions(rows)}\n")
    if flattened:
        parts.append(_flattened_table(flattened))
    return "\n".join(parts).rstrip("\n") + "\n"


def flattened_line(row: FlattenedRow) -> str:
    """Return the line of the table that says what was read of one flattened form."""
    language = form_texts(row.language).language_name
    lost = ", ".join(f"`{name}`" for name in (*row.other, *row.missing)) or "—"
    return table_line((row.program, row.form, language, str(row.fields), str(row.right), lost))


def _flattened_table(rows: Sequence[FlattenedRow]) -> str:
    heads = ("program", "form", "language", "answers", "read as given", "read otherwise or not")
    marks = ("---", "---", "---", "--:", "--:", "---")
    return "\n".join((FLATTENED, table_line(heads), table_line(marks), *map(flattened_line, rows)))


def line(row: Row) -> str:
    """Return the line of the table that says what became of one form."""
    language = form_texts(row.language).language_name
    counts = (row.cells, row.right, len(row.asked), len(row.wrong))
    return table_line((row.program, row.kind.value, language, *map(str, counts)))


def matrix_table(rows: Iterable[Row]) -> str:
    """Return program × form × language as a table."""
    heads = ("program", "form", "language", "answers", "right", "asked", "wrong")
    marks = ("---", "---", "---", "--:", "--:", "--:", "--:")
    return "\n".join((table_line(heads), table_line(marks), *map(line, rows)))


def exception_line(row: Row, field: str, code: str) -> str:
    """Return the line that names one answer that is asked about, and why; each has its reason."""
    reason = REASONS[row.program, code]
    return f"- {row.program}, {row.kind.value} ({row.language}), `{field}`: {reason} (`{code}`)"


def table_line(cells: Iterable[str]) -> str:
    """Return one line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def _programs(rows: Sequence[Row]) -> str:
    names = tuple(dict.fromkeys(row.program for row in rows))
    lines = [table_line(("program", "stands for")), table_line(("---", "---"))]
    lines += [table_line((name, STANDS_FOR[name])) for name in names]
    return "\n".join(lines) + "\n"


def _exceptions(rows: Sequence[Row]) -> str:
    lines = [exception_line(row, *pair) for row in rows for pair in row.asked]
    cells = sum(row.cells for row in rows)
    told = f"Of {cells:,} answers, {len(lines)} are asked about"
    return "\n".join((f"{told}:\n", *lines)) if lines else f"{told}."


def main() -> None:
    """Run all programs and write the page; a program that is missing stops it."""
    rows: list[Row] = []
    for program in PROGRAMS:
        if missing := program.missing():
            sys.exit(f"{missing} is not installed")
        with tempfile.TemporaryDirectory() as folder:
            rows += run_program(program, Path(folder))
    flattened: list[FlattenedRow] = []
    for flattener in FLATTENERS:
        if missing := flattener.missing():
            sys.exit(f"{missing} is not installed")
        with tempfile.TemporaryDirectory() as folder:
            flattened += run_flattener(flattener, Path(folder))
    PAGE.write_text(with_section(page(rows, flattened)), encoding="utf-8")


if __name__ == "__main__":
    main()

from pathlib import Path

import pytest

from pipeline.model.form import FormKind
from pipeline.resources import languages
from tests.programs.answers import matrix
from tests.programs.every_program import PROGRAMS, STANDS_FOR
from tests.programs.job import Program
from tests.programs.matrix import Blanks, run_program
from tests.programs.report import HEAD, PAGE, exception_line, line, table_line

#: Of a hundred answers of all programs together, so many may be asked about.
_ASKED_AT_MOST = 0.02


#: In every run: each form once and each language once, as far as they go.
_FEW: Blanks = tuple(zip(FormKind, languages(), strict=False))


def _documented() -> list[str]:
    return PAGE.read_text(encoding="utf-8").splitlines()


def _filled(program: Program, folder: Path, blanks: Blanks) -> list[str]:
    """Let a program fill blanks; return the lines of the page about them, for comparison."""
    if missing := program.missing():
        pytest.skip(f"{missing} is not installed")
    rows = run_program(program, folder, blanks)
    assert tuple((row.kind, row.language) for row in rows) == blanks
    assert [(row.kind, row.language, row.wrong) for row in rows if row.wrong] == []
    asked = [exception_line(row, *pair) for row in rows for pair in row.asked]
    return [*map(line, rows), *asked]


def _documented_of(program: Program) -> list[str]:
    begins = (f"| {program.name} | ", f"- {program.name}, ")
    found = [text for text in _documented() if text.startswith(begins)]
    return [text for text in found if text.startswith("- ") or text.count("|") == 8]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_program_fills_some_blanks_as_documented(program: Program, tmp_path: Path) -> None:
    # what is asked about is counted in the line of its form
    assert set(_filled(program, tmp_path, _FEW)) <= set(_documented_of(program))


@pytest.mark.long
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_program_fills_every_blank_as_documented(program: Program, tmp_path: Path) -> None:
    assert sorted(_filled(program, tmp_path, matrix())) == sorted(_documented_of(program))


def test_few_answers_are_asked_about() -> None:
    counts = [
        (int(cells[4]), int(cells[6]), int(cells[7]))
        for text in _documented()
        if len(cells := [cell.strip() for cell in text.split("|")]) == 9 and cells[4].isdecimal()
    ]
    assert len(counts) == len(PROGRAMS) * len(matrix())
    assert sum(wrong for _, _, wrong in counts) == 0
    answers = sum(cells for cells, _, _ in counts)
    assert sum(asked for _, asked, _ in counts) <= _ASKED_AT_MOST * answers


def test_page_says_what_each_program_stands_for() -> None:
    assert sorted(program.name for program in PROGRAMS) == sorted(STANDS_FOR)
    text = PAGE.read_text(encoding="utf-8")
    rows = [table_line((program.name, STANDS_FOR[program.name])) for program in PROGRAMS]
    assert text.startswith(HEAD)
    assert [row for row in rows if row not in text.splitlines()] == []

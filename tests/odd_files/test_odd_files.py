"""Nothing that a person put into a form is lost in silence, whatever program made the file."""

from pathlib import Path

import pytest

from pipeline.model.form import FormKind
from pipeline.resources import languages
from tests.odd_files.case import Case, Outcome
from tests.odd_files.catalogue import CASES
from tests.odd_files.page import PAGE, TITLE, row, section
from tests.odd_files.seen import Desk
from tests.odd_files.verdict import compare, run_case

_LEAST = 150
#: One file of each program and of each way out, of those that are quickly made.
_SAMPLE = frozenset(
    {
        ("openpyxl", "words in our hidden sheet"),
        ("openpyxl", "number shown as a word"),
        ("openpyxl", "old value struck out, new one behind it"),
        ("openpyxl", "date in a cell of dates"),
        ("openpyxl", "second form pasted below"),
        ("openpyxl", "a line for each word"),
        ("openpyxl", "property of one's own"),
        ("Excel (its parts, written by hand)", "sheet that is a chart"),
        ("Excel (its parts, written by hand)", "error message of a rule"),
        ("exceljs", "prompt of a rule"),
        ("SheetJS", "comment"),
        ("SheetJS", "saved as xlml"),
        ("pikepdf", "annotation Caret"),
        ("pikepdf", "words in a layer that is off"),
        ("pikepdf", "reason of a signature"),
        ("pikepdf", "without a password to open"),
        ("pikepdf", "rich text of an answer"),
        ("pikepdf", "hint of a box"),
        ("pikepdf", "bookmark"),
        ("pikepdf", "chosen option renamed"),
        ("pikepdf", "numbers that mean something else as words"),
        ("qpdf", "letterhead over all pages"),
        ("pdftk", "watermark behind all pages"),
        ("MuPDF", "annotation FreeText"),
        ("poppler", "united with a cover letter"),
        ("pdf-lib", "two pages on one sheet"),
        ("pdf.js (Firefox)", "ink"),
        ("pypdf", "value changed by an update"),
        ("PDFium", "printed"),
    }
)


def _name(case: Case) -> str:
    return f"{case.program}: {case.name}"


def _check(case: Case, desk: Desk, folder: Path) -> None:
    if missing := case.missing():
        pytest.skip(f"{missing} is not installed")
    verdict = run_case(case, desk, folder)
    assert (verdict.lost, verdict.wrong) == ((), ())


@pytest.mark.parametrize(
    "case", [case for case in CASES if (case.program, case.name) in _SAMPLE], ids=_name
)
def test_what_was_put_in_is_told(case: Case, desk: Desk, tmp_path: Path) -> None:
    _check(case, desk, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    "case", [case for case in CASES if (case.program, case.name) not in _SAMPLE], ids=_name
)
def test_what_was_put_into_any_file_is_told(case: Case, desk: Desk, tmp_path: Path) -> None:
    _check(case, desk, tmp_path)


def test_set_is_large_and_of_all_forms_languages_and_programs() -> None:
    assert len({(case.program, case.name) for case in CASES}) == len(CASES) >= _LEAST
    assert {(case.program, case.name) for case in CASES} >= _SAMPLE
    assert {case.kind for case in CASES} == set(FormKind)
    assert {case.language for case in CASES} == set(languages())
    assert {case.expected for case in CASES} == set(Outcome)
    by_hand = [case for case in CASES if case.program.startswith("Excel")]
    assert len(CASES) - len(by_hand) >= _LEAST


def test_counting_notices_what_is_lost_and_what_is_wrong(desk: Desk, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "sheet added" and case.program == "openpyxl")
    base = desk.mail(case.language, "form.xlsx", case.filled())
    verdict = compare(case, base)  # the same form without what was added
    assert verdict.lost == case.words
    assert verdict.wrong
    right = run_case(case, desk, tmp_path)
    assert right.is_right


def test_page_lists_every_file() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert section() in page
    start = page.index(TITLE)
    assert [row(case) for case in CASES if row(case) not in page[start:]] == []

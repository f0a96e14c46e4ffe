"""What people do to a filled form in Calc: afterwards each answer is right, or asked about."""

import io
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest
from openpyxl import load_workbook

from pipeline.model.form import FileFormat, FormKind
from tests.programs.answers import entries
from tests.programs.job import Job
from tests.programs.libreoffice import save, work
from tests.programs.matrix import blank_form
from tests.programs.outcome import Row, judge

pytestmark = pytest.mark.libreoffice

_KIND, _LANGUAGE = FormKind.ONBOARDING, "en"
_FORM = "1"
#: The rows of the first and the last question, and one below the form.
_FIRST, _END, _LAST = 15, 64, 90

Command = tuple[str, ...]


@dataclass(frozen=True)
class Surgery:
    """What is done in Calc, given the row of each question; ``blank`` are left unanswered."""

    does: Callable[[Mapping[str, int]], Sequence[Command]]
    blank: tuple[str, ...] = ()


def _row(number: int) -> str:
    """Return a row as the program counts it, from 0."""
    return str(number - 1)


#: Afterwards every answer is read as it was typed, and nothing is asked.
_HARMLESS = {
    "rows above": Surgery(lambda rows: [("insert rows", _FORM, "2", "3")]),
    "rows between": Surgery(
        lambda rows: [("insert rows", _FORM, _row(rows["contact_email"]), "2")]
    ),
    "column before": Surgery(lambda rows: [("insert columns", _FORM, "3", "1")]),
    "column behind": Surgery(lambda rows: [("insert columns", _FORM, "4", "2")]),
    "columns before, no head": Surgery(
        lambda rows: [("delete rows", _FORM, "5", "1"), ("insert columns", _FORM, "2", "2")]
    ),
    "requirements deleted": Surgery(lambda rows: [("delete columns", _FORM, "2", "1")]),
    "keys deleted": Surgery(lambda rows: [("delete columns", _FORM, "6", "1")]),
    "labels deleted": Surgery(lambda rows: [("delete columns", _FORM, "1", "1")]),
    "head deleted": Surgery(lambda rows: [("delete rows", _FORM, "5", "1")]),
    "introduction deleted": Surgery(lambda rows: [("delete rows", _FORM, "0", "6")]),
    "sheet renamed": Surgery(lambda rows: [("rename sheet", _FORM, "O'Neill's answers!")]),
    "start sheet deleted": Surgery(lambda rows: [("remove sheet", "0")]),
    "hidden sheet deleted": Surgery(lambda rows: [("remove sheet", "2")]),
    "sheet copied": Surgery(lambda rows: [("copy sheet", _FORM, "Form (2)", "2")]),
    "copied into a new book": Surgery(lambda rows: [("to new book", _FORM)]),
    "new book, no names": Surgery(lambda rows: [("to new book", _FORM), ("remove names",)]),
    "names deleted": Surgery(lambda rows: [("remove names",)]),
    "names deleted, column before": Surgery(
        lambda rows: [("remove names",), ("insert columns", _FORM, "1", "2")]
    ),
    "names and keys deleted, rows between": Surgery(
        lambda rows: [
            ("remove names",),
            ("delete columns", _FORM, "6", "1"),
            ("insert rows", _FORM, _row(rows["country"]), "4"),
        ]
    ),
    "rows cut and pasted below": Surgery(
        lambda rows: [
            (
                "move",
                _FORM,
                f"A{rows['phone_number']}:G{rows['phone_number_again']}",
                f"A{_LAST + 5}",
            )
        ]
    ),
    "answer cut and pasted beside the table": Surgery(
        lambda rows: [("move", _FORM, f"D{rows['contact_department']}", "J3")]
    ),
    "answer pushed to the right": Surgery(
        lambda rows: [("push right", _FORM, f"D{rows['contact_name']}")]
    ),
    "answer merged with its explanation": Surgery(
        lambda rows: [("merge", _FORM, f"D{rows['notes']}:E{rows['notes']}")]
    ),
    "two answers merged": Surgery(
        lambda rows: [("merge", _FORM, f"D{rows['contact_name']}:D{rows['contact_department']}")]
    ),
}

#: Afterwards these are asked about, and all others are right.
_ASKED: dict[str, tuple[Surgery, tuple[str, ...]]] = {
    "optional row deleted": (
        Surgery(lambda rows: [("delete rows", _FORM, _row(rows["notes"]), "1")], blank=("notes",)),
        ("notes",),
    ),
    "rows deleted": (
        Surgery(lambda rows: [("delete rows", _FORM, _row(rows["company_trading_name"]), "2")]),
        ("company_trading_name", "website"),
    ),
    "answer cut and pasted over another": (
        Surgery(
            lambda rows: [
                (
                    "move",
                    _FORM,
                    f"D{rows['contact_department']}",
                    f"D{rows['company_trading_name']}",
                )
            ]
        ),
        ("contact_department", "company_trading_name"),
    ),
    "row copied, second number typed": (
        Surgery(
            lambda rows: [
                ("copy", _FORM, f"A{rows['phone_number']}:G{rows['phone_number']}", f"A{_LAST}"),
                ("type at", _FORM, f"D{_LAST}", "+44 7400 123456"),
            ]
        ),
        ("phone_number",),
    ),
    "sheet copied, another department typed": (
        Surgery(
            lambda rows: [
                ("copy sheet", _FORM, "Form (2)", "2"),
                ("type at", "2", f"D{rows['contact_department']}", "Sales"),
            ]
        ),
        ("contact_department",),
    ),
}

#: Afterwards so many are asked about; the others stand where they were, or beside an equal one.
_MIXED = {
    "answer deleted, those below pulled up": (
        Surgery(lambda rows: [("pull up", _FORM, f"D{rows['contact_department']}")]),
        27,
    ),
    "cell inserted, answers pushed down": (
        Surgery(lambda rows: [("push down", _FORM, f"D{rows['contact_department']}")]),
        27,
    ),
    "sorted with keys": (Surgery(lambda rows: [("sort", _FORM, f"A{_FIRST}:G{_END}", "1")]), 30),
    "sorted without keys": (Surgery(lambda rows: [("sort", _FORM, f"A{_FIRST}:F{_END}", "1")]), 34),
    "sorted without keys, no names": (
        Surgery(lambda rows: [("remove names",), ("sort", _FORM, f"A{_FIRST}:F{_END}", "1")]),
        34,
    ),
}

#: Afterwards the customer is told that the file cannot be read.
_REFUSED = {
    "column of answers deleted": (
        Surgery(lambda rows: [("delete columns", _FORM, "3", "1")]),
        "file_template",
    ),
    "column of answers deleted, no names": (
        Surgery(lambda rows: [("remove names",), ("delete columns", _FORM, "3", "1")]),
        "file_template",
    ),
    "all but numbers and keys deleted": (
        Surgery(lambda rows: [("remove names",), ("delete columns", _FORM, "1", "5")]),
        "file_template",
    ),
    "labels and keys deleted": (
        Surgery(
            lambda rows: [("delete columns", _FORM, "6", "1"), ("delete columns", _FORM, "1", "1")]
        ),
        "file_template",
    ),
}


def _rows_of(content: bytes) -> dict[str, int]:
    book = load_workbook(io.BytesIO(content))
    return {
        name.removeprefix("fld_"): int(str(target.attr_text).rpartition("$")[2])
        for name, target in book.defined_names.items()
        if name.startswith("fld_")
    }


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Row]:
    """What became of the form after each surgery, all done in one process."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("surgery")
    blank = folder / "blank.xlsx"
    blank.write_bytes(blank_form(_KIND, _LANGUAGE, FileFormat.XLSX))
    rows = _rows_of(blank.read_bytes())
    typed = entries(_KIND, _LANGUAGE, FileFormat.XLSX)
    filled = folder / "filled.xlsx"
    script: list[Command] = [("open", str(blank))]
    script += [("type", f"fld_{entry.field}", entry.text) for entry in typed]
    script += [save(filled), ("close",)]
    jobs: dict[str, Job] = {}
    for number, (name, surgery) in enumerate(_all().items()):
        target = folder / f"{number}.xlsx"
        script += [("open", str(filled)), ("unprotect", _FORM)]
        script += [("type", f"fld_{field}", "") for field in surgery.blank]
        script += [*surgery.does(rows), save(target), ("close",)]
        given = tuple(entry for entry in typed if entry.field not in surgery.blank)
        jobs[name] = Job(_KIND, _LANGUAGE, filled, given, target)
    work(script, folder)
    return {name: judge(job, "LibreOffice") for name, job in jobs.items()}


def _all() -> dict[str, Surgery]:
    with_outcome = {**_ASKED, **_MIXED, **_REFUSED}
    return {**_HARMLESS, **{name: surgery for name, (surgery, _) in with_outcome.items()}}


@pytest.mark.parametrize("name", _HARMLESS)
def test_answers_are_right_after_harmless_surgery(outcomes: Mapping[str, Row], name: str) -> None:
    row = outcomes[name]
    assert (row.wrong, row.asked, row.verdict, row.right) == ((), (), "ok", row.cells)


@pytest.mark.parametrize("name", _ASKED)
def test_what_surgery_made_doubtful_is_asked_about(outcomes: Mapping[str, Row], name: str) -> None:
    row = outcomes[name]
    assert row.wrong == ()
    assert tuple(field for field, _ in row.asked) == _ASKED[name][1]


@pytest.mark.parametrize("name", _MIXED)
def test_answers_apart_from_their_questions_are_asked_about(
    outcomes: Mapping[str, Row], name: str
) -> None:
    row = outcomes[name]
    assert row.wrong == ()
    assert (len(row.asked), row.right) == (_MIXED[name][1], row.cells - _MIXED[name][1])


@pytest.mark.parametrize("name", _REFUSED)
def test_form_without_its_answers_is_told_of(outcomes: Mapping[str, Row], name: str) -> None:
    assert outcomes[name].notes == (_REFUSED[name][1],)

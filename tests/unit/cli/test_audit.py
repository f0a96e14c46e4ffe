"""``pipeline audit verify`` and ``pipeline export``."""

import csv
import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.cli import table_files
from tests.unit.cli.conftest import Call


def _change(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "state" / "requests.sqlite3")) as database:
        assert database.execute(statement).rowcount == 1
        database.commit()


def _rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_an_audit_that_nobody_touched_is_intact(pipeline: Call) -> None:
    assert pipeline("number", "set", "+81 90 1234 5678", "active").code == 0
    called = pipeline("audit", "verify")
    assert called.code == 0
    assert "Every line is as it was written." in called.out
    told = pipeline("audit", "verify", "--json").json()
    assert told["intact"]
    assert told["requests"] >= 3
    assert told["lines"] >= told["requests"]
    assert told["staff_lines"] == 1


def test_the_first_broken_line_is_told_by_reference_and_number(
    pipeline: Call, home: Path, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("policy_review")
    _change(
        home,
        "UPDATE events SET actor_name = 'nobody' WHERE seq = 1 AND request_id ="
        f" (SELECT id FROM requests WHERE reference = '{reference}')",
    )
    called = pipeline("audit", "verify")
    assert called.code == 3
    assert f"{reference}: line 1 is not as it was written" in called.out
    assert pipeline("audit", "verify", "--json").json()["first_broken"] == [
        {"reference": reference, "line": 1}
    ]


def test_a_broken_log_of_staff_is_told(pipeline: Call, home: Path) -> None:
    pipeline("number", "set", "+81 90 1234 5678", "active")
    _change(home, "UPDATE staff_log SET subject = '+441'")
    called = pipeline("audit", "verify", "--json")
    assert (called.code, called.json()["staff_first_broken"]) == (3, 1)


def test_all_requests_are_exported_as_text(pipeline: Call, tmp_path: Path) -> None:
    known = {row["reference"] for row in pipeline("queue", "all", "--json").json()}
    table, book = tmp_path / "requests.csv", tmp_path / "requests.xlsx"
    assert (
        pipeline("export", "requests", "--to", str(table)).out
        == f"{len(known)} requests written.\n"
    )
    assert pipeline("export", "requests", "--to", str(book)).code == 0
    heading, *rows = _rows(table)
    assert heading[0] == "Reference"
    assert {row[0] for row in rows} == known
    sheet = load_workbook(book).worksheets[0]
    cells = [cell for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert sheet.max_row == len(known) + 1


def test_the_audit_is_exported_line_by_line(pipeline: Call, tmp_path: Path) -> None:
    pipeline("number", "set", "+81 90 1234 5678", "active")
    path = tmp_path / "audit.csv"
    assert pipeline("export", "audit", "--to", str(path)).code == 0
    _, *rows = _rows(path)
    told = pipeline("audit", "verify", "--json").json()
    assert len(rows) == told["lines"] + told["staff_lines"]
    assert rows[-1][0] == ""
    assert rows[-1][5] == "number_set"
    assert {len(row[-1]) for row in rows} == {64}


@pytest.mark.parametrize(("name", "said"), [("a.txt", ".csv or .xlsx"), ("a.xlsx", "more than 1 ")])
def test_a_table_that_cannot_be_is_refused(
    pipeline: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setattr(table_files, "MOST_IN_WORKBOOK", 1)
    called = pipeline("export", "audit", "--to", str(tmp_path / name))
    assert called.code == 2
    assert said in called.err
    assert not (tmp_path / name).exists()

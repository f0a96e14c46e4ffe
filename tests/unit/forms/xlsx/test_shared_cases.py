"""The workbooks of ``shared/cases/forms``: each comes out as it is written there."""

import csv
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.checked import CheckedForm
from pipeline.model.problem import Verdict
from pipeline.model.submission import Submission
from pipeline.resources import root
from pipeline.validation.check import CheckContext, check
from tests.programs.outcome import TODAY

_SHARED = Path(__file__).parents[5] / "shared" / "cases" / "forms"


def _rows() -> Iterator[dict[str, str]]:
    path = _SHARED / "expected.csv"
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        yield from (row for row in csv.DictReader(file) if row["file"].endswith(".xlsx"))


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    path = _SHARED / "make_forms.py"
    spec = importlib.util.spec_from_file_location("make_forms", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _case(name: str) -> dict[str, Any]:
    cases = json.loads((_SHARED / "cases.json").read_text("utf-8"))
    found: dict[str, Any] = next(case for case in cases if case["id"] == name)
    return found


def _checked(path: Path) -> list[CheckedForm]:
    found = read_forms_of(path.name, path.read_bytes())
    return [
        check(form, CheckContext(today=TODAY, vocabulary=choice_vocabulary(form.form)))
        for form in found
        if isinstance(form, Submission)
    ]


def _said(checked: CheckedForm) -> str:
    items = [str(value) for problem in checked.problems for _, value in problem.params]
    return "\n".join([*items, *(item.words for item in checked.submission.left_over)])


@pytest.mark.parametrize("row", list(_rows()), ids=lambda row: row["file"])
def test_workbook_comes_out_as_written(
    row: dict[str, str], maker: ModuleType, tmp_path: Path
) -> None:
    case = _case(row["file"].removesuffix(".xlsx"))
    paths = tmp_path / "case.xlsx", tmp_path / "base.xlsx"
    maker.build(root(), case, case["steps"], paths[0])
    maker.build(root(), case, maker.base_ops(case["steps"]), paths[1])
    found, base = _checked(paths[0]), _checked(paths[1])
    assert found, row["why"]
    first, right = found[0], row["right"]
    codes = {item.code for item in first.problems if item.field == row["field"]}
    if right == "told":
        assert first.submission.left_over
        assert first.problems != base[0].problems
        assert row["words"] in _said(first)
    elif right == "two":
        assert [form.submission.form.value for form in found] == ["onboarding", "qr"]
        answers = [answer.raw for form in found for answer in form.submission.answers]
        assert row["words"] in answers
    elif right == "ask":
        reading = first.reading(row["field"])
        assert reading is not None
        assert (reading.verdict, row["words"] in reading.raw) == (Verdict.ASK, False)
        assert row["words"] in _said(first)
    elif right.startswith("not "):
        assert right.removeprefix("not ") not in {item.code for item in first.problems}
        assert row["words"] in _said(first)
    else:
        reading = first.reading(row["field"])
        assert reading is not None
        agreed = right.startswith("yes or ") and reading.value == "yes"
        assert agreed or right.rpartition("code ")[2] in codes

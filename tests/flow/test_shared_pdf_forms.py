"""The PDF forms of the shared cases come out as written there."""

import csv
import hashlib
import importlib.util
import json
import warnings
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline.flow.views.form_check import FormCheck, check_form
from pipeline.forms.pdf.reader import read_pdf_forms
from pipeline.guard import Guard
from pipeline.model.form import FileFormat, FormFile
from pipeline.model.submission import Submission
from pipeline.resources import root
from pipeline.validation.phone.policy import DEFAULT

_FOLDER = Path(__file__).parents[2].parent / "shared" / "cases" / "forms"


@cache
def _rows() -> list[dict[str, str]]:
    if not _FOLDER.is_dir():
        return []
    with (_FOLDER / "expected.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["file"].endswith(".pdf")]


@cache
def _maker() -> Any:
    specification = importlib.util.spec_from_file_location("make_forms", _FOLDER / "make_forms.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@cache
def _steps() -> dict[str, dict[str, Any]]:
    cases = json.loads((_FOLDER / "cases.json").read_text("utf-8"))
    return {case["id"]: case for case in cases}


def _built(name: str, folder: Path, *, base: bool = False) -> bytes:
    maker, case = _maker(), _steps()[name.removesuffix(".pdf")]
    target = folder / name
    steps = case["steps"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pikepdf warns of what the cases do on purpose
        maker.build(root(), case, maker.base_ops(steps) if base else steps, target)
    return target.read_bytes()


def _said(check: FormCheck) -> Iterable[str]:
    """Return all that is said of a file: answers, problems, and what stands beside them."""
    for one in (check, *check.other_forms):
        for field in one.fields:
            yield f"{field.id} {field.raw} {field.value} {field.verdict}"
        for problem in one.problems:
            yield f"{problem.code} {problem.field} {problem.message}"
        for item in one.left_over:
            yield f"{item.kind} {item.field} {item.words}"


def test_shared_forms_are_there() -> None:
    if not _FOLDER.is_dir():
        pytest.skip("the shared cases are not beside the checkout")
    assert len(_rows()) > 10


@pytest.mark.parametrize("row", _rows(), ids=[row["file"] for row in _rows()])
def test_shared_form_comes_out_as_written(
    row: dict[str, str], tmp_path: Path, guard: Guard
) -> None:
    def checked(name: str, content: bytes) -> FormCheck:
        return check_form(guard, name, content, "en", date(2026, 11, 23), DEFAULT)

    content = _built(row["file"], tmp_path)
    check = checked(row["file"], content)
    said = list(_said(check))
    codes = {problem.code for one in (check, *check.other_forms) for problem in one.problems}
    if row["right"] == "two":
        assert len(check.other_forms) == 1 or "file_two_forms" in codes
    elif row["right"].startswith("not "):
        assert row["right"].removeprefix("not ") not in codes
    else:
        assert row["right"] == "told"
        at = [line for line in said if row["field"] in line and row["words"] in line]
        assert at, said
    if row["words"]:
        assert any(row["words"] in line for line in said), said
    if row["right"] == "told":
        base = checked(row["file"], _built(row["file"], tmp_path, base=True))
        assert said != list(_said(base))


def _left_over(content: bytes) -> list[tuple[str, str]]:
    digest = hashlib.sha256(content).hexdigest()
    read = read_pdf_forms(FormFile("form.pdf", content, FileFormat.PDF, digest, 0))
    return [
        (item.field, item.words)
        for one in read
        if isinstance(one, Submission)
        for item in one.left_over
    ]


def _with_addition() -> list[str]:
    """Return the files that are a form and something beside it; others come ready made."""
    names = [row["file"] for row in _rows()]
    return [name for name in names if _steps()[name.removesuffix(".pdf")]["format"] != "ready"]


@pytest.mark.parametrize("name", _with_addition())
def test_form_without_the_addition_has_nothing_left_over(name: str, tmp_path: Path) -> None:
    assert _left_over(_built(name, tmp_path, base=True)) == []

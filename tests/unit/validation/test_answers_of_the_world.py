"""Answers collected from public reports and standards, each read as an answer of a form.

``cases/answers/<kind>.csv``: ``verdict`` and ``value`` hold what is right, alternatives between
bars. An empty alternative of ``value`` stands for no value or no proposal, ``*`` for any. A
blank answer counts as rejected. Invisible characters stand as escapes.
"""

import csv
import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Answer, CellType
from pipeline.validation.answer import read_answer
from pipeline.validation.reading import Hints

_CASES = Path(__file__).parent / "cases" / "answers"
_KINDS = sorted(path.stem for path in _CASES.glob("*.csv"))
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})|\\(n)")
_TODAY = date(2026, 11, 22)
_LEAST = 60
#: Rows that are not read right yet; the list can only shrink. The first is the example of a WABA id
#: in our forms of versions 1.0 and 1.1: given files answer with it, and are accepted.
_NOT_YET: frozenset[str] = frozenset({"ids-069", "zones-210"})


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda hit: "\n" if hit[3] else chr(int(hit[1] or hit[2], 16)), text)


@cache
def _rows(kind: str) -> tuple[dict[str, str], ...]:
    with (_CASES / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            {**row, "raw": _plain(row["raw"]), "value": _plain(row["value"])}
            for row in csv.DictReader(file)
        )


def _home(field: str) -> FormKind:
    return next(kind for kind, form in FORMS.items() if field in form.questions)


def _outcome(row: dict[str, str]) -> tuple[str, str]:
    field = row["field"]
    kind = _home(field)
    words = choice_vocabulary(kind).get(field, {})
    answer = Answer(field, row["raw"], "Form!D12", CellType(row["cell_type"]))
    hints = Hints(_TODAY, row["country"] or None, language=row["language"], words=words)
    read = read_answer(answer, FORMS[kind].questions[field], hints)
    verdict = Verdict.REJECT if read.verdict is Verdict.BLANK else read.verdict
    return verdict.value, read.value or ""


def _is_right(row: dict[str, str], verdict: str, value: str) -> bool:
    if verdict not in row["verdict"].split("|"):
        return False
    if verdict == Verdict.REJECT or row["value"] == "*":
        return True
    return value in row["value"].split("|")


@cache
def _wrong(kind: str) -> dict[str, tuple[str, str, str]]:
    """Return what is read wrong: by the row's id what was typed, the verdict, and the value."""
    outcomes = [(row, *_outcome(row)) for row in _rows(kind)]
    return {
        row["id"]: (row["raw"], verdict, value)
        for row, verdict, value in outcomes
        if not _is_right(row, verdict, value)
    }


@pytest.mark.parametrize("kind", _KINDS)
def test_answers_of_a_kind_are_read_as_they_are_meant(kind: str) -> None:
    wrong = _wrong(kind)
    assert len(_rows(kind)) >= _LEAST
    assert set(wrong) == {name for name in _NOT_YET if name.startswith(f"{kind}-")}, wrong


@pytest.mark.parametrize("kind", _KINDS)
def test_nothing_wrong_is_accepted(kind: str) -> None:
    accepted = {name: read for name, read in _wrong(kind).items() if read[1] == Verdict.OK}
    assert set(accepted) <= _NOT_YET, accepted

"""Every row of the standard for phone numbers, read as an answer of a form."""

from collections.abc import Callable
from datetime import date

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Answer, CellType
from pipeline.validation.answer import read_answer
from pipeline.validation.reading import Hints

_QUESTION = FORMS[FormKind.ONBOARDING].questions["phone_number"]
#: Rows that are not right yet; the list can only shrink.
_NOT_YET: frozenset[str] = frozenset()
_CEILING = 0


def _outcome(row: dict[str, str]) -> tuple[str, str]:
    answer = Answer("phone_number", row["raw"], "Form!D12", CellType(row["cell_type"]))
    hints = Hints(date(2026, 11, 22), row["context_country_or_blank"] or None)
    read = read_answer(answer, _QUESTION, hints)
    verdict = Verdict.REJECT if read.verdict is Verdict.BLANK else read.verdict
    return read.value or "", verdict.value


def test_every_phone_of_the_standard_is_read_as_it_says(
    standard: Callable[[str], list[dict[str, str]]],
) -> None:
    rows = standard("phone_cases.csv")
    wrong = {
        row["id"]: (row["raw"], _outcome(row))
        for row in rows
        if _outcome(row) != (row["expected_e164_or_blank"], row["expected_verdict"])
    }
    assert len(rows) > 370
    assert set(wrong) == _NOT_YET, wrong
    assert len(_NOT_YET) <= _CEILING

"""Every row of the standard for texts, ids, dates, countries …, read as an answer of a form."""

from collections.abc import Callable
from datetime import date

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Answer, CellType
from pipeline.validation.answer import read_answer
from pipeline.validation.reading import Hints

_ON, _QR = FormKind.ONBOARDING, FormKind.QR
#: field type of the standard → form, field, language of the form
_FIELDS = {
    "display_name": (_ON, "display_name", "en"),
    "about": (_ON, "profile_about", "en"),
    "prefilled_message": (_QR, "prefilled_message", "en"),
    "email": (_ON, "contact_email", "en"),
    "url": (_ON, "website", "en"),
    "uuid": (_ON, "genesys_org_id", "en"),
    "meta_business_id": (_ON, "meta_business_id", "en"),
    "country": (_ON, "country", "en"),
    "timezone": (_ON, "time_zone", "en"),
    "bool": (_ON, "is_m2m", "en"),
    "bool_ja": (_ON, "is_m2m", "ja"),
    "date": (_ON, "ready_date", "en"),
    "date_ja": (_ON, "ready_date", "ja"),
}
_WITHOUT_A_FIELD = {"template_language", "int"}
_BOOLEANS = {"True": "yes", "False": "no"}
#: Rows that are not right yet; the list can only shrink.
_NOT_YET: frozenset[str] = frozenset()
_CEILING = 0


def _outcome(row: dict[str, str]) -> tuple[str, str]:
    kind, field, language = _FIELDS[row["field_type"]]
    words = choice_vocabulary(kind).get(field, {})
    answer = Answer(field, row["raw"], "Form!D12", CellType(row["cell_type"]))
    hints = Hints(date(2026, 11, 22), language=language, words=words)
    read = read_answer(answer, FORMS[kind].questions[field], hints)
    verdict = Verdict.REJECT if read.verdict is Verdict.BLANK else read.verdict
    return read.value or "", verdict.value


def _expected(row: dict[str, str]) -> tuple[str, str]:
    value = row["expected"]
    if row["field_type"].startswith("bool"):
        value = _BOOLEANS.get(value, value)
    return value, row["verdict"]


def test_every_text_of_the_standard_is_read_as_it_says(
    standard: Callable[[str], list[dict[str, str]]],
) -> None:
    rows = [row for row in standard("text_cases.csv") if row["field_type"] in _FIELDS]
    wrong = {
        row["id"]: (row["raw"], _outcome(row)) for row in rows if _outcome(row) != _expected(row)
    }
    assert len(rows) > 190
    assert set(wrong) == _NOT_YET, wrong
    assert len(_NOT_YET) <= _CEILING


@pytest.mark.parametrize("field_type", sorted(_FIELDS))
def test_standard_has_rows_for_each_field_type(
    field_type: str, standard: Callable[[str], list[dict[str, str]]]
) -> None:
    types = {row["field_type"] for row in standard("text_cases.csv")}
    assert field_type in types
    assert types == set(_FIELDS) | _WITHOUT_A_FIELD

"""The project's own cases: what people type, and what a careful person makes of it.

``cases/phone.csv``, ``cases/text.csv``, and ``cases/world.csv``, whose kinds were collected from
the sources that each row names: invisible characters stand as escapes. ``value`` is the
accepted value, with ``ask`` the proposal (empty: none); ``*`` says nothing about a proposal.
``code`` is the first problem's (``not:`` before it: any other).
"""

import csv
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FormKind
from pipeline.model.submission import Answer, CellType
from pipeline.validation.answer import read_answer
from pipeline.validation.reading import Hints
from tests.folded import folded

_CASES = Path(__file__).parent / "cases"
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})|\\(n)")
_LEAST = 20
_LEAST_OF_THE_WORLD = 40


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda hit: "\n" if hit[3] else chr(int(hit[1] or hit[2], 16)), text)


def _rows(name: str) -> list[dict[str, str]]:
    with (_CASES / name).open(encoding="utf-8", newline="") as file:
        return [
            {
                **row,
                "typed": _plain(row["typed"]),
                "value": _plain(row["value"]),
                "name": f"{row['category']}-line{line}",
            }
            for line, row in enumerate(csv.DictReader(file), 2)
        ]


def _category(row: dict[str, str]) -> str:
    return row["category"]


def _home(field: str) -> FormKind:
    return next(kind for kind, form in FORMS.items() if field in form.questions)


def _assert_read(row: dict[str, str], field: str) -> None:
    kind = _home(field)
    hints = Hints(
        date(2026, 11, 22),
        row["country"] or None,
        language=row.get("language", "en"),
        words=choice_vocabulary(kind).get(field, {}),
    )
    answer = Answer(field, row["typed"], "Form!D12", CellType(row["cell"]))
    read = read_answer(answer, FORMS[kind].questions[field], hints)
    value = "*" if row["value"] == "*" else read.value or ""
    seen = (read.verdict.value, value)
    assert seen == (row["verdict"], row["value"]), (row["typed"], read)
    code, codes = row.get("code", ""), [finding.code for finding in read.findings]
    if code.startswith("not:"):
        assert code.removeprefix("not:") not in codes
    elif code:
        assert codes[:1] == [code]


@folded("row", _rows("phone.csv"), by=_category)
def test_own_phone_case_is_read_as_a_careful_person_would(row: dict[str, str]) -> None:
    field = "contact_phone" if row["category"] == "contact_phone" else "phone_number"
    _assert_read(row, field)


@folded("row", _rows("text.csv"), by=_category)
def test_own_text_case_is_read_as_a_careful_person_would(row: dict[str, str]) -> None:
    _assert_read(row, row["field"])


@folded("row", _rows("world.csv"), by=_category)
def test_case_of_the_world_is_read_as_its_source_has_it(row: dict[str, str]) -> None:
    _assert_read(row, row["field"])


def test_each_case_of_the_world_has_a_source() -> None:
    assert [row["name"] for row in _rows("world.csv") if not row["source"].strip()] == []


@pytest.mark.parametrize(
    ("name", "least"),
    [("phone.csv", _LEAST), ("text.csv", _LEAST), ("world.csv", _LEAST_OF_THE_WORLD)],
)
def test_own_cases_have_so_many_of_each_category_and_none_twice(name: str, least: int) -> None:
    rows = _rows(name)
    counts = Counter(row["category"] for row in rows)
    assert [category for category, count in counts.items() if count < least] == []
    keys = Counter(
        (
            row.get("field", row["category"] == "contact_phone"),
            row["typed"],
            row["country"],
            row.get("language", ""),
            row["cell"],
        )
        for row in rows
    )
    assert [key for key, count in keys.items() if count > 1] == []


def test_own_cases_are_no_copies_of_the_standard(
    standard: Callable[[str], list[dict[str, str]]],
) -> None:
    phones = {row["raw"].strip() for row in standard("phone_cases.csv")}
    assert [row["typed"] for row in _rows("phone.csv") if row["typed"].strip() in phones] == []
    texts = {(row["field_type"], row["raw"].strip()) for row in standard("text_cases.csv")}
    own = {(_shared_type(row["category"]), row["typed"].strip()) for row in _rows("text.csv")}
    assert own & texts == set()
    world = _rows("world.csv")
    numbers = [row["typed"].strip() for row in world if row["field"] == "phone_number"]
    assert [typed for typed in numbers if typed in phones] == []
    own = {(_OF_THE_FIELD.get(row["field"], ""), row["typed"].strip()) for row in world}
    assert own & texts == set()


#: What the standard calls the answers of a field.
_OF_THE_FIELD = {
    "display_name": "display_name",
    "contact_email": "email",
    "website": "url",
    "genesys_org_id": "uuid",
    "meta_business_id": "meta_business_id",
    "country": "country",
    "time_zone": "timezone",
    "is_m2m": "bool",
    "ready_date": "date",
}


def _shared_type(category: str) -> str:
    """Return what the standard calls the kind of answer that we call ``category``."""
    names = {"meta_id": "meta_business_id", "time_zone": "timezone", "yes_no": "bool"}
    return names.get(category, category)

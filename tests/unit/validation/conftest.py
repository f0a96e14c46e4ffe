"""What the tests of this room share: the standards beside the checkout, and forms in memory."""

import csv
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.submission import Answer, CellType, Submission
from pipeline.validation.check import CheckContext
from tests.world.customers import good_answers

_STANDARD = Path(__file__).parents[3].parent / "shared" / "data"

#: What differs from the good answers of the tests: a customer in Japan, who writes English.
_LUCKY_SHRUB = {
    "contact_name": "Taro Yamada",
    "contact_email": "taro@luckyshrub.com",
    "contact_phone": "+81 3 1234 5670",
    "time_zone": "Asia/Tokyo",
    "company_legal_name": "Lucky Shrub Co., Ltd.",
    "country": "Japan",
    "genesys_org_name": "Lucky Shrub",
    "genesys_org_id": "3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e9f01",
    "genesys_region": "ap-northeast-1",
    "phone_number": "+81 90 1234 5678",
    "phone_number_again": "090-1234-5678",
}
_OF_THE_FORM: Mapping[FormKind, Mapping[str, str]] = {
    FormKind.ONBOARDING: {
        "display_name": "Lucky Shrub",
        "ready_date": "2026-12-01",
        "website": "https://luckyshrub.com",
        "use_case": "We answer questions about orders and deliveries.",
    },
    FormKind.MIGRATION: {
        "display_name": "Lucky Shrub",
        "ready_date": "2026-12-01",
        "code_contact": "Taro Yamada",
        "preferred_slot": "2026-12-02 10:00",
    },
    FormKind.QR: {
        "integration_name": "Support",
        "opt_in_wording": "By scanning this code you agree to messages from Lucky Shrub.",
    },
}

MakeSubmission = Callable[..., Submission]


@pytest.fixture
def standard() -> Callable[[str], list[dict[str, str]]]:
    """Return a reader of the standard's tables; the raw answer is decoded from its escapes."""

    def rows(name: str) -> list[dict[str, str]]:
        path = _STANDARD / name
        if not path.is_file():
            pytest.skip(f"the standard {name} does not lie beside this checkout")
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
        for row in found:
            escaped = row["raw_escaped"].encode("ascii", "backslashreplace")
            row["raw"] = escaped.decode("unicode_escape")
        return found

    return rows


@pytest.fixture
def make_submission() -> MakeSubmission:
    """Return a maker of good forms; keywords replace answers (None: no such field in the file)."""

    def make(
        kind: FormKind = FormKind.ONBOARDING,
        /,
        *,
        cell_type: CellType = CellType.TEXT,
        language: str = "en",
        **changes: str | None,
    ) -> Submission:
        good = {**good_answers(kind, "en"), **_LUCKY_SHRUB, **_OF_THE_FORM[kind]}
        answers = {**good, **changes}
        return Submission(
            form=kind,
            version=FORMS[kind].version,
            language=language,
            format=FileFormat.XLSX,
            file_name="form.xlsx",
            sha256="0" * 64,
            answers=tuple(
                Answer(
                    field, raw, f"Form!D{index}", cell_type if field in changes else CellType.TEXT
                )
                for index, (field, raw) in enumerate(answers.items(), 1)
                if raw is not None
            ),
        )

    return make


@pytest.fixture
def context() -> CheckContext:
    """Return the context of a check on 22 November 2026 with the words of all languages."""
    return CheckContext(date(2026, 11, 22), choice_vocabulary(FormKind.ONBOARDING))


@pytest.fixture
def make_context() -> Callable[[FormKind], CheckContext]:
    """Return a maker of the same for any form."""

    def make(kind: FormKind) -> CheckContext:
        return CheckContext(date(2026, 11, 22), choice_vocabulary(kind))

    return make

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

_STANDARD = Path(__file__).parents[3].parent / "shared" / "data"

_COMMON = {
    "contact_name": "Taro Yamada",
    "contact_email": "taro@luckyshrub.com",
    "reply_language": "en",
    "company_legal_name": "Lucky Shrub Co., Ltd.",
    "country": "Japan",
    "genesys_org_name": "Lucky Shrub",
    "genesys_org_id": "3d3f2a7e-9c44-4f0b-8a1d-5b6c7d8e9f01",
    "phone_number": "+81 90 1234 5678",
    "phone_number_again": "090-1234-5678",
}
_MOVE = {
    "genesys_licence": "user_3",
    "has_messaging_permission": "yes",
    "has_whatsapp_account": "yes",
    "meta_business_id": "506914307656634",
    "display_name": "Lucky Shrub",
    "is_m2m": "no",
    "verification_method": "sms",
    "ready_date": "2026-12-01",
    "ack_no_way_back": "yes",
    "ack_charges": "yes",
    "ack_policies": "yes",
}
_GOOD: Mapping[FormKind, Mapping[str, str]] = {
    FormKind.ONBOARDING: {
        **_COMMON,
        **_MOVE,
        "website": "https://luckyshrub.com",
        "meta_business_verified": "verified",
        "business_vertical": "RETAIL",
        "number_use": "never",
        "use_case": "We answer questions about orders and deliveries.",
    },
    FormKind.MIGRATION: {
        **_COMMON,
        **_MOVE,
        "current_provider": "Acme Messaging",
        "current_hosting": "cloud_api",
        "source_waba_id": "102290129340398",
        "same_business_account": "yes",
        "source_business_verified": "yes",
        "payment_method_ready": "yes",
        "display_name_approved": "yes",
        "name_change_pending": "no",
        "number_use": "business_platform",
        "two_step_disabled": "yes",
        "code_contact": "Taro Yamada",
        "preferred_slot": "2026-12-02 10:00",
    },
    FormKind.QR: {
        **_COMMON,
        "integration_name": "Support",
        "qr_action": "new",
        "image_format": "both",
        "where_shown": "On the receipt",
        "used_for_opt_in": "yes",
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
        answers = {**_GOOD[kind], **changes}
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

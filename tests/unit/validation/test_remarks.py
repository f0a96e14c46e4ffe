"""Words beside a value: own names are harmless, others that pass as names are told to staff."""

import pytest

from pipeline.model.checked import FieldReading
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.problem import Audience, Severity, Verdict
from pipeline.model.submission import Answer, CellType, Submission
from pipeline.validation.check import check
from tests.programs.outcome import context
from tests.world.customers import good_answers

_ID = "8c1d4f70-2e95-4b6a-a3d8-9f0e7c5b2a16"
_NUMBER = "+44 121 234 5670"


def _reading(field: str, raw: str, cell_type: CellType = CellType.TEXT) -> FieldReading:
    given = {**good_answers(FormKind.ONBOARDING, "en"), field: raw}
    answers = tuple(
        Answer(name, text, "", cell_type if name == field else CellType.TEXT)
        for name, text in given.items()
    )
    form = Submission(FormKind.ONBOARDING, "", "en", FileFormat.XLSX, "", "", answers)
    found = check(form, context(FormKind.ONBOARDING)).readings
    return next(item for item in found if item.field == field)


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("genesys_org_id", f"{_ID} (Harbour Books)"),
        ("genesys_org_id", f"{_ID} (production)"),
        ("genesys_org_id", f"Harbour Books: {_ID}"),
        ("meta_business_id", "506914307656634 (Harbour Books Ltd)"),
        ("contact_phone", f"Oliver Whitcombe {_NUMBER}"),
        ("contact_phone", f"Office: {_NUMBER}"),
        ("contact_email", "Oliver Whitcombe <oliver@harbour-books.example>"),
        ("has_messaging_permission", "Yes (Admin)"),
        ("has_messaging_permission", "Yes, our administrator"),
        ("has_messaging_permission", "Yes – Telephony Admin"),
        ("has_messaging_permission", "Yes, Oliver"),
        ("has_messaging_permission", "Yes, Mr Whitcombe"),
        ("has_messaging_permission", "Ja, Herr Müller"),
        ("has_messaging_permission", "Ja, Frau Dr. Anna Schmidt"),
        ("has_messaging_permission", "Oui, Mme Dubois"),
        ("has_messaging_permission", "はい（田中様）"),
        ("has_messaging_permission", "はい、佐藤さん"),
        ("has_messaging_permission", "はい（テナント管理者）"),
        ("meta_business_verified", "認証済み（2025年）"),
        ("meta_business_verified", "認証済み（2025年4月）"),
        ("meta_business_verified", "Verified (2024)"),
        ("meta_business_verified", "Verified since 2023"),
        ("meta_business_verified", "Verifiziert seit 2022"),
        ("genesys_region", "EMEA, Frankfurt"),
        ("genesys_region", "Frankfurt (EMEA)"),
        ("genesys_region", "アジア太平洋・東京"),
        ("genesys_region", "Asia Pacific - Tokyo"),
        ("ready_date", "2026年12月1日以降"),
        ("ready_date", "from 1 December 2026"),
        ("ready_date", "ab dem 1. Dezember 2026"),
        ("ready_date", "1 December 2026 or later"),
        ("ready_date", "1 December 2026 onwards"),
        ("ready_date", "frühestens 1.12.2026"),
        ("ready_date", "2026年12月1日から"),
        ("reply_language", "English (UK)"),
        ("genesys_region", "EMEA (London) eu-west-2"),
        ("time_zone", "London, United Kingdom"),
    ],
)
def test_labels_and_own_names_are_harmless(field: str, raw: str) -> None:
    found = _reading(field, raw)
    assert (found.verdict, found.problems) == (Verdict.OK, ())


@pytest.mark.parametrize(
    ("field", "raw", "words"),
    [
        ("contact_phone", f"Zebedee {_NUMBER}", "Zebedee"),
        ("contact_email", "Zed Kay <oliver@harbour-books.example>", "Zed Kay"),
        ("contact_email", "Obsoleted: oliver@harbour-books.example", "Obsoleted"),
    ],
)
def test_other_words_that_pass_as_names_are_told_to_staff(field: str, raw: str, words: str) -> None:
    found = _reading(field, raw)
    (problem,) = found.problems
    assert (found.verdict, problem.code) == (Verdict.OK, "words_beside")
    assert (problem.audience, problem.severity) == (Audience.STAFF, Severity.WARNING)
    assert problem.param("given") == words
    assert _reading(field, raw, CellType.STAFF).problems == ()


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("genesys_org_id", f"{_ID} (Harbour Books, test)"),
        ("genesys_org_id", f"{_ID} (Quayside)"),
        ("has_messaging_permission", "Yes (Pending)"),
        ("has_messaging_permission", "Yes, soon"),
        ("has_messaging_permission", "Yes, Monday"),
        ("has_messaging_permission", "Yes, but ask Mr Whitcombe"),
        ("has_messaging_permission", "Yes, after Mr Whitcombe agrees"),
        ("has_messaging_permission", "Yes, Admin pending"),
        ("has_messaging_permission", "Yes, pending admin"),
        ("has_messaging_permission", "Yes, for sales only"),
        ("has_messaging_permission", "Yes (Admin or Supervisor)"),
        ("has_messaging_permission", "Yes, Admin?"),
        ("has_messaging_permission", "Ja, Antrag gestellt"),
        ("has_messaging_permission", "Ja, Übergangsweise"),
        ("has_messaging_permission", "Ja, ohne Herrn Müller"),
        ("has_messaging_permission", "はい（申請中）"),
        ("has_messaging_permission", "はい、たぶん田中さん"),
        ("has_messaging_permission", "はい（田中さんが退職）"),
        ("has_messaging_permission", "Ja, Herr Müller ist krank"),
        ("has_messaging_permission", "はい、来週から"),
        ("meta_business_verified", "認証済み（2099年）"),
        ("meta_business_verified", "Verified until 2023"),
        ("meta_business_verified", "Verified (2025, expired)"),
        ("meta_business_verified", "認証済み（2025年に失効）"),
        ("genesys_region", "Asia Pacific, Frankfurt"),
        ("genesys_region", "EMEA, not Frankfurt"),
        ("ready_date", "2026年12月1日以前"),
        ("ready_date", "until 1 December 2026"),
        ("ready_date", "after 1 December 2026"),
        ("ready_date", "bis 1. Dezember 2026"),
        ("ready_date", "from 1 December 2026 if all goes well"),
        ("ready_date", "2026年12月1日以降の予定"),
        ("reply_language", "English?"),
        ("reply_language", "English (maybe)"),
        ("genesys_region", "EMEA (London) eu-west-1"),
        ("business_vertical", "Retail (books)"),
    ],
)
def test_what_may_change_the_answer_is_asked_about(field: str, raw: str) -> None:
    assert _reading(field, raw).verdict is Verdict.ASK

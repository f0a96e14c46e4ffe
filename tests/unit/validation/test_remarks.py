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
        ("reply_language", "English?"),
        ("reply_language", "English (maybe)"),
        ("genesys_region", "EMEA (London) eu-west-1"),
        ("business_vertical", "Retail (books)"),
    ],
)
def test_what_may_change_the_answer_is_asked_about(field: str, raw: str) -> None:
    assert _reading(field, raw).verdict is Verdict.ASK

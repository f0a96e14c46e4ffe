"""The check of a whole form: all problems at once, conditions, file and staff."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from pipeline.errors import PipelineError
from pipeline.forms.definitions.migration import MigrationApplication
from pipeline.forms.definitions.onboarding import OnboardingApplication
from pipeline.forms.definitions.qr import QrApplication
from pipeline.model.checked import CheckedForm, M2mCertainty
from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Severity, Verdict
from pipeline.model.submission import Answer, CellType, Submission
from pipeline.validation.application import build_application
from pipeline.validation.check import CheckContext, check
from pipeline.validation.content import content_digest

MakeSubmission = Callable[..., Submission]
MakeContext = Callable[[FormKind], CheckContext]


def _codes(checked: CheckedForm, field: str) -> list[str]:
    return [problem.code for problem in checked.problems if problem.field == field]


@pytest.mark.parametrize("kind", list(FormKind))
def test_good_form_has_no_problem_of_the_customer(
    kind: FormKind, make_submission: MakeSubmission, make_context: MakeContext
) -> None:
    checked = check(make_submission(kind), make_context(kind))
    assert checked.problems == ()
    assert checked.verdict is Verdict.OK


def test_application_of_onboarding_is_typed(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    application = build_application(check(make_submission(), context))
    assert isinstance(application, OnboardingApplication)
    assert application.ready_date == date(2026, 12, 1)
    assert application.phone_number == "+819012345678"
    assert application.notes is None


def test_application_of_migration_has_the_slot_as_time(
    make_submission: MakeSubmission, make_context: MakeContext
) -> None:
    kind = FormKind.MIGRATION
    application = build_application(check(make_submission(kind), make_context(kind)))
    assert isinstance(application, MigrationApplication)
    assert application.preferred_slot == datetime(2026, 12, 2, 10, 0)  # noqa: DTZ001 - the customer's


def test_application_of_qr_is_built(
    make_submission: MakeSubmission, make_context: MakeContext
) -> None:
    kind = FormKind.QR
    application = build_application(check(make_submission(kind), make_context(kind)))
    assert isinstance(application, QrApplication)
    assert application.country == "JP"


def test_application_of_an_open_form_is_our_error(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    checked = check(make_submission(contact_name=""), context)
    with pytest.raises(PipelineError) as raised:
        build_application(checked)
    assert raised.value.code == "application_mismatch"
    assert raised.value.params == {"form": "onboarding", "fields": "contact_name"}


def test_all_problems_are_reported_at_once(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    checked = check(
        make_submission(contact_name="", contact_email="x", genesys_licence="", ack_charges=""),
        context,
    )
    found = [(problem.field, problem.code) for problem in checked.customer_problems]
    assert found == [
        ("contact_name", "empty"),
        ("contact_email", "email_format"),
        ("genesys_licence", "not_selected"),
        ("ack_charges", "consent"),
    ]
    assert checked.verdict is Verdict.REJECT


def test_blank_optional_answer_is_blank_without_problem(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    checked = check(make_submission(notes=" \u3000", contact_department="なし"), context)
    notes, department = checked.reading("notes"), checked.reading("contact_department")
    assert notes is not None
    assert department is not None
    assert (notes.verdict, department.verdict) == (Verdict.BLANK, Verdict.BLANK)
    assert checked.problems == ()


def test_condition_makes_a_question_required(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    checked = check(make_submission(verification_method="voice"), context)
    assert _codes(checked, "behind_ivr") == ["yes_no"]


def test_missing_field_of_the_same_version_means_an_incomplete_file(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = replace(make_submission(), missing=("notes",))
    assert [problem.code for problem in check(submission, context).problems] == ["file_incomplete"]


def test_unknown_version_is_asked_about(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    checked = check(replace(make_submission(), version="9.9"), context)
    assert [(item.code, item.severity) for item in checked.problems] == [
        ("file_version_unknown", Severity.ASK)
    ]


def test_printed_copy_is_asked_about_field_by_field(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = make_submission(cell_type=CellType.PRINT, contact_name="Taro")
    checked = check(replace(submission, from_print=True), context)
    assert [problem.code for problem in checked.problems] == ["file_print", "from_print"]


@pytest.mark.parametrize(
    ("raw", "cell_type", "code"),
    [
        ("#N/A", CellType.ERROR, "cell_error"),
        ("=A1", CellType.FORMULA, "cell_formula"),
        ("未定", CellType.TEXT, "placeholder"),
        ("L\ufffdcky", CellType.TEXT, "damaged_chars"),
    ],
)
def test_cell_that_holds_no_answer_says_why(
    raw: str,
    cell_type: CellType,
    code: str,
    make_submission: MakeSubmission,
    context: CheckContext,
) -> None:
    submission = make_submission(cell_type=cell_type, company_legal_name=raw)
    assert _codes(check(submission, context), "company_legal_name") == [code]


def test_second_reading_that_differs_is_asked_about(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = make_submission()
    answers = tuple(
        replace(answer, disagrees="Hanako") if answer.field == "contact_name" else answer
        for answer in submission.answers
    )
    checked = check(replace(submission, answers=answers), context)
    assert _codes(checked, "contact_name") == ["two_values"]


def test_answer_that_was_asked_about_is_confirmed_by_the_same_again(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = make_submission(display_name="NTT DOCOMO")
    assert _codes(check(submission, context), "display_name") == ["name_capitals"]
    again = check(submission, replace(context, confirmed={"display_name": "NTT DOCOMO"}))
    assert again.value("display_name") == "NTT DOCOMO"
    assert again.customer_problems == ()


def test_answer_of_staff_settles_an_odd_name_as_written(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = make_submission(
        cell_type=CellType.STAFF, display_name="NTT DOCOMO", phone_number="+819012345678"
    )
    checked = check(submission, context)
    assert checked.value("display_name") == "NTT DOCOMO"
    assert checked.value("phone_number") == "+819012345678"
    assert checked.customer_problems == ()


def test_answer_of_staff_that_cannot_be_read_is_refused(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = make_submission(cell_type=CellType.STAFF, contact_email="nobody")
    assert _codes(check(submission, context), "contact_email") == ["email_format"]


def test_certain_m2m_number_is_rejected_and_told(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    number = "+81 20 1234 5678"
    checked = check(make_submission(phone_number=number, phone_number_again=number), context)
    assert checked.m2m is M2mCertainty.CERTAIN
    assert [problem.code for problem in checked.customer_problems] == ["phone_m2m"]


def test_override_range_is_for_staff(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    number = "+31 97 005 030420"
    checked = check(
        make_submission(country="NL", phone_number=number, phone_number_again=number), context
    )
    assert checked.m2m is M2mCertainty.OVERRIDE
    assert checked.customer_problems == ()
    assert [problem.code for problem in checked.staff_warnings] == ["phone_m2m_override"]
    assert checked.value("phone_number") == "+3197005030420"


def test_restricted_country_is_asked_by_staff_alone(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    number = "+98 912 345 6789"
    checked = check(
        make_submission(country="Iran", phone_number=number, phone_number_again=number), context
    )
    reading = checked.reading("phone_number")
    assert reading is not None
    assert reading.verdict is Verdict.ASK
    assert checked.customer_problems == ()
    assert checked.value("phone_number") == "+989123456789"
    assert [item.code for item in checked.problems if item.audience is Audience.STAFF] == [
        "phone_restricted_staff"
    ]


def test_digest_ignores_spelling_order_and_language_of_reply(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    one = make_submission()
    other = make_submission(phone_number="０９０‐１２３４‐５６７８", reply_language="ja", notes="")
    reordered = replace(other, answers=tuple(reversed(other.answers)), file_name="b.xlsx")
    assert content_digest(check(one, context)) == content_digest(check(reordered, context))


def test_digest_tells_other_answers_apart(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    one = content_digest(check(make_submission(), context))
    other = content_digest(check(make_submission(notes="Call us first."), context))
    assert one != other


def test_numeric_cell_is_read_with_a_note(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = make_submission(cell_type=CellType.NUMBER, phone_number="819012345678")
    reading = check(submission, context).reading("phone_number")
    assert reading is not None
    assert (reading.value, reading.notes) == ("+819012345678", ("plus_missing", "numeric_cell"))


def test_country_is_read_before_the_number_whatever_the_order(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = make_submission(phone_number="090-1234-5678")
    answers = tuple(sorted(submission.answers, key=lambda answer: answer.field == "country"))
    checked = check(replace(submission, answers=answers), context)
    assert checked.value("phone_number") == "+819012345678"


def test_unknown_field_of_the_file_is_left_alone(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    submission = make_submission()
    extra = replace(submission, answers=(*submission.answers, Answer("nonsense", "x", "Z1")))
    assert check(extra, context).problems == ()


@pytest.mark.parametrize(
    ("slot", "told"),
    [
        ("2027年3月8日 10:00", False),
        ("2027年3月8日 10:00 JST", False),
        ("2027年3月8日 10:00（日本時間）", False),
        ("2027-03-08 10:00 (UTC+9)", False),
        ("2027年3月8日 10:00 GMT", True),
        ("8 March 2027 10:00 CET", True),
    ],
)
def test_slot_that_names_another_zone_is_told_to_staff(
    slot: str, *, told: bool, make_submission: MakeSubmission, make_context: MakeContext
) -> None:
    kind = FormKind.MIGRATION
    submission = make_submission(kind, preferred_slot=slot, time_zone="Asia/Tokyo")
    checked = check(submission, make_context(kind))
    codes = [problem.code for problem in checked.staff_warnings]
    assert ("slot_zone" in codes) is told

"""Rules across fields."""

from collections.abc import Callable

import pytest

from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Problem, Severity
from pipeline.model.submission import Submission
from pipeline.validation.business_name import names_without_form, wording_contains
from pipeline.validation.check import CheckContext, check

MakeSubmission = Callable[..., Submission]
MakeContext = Callable[[FormKind], CheckContext]
_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
_CUSTOMER, _STAFF = Audience.CUSTOMER, Audience.STAFF
_ON, _MOVE, _QR = FormKind.ONBOARDING, FormKind.MIGRATION, FormKind.QR


@pytest.mark.parametrize(
    ("kind", "changes", "code", "severity", "audience", "field"),
    [
        (
            _ON,
            {"phone_number_again": "+81 90 1234 5679"},
            "phone_mismatch",
            _ERROR,
            _CUSTOMER,
            "phone_number_again",
        ),
        (
            _ON,
            {"country": "DE", "phone_number_again": "+81 90 1234 5678"},
            "phone_country_differs",
            _WARNING,
            _CUSTOMER,
            "phone_number",
        ),
        (_ON, {"ready_date": "2026-11-21"}, "ready_past", _NOTE, _CUSTOMER, "ready_date"),
        (_ON, {"ready_date": "2026-11-19"}, "ready_past", _NOTE, _CUSTOMER, "ready_date"),
        (_ON, {"ready_date": "2026-11-18"}, "ready_long_past", _NOTE, _CUSTOMER, "ready_date"),
        (
            _ON,
            {"profile_description": "x" * 257},
            "description_long",
            _WARNING,
            _CUSTOMER,
            "profile_description",
        ),
        (_ON, {"number_use": "whatsapp_app"}, "number_in_app", _NOTE, _CUSTOMER, "number_use"),
        (_ON, {"number_use": "unknown"}, "number_use_unknown", _WARNING, _STAFF, "number_use"),
        (_ON, {"genesys_licence": "other"}, "licence_other", _WARNING, _STAFF, "genesys_licence"),
        (
            _ON,
            {"has_messaging_permission": "no"},
            "permission_missing",
            _WARNING,
            _STAFF,
            "has_messaging_permission",
        ),
        (
            _ON,
            {"meta_business_verified": "not_verified"},
            "business_not_verified",
            _WARNING,
            _STAFF,
            "meta_business_verified",
        ),
        (_ON, {"contact_email": "taro@gmail.com"}, "free_mail", _NOTE, _STAFF, "contact_email"),
        (_ON, {"is_m2m": "yes"}, "m2m_yes", _WARNING, _STAFF, "is_m2m"),
        (
            _MOVE,
            {"same_business_account": "no"},
            "other_business_account",
            _WARNING,
            _STAFF,
            "same_business_account",
        ),
        (
            _MOVE,
            {"display_name_approved": "no"},
            "name_not_approved",
            _WARNING,
            _STAFF,
            "display_name_approved",
        ),
        (
            _MOVE,
            {"name_change_pending": "yes"},
            "name_change_pending",
            _WARNING,
            _STAFF,
            "name_change_pending",
        ),
        (
            _MOVE,
            {"payment_method_ready": "no"},
            "payment_missing",
            _WARNING,
            _STAFF,
            "payment_method_ready",
        ),
        (
            _MOVE,
            {"preferred_slot": "2026-11-01 10:00"},
            "date_past",
            _ERROR,
            _CUSTOMER,
            "preferred_slot",
        ),
        (
            _QR,
            {"opt_in_wording": "You agree to receive messages."},
            "opt_in_name",
            _ERROR,
            _CUSTOMER,
            "opt_in_wording",
        ),
    ],
)
def test_rule_finds_its_problem_and_nothing_else(
    kind: FormKind,
    changes: dict[str, str],
    code: str,
    severity: Severity,
    audience: Audience,
    field: str,
    make_submission: MakeSubmission,
    make_context: MakeContext,
) -> None:
    problems = check(make_submission(kind, **changes), make_context(kind)).problems
    found = [(item.code, item.severity, item.audience, item.field) for item in problems]
    assert found == [(code, severity, audience, field)]


def test_landline_with_text_message_is_warned_about(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    checked = check(
        make_submission(phone_number="03-1234-5678", phone_number_again="+81312345678"), context
    )
    assert checked.problems == (
        Problem(
            "phone_landline_sms",
            Severity.WARNING,
            field="phone_number",
            params=(("label_b", "verification_method"),),
        ),
    )


def test_shared_plan_of_the_islands_is_no_difference(
    make_submission: MakeSubmission, context: CheckContext
) -> None:
    number = "07781 123456"
    submission = make_submission(country="GB", phone_number=number, phone_number_again=number)
    assert check(submission, context).problems == ()


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("株式会社ラッキーシュラブ", "ラッキーシュラブ"),
        ("ラッキーシュラブ（株）", "ラッキーシュラブ"),
        ("㈱ラッキー", "ラッキー"),
        ("Lucky Shrub Co., Ltd.", "Lucky Shrub"),
        ("Lucky Shrub GmbH & Co. KG", "Lucky Shrub"),
        ("Lucky Shrub, Inc.", "Lucky Shrub"),
        ("Cosmos", "Cosmos"),
        ("Company", "Company"),
    ],
)
def test_name_loses_its_legal_form(name: str, bare: str) -> None:
    assert names_without_form(name)[0] == bare


@pytest.mark.parametrize(
    ("wording", "names", "contains"),
    [
        ("ＬＵＣＫＹ　ＳＨＲＵＢからのメッセージ", ("Lucky Shrub Ltd",), True),
        ("You agree to messages from LuckyShrub.", ("Lucky Shrub",), True),
        ("You agree to messages from Unlucky people.", ("Lucky",), False),
        ("同意します", ("株式会社ラッキー", "", "ラッキー"), False),
        ("ラッキーからのメッセージ受信に同意します", ("株式会社ラッキー",), True),
    ],
)
def test_wording_contains_the_name_folded(
    wording: str, names: tuple[str, ...], contains: bool
) -> None:
    assert wording_contains(wording, names) is contains

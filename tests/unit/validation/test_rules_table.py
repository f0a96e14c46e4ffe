"""Each rule across fields: where it speaks, where it does not, and its silence without facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from pipeline.model.form import FormKind
from pipeline.model.problem import Severity, Verdict
from pipeline.model.submission import Submission
from pipeline.validation.business_name import names_without_form, wording_contains
from pipeline.validation.check import CheckContext, check
from pipeline.validation.rules import RULES, StaffFact

MakeSubmission = Callable[..., Submission]
MakeContext = Callable[[FormKind], CheckContext]
_ON, _MOVE, _QR = FormKind.ONBOARDING, FormKind.MIGRATION, FormKind.QR
Changes = Mapping[str, str]


def _both(number: str, **others: str) -> Changes:
    return {"phone_number": number, "phone_number_again": number, **others}


@dataclass(frozen=True)
class Case:
    """What is typed into a good form, and the codes (with their fields) that come of it."""

    form: FormKind
    changes: Changes
    codes: tuple[tuple[str, str], ...] = ()


_LANDLINE = (("phone_landline_sms", "phone_number"),)
_SPECIAL = (("phone_special", "phone_number"),)
_DIFFERS = (("phone_country_differs", "phone_number"),)
_VOICE = {"verification_method": "voice"}
_CASES = {
    # the two numbers
    "agree in two spellings": Case(_ON, {"phone_number_again": "+81(0)90-1234-5678"}),
    "last digit differs": Case(
        _ON,
        {"phone_number_again": "090-1234-5679"},
        (("phone_mismatch", "phone_number_again"),),
    ),
    "second number unreadable": Case(
        _ON, {"phone_number_again": "+81 90"}, (("phone_too_short", "phone_number_again"),)
    ),
    # the text message
    "landline by sms": Case(_ON, _both("03-3210-9876"), _LANDLINE),
    "landline by voice": Case(_ON, _both("03-3210-9876", behind_ivr="no", **_VOICE)),
    "mobile by sms": Case(_ON, _both("080-2345-6789")),
    "IP telephone by sms": Case(_ON, _both("050-3123-4567")),
    "toll-free by sms": Case(_ON, _both("0120-444-444"), (*_SPECIAL, *_LANDLINE)),
    "toll-free by voice": Case(_ON, _both("0120-444-444", behind_ivr="no", **_VOICE), _SPECIAL),
    "landline or mobile by sms": Case(_ON, _both("+1 212 736 5000", country="US")),
    "landline, method unreadable": Case(
        _ON,
        _both("03-3210-9876", verification_method="fax machine"),
        (("list_value", "verification_method"),),
    ),
    "landline in a migration": Case(_MOVE, _both("03-3210-9876"), _LANDLINE),
    # country against number
    "number of another country": Case(_ON, _both("+49 171 2345678"), _DIFFERS),
    "number of another country, wa.me": Case(_ON, _both("https://wa.me/491712345678"), _DIFFERS),
    "Canadian number in a US request": Case(_ON, _both("+1 506 234 5678", country="US"), _DIFFERS),
    "Jersey number in a British request": Case(_ON, _both("+44 7797 712345", country="UK")),
    "Vatican number in an Italian request": Case(
        _ON, _both("+39 06 698 12345", country="IT"), _LANDLINE
    ),
    "country unreadable": Case(
        _ON, _both("+49 171 2345678", country="Wakanda"), (("list_value", "country"),)
    ),
    "number unreadable, country stated": Case(
        _QR,
        {"phone_number": "+49 171", "country": "JP"},
        (("phone_short_code", "phone_number"),),
    ),
    # the voice menu
    "voice, menu not answered": Case(_ON, _VOICE, (("yes_no", "behind_ivr"),)),
    "voice, menu answered": Case(_ON, {**_VOICE, "behind_ivr": "Ja"}),
    "sms, menu not answered": Case(_ON, {"verification_method": "sms"}),
    "voice in a migration, menu not answered": Case(_MOVE, _VOICE, (("yes_no", "behind_ivr"),)),
    "method unreadable, menu not answered": Case(
        _ON, {"verification_method": "carrier pigeon"}, (("list_value", "verification_method"),)
    ),
    # the ready date
    "ready tomorrow": Case(_ON, {"ready_date": "2026-11-23"}),
    "ready today": Case(_ON, {"ready_date": "2026-11-22"}),
    "ready three days ago": Case(
        _ON, {"ready_date": "19.11.2026"}, (("ready_past", "ready_date"),)
    ),
    "ready four days ago": Case(
        _ON, {"ready_date": "18.11.2026"}, (("ready_long_past", "ready_date"),)
    ),
    "ready long ago in a migration": Case(
        _MOVE, {"ready_date": "2026-01-05"}, (("ready_past", "ready_date"),)
    ),
    "ready on one of two days": Case(
        _ON, {"ready_date": "03/04/2026"}, (("date_ambiguous", "ready_date"),)
    ),
    # the slot of a migration
    "slot ahead": Case(_MOVE, {"preferred_slot": "2026-12-03 09:00"}),
    "slot today": Case(_MOVE, {"preferred_slot": "2026-11-22 09:00"}),
    "slot passed": Case(
        _MOVE, {"preferred_slot": "2026-11-21 09:00"}, (("date_past", "preferred_slot"),)
    ),
    "slot without a time": Case(
        _MOVE, {"preferred_slot": "2026-11-21"}, (("time_missing", "preferred_slot"),)
    ),
    # machines
    "ordinary number called M2M": Case(_ON, {"is_m2m": "yes"}, (("m2m_yes", "is_m2m"),)),
    "certain machine called M2M": Case(
        _ON,
        _both("020-2345-6789", is_m2m="yes"),
        (("phone_m2m", "phone_number"),),
    ),
    "unclear answer about machines": Case(_ON, {"is_m2m": "jein"}, (("bool_unclear", "is_m2m"),)),
    # the app, and what the number is used for: the wrong form is for routing, no problem
    "number in the app": Case(
        _ON, {"number_use": "whatsapp_app"}, (("number_in_app", "number_use"),)
    ),
    "migration of a number in the app": Case(
        _MOVE, {"number_use": "whatsapp_app"}, (("number_in_app", "number_use"),)
    ),
    "onboarding of a number on the platform": Case(_ON, {"number_use": "business_platform"}),
    "migration of a number never used": Case(_MOVE, {"number_use": "never"}),
    "use unreadable": Case(_ON, {"number_use": "not never"}, (("list_value", "number_use"),)),
    # the contact's address
    "free mail": Case(_ON, {"contact_email": "anna@web.de"}, (("free_mail", "contact_email"),)),
    "free mail in capitals": Case(
        _QR, {"contact_email": "Anna@GMAIL.com"}, (("free_mail", "contact_email"),)
    ),
    "company's address": Case(_ON, {"contact_email": "anna@nordwind-reisen.de"}),
    "company like a free mailer": Case(_ON, {"contact_email": "anna@gmail.nordwind.de"}),
    "address unreadable": Case(
        _ON, {"contact_email": "gmail.com"}, (("email_format", "contact_email"),)
    ),
    # the opt-in wording
    "wording with the name": Case(_QR, {"opt_in_wording": "I agree to messages of LUCKY SHRUB."}),
    "wording without the name": Case(
        _QR, {"opt_in_wording": "I agree to messages."}, (("opt_in_name", "opt_in_wording"),)
    ),
    "wording without the name, no opt-in": Case(
        _QR, {"opt_in_wording": "I agree to messages.", "used_for_opt_in": "no"}
    ),
    "wording missing": Case(_QR, {"opt_in_wording": ""}, (("empty", "opt_in_wording"),)),
    "wording, name unreadable": Case(
        _QR,
        {"opt_in_wording": "I agree to messages.", "company_legal_name": "#REF!"},
        (("cell_error", "company_legal_name"),),
    ),
    "wording damaged": Case(
        _QR, {"opt_in_wording": "I agree \ufffd"}, (("damaged_chars", "opt_in_wording"),)
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_rule_speaks_or_is_silent(
    name: str, make_submission: MakeSubmission, make_context: MakeContext
) -> None:
    case = _CASES[name]
    checked = check(make_submission(case.form, **case.changes), make_context(case.form))
    assert tuple((item.code, item.field) for item in checked.problems) == case.codes


_FACTS = [rule for rule in RULES if isinstance(rule, StaffFact)]


@pytest.mark.parametrize("fact", _FACTS, ids=lambda fact: f"{fact.field}-{fact.code}")
def test_fact_is_told_to_staff_for_each_of_its_answers_and_no_other(
    fact: StaffFact, make_submission: MakeSubmission, make_context: MakeContext
) -> None:
    for form in (_ON, _MOVE):
        context = make_context(form)
        if make_submission(form).answer(fact.field) is None:
            continue
        for value in (*fact.values, "???", ""):
            checked = check(make_submission(form, **{fact.field: value}), context)
            told = [item.code for item in checked.problems if item.code == fact.code]
            reading = checked.reading(fact.field)
            assert reading is not None
            assert told == ([fact.code] if value in fact.values else [])
            assert (reading.verdict is Verdict.OK) == (value in fact.values)
        good = check(make_submission(form), context)
        assert fact.code not in {item.code for item in good.problems}


def test_blocking_facts_of_a_migration_are_warnings_for_staff_alone(
    make_submission: MakeSubmission, make_context: MakeContext
) -> None:
    changes = {
        "same_business_account": "no",
        "display_name_approved": "unknown",
        "name_change_pending": "yes",
        "payment_method_ready": "no",
        "two_step_disabled": "unknown",
        "source_business_verified": "no",
    }
    checked = check(make_submission(_MOVE, **changes), make_context(_MOVE))
    assert {item.field for item in checked.problems} == set(changes)
    assert {item.severity for item in checked.problems} == {Severity.WARNING}
    assert checked.customer_problems == ()


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Nordwind GmbH", "Nordwind"),
        ("Nordwind AG", "Nordwind"),
        ("Nordwind KG", "Nordwind"),
        ("Nordwind e.K.", "Nordwind"),
        ("Nordwind e. K.", "Nordwind"),
        ("Anna Weber e.Kfr.", "Anna Weber"),
        ("Nordwind gGmbH", "Nordwind"),
        ("Nordwind GmbH & Co. KG", "Nordwind"),
        ("Nordwind GmbH & Co KG", "Nordwind"),
        ("Nordwind UG (haftungsbeschränkt)", "Nordwind"),
        ("Nordwind GbR", "Nordwind"),
        ("Nordwind eG", "Nordwind"),
        ("Nordwind PartG mbB", "Nordwind"),
        ("Nordwind Ltd", "Nordwind"),
        ("Nordwind Ltd.", "Nordwind"),
        ("Nordwind, LLC", "Nordwind"),
        ("Nordwind Pty. Ltd.", "Nordwind"),
        ("Nordwind S.p.A.", "Nordwind"),
        ("株式会社山田商店", "山田商店"),
        ("株式会社　山田商店", "山田商店"),
        ("山田商店株式会社", "山田商店"),
        ("山田商店 株式会社", "山田商店"),
        ("(株)山田商店", "山田商店"),
        ("山田商店（株）", "山田商店"),
        ("㈱山田商店", "山田商店"),
        ("㈲佐藤工業", "佐藤工業"),
        ("合同会社ミドリ", "ミドリ"),
        ("株式会社", "株式会社"),
        ("GmbH", "GmbH"),
        ("Magkag", "Magkag"),
        ("Ekomagag", "Ekomagag"),
    ],
)
def test_legal_form_is_cut_in_all_three_languages(name: str, bare: str) -> None:
    assert names_without_form(name)[0] == bare


@pytest.mark.parametrize(
    ("wording", "name", "contains"),
    [
        ("Mit dem Scan stimmen Sie Nachrichten von Nordwind zu.", "Nordwind GmbH", True),
        ("Mit dem Scan stimmen Sie Nachrichten der NORDWIND GMBH zu.", "Nordwind GmbH", True),
        ("Sie stimmen Nachrichten der Südwind GmbH zu.", "Nordwind GmbH", False),
        ("Sie stimmen Nachrichten der GmbH zu.", "Nordwind GmbH", False),
        ("Nachrichten von Nordwinds Partnern", "Nordwind AG", False),
        ("山田商店からのメッセージに同意します", "株式会社山田商店", True),
        ("（株）山田商店からのメッセージに同意します", "山田商店株式会社", True),
        ("佐藤工業からのメッセージに同意します", "株式会社山田商店", False),
        ("ﾔﾏﾀﾞからの案内に同意します", "株式会社ヤマダ", True),
        ("You agree to messages from O’Brien.", "O'Brien Ltd", True),
        ("You agree to messages from H&M.", "H&M", True),
        ("You agree.", "AG", False),
    ],
)
def test_wording_contains_the_business_name(wording: str, name: str, contains: bool) -> None:
    assert wording_contains(wording, (name,)) is contains

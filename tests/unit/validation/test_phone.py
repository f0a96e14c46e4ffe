"""Spellings of phone numbers beyond the standard, and the tables behind them."""

import dataclasses
from typing import Any

import phonenumbers
import pytest

from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.model.checked import M2mCertainty
from pipeline.model.problem import Verdict
from pipeline.validation.phone.kinds import KINDS
from pipeline.validation.phone.m2m_ranges import RANGES, m2m_range
from pipeline.validation.phone.policy import PhonePolicy
from pipeline.validation.phone.reader import read_phone
from pipeline.validation.reading import Hints, Read

_QUESTION = Question(AnswerKind.PHONE, "number")
_CONTACT = Question(AnswerKind.CONTACT_PHONE, "contact", required=False)
_OK, _ASK, _REJECT = "ok", "ask", "reject"


def _read(text: str, country: str | None) -> Read:
    return read_phone(text, _QUESTION, Hints(country=country))


@pytest.mark.parametrize(
    ("text", "country", "value", "verdict", "code"),
    [
        ("自宅 03-1234-5678 携帯 090-1234-5678", "JP", None, _ASK, "phone_two"),
        ("Tel: 03-1234-5678 Fax: 03-1234-5679", "JP", None, _ASK, "phone_two"),
        ("090-1234-5678 080-1234-5678", "JP", None, _ASK, "phone_two"),
        ("1) 090-1234-5678 2) 080-1234-5678", "JP", None, _ASK, "phone_two"),
        ("090-1234-5678/5679", "JP", "+819012345678", _ASK, "phone_two"),
        ("03-1234-5678 ext123", "JP", "+81312345678", _ASK, "phone_extension"),
        ("03-1234-5678 (内123)", "JP", "+81312345678", _ASK, "phone_extension"),
        ("03-1234-5678,123", "JP", "+81312345678", _ASK, "phone_extension"),
        ("1-800-FLOWERS", "US", "+18003569377", _ASK, "phone_letters"),
        ("¹90-1234-5678", "JP", "+819012345678", _ASK, "phone_letters"),
        ("819012345678,0", "JP", "+819012345678", _OK, ""),
        ("8.1901234567800E+11", "JP", "+819012345678", _OK, ""),
        ("1E+11", "JP", None, _ASK, "cell_digits_lost"),
        ("whatsapp://send?phone=819012345678", None, "+819012345678", _OK, ""),
        ("https://chat.whatsapp.com/AbCdEf123", None, None, _REJECT, "phone_link"),
        ("+52 1 55 1234 5678", None, "+525512345678", _OK, ""),
        ("+39 6 698 12345", None, "+390669812345", _ASK, "confirm_value"),
        ("+229 90 01 12 34", None, "+2290190011234", _ASK, "phone_old_plan"),
        ("4915112345678", "DE", "+4915112345678", _ASK, "confirm_value"),
        ("+81 90 1234 567", None, None, _REJECT, "phone_too_short"),
        ("+44 7912 3456789", None, None, _REJECT, "phone_too_long"),
        ("12/25/2026", "US", None, _REJECT, "phone_too_short"),
        ("taro@example.com", "JP", None, _REJECT, "placeholder"),
        ("*123#", "JP", None, _REJECT, "phone_short_code"),
        ("x" * 201, "JP", None, _REJECT, "too_long"),
    ],
)
def test_number_is_read_or_asked_about(
    text: str, country: str | None, value: str | None, verdict: str, code: str
) -> None:
    read = _read(text, country)
    found = (read.value, read.verdict.value, "".join(item.code for item in read.findings))
    assert found == (value, verdict, code)


@pytest.mark.parametrize("certainty", [M2mCertainty.CERTAIN, M2mCertainty.WARNING])
def test_every_range_holds_its_shortest_and_longest_number(certainty: M2mCertainty) -> None:
    for found in RANGES:
        if found.certainty is certainty:
            for length in (found.shortest, found.longest):
                digits = found.prefix.ljust(length, "1")
                assert m2m_range(digits) is not None, digits


@pytest.mark.parametrize(
    "digits", ["861064751234", "886901234567", "601591234567", "353881234567", "812041234567"]
)
def test_ordinary_number_in_a_near_range_is_no_machine(digits: str) -> None:
    assert m2m_range(digits) is None


def test_dutch_097_is_left_to_staff() -> None:
    read = _read("097 005 030420", "NL")
    assert (read.value, read.verdict, read.m2m) == (
        "+3197005030420",
        Verdict.OK,
        M2mCertainty.OVERRIDE,
    )


def test_policy_covers_every_type_of_the_library() -> None:
    assert set(phonenumbers.PhoneNumberType.values()) - set(KINDS) == {
        phonenumbers.PhoneNumberType.UNKNOWN
    }
    rows = {row.name for row in dataclasses.fields(PhonePolicy)}
    assert rows == {*KINDS.values(), "restricted"}


def _example(type_of_library: int) -> str | None:
    """Return a number of the type that is no machine's, no restricted country's, not shared."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS - set(PhonePolicy().restricted)):
        found = phonenumbers.example_number_for_type(region, type_of_library)
        if found is None or phonenumbers.number_type(found) != type_of_library:
            continue
        number = str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))
        if m2m_range(number[1:]) is None:
            return number
    return None


@pytest.mark.parametrize("verdict", [Verdict.OK, Verdict.ASK, Verdict.REJECT])
def test_policy_of_the_settings_decides_on_each_kind(verdict: Verdict) -> None:
    tried = []
    for type_of_library, kind in KINDS.items():
        if (number := _example(type_of_library)) is None:
            continue
        rows: dict[str, Any] = {kind: verdict}
        policy = dataclasses.replace(PhonePolicy(), **rows)
        tried.append(kind)
        assert read_phone(number, _QUESTION, Hints(phones=policy)).verdict is verdict, number
    assert set(tried) == set(KINDS.values())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0120-444-444", "+81120444444"),
        ("03-1234-5678 内線123", "+81312345678;ext=123"),
        ("0570-012-345", "+81570012345"),
    ],
)
def test_contact_number_of_any_kind_is_good(text: str, value: str) -> None:
    read = read_phone(text, _CONTACT, Hints(country="JP"))
    assert (read.value, read.verdict) == (value, Verdict.OK)

"""Answers as people write them in German."""

from datetime import date

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.validation.calendar.dates import read_date, read_date_time
from pipeline.validation.choices.choice import read_choice, read_tick
from pipeline.validation.geography.country import read_country
from pipeline.validation.geography.time_zone import read_time_zone
from pipeline.validation.phone.reader import read_phone
from pipeline.validation.reading import Hints

_QUESTIONS = dict(FORMS[FormKind.MIGRATION].questions) | dict(FORMS[FormKind.ONBOARDING].questions)
_WORDS = choice_vocabulary(FormKind.ONBOARDING)


def _hints(field: str = "") -> Hints:
    return Hints(date(2026, 11, 22), country="DE", language="de", words=_WORDS.get(field, {}))


@pytest.mark.parametrize(
    "text",
    [
        "01512 / 3456789",
        "01512/345 67 89",
        "(01512) 3456789",
        "01512-3456789",
        "+49 (0)1512 / 345 67 89",
        "0049 1512 / 3456789",
        "0049 (0)1512 / 345 67 89",
        "Tel. 01512 3456789",
    ],
)
def test_slash_after_the_area_code_is_part_of_one_number(text: str) -> None:
    read = read_phone(text, _QUESTIONS["phone_number"], _hints())
    assert (read.verdict, read.value) == (Verdict.OK, "+4915123456789")


@pytest.mark.parametrize("text", ["030/23125012/13", "030 23125012/13", "030 23125-12/-13"])
def test_two_extensions_after_a_slash_are_asked_about(text: str) -> None:
    read = read_phone(text, _QUESTIONS["phone_number"], _hints())
    assert (read.verdict, [item.code for item in read.findings]) == (Verdict.ASK, ["phone_two"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Deutschland", "DE"),
        ("Bundesrepublik Deutschland", "DE"),
        ("Österreich", "AT"),
        ("die Schweiz", "CH"),
        ("Großbritannien", "GB"),
        ("GROSSBRITANNIEN", "GB"),
        ("Vereinigte Staaten von Amerika", "US"),
        ("Weißrussland", "BY"),
        ("Die Niederlande", "NL"),
    ],
)
def test_country_has_its_german_names(text: str, code: str) -> None:
    read = read_country(text, _QUESTIONS["country"], _hints())
    assert (read.verdict, read.value) == (Verdict.OK, code)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("24.12.2026", "2026-12-24"),
        ("24. Dezember 2026", "2026-12-24"),
        ("Do, 24. Dez. 2026", "2026-12-24"),
        ("1. März 2027", "2027-03-01"),
        ("1. Maerz 2027", "2027-03-01"),
        ("1. Jänner 2027", "2027-01-01"),
        ("1. Feber 2027", "2027-02-01"),
        ("ab 3.4.2027", "2027-04-03"),
    ],
)
def test_date_has_its_german_forms(text: str, day: str) -> None:
    read = read_date(text, _QUESTIONS["ready_date"], _hints())
    assert (read.verdict, read.value) == (Verdict.OK, day)


@pytest.mark.parametrize(
    "text", ["8. Dezember 2026, 14:30 Uhr", "8.12.2026 um 14.30 Uhr", "Dienstag, 8.12.2026, 14:30"]
)
def test_hour_has_its_german_forms(text: str) -> None:
    read = read_date_time(text, _QUESTIONS["preferred_slot"], _hints())
    assert (read.verdict, read.value) == (Verdict.OK, "2026-12-08T14:30")


@pytest.mark.parametrize("text", ["MEZ", "MESZ", "Mitteleuropäische Zeit"])
def test_zone_shared_by_many_countries_is_proposed(text: str) -> None:
    read = read_time_zone(text, _QUESTIONS["time_zone"], _hints())
    assert (read.verdict, read.value) == (Verdict.ASK, "Europe/Berlin")


@pytest.mark.parametrize("text", ["MEZ (UTC+1)", "deutsche Zeit", "Köln", "Deutschland"])
def test_zone_that_is_certain_is_taken(text: str) -> None:
    read = read_time_zone(text, _QUESTIONS["time_zone"], _hints())
    assert (read.verdict, read.value) == (Verdict.OK, "Europe/Berlin")


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("is_m2m", "Ja", "yes"),
        ("is_m2m", "NEIN!", "no"),
        ("is_m2m", "n", "no"),
        ("reply_language", "Deutsch", "de"),
        ("reply_language", "German", "de"),
        ("reply_language", "ドイツ語", "de"),
        ("reply_language", "Japanisch", "ja"),
        ("reply_language", "Englisch", "en"),
        ("meta_business_verified", "ja", "verified"),
        ("meta_business_verified", "weiß ich nicht", "unknown"),
        ("meta_business_verified", "WEISS NICHT", "unknown"),
        ("number_use", "bei einem anderen Anbieter", "business_platform"),
        ("verification_method", "Telefonanruf", "voice"),
    ],
)
def test_choice_has_its_german_words(field: str, text: str, code: str) -> None:
    read = read_choice(text, _QUESTIONS[field], _hints(field))
    assert (read.verdict, read.value) == (Verdict.OK, code)


@pytest.mark.parametrize(("text", "value"), [("Ja", "yes"), ("verstanden", "yes"), ("nein", None)])
def test_consent_has_its_german_words(text: str, value: str | None) -> None:
    assert read_tick(text, _QUESTIONS["ack_charges"], _hints("ack_charges")).value == value

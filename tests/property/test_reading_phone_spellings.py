"""Example numbers of every region in several spellings: never another number is accepted."""

import random

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from pipeline.forms.catalogue import FORMS
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.validation.phone.reader import read_phone
from pipeline.validation.reading import Hints

_QUESTION = FORMS[FormKind.ONBOARDING].questions["phone_number"]
_TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE)


def _examples(region: str) -> list[phonenumbers.PhoneNumber]:
    found = (phonenumbers.example_number_for_type(region, kind) for kind in _TYPES)
    return [number for number in found if number is not None]


def _spellings(number: phonenumbers.PhoneNumber) -> list[tuple[str, bool]]:
    """Return spellings of ``number``, and whether each needs the country."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    full_width = "".join(chr(ord(sign) + 0xFEE0) for sign in e164)
    return [
        (e164, False),
        (shown, False),
        (shown.replace(" ", "\u2011"), False),
        (full_width, False),
        (f"00{e164[1:]}", False),
        (f"tel:{e164}", False),
        (national, True),
        (e164[1:], True),
        (national.replace(" ", "\u3000"), True),
    ]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_spelling_of_an_example_is_never_read_as_another_number(region: str) -> None:
    accepted = 0
    for number in _examples(region):
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for text, needs_country in _spellings(number):
            for country in (region,) if needs_country else (region, None):
                read = read_phone(text, _QUESTION, Hints(country=country))
                if read.verdict is Verdict.OK:
                    assert read.value == e164, (text, country)
                    accepted += 1
    assert accepted > 0 or region in _NEVER_ACCEPTED


#: Regions where WhatsApp may not be offered, and one whose examples are of films.
_NEVER_ACCEPTED = {"CU", "IR", "KP", "SY", "US"}


def test_national_number_without_country_is_never_accepted() -> None:
    source = random.Random(7)
    regions = source.sample(sorted(phonenumbers.SUPPORTED_REGIONS), 60)
    for region in regions:
        for number in _examples(region):
            text = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            read = read_phone(text, _QUESTION, Hints())
            assert read.verdict is not Verdict.OK, text

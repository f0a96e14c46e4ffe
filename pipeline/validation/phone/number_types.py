"""What a number in E.164 is: its country, its codes, how it is shown."""

import phonenumbers
from phonenumbers import PhoneNumberType

#: Codes of no country: ITU-T E.164 list, global services and international networks.
NO_TERRITORY = ("800", "808", "870", "878", "881", "882", "883", "888", "979")

_LANDLINES = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE})


def is_landline_or_toll_free(e164: str) -> bool:
    """Return whether ``e164`` cannot receive a text message."""
    return phonenumbers.number_type(phonenumbers.parse(e164)) in _LANDLINES


def region(e164: str) -> str:
    """Return the country (alpha-2) that ``e164`` belongs to, or empty."""
    found = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    return "" if found in {None, "001"} else str(found)


def calling_code(e164: str) -> int:
    """Return the country calling code of ``e164``."""
    return int(phonenumbers.parse(e164).country_code or 0)


def international(e164: str) -> str:
    """Return ``e164`` as it is shown, with blanks: ``+81 90 1234 5678``."""
    shown = phonenumbers.format_number(
        phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return str(shown).replace("-", " ")

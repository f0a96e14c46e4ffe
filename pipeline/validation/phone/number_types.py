"""What each kind of number means for WhatsApp: a table."""

from collections.abc import Mapping
from types import MappingProxyType

import phonenumbers
from phonenumbers import PhoneNumberType

from pipeline.model.problem import Verdict

_OK, _ASK, _REJECT = Verdict.OK, Verdict.ASK, Verdict.REJECT

#: type of libphonenumber → verdict, key of the type's name in the problem sentences
POLICY: Mapping[int, tuple[Verdict, str]] = MappingProxyType(
    {
        PhoneNumberType.MOBILE: (_OK, ""),
        PhoneNumberType.FIXED_LINE: (_OK, ""),
        PhoneNumberType.FIXED_LINE_OR_MOBILE: (_OK, ""),
        PhoneNumberType.VOIP: (_OK, ""),
        PhoneNumberType.TOLL_FREE: (_ASK, "toll_free"),
        PhoneNumberType.SHARED_COST: (_ASK, "shared_cost"),
        PhoneNumberType.UAN: (_ASK, "uan"),
        PhoneNumberType.PERSONAL_NUMBER: (_ASK, "personal"),
        PhoneNumberType.PREMIUM_RATE: (_REJECT, "premium"),
        PhoneNumberType.PAGER: (_REJECT, "pager"),
        PhoneNumberType.VOICEMAIL: (_REJECT, "voicemail"),
    }
)

#: Canadian non-geographic codes, used for machines too (CRTC 2025-224).
_CANADA_NON_GEOGRAPHIC = ("1600", "1622", "1633", "1644", "1655", "1677", "1688")

#: Codes of no country: ITU-T E.164 list, global services and international networks.
NO_TERRITORY = ("800", "808", "870", "878", "881", "882", "883", "888", "979")

#: Where Meta does not offer its business platform (help centre, "Supported countries").
RESTRICTED = frozenset({"CU", "IR", "KP", "SY"})

_LANDLINES = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE})


def policy(number: phonenumbers.PhoneNumber) -> tuple[Verdict, str]:
    """Return the verdict on the kind of ``number`` (a valid one) and the key of its kind."""
    if phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).startswith(
        tuple(f"+{code}" for code in _CANADA_NON_GEOGRAPHIC)
    ):
        return Verdict.ASK, "personal"
    return POLICY.get(phonenumbers.number_type(number), (_REJECT, "unknown"))


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

"""What kind a number is: a row of the policy."""

import phonenumbers
from phonenumbers import PhoneNumberType

from pipeline.validation.phone.number_types import parsed

#: type of libphonenumber → kind: a row of the policy, and the key of its name in the sentences
KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "landline_or_mobile",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
#: Canadian non-geographic codes, used for machines too (CRTC 2025-224).
_CANADA_NON_GEOGRAPHIC = ("+1600", "+1622", "+1633", "+1644", "+1655", "+1677", "+1688")

#: British 084: a service charge of at most 7p (Ofcom), which libphonenumber counts as premium.
_BRITISH_SERVICE = ("+44842", "+44843", "+44844", "+44845")


def kind_of(e164: str) -> str:
    """Return the kind of the valid number ``e164``, or empty when nobody says what it is."""
    if e164.startswith(_CANADA_NON_GEOGRAPHIC):
        return "personal"
    if e164.startswith(_BRITISH_SERVICE):
        return "shared_cost"
    return KINDS.get(phonenumbers.number_type(parsed(e164)), "")

"""Which kinds of numbers are taken: a table, whose rows are settings."""

from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType

from pipeline.model.problem import Verdict

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


@dataclass(frozen=True, slots=True)
class PhonePolicy:
    """The verdict on each kind of number, and the countries (alpha-2) without the platform.

    A number of no known kind is refused, as are machine ranges and codes of no country: those are
    facts and no policy.
    """

    mobile: Verdict = Verdict.OK
    landline: Verdict = Verdict.OK
    landline_or_mobile: Verdict = Verdict.OK
    voip: Verdict = Verdict.OK
    toll_free: Verdict = Verdict.ASK
    shared_cost: Verdict = Verdict.ASK
    uan: Verdict = Verdict.ASK
    personal: Verdict = Verdict.ASK
    premium: Verdict = Verdict.REJECT
    pager: Verdict = Verdict.REJECT
    voicemail: Verdict = Verdict.REJECT
    #: Where Meta does not offer its business platform (help centre, "Supported countries").
    restricted: tuple[str, ...] = ("CU", "IR", "KP", "SY")

    def verdict(self, kind: str) -> Verdict:
        """Return the verdict on ``kind``, a name that :func:`kind_of` returns."""
        found = getattr(self, kind, Verdict.REJECT)
        return found if isinstance(found, Verdict) else Verdict.REJECT


DEFAULT = PhonePolicy()


def kind_of(e164: str) -> str:
    """Return the kind of the valid number ``e164``, or empty when nobody says what it is."""
    if e164.startswith(_CANADA_NON_GEOGRAPHIC):
        return "personal"
    if e164.startswith(_BRITISH_SERVICE):
        return "shared_cost"
    return KINDS.get(phonenumbers.number_type(phonenumbers.parse(e164)), "")

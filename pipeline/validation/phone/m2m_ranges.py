"""Number ranges kept for machines, matched by prefix and total length before validity.

libphonenumber has no M2M data and takes most of these for too long. Lengths count the country
code and not the plus.
"""

from dataclasses import dataclass

from pipeline.model.checked import M2mCertainty

_CERTAIN, _OVERRIDE, _WARNING = (
    M2mCertainty.CERTAIN,
    M2mCertainty.OVERRIDE,
    M2mCertainty.WARNING,
)


@dataclass(frozen=True, slots=True)
class M2mRange:
    """One range: digits it begins with, total lengths (both included), and what it means.

    ``but`` are prefixes inside the range that are kept for something else.
    """

    prefix: str
    shortest: int
    longest: int
    certainty: M2mCertainty
    but: tuple[str, ...] = ()

    def holds(self, digits: str) -> bool:
        """Return whether ``digits`` (country code first, no plus) lie in this range."""
        return (
            digits.startswith(self.prefix)
            and self.shortest <= len(digits) <= self.longest
            and not digits.startswith(self.but or ("x",))
        )


RANGES: tuple[M2mRange, ...] = (
    # France, ARCEP 0700, 14 national digits: libphonenumber issue 1495
    M2mRange("33700", 15, 15, _CERTAIN),
    # Belgium, IBPT 077, 15 digits: libphonenumber issue 550
    M2mRange("3277", 15, 15, _CERTAIN),
    # Norway, 12 national digits 58 (and 59): libphonenumber issue 976
    M2mRange("4758", 14, 14, _CERTAIN),
    M2mRange("4759", 14, 14, _CERTAIN),
    # Sweden, 0719 telematic services, 0710 mobile broadband: libphonenumber issue 910
    M2mRange("46719", 15, 15, _CERTAIN),
    M2mRange("46710", 15, 15, _WARNING),
    # South Africa, 14 national digits within 087: libphonenumber issue 985
    M2mRange("27872405086", 16, 16, _CERTAIN),
    # China, ITU plan, IoT 10647, 1440, 146, 148: libphonenumber metadata, comment of CN mobile.
    # +8610647 with 12 digits is a Beijing landline.
    M2mRange("8610647", 15, 15, _CERTAIN),
    M2mRange("861440", 15, 15, _CERTAIN),
    M2mRange("86146", 12, 13, _CERTAIN),
    M2mRange("86148", 12, 13, _CERTAIN),
    # China, other operator IoT numbers 1064 and 1065: from memory, medium
    M2mRange("861064", 15, 15, _WARNING, but=("8610647",)),
    M2mRange("861065", 15, 15, _WARNING),
    # Spain, 59 with 13 national digits, mandatory for new M2M from 1 July 2026: digital.gob.es
    M2mRange("3459", 15, 15, _CERTAIN),
    # India, 13 national digits (DoT 2018): any +91 number of 15 digits
    M2mRange("91", 15, 15, _CERTAIN),
    # Japan, 020 with 11 and 14 national digits since 2017; 0204 is kept for pagers
    M2mRange("8120", 12, 12, _CERTAIN, but=("81204",)),
    M2mRange("8120", 15, 15, _CERTAIN),
    # South Korea, 012, with seven and eight digits: from memory, high
    M2mRange("8212", 11, 12, _CERTAIN),
    # Netherlands, 097, reachable for voice and SMS: libphonenumber issues 1231 and 1542
    M2mRange("3197", 13, 13, _OVERRIDE),
    # Norway 59 with 8 digits: libphonenumber issue 976, "most of"
    M2mRange("4759", 10, 10, _WARNING),
    # Denmark 37 with 12 digits: from memory, medium
    M2mRange("4537", 14, 14, _WARNING),
    # Finland 049, Hungary 71, Ireland 088 (12 digits are ordinary mobiles), Singapore 144,
    # Hong Kong 4500: from memory, low
    M2mRange("3671", 14, 14, _WARNING),
    M2mRange("35388", 13, 15, _WARNING),
    M2mRange("35849", 12, 15, _WARNING),
    M2mRange("65144", 15, 15, _WARNING),
    M2mRange("85245", 15, 15, _WARNING),
)


_PREFIXES = tuple(found.prefix for found in RANGES)


def m2m_range(digits: str) -> M2mRange | None:
    """Return the range that holds ``digits`` (country code first, no plus), or None."""
    if not digits.startswith(_PREFIXES):
        return None
    return next((found for found in RANGES if found.holds(digits)), None)

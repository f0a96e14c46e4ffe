"""The readings that a row of digits allows: national and international, built apart.

A candidate is E.164 without any judgement of its kind; a reading is kept only when the number can
exist in its plan.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat

from pipeline.validation.phone.m2m_ranges import m2m_range
from pipeline.validation.phone.number_types import parsed
from pipeline.validation.phone.plans import without_old_mobile_prefix, without_old_prefix

_SHARED_PREFIXES = ("00", "010", "011", "0011", "810")
#: The number of a Japanese carrier (00XY), before 010 and the number abroad.
_JAPANESE_CARRIER = re.compile(r"00\d{1,4}?010(?=[1-9])")
_LONGEST = 15
_FEW_DIGITS, _ANY_LENGTH = 7, 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading: E.164, how it was reached (a note), and whether it can exist.

    ``digits`` are the same without the plus.
    """

    e164: str
    notes: tuple[str, ...] = ()

    @property
    def digits(self) -> str:
        """The digits with the country code."""
        return self.e164[1:]


def code_of(country: str) -> str:
    """Return the calling code of ``country`` (alpha-2), or empty when it has none."""
    code = phonenumbers.country_code_for_region(country)
    return str(code) if code else ""


@lru_cache(maxsize=256)
def parse(text: str, country: str | None = None) -> phonenumbers.PhoneNumber | None:
    """Return libphonenumber's reading of plain digits, or None; callers must not change it.

    The same digits are asked about many times while one number is read.
    """
    try:
        return parsed(text, country)
    except NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


@lru_cache(maxsize=256)
def international(digits: str) -> Candidate | None:  # noqa: PLR0911 - a return for each outcome
    """Return the reading of ``digits`` that begin with a country code, when it can exist.

    A trunk zero after the country code is dropped when there is no reading with it.
    """
    if m2m_range(digits):
        return Candidate(f"+{digits}")
    current = without_old_mobile_prefix(digits)
    if current != digits:
        renewed = international(current)
        return Candidate(renewed.e164, ("old_prefix",)) if renewed else None
    number = parse(f"+{digits}")
    if number is None:
        return None
    if phonenumbers.is_valid_number(number):
        found = _e164(number)
        return Candidate(found, () if found == f"+{digits}" else ("trunk_prefix",))
    code = str(number.country_code)
    national = digits[len(code) :]
    if national.startswith("0"):
        again = parse(f"+{code}{national[1:]}")
        if again is not None and phonenumbers.is_valid_number(again):
            return Candidate(_e164(again), ("trunk_prefix",))
        if m2m_range(code + national[1:]):
            return Candidate(f"+{code}{national[1:]}", ("trunk_prefix",))
    return None


def national(digits: str, country: str) -> Candidate | None:
    """Return the reading of ``digits`` as a national number of ``country``, when it can exist."""
    code = code_of(country)
    if not code:
        return None
    current = without_old_prefix(country, digits)
    notes = ("old_prefix",) if current != digits else ()
    trunk = _trunk(country)
    bare = without_trunk(current, country)
    if m2m_range(code + bare):
        return Candidate(f"+{code}{bare}", notes)
    number = parse(current, country)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    if str(number.country_code) != code:
        return None  # the library took a carrier's prefix off and read another country's number
    found = _e164(number)
    if found == f"+{digits}":
        return Candidate(found, ("plus_missing",))
    lost = bool(trunk) and not current.startswith(trunk) and _writes_trunk(number, trunk)
    return Candidate(found, (*notes, "lost_zero") if lost else notes)


def _metadata(country: str) -> PhoneMetadata | None:
    return PhoneMetadata.metadata_for_region(country, None)


def _trunk(country: str) -> str:
    """Return the national prefix of ``country`` (``0``, ``8``, ``06`` …), or empty."""
    metadata = _metadata(country)
    return str(metadata.national_prefix or "") if metadata else ""


def without_trunk(digits: str, country: str) -> str:
    """Return the national ``digits`` without the national prefix of ``country``."""
    trunk = _trunk(country)
    return digits.removeprefix(trunk) if trunk else digits


def _writes_trunk(number: phonenumbers.PhoneNumber, trunk: str) -> bool:
    """Return whether ``number`` is usually written with its national ``trunk`` prefix."""
    shown = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return re.sub(r"\D", "", shown).startswith(trunk)


def after_dialling_prefix(digits: str, country: str | None) -> Candidate | None:
    """Return the reading of ``digits`` after the prefix for calls abroad (00, 010, 011 …).

    The prefix of ``country`` is tried first, then 00, which no national number begins with.
    """
    metadata = _metadata(country) if country else None
    patterns = [str(metadata.international_prefix)] if metadata else []
    patterns = [pattern for pattern in patterns if pattern and pattern != "None"]
    patterns.append("00")
    if country and digits.startswith(f"00{code_of(country)}"):
        patterns = ["00"]  # the own number as abroad, not a carrier's prefix (008 2…)
    for pattern in patterns:
        found = re.match(pattern, digits)
        if found and found.end() and digits[found.end() :]:
            candidate = international(digits[found.end() :])
            if candidate:
                return Candidate(candidate.e164, ("dialling_prefix", *candidate.notes))
    return None


def with_missing_zero(digits: str) -> Candidate | None:
    """Return the Italian landline whose zero belongs to it and was left out; a proposal only."""
    if not digits.startswith("39") or digits.startswith("390"):
        return None
    number = parse(f"+390{digits[2:]}")
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    return Candidate(_e164(number), ("zero_added",))


def doubled_code(digits: str) -> Candidate | None:
    """Return the reading of ``digits`` whose country code was typed twice; a proposal only.

    ``+81 81 90 …`` and, with the prefix for calls abroad between, ``+81 0081 90 …``.
    """
    number = parse(f"+{digits[:_LONGEST]}")
    code = str(number.country_code) if number is not None else ""
    rest = digits[len(code) :]
    for between in ("", "00", "0"):
        if code and rest.startswith(between + code):
            return international(rest[len(between) :])
    return None


def after_exit_code(digits: str) -> Candidate | None:
    """Return the reading of ``digits`` after an exit code that has no place there; a proposal only.

    ``+011 44 …`` with the exit code behind the plus, ``+1 011 44 …`` with it behind the own code.
    """
    direct = after_any_prefix(digits)
    if direct:
        return direct
    number = parse(f"+{digits[:_LONGEST]}")
    code = str(number.country_code) if number is not None else ""
    return after_any_prefix(digits[len(code) :]) if code else None


def after_carrier(digits: str, country: str | None) -> Candidate | None:
    """Return the reading after a Japanese carrier's number and 010 (MIC Japan); a proposal only."""
    found = _JAPANESE_CARRIER.match(digits) if country == "JP" else None
    return international(digits[found.end() :]) if found else None


def is_usual_exit(digits: str, reading: Candidate, first: str) -> bool:
    """Return whether what stands before ``reading`` is an exit code that people know.

    Carriers' own prefixes look like the beginning of other numbers: they count where they stand
    apart, as the ``first`` group.
    """
    code = str(parsed(reading.e164).country_code)
    return digits.startswith(tuple(prefix + code for prefix in (*_SHARED_PREFIXES, first)))


def is_short_for_its_plan(e164: str) -> bool:
    """Return whether so few digits are hardly a whole number where numbers have any length.

    libphonenumber takes German and Austrian landlines from four digits on.
    """
    number = parsed(e164)
    if len(phonenumbers.national_significant_number(number)) >= _FEW_DIGITS:
        return False
    metadata = _metadata(phonenumbers.region_code_for_country_code(number.country_code or 0))
    fixed = metadata.fixed_line if metadata else None
    return len(fixed.possible_length if fixed else ()) >= _ANY_LENGTH


def after_any_prefix(digits: str) -> Candidate | None:
    """Return the reading after any country's prefix for calls abroad; a proposal only."""
    for prefix in sorted(_SHARED_PREFIXES, key=len, reverse=True):
        if digits.startswith(prefix):
            candidate = international(digits[len(prefix) :])
            if candidate:
                return candidate
    return None

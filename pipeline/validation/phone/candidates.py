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
from pipeline.validation.phone.plans import without_old_mobile_prefix, without_old_prefix

_SHARED_PREFIXES = ("00", "010", "011", "0011", "810")


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
        return phonenumbers.parse(text, country)
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
    bare = current[len(trunk) :] if trunk and current.startswith(trunk) else current
    if m2m_range(code + bare):
        return Candidate(f"+{code}{bare}", notes)
    number = parse(current, country)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
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


def after_any_prefix(digits: str) -> Candidate | None:
    """Return the reading after any country's prefix for calls abroad; a proposal only."""
    for prefix in sorted(_SHARED_PREFIXES, key=len, reverse=True):
        if digits.startswith(prefix):
            candidate = international(digits[len(prefix) :])
            if candidate:
                return candidate
    return None

"""Judge what a number means: machines first, then its kind, then what is left to ask."""

import re
from dataclasses import replace

import phonenumbers
from phonenumbers import ValidationResult

from pipeline.model.checked import M2mCertainty
from pipeline.model.problem import Audience, Severity, Verdict
from pipeline.validation.characters import squeeze
from pipeline.validation.phone.candidates import Candidate, is_short_for_its_plan, parse
from pipeline.validation.phone.kinds import kind_of
from pipeline.validation.phone.m2m_ranges import m2m_range
from pipeline.validation.phone.meaning import Meaning
from pipeline.validation.phone.number_types import NO_TERRITORY, international, region
from pipeline.validation.phone.plans import is_fictional
from pipeline.validation.phone.policy import PhonePolicy
from pipeline.validation.reading import Finding, Hints, Read, ask, ok, reject

_SHORT_CODE = range(3, 7)
_LONGEST = 15
_FEW_DIGITS = 7
_SERVICE_CODE = re.compile(r"[*#][\d*#]+")


def judge(found: Meaning, hints: Hints, text: str, *, mild: bool) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return the reading of one number; ``text`` is what was typed.

    ``mild`` is for a number that people call: any kind of number is good there.
    """
    if not found.candidates:
        return _nothing(found, hints, text)
    if len(found.candidates) > 1:
        values = tuple(candidate.e164 for candidate in found.candidates)
        shown = [international(value) for value in values]
        return ask(None, "choose_value", candidates=values, a=shown[0], b=shown[1])
    candidate = found.candidates[0]
    read = ok(candidate.e164) if mild else kind(candidate, text, hints.phones)
    notes = (*candidate.notes, *(("words_ignored",) if found.words else ()))
    if read.verdict is Verdict.REJECT or read.value is None:
        return read.noted(*notes)
    if found.doubt == "phone_old_plan":
        return _old_plan(candidate, text)
    if found.strange:
        return ask(read.value, "phone_letters", chars=found.strange).noted(*notes)
    if found.doubt and read.verdict is Verdict.OK:
        return ask(read.value, found.doubt, value=international(read.value)).noted(*notes)
    if read.verdict is Verdict.OK and is_short_for_its_plan(read.value):
        asked = ask(None, "phone_too_short", given=squeeze(text), country=region(read.value))
        return replace(asked, literal=read.value).noted(*notes)
    return read.noted(*notes)


def _old_plan(candidate: Candidate, text: str) -> Read:
    value = None if "moved_abroad" in candidate.notes else candidate.e164
    shown = international(candidate.e164)
    return ask(value, "phone_old_plan", given=squeeze(text), value=shown)


def kind(candidate: Candidate, text: str, policy: PhonePolicy) -> Read:
    """Return the verdict on what kind of number ``candidate`` is: machines first."""
    machine = m2m_range(candidate.digits)
    if machine and machine.certainty is M2mCertainty.CERTAIN:
        return Read(
            None,
            Verdict.REJECT,
            findings=(Finding("phone_m2m"),),
            candidates=(candidate.e164,),
            m2m=M2mCertainty.CERTAIN,
        )
    if candidate.digits.startswith(NO_TERRITORY):
        return reject("phone_no_territory", prefix=f"+{candidate.digits[:3]}")
    if is_fictional(candidate.digits):
        return reject("phone_unassigned", given=squeeze(text))
    if machine:
        code = (
            "phone_m2m_override"
            if machine.certainty is M2mCertainty.OVERRIDE
            else "phone_m2m_possible"
        )
        warning = Finding(
            code,
            (("value", international(candidate.e164)),),
            Severity.WARNING,
            Audience.STAFF,
        )
        return Read(candidate.e164, Verdict.OK, findings=(warning,), m2m=machine.certainty)
    return _by_kind(candidate, text, policy)


def _by_kind(candidate: Candidate, text: str, policy: PhonePolicy) -> Read:
    name = kind_of(candidate.e164)
    if not name:
        return reject("phone_unassigned", given=squeeze(text))
    if policy.verdict(name) is Verdict.REJECT:
        return reject("phone_not_supported", type=name)
    if policy.verdict(name) is Verdict.ASK:
        return ask(candidate.e164, "phone_special", type=name)
    shown = international(candidate.e164)
    country = region(candidate.e164)
    if country in policy.restricted:
        told = Finding("phone_restricted", (("country", country),), Severity.NOTE)
        staff = Finding(
            "phone_restricted_staff",
            (("country", country), ("value", shown)),
            Severity.WARNING,
            Audience.STAFF,
        )
        return Read(candidate.e164, Verdict.ASK, findings=(told, staff))
    return ok(candidate.e164)


def _nothing(found: Meaning, hints: Hints, text: str) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return why no number can be read."""
    given = squeeze(text)
    national = found.digits[len(found.code) :] if found.explicit else found.digits
    if found.explicit and found.digits.startswith(NO_TERRITORY):
        return reject("phone_no_territory", prefix=f"+{found.digits[:3]}")
    if len(national) in _SHORT_CODE or _SERVICE_CODE.fullmatch(given):
        return reject("phone_short_code", given=given)
    if found.explicit and found.digits.startswith("0"):
        return reject("phone_unassigned", given=given)
    misread = any(sign.isalpha() or sign.isnumeric() for sign in found.strange)
    if misread and len(found.digits) >= _FEW_DIGITS:
        return ask(None, "phone_letters", chars=found.strange)
    if found.doubt == "phone_no_country" and len(found.digits) <= _LONGEST:
        return ask(None, "phone_no_country")
    if found.doubt == "phone_old_plan":
        return ask(None, "phone_old_plan", given=given, value="—")
    return _length(found, hints, given)


def _length(found: Meaning, hints: Hints, given: str) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return whether the number is too short, too long, or in nobody's plan."""
    country = hints.country
    number = parse(f"+{found.digits[:17]}") if found.explicit else parse(found.digits[:17], country)
    if found.explicit:
        country = phonenumbers.region_code_for_country_code(int(found.code or 0))
    if country in {None, "", "ZZ", "001"}:
        return reject("phone_unassigned", given=given)
    if number is None:
        code = "phone_too_long" if len(found.digits) > _LONGEST else "phone_too_short"
        return reject(code, given=given, country=str(country))
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return ask(None, "phone_too_short", given=given, country=str(country))
    if reason == ValidationResult.TOO_SHORT:
        return reject("phone_too_short", given=given, country=str(country))
    if reason in {ValidationResult.TOO_LONG, ValidationResult.INVALID_LENGTH}:
        return reject("phone_too_long", given=given, country=str(country))
    code = _nearly(number)
    if code:
        return reject(code, given=given, country=str(country))
    if found.words and not found.explicit:
        return reject("phone_letters", chars=given)
    return reject("phone_unassigned", given=given)


def _nearly(number: phonenumbers.PhoneNumber) -> str:
    """Return whether one digit more or less would make a number of a plan."""
    digits = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    longer = (parse(f"+{digits}{digit}") for digit in range(10))
    if any(found and phonenumbers.is_valid_number(found) for found in longer):
        return "phone_too_short"
    shorter = parse(f"+{digits[:-1]}")
    return "phone_too_long" if shorter and phonenumbers.is_valid_number(shorter) else ""

"""What the digits of one number mean, given the country that the customer stated."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pipeline.validation.phone.candidates import (
    Candidate,
    after_any_prefix,
    after_carrier,
    after_dialling_prefix,
    after_exit_code,
    code_of,
    doubled_code,
    international,
    is_usual_exit,
    national,
    parse,
    with_missing_zero,
    without_trunk,
)
from pipeline.validation.phone.kinds import kind_of
from pipeline.validation.phone.number_types import calling_code
from pipeline.validation.phone.plan_changes import is_in_doubt, successors
from pipeline.validation.phone.plans import (
    TRUNK_GIVEN_UP,
    UNUSED_CODES,
    is_moved_abroad,
    without_soviet_trunk,
)
from pipeline.validation.reading import Hints

_PROPOSAL_LENGTH = 11
#: Digits of the longest national numbers that are given out (Bundesnetzagentur, Verfügung 25/2006).
_PLAUSIBLE = 11
_ALLOWED = frozenset("+()-./ \n,:;'\"[]{}<>|\\")
#: Numbers that are no digits (¹, ½, Ⅳ), currency and mathematics, damage.
_STRANGE = frozenset({"No", "Nl", "Sc", "Sm", "Co", "Cs", "Cn"})
#: Letters between digits, or one right after the last: a digit misread, or a remark.
_LETTERS_INSIDE = re.compile(r"(?<=\d)\W*([^\W\d_]+)(?=\W*\d)|(?<=\d)([A-Za-zА-яΑ-ω])\W*$")
_TRAILING_CODE = re.compile(r"^(.*\d.*?)\(?\+\s*(\d{1,3})\)?\W*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The candidates of one number, and why it is doubtful when it is.

    ``doubt`` is the code of the question (empty: none). ``digits`` are those that were typed,
    ``code`` the country code that they begin with or that is stated, ``explicit`` tells that a
    plus was typed. ``strange`` are the signs that are no part of a number.
    """

    candidates: tuple[Candidate, ...]
    digits: str
    code: str = ""
    doubt: str = ""
    explicit: bool = False
    strange: str = ""
    words: bool = False


def meaning(text: str, hints: Hints) -> Meaning:
    """Return what ``text`` (normalised, one number) can mean."""
    letters = "".join(hit[1] or hit[2] for hit in _LETTERS_INSIDE.finditer(text))
    signs = (sign for sign in text if _is_strange(sign))
    strange = "".join(dict.fromkeys((*signs, *letters)))
    words = any(sign.isalpha() for sign in text)
    found = _meaning(text, hints.country)
    return Meaning(
        found.candidates,
        found.digits,
        found.code,
        found.doubt,
        found.explicit,
        strange,
        words,
    )


def _is_strange(sign: str) -> bool:
    if sign.isascii():
        return not sign.isalnum() and sign not in _ALLOWED
    return sign == "\ufffd" or unicodedata.category(sign) in _STRANGE


@lru_cache(maxsize=64)
def _meaning(text: str, country: str | None) -> Meaning:
    """Return what the digits of ``text`` mean; a form has its number twice."""
    digits = re.sub(r"\D", "", text)
    position = text.find("+")
    if position < 0:
        return _without_plus(digits, country, _first_group(text))
    before = re.sub(r"\D", "", text[:position])
    after = re.sub(r"\D", "", text[position:])
    if not before:
        return _with_plus(digits, country, _second_group(text), again=text.count("+") > 1)
    if after_dialling_prefix(digits, country) and international(after):
        return _with_plus(after, country)
    trailing = _TRAILING_CODE.match(text)
    joined = trailing.group(2) + before if trailing else digits
    candidate = international(joined)
    return Meaning((candidate,) if candidate else (), digits, doubt="confirm_value")


def _with_plus(
    digits: str, country: str | None, second: str = "", *, again: bool = False
) -> Meaning:
    """Return what ``digits`` after a plus mean; ``second`` is their second group (empty: one).

    ``again`` tells that there is a second plus.
    """
    exits = after_exit_code(digits) if digits.startswith(("011", "010", "0011")) else None
    digits = digits.removeprefix("00") if exits is None else digits
    if digits.startswith("0"):
        stray = national(digits, country) if country else None
        meant = stray or exits
        return Meaning((meant,) if meant else (), digits, "", "confirm_value", explicit=True)
    code = _leading_code(digits)
    unused = next((old for old in UNUSED_CODES if digits.startswith(old)), "")
    if unused:
        moved = international(UNUSED_CODES[unused] + digits[len(unused) :])
        candidates = (moved,) if moved else ()
        return Meaning(candidates, digits, unused, "phone_old_plan", explicit=True)
    candidate = international(digits)
    twice = doubled_code(digits)
    if candidate and twice and candidate.e164 != twice.e164 and second in {"", code, f"00{code}"}:
        one = bool(candidate.notes) or again
        readings = (twice,) if one else (twice, candidate)
        doubt = "confirm_value" if one else "choose_value"
        return Meaning(readings, digits, code, doubt, explicit=True)
    stray = _stray(digits, country) if candidate is None else None
    renewed = _renewed(candidate.digits if candidate else digits, code)
    if renewed is not None and stray is None and (candidate is None or is_in_doubt(code)):
        return Meaning(renewed, digits, code, "phone_old_plan", explicit=True)
    if candidate:
        # the code of North America is its trunk prefix too: typed twice, or a digit too many
        doubt = "confirm_value" if digits.startswith("11") else ""
        return Meaning((candidate,), digits, code, doubt, explicit=True)
    meant = stray or with_missing_zero(digits) or twice or after_exit_code(digits)
    doubt = "confirm_value" if meant else ""
    return Meaning((meant,) if meant else (), digits, code, doubt, explicit=True)


def _stray(digits: str, country: str | None) -> Candidate | None:
    """Return the national number of ``country`` that a plus was typed before; a proposal only."""
    if country is None or digits.startswith(code_of(country)):
        return None
    return national(digits, country)


def _leading_code(digits: str) -> str:
    number = parse(f"+{digits[:15]}")
    return str(number.country_code) if number is not None else ""


def _renewed(digits: str, code: str) -> tuple[Candidate, ...] | None:
    """Return what a number in an old format may be today, None when it is none.

    Nothing in it: an old one that nobody can renew. Another plan's number is not proposed.
    """
    if not code or not digits.startswith(code):
        return None
    old = digits[len(code) :]
    today = successors(code, old)
    if today is None and old.startswith("0"):
        today = successors(code, old[1:])
    if not today:
        return None if today is None else ()
    found = tuple(candidate for one in today if (candidate := international(one)))
    if found and is_moved_abroad(digits):
        return (Candidate(found[0].e164, ("moved_abroad",)),)
    return found[:1] or None


def _first_group(text: str) -> str:
    """Return the first group of digits."""
    found = re.search(r"\d+", text)
    return found.group() if found else ""


def _second_group(text: str) -> str:
    """Return the second group of digits, or empty."""
    found = re.findall(r"\d+", text)
    return found[1] if len(found) > 1 else ""


def _foreign(digits: str, home: Candidate | None, first: str) -> Candidate | None:
    """Return another country's number that a home number without its zero may be as well.

    A mobile that lost its zero is usual; a landline without one, or a first group that is that
    country's code, leaves the doubt.
    """
    if home is None or "lost_zero" not in home.notes or len(digits) < _PROPOSAL_LENGTH:
        return None
    abroad = international(digits)
    if abroad is None:
        return None
    doubtful = kind_of(home.e164) == "landline" or first == str(calling_code(abroad.e164))
    return abroad if doubtful else None


def _without_plus(digits: str, country: str | None, first: str) -> Meaning:
    """Return what ``digits`` without a plus mean in ``country``; ``first`` is their first group."""
    if country is None:
        return _without_country(digits)
    code = code_of(country)
    carried = after_carrier(digits, country)
    if carried:
        return Meaning((carried,), digits, code, "confirm_value")
    home = national(digits, country)
    if home is None and country in TRUNK_GIVEN_UP and digits.startswith("0"):
        home = national(digits[1:], country)
    own = international(digits) if code and digits.startswith(code) else None
    if own and home and "lost_zero" in home.notes and len(home.digits) > _PLAUSIBLE + len(code):
        # the plus was lost, not a zero: regulators give out no national number so long
        return Meaning((Candidate(own.e164, ("plus_missing", *own.notes)),), digits, code)
    dialled = after_dialling_prefix(digits, country)
    abroad = _foreign(digits, home, first) if own is None else None
    twice = doubled_code(dialled.digits) if dialled else None
    readings = {found.e164: found for found in (home, own, dialled, abroad, twice) if found}
    if own and home and own.e164 == home.e164 == f"+{digits}":
        readings = {own.e164: Candidate(own.e164, ("plus_missing",))}
    elif own and own.e164 in readings and not home:
        readings[own.e164] = Candidate(own.e164, ("plus_missing", *own.notes))
    if readings:
        unusual = dialled and not is_usual_exit(digits, dialled, first)
        return _at_home(tuple(readings.values()), digits, code, unsure=bool(unusual))
    return _not_at_home(digits, country, code)


def _not_at_home(digits: str, country: str, code: str) -> Meaning:
    """Return what ``digits`` without a plus can mean that are no number of ``country`` today."""
    for bare in dict.fromkeys((without_trunk(digits, country), digits.removeprefix("0"))):
        renewed = _renewed(code + bare, code)
        if renewed is not None:
            return Meaning(renewed, digits, code, "phone_old_plan")
    whole = _renewed(digits, code) if code else None
    if whole:
        return Meaning(whole, digits, code, "phone_old_plan")
    foreign = _elsewhere(digits, country)
    if foreign:
        return Meaning((foreign,), digits, code, "confirm_value")
    return Meaning((), digits, code)


def _elsewhere(digits: str, country: str) -> Candidate | None:
    """Return the proposal for ``digits`` that are no number of ``country``."""
    soviet = without_soviet_trunk(country, digits)
    found = national(soviet, country) if soviet else None
    found = found or after_any_prefix(digits)
    if found is None and len(digits) >= _PROPOSAL_LENGTH:
        abroad = digits.removeprefix("00")
        found = international(abroad) or doubled_code(abroad)
    return found


def _at_home(
    readings: tuple[Candidate, ...], digits: str, code: str, *, unsure: bool = False
) -> Meaning:
    """Return the reading in the stated country, or the question when there are several."""
    if len(readings) > 1:
        return Meaning(readings, digits, code, "choose_value")
    renewed = _renewed(readings[0].digits, code) if is_in_doubt(code) else None
    if renewed is not None:
        return Meaning(renewed, digits, code, "phone_old_plan")
    return Meaning(readings, digits, code, "confirm_value" if unsure else "")


def _without_country(digits: str) -> Meaning:
    """Return the proposal for ``digits`` with neither a plus nor a country."""
    dialled = after_dialling_prefix(digits, None)
    twice = doubled_code(dialled.digits) if dialled else None
    if dialled and twice:
        return Meaning((twice, dialled), digits, "", "choose_value")
    if dialled:
        return Meaning((dialled,), digits)
    proposal = after_any_prefix(digits)
    if proposal is None and len(digits) >= _PROPOSAL_LENGTH:
        abroad = digits.removeprefix("00")
        proposal = international(abroad) or doubled_code(abroad)
    return Meaning((proposal,) if proposal else (), digits, "", "phone_no_country")

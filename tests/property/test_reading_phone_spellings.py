"""Example numbers of every region and type in many spellings: never another one is accepted."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.validation.phone.kinds import KINDS, kind_of
from pipeline.validation.phone.plan_changes import is_in_doubt, successors
from pipeline.validation.phone.plans import is_fictional
from pipeline.validation.phone.policy import DEFAULT
from pipeline.validation.phone.reader import read_phone
from pipeline.validation.reading import Hints, Read

_QUESTION = FORMS[FormKind.ONBOARDING].questions["phone_number"]
#: The first digit of each script that people type with.
_SCRIPTS = (
    *("0",) * 4,
    *"\u0660\u06f0\u0966\u09e6\u0a66\u0ae6\u0b66\u0be6\u0c66\u0ce6\u0d66\u0e50\u0ed0\u0f20\u1040\u17e0\uff10",
)
_BETWEEN = (
    " ",
    "-",
    ".",
    "\u2010",
    "\u2011",
    "\u2013",
    "\u2212",
    "\u30fc",
    "\u3000",
    "\u00a0",
    "\u202f",
)
_UNSEEN = ("\u200b", "\u200e", "\u2060", "\ufeff", "\u00ad", "\u202a\u202c", "\u2066\u2069")
_LABELS = ("Tel.: ", "電話：", "Mobil: ", "WhatsApp ", "Phone number: ", "☎ ", "携帯 ", "тел. ")
_REMARKS = (" (mobile)", "（代表）", " WhatsApp", " Frau Weber", ".")
#: Another country, and what is dialled there before a number abroad.
_ABROAD = (
    ("US", "011 "),
    ("JP", "010-"),
    ("AU", "0011 "),
    ("GB", "00"),
    ("RU", "8~10 "),
    ("KR", "001-"),
)


@dataclass(frozen=True)
class Example:
    """A number of libphonenumber's metadata: E.164 and as it is shown at home and abroad."""

    region: str
    e164: str
    shown: str
    national: str


@cache
def _examples() -> tuple[Example, ...]:
    found: dict[str, Example] = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in KINDS:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
                national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
                found.setdefault(e164, Example(region, e164, shown, national))
    return tuple(found.values())


def _in_a_script(text: str, source: random.Random) -> str:
    zero = ord(source.choice(_SCRIPTS))
    return "".join(chr(zero + int(sign)) if "0" <= sign <= "9" else sign for sign in text)


def _dashed(text: str, source: random.Random) -> str:
    return "".join(source.choice(_BETWEEN) if sign in " -" else sign for sign in text)


def _sprinkled(text: str, source: random.Random) -> str:
    place = source.randrange(1, len(text))
    return text[:place] + source.choice(_UNSEEN) + text[place:]


def _bracketed(example: Example, source: random.Random) -> str:
    code, _, rest = example.shown.partition(" ")
    area, _, subscriber = _dashed(rest, source).partition(source.choice(_BETWEEN))
    return f"({code}) {rest}" if not subscriber else f"{code} ({area}) {subscriber}"


def _dialled(example: Example, country: str, prefix: str, source: random.Random) -> tuple[str, str]:
    return prefix + _dashed(example.shown[1:], source), country


Speller = Callable[[Example, random.Random], tuple[str, str | None]]
_SPELLERS: dict[str, Speller] = {
    "dashes": lambda it, by: (_dashed(it.shown, by), None),
    "script": lambda it, by: (_in_a_script(_dashed(it.shown, by), by), by.choice((None, "JP"))),
    "unseen": lambda it, by: (_sprinkled(_dashed(it.shown, by), by), None),
    "brackets": lambda it, by: (_bracketed(it, by), it.region),
    "label": lambda it, by: (by.choice(_LABELS) + _in_a_script(it.shown, by), it.region),
    "remark": lambda it, by: (_dashed(it.shown, by) + by.choice(_REMARKS), None),
    "link": lambda it, by: (
        by.choice((f"tel:{it.e164}", f"https://wa.me/{it.e164[1:]}", f"sms:{it.e164}?body=7")),
        by.choice((None, "DE")),
    ),
    "abroad": lambda it, by: _dialled(it, *by.choice(_ABROAD), by),
    "national": lambda it, by: (_in_a_script(_dashed(it.national, by), by), it.region),
    "national label": lambda it, by: (by.choice(_LABELS) + _sprinkled(it.national, by), it.region),
    "no plus": lambda it, by: (_dashed(it.shown[1:], by), it.region),
}
#: Without a plus two meanings are common: so few of such may be asked about.
_WITHOUT_PLUS = "no plus"
_SHARE_WITHOUT_PLUS = 0.03


def _readings(seed: int) -> Iterator[tuple[str, Example, str, str | None, Read]]:
    source = random.Random(seed)
    for example in _examples():
        for name, speller in _SPELLERS.items():
            text, country = speller(example, source)
            yield name, example, text, country, read_phone(text, _QUESTION, Hints(country=country))


def _is_old(example: Example) -> bool:
    """Return whether the library's own example is a number of an earlier plan (Gabon)."""
    code = str(phonenumbers.parse(example.e164).country_code)
    return successors(code, example.e164[1 + len(code) :]) is not None and is_in_doubt(code)


def _is_taken(example: Example) -> bool:
    restricted = example.region in DEFAULT.restricted
    taken = DEFAULT.verdict(kind_of(example.e164)) is Verdict.OK
    return taken and not restricted and not is_fictional(example.e164[1:]) and not _is_old(example)


@pytest.mark.parametrize("seed", [11, pytest.param(12, marks=pytest.mark.long)])
def test_spelling_of_an_example_is_never_another_number_and_never_lost(seed: int) -> None:
    others: list[tuple[str, str, str | None, str | None]] = []
    lost: list[tuple[str, str, str | None, list[str]]] = []
    tried: Counter[str] = Counter()
    for name, example, text, country, read in _readings(seed):
        if read.verdict is Verdict.OK and read.value != example.e164:
            others.append((example.e164, text, country, read.value))
        if _is_taken(example):
            tried[name] += 1
            if read.verdict is not Verdict.OK:
                codes = [finding.code for finding in read.findings]
                lost.append((name, text, country, codes))
    assert others == []
    assert sum(tried.values()) > 5_000
    assert [item for item in lost if item[0] != _WITHOUT_PLUS] == []
    assert len(lost) <= _SHARE_WITHOUT_PLUS * tried[_WITHOUT_PLUS], lost


def test_national_number_without_country_is_never_accepted() -> None:
    for example in _examples():
        if example.national.startswith(("00", "+")):
            continue
        read = read_phone(example.national, _QUESTION, Hints())
        assert read.verdict is not Verdict.OK, example

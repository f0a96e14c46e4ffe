"""Good answers of every kind, mutated: a verdict at once, and what is accepted was typed."""

import random
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from zoneinfo import available_timezones

import phonenumbers
import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.forms.texts import choice_vocabulary
from pipeline.model.form import FormKind
from pipeline.model.problem import Verdict
from pipeline.model.submission import Answer
from pipeline.validation.answer import read_answer
from pipeline.validation.reading import Hints, Read
from tests.world.pace import soon

#: Of each kind, in the long runs and in every run.
_ROUNDS, _FEW = 1_340, 250
_SLOWEST = 0.050
_LONGEST = 100_000
_GOOD: Mapping[AnswerKind, tuple[str, ...]] = {
    AnswerKind.TEXT: ("Anna Weber", "山田 太郎", "Müller & Söhne GmbH", "a < b; 50 %"),
    AnswerKind.DISPLAY_NAME: ("Nordwind", "山田商店", "Blumen Müller", "7-Eleven"),
    AnswerKind.EMAIL: (
        "anna@nordwind.de",
        "Anna Weber <anna.w+x@nordwind.co.uk>",
        "メール：t@山田.jp",
    ),
    AnswerKind.PHONE: (
        "+49 171 2345678",
        "080-2345-6789",
        "Tel.: +44 (0)7911 123456",
        "＋８１ ９０ １２３４ ５６７８",
        "0011 1 212 736 5000",
        "https://wa.me/33756789012?text=7",
        "03-3210-9876 内線204",
        "8.19012345678E+11",
    ),
    AnswerKind.CONTACT_PHONE: (
        "+49 89 321681-230",
        "03-3210-9876（内線12）",
        "020 8366 1177 ext 7",
    ),
    AnswerKind.COUNTRY: ("Deutschland", "日本", "United Kingdom", "🇫🇷", "Côte d'Ivoire", "+81"),
    AnswerKind.UUID: (
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "Org-ID: 7C9E6679742540DE944BE07FC1F90AE7",
    ),
    AnswerKind.DIGITS: (
        "281474976710655",
        "ID：281 474 976 710 655",
        "unbekannt",
        "2.81474976710655E+14",
    ),
    AnswerKind.URL: (
        "https://nordwind.de/kontakt?a=1",
        "www.山田.jp",
        "nordwind.de",
        "Siehe http://n.de.",
    ),
    AnswerKind.DATE: (
        "2026-12-01",
        "1. Dezember 2026",
        "令和8年12月1日（火）",
        "December 1st, 2026",
        "13/12/2026",
    ),
    AnswerKind.DATE_TIME: (
        "2026-12-02 10:00",
        "2.12.2026, 15.30 Uhr",
        "2026年12月2日 午後3時半",
        "2 Dec 2026 3pm",
    ),
    AnswerKind.TIME_ZONE: (
        "Europe/Berlin",
        "東京",
        "(UTC+01:00) Amsterdam, Berlin",
        "UTC-5",
        "Wien",
    ),
    AnswerKind.CHOICE: ("yes", "Nein", "いいえ", "weiß nicht", "Ja, aber erst ab Mai"),
    AnswerKind.TICK: ("yes", "確認しました", "Ich habe verstanden", "✓"),
    AnswerKind.PATTERN: (
        "4O4YGZEG3RIVE1",
        "https://wa.me/message/ABCDEFGHIJKLM2",
        "abcd efgh ijkl mn",
    ),
}
_PIECES = (
    *"0123456789+-()/.,:;@#*xXeE ~'\"<>{}\\=&%?!_|\n\t\r",
    *"\u0000\u0007\u001b\u007f\u0085\u00a0\u00ad\u0301\u0308\u200b\u200d\u200e\u202e",
    *"\u2028\u2066\ufeff\ufe0f",
    *"\ufffd\ud83d\udc00\ue000\U0001f600\U0001f1ef\u20e3①⑨¹½Ⅳ〇一十٣९๓５ー〜～×○年月日時半はいないßİＯлО",
    "not ",
    "nicht ",
    "ない",
    " or ",
    " oder ",
    "または",
    "E+11",
    ".0",
    "12",
    "000",
    "ext. 3",
    "N/A",
    "http://",
)


def _swapped(text: str, place: int) -> str:
    return text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :]


def _mutations(kind: AnswerKind, rounds: int = _ROUNDS) -> Iterator[str]:
    source = random.Random(f"mutations of {kind}")
    for number in range(rounds):
        text = source.choice(_GOOD[kind])
        for _ in range(source.randint(1, 4)):
            place = source.randrange(len(text) + 1)
            change = source.randrange(4)
            if change == 0:
                text = text[:place] + text[place + source.randint(1, 3) :]
            elif change == 1:
                text = _swapped(text, place)
            elif change == 2:
                text = text[:place] + source.choice(_PIECES) + text[place:]
            else:
                text = f"{text}{source.choice(_PIECES)}{source.choice(_GOOD[kind])}"
        if number % 40 == 0:
            text = (text + " ")[: source.randint(1, 40)] * (_LONGEST // 40)
        yield text


def _kept(text: str) -> str:
    """Return the letters and digits of ``text``, for comparison."""
    visible = "".join(sign for sign in text if unicodedata.category(sign) not in {"Cf", "Cc"})
    folded = unicodedata.normalize("NFKC", visible).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


_KANJI = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))


def _plain_digits(text: str) -> str:
    """Return ``text`` with ASCII digits and without invisible signs."""
    return "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in text
        if sign.isspace() or unicodedata.category(sign) not in {"Cf", "Cc"}
    )


def _digits(text: str) -> str:
    digits = re.sub(r"\D", "", _plain_digits(text))
    return digits or "".join(_KANJI.get(sign, "") for sign in text)


def _is_within(part: str, whole: str) -> bool:
    """Return whether the signs of ``part`` stand in ``whole`` in their order."""
    rest = iter(whole)
    return all(sign in rest for sign in part)


def _phone(value: str, text: str) -> bool:
    number = phonenumbers.parse(value.partition(";")[0])
    national = phonenumbers.national_significant_number(number)
    typed = _digits(text)
    if number.country_code == 54:
        return _is_within(national.removeprefix("9"), typed)
    if "." in text and re.search(r"[eE]\+?\d", text):
        return national.rstrip("0") in typed
    return national in typed


def _hexadecimal(value: str, text: str) -> bool:
    typed = unicodedata.normalize("NFKC", text).lower()
    return value.replace("-", "") in re.sub(r"[^0-9a-f]", "", typed)


def _day(value: str, text: str) -> bool:
    """Return whether day and month stand in ``text`` (kanji numbers and serials aside)."""
    if re.search("[一二三四五六七八九十]", text):
        return True
    numbers = [int(found) for found in re.findall(r"\d+", _plain_digits(text))]
    year, month, day = map(int, value[:10].split("-"))
    compact = f"{year:04}{month:02}{day:02}"
    if any(str(number) == compact or 36_000 < number < 74_000 for number in numbers):
        return True
    named = re.search(r"[^\W\d_]{3,}", _plain_digits(text)) is not None
    return day in numbers and (month in numbers or named)


_NO = re.compile(r"\bnot\b|\bnicht\b|ない|ません")
_INVARIANTS: Mapping[AnswerKind, Callable[[str, str], bool]] = {
    AnswerKind.TEXT: lambda value, text: _kept(value) == _kept(text),
    AnswerKind.DISPLAY_NAME: lambda value, text: _kept(value) == _kept(text),
    AnswerKind.EMAIL: lambda value, text: _kept(value) in _kept(text),
    AnswerKind.URL: lambda value, text: _kept(value.partition("://")[2]) in _kept(text),
    AnswerKind.PHONE: _phone,
    AnswerKind.CONTACT_PHONE: _phone,
    AnswerKind.UUID: _hexadecimal,
    AnswerKind.DIGITS: lambda value, text: value == "unknown" or value in _digits(text),
    AnswerKind.DATE: _day,
    AnswerKind.DATE_TIME: _day,
    AnswerKind.COUNTRY: lambda value, _: re.fullmatch("[A-Z]{2}", value) is not None,
    AnswerKind.TIME_ZONE: lambda value, _: value in available_timezones(),
    AnswerKind.CHOICE: lambda value, text: value != "yes" or not _NO.search(text),
    AnswerKind.TICK: lambda value, text: value == "yes" and not _NO.search(text),
    AnswerKind.PATTERN: lambda value, text: value.casefold() in _kept(_plain_digits(text)),
}


def _question(kind: AnswerKind) -> tuple[FormKind, str, Question]:
    return next(
        (form, name, question)
        for form, definition in FORMS.items()
        for name, question in definition.questions.items()
        if question.kind is kind and (kind is not AnswerKind.CHOICE or "yes" in question.choices)
    )


def _seconds(read: Callable[[], Read]) -> float:
    start = time.process_time()
    read()
    return time.process_time() - start


@pytest.mark.parametrize("rounds", [_FEW, pytest.param(_ROUNDS, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", list(AnswerKind))
def test_mutated_answer_is_judged_at_once_and_accepted_only_as_typed(
    kind: AnswerKind, rounds: int
) -> None:
    form, field, question = _question(kind)
    words = choice_vocabulary(form).get(field, {})
    countries, languages = (None, "JP", "DE", "US"), ("en", "ja", "de")
    wrong: list[tuple[str, str | None]] = []
    slow: list[str] = []
    accepted = 0
    for number, text in enumerate(_mutations(kind, rounds)):
        hints = Hints(date(2026, 11, 22), countries[number % 4], languages[number % 3], words=words)

        def read(text: str = text, hints: Hints = hints) -> Read:
            return read_answer(Answer(field, text, "Form!D12"), question, hints)

        start = time.process_time()
        found = read()
        took = time.process_time() - start
        if number and took > _SLOWEST and not soon(min(_seconds(read) for _ in range(3)), _SLOWEST):
            slow.append(text[:80])
        if found.verdict is Verdict.OK:
            accepted += 1
            if not found.value or not _INVARIANTS[kind](found.value, text):
                wrong.append((text[:200], found.value))
    assert wrong == []
    assert slow == []
    assert accepted > 0


def test_mutations_reach_every_kind_of_answer() -> None:
    assert set(_GOOD) == set(AnswerKind) == set(_INVARIANTS)
    assert _ROUNDS * len(AnswerKind) > 20_000
    longest = {kind: max(map(len, _mutations(kind))) for kind in AnswerKind}
    assert min(longest.values()) > _LONGEST // 4
    some = list(_mutations(AnswerKind.TEXT))
    assert any(first != second for first, second in pairwise(some))

"""The names of months and weekdays in many languages (CLDR), and the words around a date."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pipeline.validation.characters import fold
from pipeline.validation.kept import Table, kept

_LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "ru", "tr", "uk",
    "hu", "ro", "id", "ms", "el", "th", "ar", "he", "hi", "bn", "ta", "te", "mr", "bg", "hr", "sr",
    "sk", "sl", "mk", "lt", "lv", "et", "is", "ca", "gl", "eu", "af", "sw", "ka", "hy", "az", "sq",
    "be", "fil", "fa",
)  # fmt: skip
_MORE_MONTHS = {
    "sept": 9, "maerz": 3, "mrz": 3, "mär": 3, "jänner": 1, "jaenner": 1, "feber": 2, "i": 1,
    "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11,
    "xii": 12, "জানুয়ারি": 1, "ফেব্রুয়ারি": 2, "شباط": 2, "آذار": 3, "نيسان": 4, "أيار": 5, "حزيران": 6,
    "تموز": 7,
    "آب": 8, "أيلول": 9,
}  # fmt: skip
#: Months of the Levant whose names are two words, and what stands for them.
_TWO_WORDS = {
    "كانون الثاني": "يناير", "تشرين الأول": "أكتوبر",
    "تشرين الثاني": "نوفمبر", "كانون الأول": "ديسمبر",
}  # fmt: skip
_MORE_DAYS = {"sonnabend": 5, "tues": 1, "thur": 3, "thurs": 3, "weds": 2}
#: Letters with the vowel signs and accents that belong to them.
_WORD = re.compile(
    r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e'’])*"
)
_DOTTED = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])|(?<=[\u0e31-\u0e4e])\.(?=[^\W\d_])")
#: Words that a date is written with; any other word beside one makes it a question.
_FILLERS = frozenset(
    "of|the|de|del|den|der|dem|am|a|le|el|il|la|o|om|på|dnia|dne|г|года|год|году|р|року|roku"  # noqa: SIM905 - a list of words
    "|m|d|y|g|r|from|ab|starting|year|day|date|datum|at|um|kl|klo|à|h|uhr|utc|gmt|jst|cet|z|t|ad"
    "|ce|พศ|คศ|ที่|วันที่"
    "|วัน|ngày|năm|tháng|st|nd|rd|th|er|re|e|ª|º|standard|time|on|år|vuonna|év|i|tarihi|tanggal"
    "|年|月|日|号|日付|西暦|祝|曜日|曜|開始日|年月日|日にち|希望日|ready|up|setup|set|preferred|einrichtung|start|begin|go|live|golive"
    "|beginn|starttermin|termin|le|och|και|yy|mm|dd|yyyy|tt|jj|jjjj|de l'année|clock|pm|in|年代"
    "|午前|午後|時|分|半|秒|頃より前ではない|bis zum".split("|")
) - {"bis zum", "頃より前ではない", "年代"}


def one_word_months(text: str) -> str:
    """Return ``text`` with the months of two words by their names of one word."""
    for two, one in _TWO_WORDS.items():
        text = text.replace(two, one)
    return text


def words_in(text: str) -> list[str]:
    """Return the words of ``text``, with their vowel signs and without the dots inside them."""
    return _WORD.findall(_DOTTED.sub("", text))


@cache
def months() -> Mapping[str, frozenset[int]]:
    """Return the months by their names, long and short; Polish and Croatian share some."""
    found = {name: frozenset(map(int, numbers)) for name, numbers in names_of_months().items()}
    for name, number in _MORE_MONTHS.items():
        found.setdefault(fold(name), frozenset({number}))
    return MappingProxyType(found)


@kept
def names_of_months() -> Table:
    """Return the numbers of the months by the names that CLDR has for them."""
    from babel import Locale  # noqa: PLC0415 - slow to import, and kept

    found: dict[str, dict[str, None]] = {}
    for language in _LANGUAGES:
        for use in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in use[width].items():
                    for key in _keys(name):
                        found.setdefault(key, {})[str(number)] = None
    return {name: tuple(numbers) for name, numbers in found.items()}


def _keys(name: str) -> list[str]:
    """Return the key of a name of a month or day; none for a number."""
    key = fold(name).replace(".", "").strip()
    return [key] if key and not key.isdigit() and words_in(key) else []


def month_of(word: str) -> frozenset[int]:
    """Return the months that ``word`` may name; Hebrew writes its "in" before it."""
    bare = word.rstrip(".'’")
    return months().get(bare) or months().get(bare.removeprefix("ב"), frozenset())


@cache
def _weekdays() -> Mapping[str, frozenset[int]]:
    found = {name: frozenset(map(int, numbers)) for name, numbers in names_of_weekdays().items()}
    for name, number in _MORE_DAYS.items():
        found[name] = found.get(name, frozenset()) | {number}
    return MappingProxyType(found)


@kept
def names_of_weekdays() -> Table:
    """Return the numbers of the days of the week by the names that CLDR has for them."""
    from babel import Locale  # noqa: PLC0415 - slow to import, and kept

    found: dict[str, dict[str, None]] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, name in Locale(language).days["format"][width].items():
                for key in _keys(name):
                    found.setdefault(key, {})[str(number)] = None
    return {name: tuple(numbers) for name, numbers in found.items()}


#: What makes of a day the first of many; "after" it, or "before", is another day.
FROM_ON = re.compile(
    r"\b(?:on or after|or (?:any time )?(?:later|after)|onwards?|from|starting|earliest"
    r"|ab(?: dem)?|frühestens|oder später|à partir d[eu]|dès(?: le)?|a partir del?|desde(?: el)?"
    r"|a partire dal?|dal|a partir de|vanaf|från(?: och med)?|fra(?: og med)?|od|alkaen)\b"
    r"|以降|より|から|以后|以後|起|부터|이후"
)
_KANJI_WEEKDAYS = "月火水木金土日"
_KANJI_WEEKDAY = re.compile(
    r"[(（]([月火水木金土日])(?:曜日?|・祝)?[)）]|([月火水木金土日])曜|(?:星期|周|週)([一二三四五六日天])"
)
_CHINESE_DAYS = "一二三四五六日"
_KOREAN_DAY = re.compile(r"([월화수목금토일])요일|[(（]([월화수목금토일])[)）]")
_KOREAN_DAYS = "월화수목금토일"


def other_weekday(plain: str, weekday: int) -> bool:
    """Return whether ``plain`` names a day of the week that is not ``weekday`` (Monday is 0)."""
    named = [frozenset({_east_asian(found)}) for found in _KANJI_WEEKDAY.finditer(plain)]
    named += [
        frozenset({_KOREAN_DAYS.index(found[1] or found[2])})
        for found in _KOREAN_DAY.finditer(plain)
    ]
    known = _weekdays()
    words = (word for word in words_in(plain) if word not in _FILLERS and not month_of(word))
    named += [known[word] for word in words if word in known]
    return bool(named) and not any(weekday in days for days in named)


def _east_asian(found: re.Match[str]) -> int:
    if found[3]:
        return _CHINESE_DAYS.index(found[3].replace("天", "日"))
    return _KANJI_WEEKDAYS.index(found[1] or found[2])


def unknown_words(rest: str) -> list[str]:
    """Return the words of ``rest`` that no date is written with: before, circa, 予定."""
    known = _weekdays()
    return [
        word
        for word in words_in(_KOREAN_DAY.sub(" ", _KANJI_WEEKDAY.sub(" ", rest)))
        if word not in _FILLERS and word not in known and not month_of(word)
    ]

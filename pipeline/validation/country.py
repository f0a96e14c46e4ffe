"""Read a country: ISO codes, flags, names in many languages, calling codes.

Keys keep accents and vowel signs: never NFKC them away.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from types import MappingProxyType

from pipeline.forms.definitions.definition import Question
from pipeline.validation.characters import clean, damaged, decimal_digits, squeeze
from pipeline.validation.phone.number_types import countries_of_code
from pipeline.validation.reading import Hints, Read, ask, ok, reject

_LONGEST = 120
_CLOSE = 0.82
_MARGIN = 0.05
_FLAG_A, _FLAG_Z = 0x1F1E6, 0x1F1FF
_SHORTEST_TYPO = 5
_LANGUAGES = (
    "en", "ja", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu",
    "ro", "bg", "hr", "sr", "sl", "el", "tr", "ru", "uk", "zh", "zh_Hant", "ko", "th", "vi", "id",
    "ms", "hi", "bn", "ta", "te", "mr", "ur", "fa", "ar", "he", "lt", "lv", "et", "sw", "ca",
)  # fmt: skip
_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "usa": "US", "u.s.a.": "US", "u.s.": "US", "america": "US",
        "united states of america": "US",
        "アメリカ": "US", "アメリカ合衆国": "US", "米国": "US", "uk": "GB", "u.k.": "GB",
        "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
        "northern ireland": "GB", "英国": "GB", "イギリス": "GB", "holland": "NL",
        "the netherlands": "NL", "オランダ": "NL", "uae": "AE", "u.a.e.": "AE", "emirates": "AE",
        "turkey": "TR", "ivory coast": "CI", "cote d'ivoire": "CI", "burma": "MM", "ビルマ": "MM",
        "czech republic": "CZ", "czechia": "CZ", "swaziland": "SZ", "macedonia": "MK",
        "cape verde": "CV", "east timor": "TL", "south korea": "KR", "korea": "KR",
        "republic of korea": "KR", "韓国": "KR", "north korea": "KP", "dprk": "KP", "russia": "RU",
        "russian federation": "RU", "prc": "CN", "p.r.c.": "CN", "p.r. china": "CN",
        "mainland china": "CN", "中華人民共和国": "CN", "中华人民共和国": "CN", "中國": "CN",
        "roc": "TW", "r.o.c.": "TW", "台灣": "TW", "hong kong": "HK", "macau": "MO", "macao": "MO",
        "vatican": "VA", "syria": "SY", "laos": "LA", "viet nam": "VN", "brunei": "BN",
        "bolivia": "BO", "venezuela": "VE", "tanzania": "TZ", "moldova": "MD", "iran": "IR",
        "にほん": "JP", "にっぽん": "JP", "日本国": "JP", "ニッポン": "JP", "nippon": "JP",
        "nihon": "JP", "ジャパン": "JP", "ニホン": "JP", "한국": "KR", "臺灣": "TW", "香港": "HK",
        "澳門": "MO", "マカオ": "MO", "السعودية": "SA", "الامارات": "AE", "الإمارات": "AE",
        "中国大陸": "CN", "中国大陆": "CN", "中國大陸": "CN", "palestine": "PS", "trinidad": "TT",
        "bosnia": "BA", "são tomé": "ST", "democratic people's republic of korea": "KP",
        "democratic republic of the congo": "CD", "islamic republic of iran": "IR",
        "republic of china": "TW", "people's republic of china": "CN", "the bahamas": "BS",
        "the gambia": "GM", "ブラジル": "BR", "西ドイツ": "DE", "deutsche": "DE", "brd": "DE",
        "bundesrepublik deutschland": "DE", "die schweiz": "CH", "die niederlande": "NL",
        "vereinigte staaten von amerika": "US", "grossbritannien": "GB", "weissrussland": "BY",
        "eire": "IE", "éire": "IE", "drc": "CD", "dr congo": "CD",
        "congo-kinshasa": "CD", "congo-brazzaville": "CG", "ksa": "SA", "rsa": "ZA", "nz": "NZ",
    }
)  # fmt: skip
_AMBIGUOUS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "congo": ("CD", "CG"), "コンゴ": ("CD", "CG"), "kongo": ("CD", "CG"),
        "guinea": ("GN", "GW", "GQ", "PG"), "virgin islands": ("VG", "VI"),
        "saint martin": ("MF", "SX"), "st martin": ("MF", "SX"), "sudan": ("SD", "SS"),
        "朝鮮": ("KP", "KR"), "samoa": ("WS", "AS"), "ireland / uk": ("IE", "GB"),
    }
)  # fmt: skip
#: Codes of CLDR that are no countries of ISO 3166.
_NO_COUNTRIES = frozenset(
    {"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB", "AC", "CP", "CQ", "DG", "EA"}
) | {
    "IC",
    "TA",
}
_SPLIT = re.compile(r"\s*(?:/|／|,|、|;|\||\n|&|\bor\b|\band\b|\bund\b|または|と)\s*")
_BRACKETS = re.compile(r"^(.+?)\s*[(（](.+?)[)）]$")


def _key(text: str) -> str:
    """Return ``text`` for comparison: NFC, case folded, apostrophes alike; accents stay."""
    folded = unicodedata.normalize("NFC", squeeze(text)).casefold()
    return folded.replace("’", "'").replace("‘", "'").replace("`", "'").strip(" .,!。")


def _plain(text: str) -> str:
    """Return a Latin ``text`` without its accents, for names typed on another keyboard."""
    parts = unicodedata.normalize("NFD", text)
    if not all(sign.isascii() or unicodedata.combining(sign) for sign in parts):
        return text
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


@cache
def _names() -> Mapping[str, str]:
    """Return the names of all countries in many languages; a name of two countries is left out."""
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers

    names: dict[str, str] = {}
    shared: set[str] = set()
    codes = _codes()
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in codes:
                for key in {_key(name), _plain(_key(name))}:
                    if names.setdefault(key, code) != code:
                        shared.add(key)
    aliases = {_key(name): code for name, code in _ALIASES.items()}
    for key in shared - set(aliases):
        del names[key]
    return MappingProxyType(names | aliases)


@cache
def _codes() -> frozenset[str]:
    """Return the alpha-2 codes of ISO 3166 (those that CLDR names, without its own)."""
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers

    territories: Mapping[str, str] = Locale("en").territories
    return frozenset(filter(re.compile("[A-Z]{2}").fullmatch, territories)) - _NO_COUNTRIES


@cache
def _alpha_3() -> Mapping[str, str]:
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    found = {
        alias: codes[0]
        for alias, codes in get_global("territory_aliases").items()
        if re.fullmatch("[A-Z]{3}|[0-9]{3}", alias) and len(codes) == 1
    }
    return MappingProxyType(found)


def read_country(text: str, question: Question, hints: Hints) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return the ISO 3166 alpha-2 code of the country."""
    if damaged(text):
        return ask(None, "damaged_chars", chars=damaged(text))
    if len(text) > _LONGEST:
        return reject("too_long", n=_LONGEST, m=len(text))
    whole, notes = clean(text)
    plain = squeeze(whole)
    listed = hints.words.get(_key(plain))
    if listed and listed in (question.choices or _codes()):
        return ok(listed, *notes)
    found = _one(plain)
    if found:
        return _settled(found).noted(*notes)
    inverted = re.fullmatch(r"(.+?),\s*(.+ of(?: the)?)", plain, re.IGNORECASE)
    if inverted and (found := _one(f"{inverted[2]} {inverted[1]}")):
        return _settled(found).noted(*notes)
    parts = _parts(plain)
    known = [codes for part in parts if (codes := _one(part))]
    distinct = tuple(dict.fromkeys(code for codes in known for code in codes))
    if len(parts) > 1 and len(known) == len(parts) and distinct:
        return _settled(distinct, "two_values").noted(*notes)
    if len(parts) > 1 and len(distinct) == 1:
        return ask(distinct[0], "confirm_value", country_value=distinct[0]).noted(*notes)
    return _typo(plain)


def _parts(text: str) -> list[str]:
    flags = [sign for sign in text if _FLAG_A <= ord(sign) <= _FLAG_Z]
    if len(flags) == 2 and len(text) > 2:  # noqa: PLR2004 - alpha-2
        bare = "".join(sign for sign in text if sign not in flags)
        return [squeeze(bare), "".join(flags)]
    brackets = _BRACKETS.match(text)
    if brackets:
        return [brackets.group(1), brackets.group(2)]
    return [part for part in _SPLIT.split(text) if part]


def _settled(codes: tuple[str, ...], code: str = "choose_value") -> Read:
    if len(codes) == 1:
        return ok(codes[0])
    return ask(None, code, candidates=codes, country_a=codes[0], country_b=codes[1])


def _one(text: str) -> tuple[str, ...]:  # noqa: PLR0911 - a return for each outcome
    """Return the countries that exactly ``text`` stands for; more than one: it is ambiguous."""
    bare = text.strip()
    if bare.startswith(("+", "00")):
        return _by_calling_code(bare)
    flag = _flag(bare)
    if flag:
        return (flag,)
    upper = bare.upper()
    if upper in _codes():
        return (upper,)
    if upper in _alpha_3():
        return (_alpha_3()[upper],)
    if re.fullmatch(r"(?:\w )+\w", upper):
        return _one(upper.replace(" ", ""))
    key = _key(bare)
    if key in _AMBIGUOUS:
        return _AMBIGUOUS[key]
    code = _names().get(key) or _names().get(_plain(key)) or _names().get(key.removeprefix("the "))
    return (code,) if code else ()


def _by_calling_code(text: str) -> tuple[str, ...]:
    digits = re.sub(r"\D", "", decimal_digits(text)).removeprefix("00")
    if not digits or len(digits) > 3:  # noqa: PLR2004 - E.164, section 6.2.1
        return ()
    regions = countries_of_code(int(digits))
    return tuple(code for code in regions if code in _codes())


def _flag(text: str) -> str:
    """Return the country of a flag made of two regional indicators, or empty."""
    letters = [sign for sign in text if _FLAG_A <= ord(sign) <= _FLAG_Z]
    if len(letters) != 2 or len(text.replace("\ufe0f", "")) != 2:  # noqa: PLR2004 - alpha-2
        return ""
    code = "".join(chr(ord(sign) - _FLAG_A + ord("A")) for sign in letters)
    return code if code in _codes() else ""


def _nearness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _like(key: str) -> Iterator[str]:
    """Yield the names that begin or end as ``key`` does: a slip seldom changes both."""
    first, last = _by_ends()
    yield from first.get(key[0], ())
    yield from (name for name in last.get(key[-1], ()) if name[0] != key[0])


@cache
def _by_ends() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Return the names by their first and by their last character."""
    first: dict[str, list[str]] = {}
    last: dict[str, list[str]] = {}
    for name in _names():
        if name:
            first.setdefault(name[0], []).append(name)
            last.setdefault(name[-1], []).append(name)
    return first, last


def _typo(text: str) -> Read:
    key = _key(text)
    if len(key) >= _SHORTEST_TYPO:
        close = get_close_matches(key, _like(key), n=4, cutoff=_CLOSE)
        best = [name for name in close if _nearness(key, name) > _nearness(key, close[0]) - _MARGIN]
        codes = tuple(dict.fromkeys(_names()[name] for name in best))
        if len(codes) == 1:
            return ask(codes[0], "confirm_value", country_value=codes[0])
        if codes:
            return ask(
                None, "choose_value", candidates=codes, country_a=codes[0], country_b=codes[1]
            )
    return reject("list_value")


def is_country_name(text: str) -> bool:
    """Return whether ``text`` is nothing but the name of a country."""
    return _key(text) in _names()

"""The names of countries in many languages: of today, of before, and those that two states share.

Names come from CLDR (Babel), former codes from its aliases (ISO 3166-3). Keys keep accents and
vowel signs: never NFKC them away.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from pipeline.validation.characters import squeeze
from pipeline.validation.kept import Table, kept

#: The languages of the forms: their names come before those of all others.
_OF_THE_FORMS = ("en", "ja", "de")
_LANGUAGES = (
    "en", "ja", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu",
    "ro", "bg", "hr", "sr", "sl", "el", "tr", "ru", "uk", "zh", "zh_Hant", "ko", "th", "vi", "id",
    "ms", "hi", "bn", "ta", "te", "mr", "ur", "fa", "ar", "he", "lt", "lv", "et", "sw", "ca",
)  # fmt: skip
#: Languages of fewer customers: looked into when no other has the name.
_RARER = (
    "hy", "ka", "az", "kk", "uz", "mn", "km", "lo", "my", "ne", "si", "is", "ga", "sq", "mk", "bs",
    "be", "gu", "kn", "ml", "pa", "af", "eu", "gl", "am", "fil",
)  # fmt: skip
_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "usa": "US", "u.s.a.": "US", "u.s.": "US", "america": "US",
        "united states of america": "US", "the states": "US",
        "アメリカ": "US", "アメリカ合衆国": "US", "米国": "US", "uk": "GB", "u.k.": "GB",
        "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
        "northern ireland": "GB", "英国": "GB", "イギリス": "GB", "holland": "NL",
        "the netherlands": "NL", "オランダ": "NL", "uae": "AE", "u.a.e.": "AE", "emirates": "AE",
        "vae": "AE", "eeuu": "US", "ee.uu": "US", "ee. uu": "US", "eua": "US", "rfa": "DE",
        "el": "GR",
        "north ireland": "GB", "fyrom": "MK", "saint martin (french part)": "MF",
        "sint maarten (dutch part)": "SX", "macedonia (yugoslav)": "MK",
        "macedonia, the former yugoslav republic of": "MK", "falkland islands (malvinas)": "FK",
        "turkey": "TR", "ivory coast": "CI", "cote d'ivoire": "CI", "burma": "MM", "ビルマ": "MM",
        "czech republic": "CZ", "czechia": "CZ", "swaziland": "SZ", "macedonia": "MK",
        "cape verde": "CV", "east timor": "TL", "south korea": "KR",
        "republic of korea": "KR", "韓国": "KR", "north korea": "KP", "dprk": "KP", "russia": "RU",
        "russian federation": "RU", "prc": "CN", "p.r.c.": "CN", "p.r. china": "CN",
        "mainland china": "CN", "中華人民共和国": "CN", "中华人民共和国": "CN", "中國": "CN",
        "roc": "TW", "r.o.c.": "TW", "台灣": "TW", "hong kong": "HK", "macau": "MO", "macao": "MO",
        "vatican": "VA", "holy see": "VA", "syria": "SY", "laos": "LA", "viet nam": "VN",
        "bolivia": "BO", "venezuela": "VE", "tanzania": "TZ", "moldova": "MD", "iran": "IR",
        "brunei": "BN", "にほん": "JP", "にっぽん": "JP", "日本国": "JP", "ニッポン": "JP",
        "nippon": "JP", "日本国内": "JP",
        "nihon": "JP", "ジャパン": "JP", "ニホン": "JP", "한국": "KR", "대한민국": "KR",
        "臺灣": "TW",
        "香港": "HK", "澳門": "MO", "マカオ": "MO", "السعودية": "SA", "الامارات": "AE",
        "الإمارات": "AE", "中国大陸": "CN", "中国大陆": "CN", "中國大陸": "CN", "palestine": "PS",
        "trinidad": "TT", "bosnia": "BA", "são tomé": "ST",
        "democratic people's republic of korea": "KP", "republic of ireland": "IE",
        "democratic republic of the congo": "CD", "democratic republic of congo": "CD",
        "republic of the congo": "CG", "republic of congo": "CG",
        "islamic republic of iran": "IR", "republic of china": "TW",
        "people's republic of china": "CN", "the bahamas": "BS", "the gambia": "GM",
        "republic of guinea": "GN", "papua new guinea": "PG", "equatorial guinea": "GQ",
        "independent state of samoa": "WS", "western samoa": "WS", "commonwealth of dominica": "DM",
        "dominican republic": "DO", "republic of macedonia": "MK", "republic of the sudan": "SD",
        "ブラジル": "BR", "西ドイツ": "DE", "deutsche": "DE", "brd": "DE", "frg": "DE",
        "bundesrepublik deutschland": "DE", "die schweiz": "CH", "die niederlande": "NL",
        "schweizerische eidgenossenschaft": "CH", "swiss confederation": "CH",
        "vereinigte staaten von amerika": "US", "grossbritannien": "GB", "weissrussland": "BY",
        "eire": "IE", "éire": "IE", "drc": "CD", "dr congo": "CD", "белоруссия": "BY",
        "congo-kinshasa": "CD", "congo (kinshasa)": "CD", "congo (brazzaville)": "CG",
        "palestinian territory, occupied": "PS", "congo-brazzaville": "CG",
        "ksa": "SA", "rsa": "ZA", "nz": "NZ",
        "french republic": "FR", "italian republic": "IT", "hellenic republic": "GR",
        "slovak republic": "SK", "portuguese republic": "PT", "argentine republic": "AR",
        "lebanese republic": "LB", "kyrgyz republic": "KG", "togolese republic": "TG",
        "gabonese republic": "GA", "syrian arab republic": "SY", "united mexican states": "MX",
        "lao people's democratic republic": "LA", "lao pdr": "LA", "brunei darussalam": "BN",
    }
)  # fmt: skip
#: Names of several states, and words that may mean a country or something else.
_AMBIGUOUS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "guinea": ("GN", "GW", "GQ", "PG"), "ギニア": ("GN", "GW", "GQ", "PG"),
        "guiana": ("GY", "GF"), "guayana": ("GY", "GF"), "the guianas": ("GY", "GF", "SR"),
        "virgin islands": ("VG", "VI"), "ヴァージン諸島": ("VG", "VI"),
        "saint martin": ("MF", "SX"), "san martin": ("MF", "SX"), "sankt martin": ("MF", "SX"),
        "サン・マルタン": ("MF", "SX"), "sint martin": ("MF", "SX"), "saint maarten": ("MF", "SX"),
        "朝鮮": ("KP", "KR"), "コリア": ("KR", "KP"), "高麗": ("KR", "KP"), "조선": ("KP", "KR"),
        "朝鲜半岛": ("KR", "KP"), "korea": ("KR", "KP"), "congo": ("CD", "CG"),
        "コンゴ": ("CD", "CG"), "kongo": ("CD", "CG"), "samoa": ("WS", "AS"),
        "サモア": ("WS", "AS"),
        "ireland / uk": ("IE", "GB"), "channel islands": ("JE", "GG"),
        "チャンネル諸島": ("JE", "GG"),
        "kanalinseln": ("JE", "GG"), "timor": ("TL", "ID"), "micronesia region": ("FM",),
        "dominican": ("DO", "DM"), "columbia": ("CO",), "borneo": ("BN", "ID", "MY"),
        "new guinea": ("PG", "ID"), "hispaniola": ("DO", "HT"), "antilles": ("CW", "SX", "BQ"),
        "georgia usa": ("US",), "cyprus north": ("CY",), "northern cyprus": ("CY",),
        "luxemburg belgium": ("LU", "BE"), "vietnam north": ("VN",), "ulster": ("GB", "IE"),
        "st martin": ("MF", "SX"), "st. martin": ("MF", "SX"),
    }
)  # fmt: skip
#: Names of before: the territories of ISO 3166-3, colonies and unions, and the states of today.
_FORMER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "yugoslavia": ("RS", "ME", "HR", "SI", "BA", "MK"),
        "jugoslawien": ("RS", "ME", "HR", "SI", "BA", "MK"),
        "ユーゴスラビア": ("RS", "ME", "HR", "SI", "BA", "MK"),
        "serbia and montenegro": ("RS", "ME"), "serbien und montenegro": ("RS", "ME"),
        "czechoslovakia": ("CZ", "SK"), "tschechoslowakei": ("CZ", "SK"), "čssr": ("CZ", "SK"),
        "チェコスロバキア": ("CZ", "SK"),
        "czechoslovak republic": ("CZ", "SK"), "czechoslovak socialist republic": ("CZ", "SK"),
        "czecho-slovakia": ("CZ", "SK"), "ussr": ("RU", "UA", "KZ", "BY"),
        "soviet union": ("RU", "UA", "KZ", "BY"), "sowjetunion": ("RU", "UA", "KZ", "BY"),
        "udssr": ("RU", "UA", "KZ", "BY"), "ソ連": ("RU", "UA", "KZ", "BY"),
        "ссср": ("RU", "UA", "KZ", "BY"), "netherlands antilles": ("CW", "SX", "BQ"),
        "dutch antilles": ("CW", "SX", "BQ"), "niederländische antillen": ("CW", "SX", "BQ"),
        "east germany": ("DE",), "gdr": ("DE",), "ddr": ("DE",), "東ドイツ": ("DE",),
        "west germany": ("DE",), "austria-hungary": ("AT", "HU"), "rhodesia": ("ZW", "ZM"),
        "southern rhodesia": ("ZW",), "northern rhodesia": ("ZM",), "zaire": ("CD",),
        "ザイール": ("CD",), "upper volta": ("BF",), "obervolta": ("BF",), "dahomey": ("BJ",),
        "ceylon": ("LK",), "セイロン": ("LK",), "siam": ("TH",), "シャム": ("TH",),
        "persia": ("IR",), "persien": ("IR",), "ペルシャ": ("IR",), "kampuchea": ("KH",),
        "abyssinia": ("ET",), "formosa": ("TW",), "british honduras": ("BZ",),
        "gold coast": ("GH",), "nyasaland": ("MW",), "bechuanaland": ("BW",),
        "basutoland": ("LS",), "tanganyika": ("TZ",), "zanzibar": ("TZ",),
        "new hebrides": ("VU",), "ellice islands": ("TV",), "gilbert islands": ("KI",),
        "gilbert and ellice islands": ("KI", "TV"), "british guiana": ("GY",),
        "dutch guiana": ("SR",), "spanish sahara": ("EH",), "spanish guinea": ("GQ",),
        "portuguese guinea": ("GW",), "portuguese timor": ("TL",), "belgian congo": ("CD",),
        "french congo": ("CG",), "east pakistan": ("BD",), "french somaliland": ("DJ",),
        "afars and issas": ("DJ",), "byelorussia": ("BY",), "belorussia": ("BY",),
        "moldavia": ("MD",), "kirghizia": ("KG",), "canal zone": ("PA",),
        "panama canal zone": ("PA",), "dutch east indies": ("ID",), "transjordan": ("JO",),
        "trucial states": ("AE",), "south yemen": ("YE",), "north yemen": ("YE",),
        "north vietnam": ("VN",), "south vietnam": ("VN",), "united arab republic": ("EG", "SY"),
        "manchukuo": ("CN",), "満州": ("CN",), "sikkim": ("IN",), "metropolitan france": ("FR",),
        "british east africa": ("KE",), "german east africa": ("TZ", "RW", "BI"),
        "indochina": ("VN", "LA", "KH"), "フランス領インドシナ": ("VN", "LA", "KH"),
        "malaya": ("MY",), "マラヤ": ("MY",), "birma": ("MM",),
        "canary islands": ("ES",), "ceuta": ("ES",), "melilla": ("ES",), "ascension": ("SH",),
        "ascension island": ("SH",), "tristan da cunha": ("SH",), "diego garcia": ("IO",),
    }
)  # fmt: skip
#: Former codes that people still type (ISO 3166-3); others are codes of American states today.
_FORMER_CODES = frozenset(
    {"AN", "BU", "CS", "DD", "FX", "SU", "TP", "YU", "ZR", "HV", "DY", "RH"}
    | {"ANT", "BUR", "SCG", "DDR", "FXX", "SUN", "TMP", "YUG", "ZAR", "YMD", "NTZ"}
)
#: Codes of CLDR that are no countries of ISO 3166.
_NO_COUNTRIES = frozenset(
    {"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
)
#: States whose short names have a word in common: what is common names none of them.
_NAMESAKES = (("KR", "KP"), ("CD", "CG"), ("VG", "VI"), ("MF", "SX"))
_SHORTEST_SHARED = 4


def key_of(text: str) -> str:
    """Return ``text`` for comparison: NFC, case folded, apostrophes alike; accents stay."""
    folded = unicodedata.normalize("NFC", squeeze(text)).casefold()
    return folded.replace("’", "'").replace("‘", "'").replace("`", "'").strip(" .,!。")


def plain_key(text: str) -> str:
    """Return a Latin ``text`` without its accents, for names typed on another keyboard."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text)
    if not all(sign.isascii() or unicodedata.combining(sign) for sign in parts):
        return text
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def loose_key(key: str) -> str:
    """Return ``key`` without hyphens and full stops, with ``and`` and ``saint`` written out."""
    spaced = re.sub(r"[-–./]", " ", plain_key(key)).replace("&", " and ")
    return squeeze(re.sub(r"\b(?:st|ste)\b", "saint", spaced))


@cache
def codes() -> frozenset[str]:
    """Return the alpha-2 codes of ISO 3166 (those that CLDR names, without its own)."""
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers

    territories: Mapping[str, str] = Locale("en").territories
    return frozenset(filter(re.compile("[A-Z]{2}").fullmatch, territories)) - _NO_COUNTRIES


@cache
def by_alias() -> Mapping[str, tuple[str, ...]]:
    """Return the countries by their other codes: alpha-3, numeric, and former ones."""
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    found = {
        alias: tuple(code for code in known if code in codes())
        for alias, known in get_global("territory_aliases").items()
        if re.fullmatch("[A-Z]{3}|[0-9]{3}", alias) or alias in _FORMER_CODES
    }
    return MappingProxyType({alias: known for alias, known in found.items() if known})


def is_former_code(code: str) -> bool:
    """Return whether ``code`` is one that ISO 3166 withdrew."""
    return code in _FORMER_CODES


@kept
def names_of_countries() -> Table:
    """Return the countries of each name that CLDR has in the languages of customers."""
    return _collected(_LANGUAGES)


@cache
def names() -> Mapping[str, tuple[str, ...]]:
    """Return the countries of each name of today; the languages of the forms come first."""
    found = dict(names_of_countries())
    for name, code in _ALIASES.items():
        found[key_of(name)] = (code,)
    return MappingProxyType(found)


@cache
def rarer_names() -> Mapping[str, tuple[str, ...]]:
    """Return the countries of the names in rarer languages."""
    return MappingProxyType(_collected(_RARER))


def _collected(languages: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for language in languages:
        own = _names_in(language)
        for key, known in own.items():
            if key not in found:
                found[key] = known
            elif language not in _OF_THE_FORMS and not _is_of_the_forms(key):
                found[key] = tuple(dict.fromkeys((*found[key], *known)))
    return found


@cache
def _names_in(language: str) -> Mapping[str, tuple[str, ...]]:
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers

    found: dict[str, tuple[str, ...]] = {}
    for code, name in Locale.parse(language).territories.items():
        if code in codes():
            key = key_of(name)
            written = [key, plain_key(key)]
            if language == "de":
                written.append(key.replace("ö", "oe").replace("ä", "ae").replace("ü", "ue"))
            for each in dict.fromkeys(written):
                found[each] = (*found.get(each, ()), code)
    return found


@cache
def _of_the_forms() -> frozenset[str]:
    return frozenset(key for language in _OF_THE_FORMS for key in _names_in(language))


def _is_of_the_forms(key: str) -> bool:
    return key in _of_the_forms()


@cache
def loose_names() -> Mapping[str, tuple[str, ...]]:
    """Return the same by their loose keys."""
    found: dict[str, tuple[str, ...]] = {}
    for key, known in names().items():
        loose = loose_key(key)
        found[loose] = tuple(dict.fromkeys((*found.get(loose, ()), *known)))
    return MappingProxyType(found)


@cache
def shared() -> Mapping[str, tuple[str, ...]]:
    """Return the words that name several states, in all languages, with the states."""
    return MappingProxyType({**names_in_common(), **_AMBIGUOUS})


@kept
def names_in_common() -> Table:
    """Return what the names of namesakes have in common, in the languages of customers."""
    found: dict[str, tuple[str, ...]] = {}
    for states in _NAMESAKES:
        for language in _LANGUAGES:
            for word in _in_common(_names_of(states, language)):
                found[word] = states
    return found


def _names_of(states: Iterable[str], language: str) -> list[str]:
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers

    territories = Locale.parse(language).territories
    return [key_of(territories[code]) for code in states if code in territories]


def _in_common(known: list[str]) -> list[str]:
    """Return the first or the last words that all of ``known`` have in common, when any."""
    if len(known) < 2:  # noqa: PLR2004 - nothing to have in common
        return []
    split = [re.split(r"[\s()（）–-]+", name) for name in known]
    ends = [{words[at] for words in split} for at in (0, -1)]
    words = [word for end in ends if len(end) == 1 for word in end]
    return [word for word in words if len(word) >= _SHORTEST_SHARED and word not in known]


def former(key: str) -> tuple[str, ...]:
    """Return the states of today in the place of a former one, or empty."""
    return _FORMER.get(key, ())

"""Places that are no countries: states, provinces, prefectures and cities, with their countries.

Subdivisions come from ISO 3166-2 as the package ``holidays`` ships them, cities from the names of
the time zones in CLDR. A place is only ever a proposal.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pipeline.validation.geography.country_names import codes, key_of, loose_key, plain_key
from pipeline.validation.kept import Table, kept

#: The prefectures of Japan (ISO 3166-2:JP), which ``holidays`` does not name.
_PREFECTURES = (
    (
        "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県"
        "|新潟県|富山県|石川県|福井県|山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府"
        "|大阪府|兵庫県"
        "|奈良県|和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|香川県|愛媛県|高知県|福岡県"
        "|佐賀県|長崎県"
        "|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
    ),
    (
        "hokkaido|aomori|iwate|miyagi|akita|yamagata|fukushima|ibaraki|tochigi|gunma|saitama|chiba"
        "|tokyo|kanagawa|niigata|toyama|ishikawa|fukui|yamanashi|nagano|gifu|shizuoka|aichi|mie"
        "|shiga"
        "|kyoto|osaka|hyogo|nara|wakayama|tottori|shimane|okayama|hiroshima|yamaguchi|tokushima"
        "|kagawa"
        "|ehime|kochi|fukuoka|saga|nagasaki|kumamoto|oita|miyazaki|kagoshima|okinawa"
    ),
)
#: German and English names of parts of countries that ISO 3166-2 lists in one language.
_MORE = MappingProxyType(
    {
        "bavaria": "DE", "saxony": "DE", "hesse": "DE", "lower saxony": "DE",
        "north rhine-westphalia": "DE", "nrw": "DE", "baden-wuerttemberg": "DE",
        "rhineland-palatinate": "DE", "thuringia": "DE", "tyrol": "AT", "styria": "AT",
        "carinthia": "AT", "lower austria": "AT", "upper austria": "AT", "catalonia": "ES",
        "andalusia": "ES", "tuscany": "IT", "lombardy": "IT", "sicily": "IT", "sardinia": "IT",
        "brittany": "FR", "normandy": "FR", "corsica": "FR", "flanders": "BE", "wallonia": "BE",
        "washington dc": "US", "d.c": "US", "kalifornien": "US", "カリフォルニア": "US",
        "ニューヨーク": "US", "ハワイ": "US", "バイエルン": "DE", "スコットランド": "GB",
        "イングランド": "GB",
        "ウェールズ": "GB", "guangdong": "CN", "sichuan": "CN", "siberia": "RU",
        "balearic islands": "ES",
        "lombardia": "IT", "toscana": "IT", "sicilia": "IT", "sardegna": "IT", "piemonte": "IT",
        "lazio": "IT", "veneto": "IT", "puglia": "IT", "campania": "IT", "calabria": "IT",
        "liguria": "IT", "umbria": "IT", "abruzzo": "IT", "basilicata": "IT", "molise": "IT",
        "abu dhabi": "AE", "sharjah": "AE", "ajman": "AE", "fujairah": "AE",
        "ras al khaimah": "AE", "umm al quwain": "AE", "アブダビ": "AE", "أبو ظبي": "AE",
        "azores": "PT", "madeira": "PT", "tasmania": "AU", "new england": "US", "bali": "ID",
        "java": "ID", "england and wales": "GB", "crete": "GR", "kansai": "JP", "kanto": "JP",
    }
)  # fmt: skip


#: The communities of Belgium are called after their languages.
_COMMUNITIES = frozenset({"Dutch", "French", "German"})


@cache
def _subdivisions() -> Mapping[str, frozenset[str]]:
    found = {word: set(known) for word, known in names_of_subdivisions().items()}
    for names in _PREFECTURES:
        for word in names.split("|"):
            found[word] = {"JP"}
            found[word.removesuffix("県").removesuffix("府").removesuffix("都")] = {"JP"}
    for word, code in _MORE.items():
        found.setdefault(loose_key(word), set()).add(code)
    return MappingProxyType({word: frozenset(known) for word, known in found.items()})


@kept
def names_of_subdivisions() -> Table:
    """Return the countries of the subdivisions that the package ``holidays`` names."""
    import holidays  # noqa: PLC0415 - slow to import, and kept
    from holidays.registry import COUNTRIES  # noqa: PLC0415

    found: dict[str, set[str]] = {}
    for name, code, *_ in COUNTRIES.values():
        country = getattr(holidays, name)
        aliases = getattr(country, "subdivisions_aliases", {})
        for word in (*aliases, *getattr(country, "subdivisions", ())):
            if len(word) > _SHORTEST and code in codes() and word not in _COMMUNITIES:
                found.setdefault(loose_key(key_of(word)), set()).add(code)
    return {word: tuple(sorted(known)) for word, known in found.items()}


@cache
def _cities() -> Mapping[str, frozenset[str]]:
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    from pipeline.validation.geography.zone_names import cities  # noqa: PLC0415

    known = codes()
    territories = get_global("zone_territories").items()
    countries = {zone: code for zone, code in territories if code in known}
    found = {
        loose_key(city): frozenset(countries[zone] for zone in zones if zone in countries)
        for city, zones in cities().items()
    }
    return MappingProxyType(found)


#: Names of cities in several countries: they name none.
_SEVERAL = frozenset(
    "portland|santiago|cordoba|córdoba|san jose|san josé|birmingham|cambridge|georgetown|valencia"  # noqa: SIM905 - a list of words
    "|merida|mérida|leon|león|santa cruz|trinidad|hamilton|richmond|alexandria|tripoli|kingston"
    "|vancouver|victoria|granada|cartagena|barcelona|guadalajara|manchester|newcastle|perth|durham"
    "|worcester|boston|lincoln|plymouth|halifax|wellington|melbourne|salem|athens|naples|venice"
    "|st petersburg|saint petersburg|hyderabad|la paz|san juan|san salvador|santo domingo|punjab"
    "|limburg|luxembourg|amazonas|rio negro|la rioja|san luis".split("|")
) - {"barcelona", "manchester", "boston", "melbourne", "naples", "venice", "athens", "luxembourg"}
#: Shorter words are codes, which mean a country first.
_SHORTEST = 3


def countries_of_place(text: str) -> frozenset[str]:
    """Return the countries in which a state, province, prefecture or city is called ``text``."""
    key = loose_key(key_of(text))
    bare = key.removesuffix(" prefecture").removesuffix("-ken").removesuffix(" state")
    bare = bare.removesuffix(" province").removeprefix("state of ")
    if bare in _SEVERAL:
        return frozenset()
    for word in dict.fromkeys((key, bare, plain_key(bare))):
        known = _subdivisions().get(word, frozenset()) | _cities().get(word, frozenset())
        if known:
            return known
    return frozenset()

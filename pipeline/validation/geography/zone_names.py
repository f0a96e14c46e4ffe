"""The names of time zones: IANA, cities in many languages, abbreviations, those of Windows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

from pipeline.validation.kept import Table, kept

#: Abbreviations with one meaning in practice; the ambiguous ones are below.
ABBREVIATIONS: Mapping[str, str] = MappingProxyType(
    {
        "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "hkt": "Asia/Hong_Kong", "sgt": "Asia/Singapore",
        "pht": "Asia/Manila", "wib": "Asia/Jakarta", "ict": "Asia/Bangkok",
        "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland",
        "aest": "Australia/Sydney", "aedt": "Australia/Sydney",
        "awst": "Australia/Perth", "msk": "Europe/Moscow", "sast": "Africa/Johannesburg",
        "utc": "Etc/UTC", "gmt": "Etc/UTC", "z": "Etc/UTC", "utc+0": "Etc/UTC", "utc±0": "Etc/UTC",
        "coordinated universal time": "Etc/UTC", "universal time": "Etc/UTC",
        "universal time coordinated": "Etc/UTC", "universal coordinated time": "Etc/UTC",
        "greenwich mean time": "Etc/UTC", "協定世界時": "Etc/UTC", "世界協定時": "Etc/UTC",
        "世界標準時": "Etc/UTC", "koordinierte weltzeit": "Etc/UTC", "weltzeit": "Etc/UTC",
        "temps universel coordonné": "Etc/UTC", "tiempo universal coordinado": "Etc/UTC",
        "ora coordinata universale": "Etc/UTC", "tempo coordenado universal": "Etc/UTC",
        "московское время": "Europe/Moscow", "мск": "Europe/Moscow",
        "日本時間": "Asia/Tokyo", "日本標準時": "Asia/Tokyo",
    }
)  # fmt: skip
#: Cities that name no zone of their own.
_MORE_CITIES: Mapping[str, str] = MappingProxyType(
    {
        "Asia/Tokyo": "osaka|大阪|sapporo|札幌|nagoya|名古屋|kyoto|京都|yokohama|横浜|fukuoka|福岡"
        "|kobe|神戸",
        "America/New_York": "nyc|n.y.c"
        "|washington|washington dc|washington, d.c.|boston|miami|atlanta"
        "|eastern time|us eastern|est5edt|philadelphia",
        "America/Chicago": "houston|dallas|austin|central time|us central|cst6cdt",
        "America/Denver": "mountain time|us mountain|salt lake city",
        "America/Los_Angeles": "san francisco|seattle|san diego|las vegas|pacific time|us pacific",
        "Pacific/Honolulu": "hawaii|hst",
        "Asia/Shanghai": "beijing|北京|shenzhen|深圳|guangzhou|広州",
        "Asia/Kolkata": "delhi|new delhi|mumbai|bangalore|bengaluru|chennai|hyderabad",
        "Europe/Berlin": "munich|münchen|hamburg|frankfurt|köln|cologne|stuttgart|düsseldorf",
        "Europe/Zurich": "geneva|genève|genf|bern|basel", "Europe/Rome": "milan|milano|mailand",
        "Europe/Madrid": "barcelona", "Europe/London": "manchester|edinburgh|birmingham",
        "Europe/Paris": "lyon|marseille", "Asia/Ho_Chi_Minh": "hanoi|ハノイ",
        "America/Sao_Paulo": "rio de janeiro|brasilia|brasília", "Australia/Sydney": "canberra",
        "America/Toronto": "ottawa|montreal|montréal",
    }
)  # fmt: skip
#: Old names of zones that CLDR keeps as their own (tz database, file "backward").
_RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu",
        "Asia/Saigon": "Asia/Ho_Chi_Minh", "Asia/Rangoon": "Asia/Yangon",
        "Europe/Kiev": "Europe/Kyiv", "America/Godthab": "America/Nuuk",
        "America/Buenos_Aires": "America/Argentina/Buenos_Aires", "Africa/Asmera": "Africa/Asmara",
        "Pacific/Truk": "Pacific/Chuuk", "Pacific/Ponape": "Pacific/Pohnpei",
        "Atlantic/Faeroe": "Atlantic/Faroe", "America/Indianapolis": "America/Indiana/Indianapolis",
        "America/Louisville": "America/Kentucky/Louisville", "Pacific/Enderbury": "Pacific/Kanton",
        "America/Catamarca": "America/Argentina/Catamarca",
        "America/Coral_Harbour": "America/Atikokan",
        "America/Cordoba": "America/Argentina/Cordoba", "America/Jujuy": "America/Argentina/Jujuy",
        "America/Mendoza": "America/Argentina/Mendoza", "Etc/GMT": "Etc/UTC", "Etc/UCT": "Etc/UTC",
    }
)  # fmt: skip
#: Areas whose zones are called after a city; Canada/Eastern and Australia/North are none.
_AREAS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Europe", "Indian", "Pacific"}
)
#: The cities of Australian zones; its other names are those of states and corners.
_AUSTRALIA = ("Adelaide", "Brisbane", "Darwin", "Hobart", "Melbourne", "Perth", "Sydney")
#: The zone of a metazone in which most people live; only ever a proposal.
META_MAIN: Mapping[str, str] = MappingProxyType(
    {
        "Europe_Central": "Europe/Berlin", "America_Eastern": "America/New_York",
        "America_Central": "America/Chicago", "America_Mountain": "America/Denver",
        "America_Pacific": "America/Los_Angeles", "Europe_Eastern": "Europe/Helsinki",
        "Europe_Western": "Europe/Lisbon", "Korea": "Asia/Seoul", "Moscow": "Europe/Moscow",
        "GMT": "Etc/UTC", "China": "Asia/Shanghai", "Brasilia": "America/Sao_Paulo",
    }
)  # fmt: skip
YEAR = 2026
_LANGUAGES = (
    "en", "ja", "de", "fr", "es", "pt", "it", "ko", "zh", "zh_Hant", "ru", "nl", "pl", "cs", "sv",
    "da", "nb", "fi", "hu", "ro", "tr", "el", "uk", "ar", "th", "id", "vi",
)  # fmt: skip


@cache
def zones() -> Mapping[str, str]:
    """Return the IANA names, folded."""
    return MappingProxyType({name.casefold(): name for name in known_zones()})


def canonical(name: str) -> str:
    """Return the name that CLDR prefers for a linked zone."""
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    known = str(get_global("zone_aliases").get(name, name))
    return _RENAMED.get(known, known)


@cache
def known_zones() -> frozenset[str]:
    """Return the names of all zones; the standard library walks the disk for them each time."""
    return frozenset(available_timezones())


@cache
def cities() -> Mapping[str, tuple[str, ...]]:
    """Return the zones by the names of their cities in several languages."""
    found: dict[str, list[str]] = {}
    for name in known_zones():
        area, _, city = name.rpartition("/")
        if area in _AREAS or area.startswith("America/"):
            found.setdefault(city.replace("_", " ").casefold(), []).append(canonical(name))
    for city in _AUSTRALIA:
        found[city.casefold()] = [f"Australia/{city}"]
    for city, named in names_of_cities().items():
        for name in named:
            if name in known_zones():
                found.setdefault(city, []).append(canonical(name))
    for name, more in _MORE_CITIES.items():
        for city in more.split("|"):
            found.setdefault(city, []).append(name)
    return MappingProxyType({city: tuple(dict.fromkeys(names)) for city, names in found.items()})


@kept
def names_of_cities() -> Table:
    """Return the zones, as CLDR calls them, by the names that it has for their cities."""
    from babel import Locale  # noqa: PLC0415 - slow to import, and kept

    found: dict[str, dict[str, None]] = {}
    for language in _LANGUAGES:
        for name, labels in Locale.parse(language).time_zones.items():
            city = labels.get("city")
            if city:
                found.setdefault(city.casefold(), {})[name] = None
    return {city: tuple(names) for city, names in found.items()}


@cache
def windows() -> Mapping[str, str]:
    """Return the zones by the ids of Windows, folded."""
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    return MappingProxyType(
        {name.casefold(): zone for name, zone in get_global("windows_zone_mapping").items()}
    )


@cache
def windows_zones() -> frozenset[str]:
    """Return the main zones: those that Windows has a name for."""
    return frozenset(map(canonical, windows().values()))


@cache
def meta_zones() -> Mapping[str, tuple[str, ...]]:
    """Return the zones by the names of CLDR's metazones (Central European Time), folded."""
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers
    from babel.core import get_global  # noqa: PLC0415

    members: dict[str, list[str]] = {}
    for zone, meta in get_global("meta_zones").items():
        if zone in known_zones():
            members.setdefault(meta, []).append(canonical(zone))
    found: dict[str, tuple[str, ...]] = {}
    for language in _LANGUAGES:
        for meta, labels in Locale.parse(language).meta_zones.items():
            inside = tuple(dict.fromkeys(members.get(meta, ())))
            main = META_MAIN.get(meta)
            inside = (main, *(zone for zone in inside if zone != main)) if main else inside
            for label in labels.get("long", {}).values():
                if inside:
                    found.setdefault(label.casefold().replace("’", "'"), inside)
    return MappingProxyType(found)


@cache
def by_abbreviation() -> Mapping[str, tuple[str, ...]]:
    """Return the main zones by the abbreviations that the tz database has for them this year."""
    found: dict[str, list[str]] = {}
    for zone in sorted(windows_zones()):
        if "/" in zone and not zone.startswith("Etc/"):
            for month in (1, 7):
                name = datetime(YEAR, month, 15, tzinfo=UTC).astimezone(ZoneInfo(zone)).tzname()
                if name and name.isalpha():
                    found.setdefault(name.casefold(), []).append(zone)
    return MappingProxyType({name: tuple(dict.fromkeys(known)) for name, known in found.items()})

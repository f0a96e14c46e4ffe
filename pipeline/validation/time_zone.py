"""Read a time zone: IANA names, cities, abbreviations, the names that Windows shows, offsets."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

from pipeline.forms.definitions.definition import Question
from pipeline.model.problem import Verdict
from pipeline.validation.characters import clean, squeeze
from pipeline.validation.country import read_country
from pipeline.validation.reading import Hints, Read, ask, ok, reject

_LONGEST = 120
_LONGEST_TYPO, _CLOSE = 40, 0.85
#: Abbreviations with one meaning in practice; the ambiguous ones are below.
_ABBREVIATIONS: Mapping[str, str] = MappingProxyType(
    {
        "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "hkt": "Asia/Hong_Kong", "sgt": "Asia/Singapore",
        "pht": "Asia/Manila", "wib": "Asia/Jakarta", "ict": "Asia/Bangkok",
        "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland",
        "aest": "Australia/Sydney", "aedt": "Australia/Sydney",
        "awst": "Australia/Perth", "msk": "Europe/Moscow", "sast": "Africa/Johannesburg",
        "utc": "Etc/UTC", "gmt": "Etc/UTC", "z": "Etc/UTC", "utc+0": "Etc/UTC", "utc±0": "Etc/UTC",
        "日本時間": "Asia/Tokyo", "日本標準時": "Asia/Tokyo",
    }
)  # fmt: skip
#: Cities that name no zone of their own.
_MORE_CITIES: Mapping[str, str] = MappingProxyType(
    {
        "Asia/Tokyo": "osaka|大阪|sapporo|札幌|nagoya|名古屋|kyoto|京都|yokohama|横浜|fukuoka|福岡"
        "|kobe|神戸",
        "America/New_York": "washington|washington dc|washington, d.c.|boston|miami|atlanta"
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
_DOUBTFUL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cst": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
        "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
        "bst": ("Europe/London", "Asia/Dhaka"),
        "ast": ("America/Halifax", "Asia/Riyadh"),
        "est": ("America/New_York",), "edt": ("America/New_York",), "cdt": ("America/Chicago",),
        "mst": ("America/Denver",), "mdt": ("America/Denver",), "pst": ("America/Los_Angeles",),
        "pdt": ("America/Los_Angeles",), "et": ("America/New_York",), "ct": ("America/Chicago",),
        "pt": ("America/Los_Angeles",), "cet": ("Europe/Berlin",), "cest": ("Europe/Berlin",),
        "mez": ("Europe/Berlin",), "mesz": ("Europe/Berlin",),
        "mitteleuropäische zeit": ("Europe/Berlin",),
        "mitteleuropäische sommerzeit": ("Europe/Berlin",),
        "wet": ("Europe/Lisbon",), "eet": ("Europe/Helsinki",),
    }
)  # fmt: skip
#: Offsets of which one zone has by far the most people; only ever a proposal.
_BY_OFFSET: Mapping[int, str] = MappingProxyType(
    {540: "Asia/Tokyo", 330: "Asia/Kolkata", 345: "Asia/Kathmandu", 270: "Asia/Kabul"}
)
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-−])\s*(\d{1,2})(?::?(\d{2}))?(?:\s*h)?")
_WINDOWS = re.compile(r"\((?:utc|gmt)\s*([+-−]\d{2}:\d{2})?\)\s*(.+)")
_SUFFIX = re.compile(
    r"\s*(?:時間|標準時|夏時間| standard time| daylight time| summer time| time|zeit)$"
)
_LANGUAGES = ("en", "ja", "de", "fr", "es", "pt", "it", "ko", "zh", "zh_Hant", "ru")


@cache
def _by_first_letter() -> Mapping[str, tuple[str, ...]]:
    """Return the names that a slip may be meant for; hardly anybody slips on the first letter."""
    found: dict[str, list[str]] = {}
    for name in _zones():
        found.setdefault(name[:1], []).append(name)
    return MappingProxyType({letter: tuple(names) for letter, names in found.items()})


@cache
def _zones() -> Mapping[str, str]:
    """Return the IANA names, folded."""
    return MappingProxyType({name.casefold(): name for name in _known_zones()})


def _canonical(name: str) -> str:
    """Return the name that CLDR prefers for a linked zone."""
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    known = str(get_global("zone_aliases").get(name, name))
    return _RENAMED.get(known, known)


@cache
def _known_zones() -> frozenset[str]:
    """Return the names of all zones; the standard library walks the disk for them each time."""
    return frozenset(available_timezones())


@cache
def _cities() -> Mapping[str, tuple[str, ...]]:
    """Return the zones by the names of their cities in several languages."""
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers

    found: dict[str, list[str]] = {}
    for name in _known_zones():
        area, _, city = name.rpartition("/")
        if area and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/")):
            found.setdefault(city.replace("_", " ").casefold(), []).append(_canonical(name))
    for language in _LANGUAGES:
        for name, labels in Locale.parse(language).time_zones.items():
            city = labels.get("city")
            if city and name in _known_zones():
                found.setdefault(city.casefold(), []).append(_canonical(name))
    for name, cities in _MORE_CITIES.items():
        for city in cities.split("|"):
            found.setdefault(city, []).append(name)
    return MappingProxyType({city: tuple(dict.fromkeys(names)) for city, names in found.items()})


@cache
def _windows() -> Mapping[str, str]:
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    return MappingProxyType(
        {name.casefold(): zone for name, zone in get_global("windows_zone_mapping").items()}
    )


@cache
def _windows_zones() -> frozenset[str]:
    """Return the main zones: those that Windows has a name for."""
    return frozenset(map(_canonical, _windows().values()))


def read_time_zone(text: str, question: Question, hints: Hints) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return the IANA name of the time zone."""
    if len(text) > _LONGEST:
        return reject("too_long", n=_LONGEST, m=len(text))
    whole, notes = clean(text)
    key = squeeze(whole).casefold().strip(" .。")
    listed = hints.words.get(key)
    if listed in _known_zones():
        return ok(str(listed), *notes)
    certain = _ABBREVIATIONS.get(key) or _zone(key) or _windows().get(key)
    if certain:
        return ok(certain, *notes)
    if key in _DOUBTFUL:
        return _choice(_DOUBTFUL[key], sure=False).noted(*notes)
    windows = _WINDOWS.fullmatch(key)
    if windows:
        return _several_cities(windows.group(2), _minutes(windows.group(1) or "+00:00"))
    offset = _OFFSET.fullmatch(key)
    if offset:
        return _offset(_minutes(key), hints)
    if key in _cities():
        return _choice(_cities()[key], sure=True).noted(*notes)
    parts = [part for part in re.split(r"\s*[(),;]\s*|\s+-\s+", key) if part]
    if len(parts) > 1:
        return _agreeing(parts, question, hints).noted(*notes)
    return _by_country(key, question, hints).noted(*notes)


def _zone(key: str) -> str:
    name = _zones().get(key.replace(" ", "_"), "")
    return _canonical(name) if "/" in name and not name.startswith(("posix/", "right/")) else ""


def _minutes(text: str) -> int:
    """Return the minutes of the offset in ``text``."""
    found = _OFFSET.search(text)
    if found is None:
        return 0
    sign = 1 if found.group(1) == "+" else -1
    return sign * (int(found.group(2)) * 60 + int(found.group(3) or 0))


def _choice(zones: tuple[str, ...], *, sure: bool) -> Read:
    if len(zones) == 1:
        return ok(zones[0]) if sure else ask(zones[0], "confirm_value", value=zones[0])
    return ask(None, "choose_value", candidates=zones, a=zones[0], b=zones[1])


def _has_offset(zone: str, minutes: int) -> bool:
    winter = datetime(2026, 1, 15, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return winter == timedelta(minutes=minutes)


def _several_cities(text: str, minutes: int) -> Read:
    """Return the zone of ``Osaka, Sapporo, Tokyo`` that has the offset shown before it."""
    text = re.sub(r"\s*\(us & canada\)$", "", text)
    cities = [city.strip() for city in text.split(",")]
    zones = [zone for city in cities for zone in _cities().get(city, ())]
    fitting = tuple(dict.fromkeys(zone for zone in zones if _has_offset(zone, minutes)))
    if not fitting and (zone := _windows().get(text) or _ABBREVIATIONS.get(text)):
        return ok(zone)
    main = tuple(zone for zone in fitting if zone in _windows_zones())
    return _choice(main or fitting, sure=True) if fitting else ask(None, "time_zone")


def _agreeing(parts: list[str], question: Question, hints: Hints) -> Read:
    """Return the zone that ``JST (UTC+9)`` names twice; an offset has to fit it."""
    offsets = [_minutes(part) for part in parts if _OFFSET.fullmatch(part)]
    named = [part for part in parts if not _OFFSET.fullmatch(part)]
    reads = [read_time_zone(part, question, hints) for part in named]
    zones = tuple(dict.fromkeys(read.value for read in reads if read.value))
    if len(zones) == 1 and all(_has_offset(zones[0], minutes) for minutes in offsets):
        sure = all(read.verdict is Verdict.OK for read in reads) or bool(offsets)
        return _choice(zones, sure=sure)
    if zones:
        return _choice(zones, sure=False) if len(zones) > 1 else ask(None, "time_zone")
    return reject("time_zone")


@cache
def _of_country(country: str) -> tuple[str, ...]:
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    territories = get_global("zone_territories")
    names = [name for name, code in territories.items() if code == country]
    return tuple(sorted({_canonical(name) for name in names if name in _known_zones()}))


def _offset(minutes: int, hints: Hints) -> Read:
    """Return the proposal for an offset, which names no zone by itself."""
    home = [zone for zone in _of_country(hints.country or "") if _has_offset(zone, minutes)]
    proposal = home[0] if len(home) == 1 else None
    proposal = proposal or (_BY_OFFSET.get(minutes) if not home else None)
    return ask(proposal, "confirm_value", value=proposal) if proposal else ask(None, "time_zone")


def _by_country(key: str, question: Question, hints: Hints) -> Read:
    """Return the zone of ``日本時間`` or ``Germany`` when the country has only one."""
    bare = _SUFFIX.sub("", key)
    if bare in _cities():
        return _choice(_cities()[bare], sure=True)
    country = read_country(bare, question, Hints(hints.today)).value
    zones = _of_country(country) if country else ()
    main = tuple(zone for zone in zones if zone in _windows_zones())
    if len(zones) == 1 or len(main) == 1:
        return ok((main or zones)[0])
    if zones:
        return ask(None, "choose_value", candidates=zones, a=zones[0], b=zones[1])
    names = _by_first_letter().get(key[:1], ()) if len(key) <= _LONGEST_TYPO else ()
    close = get_close_matches(key.replace(" ", "_"), names, n=1, cutoff=_CLOSE)
    zone = _zone(close[0]) if close else ""
    return _choice((zone,), sure=False) if zone else reject("time_zone")

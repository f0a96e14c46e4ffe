"""Read a time zone: IANA names, cities, abbreviations, the names that Windows shows, offsets."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pipeline.forms.definitions.definition import Question
from pipeline.model.problem import Verdict
from pipeline.validation.characters import clean, squeeze
from pipeline.validation.customer_zone import MAIN_ZONES
from pipeline.validation.geography.abbreviations import bears, is_abbreviation, zones_bearing
from pipeline.validation.geography.country import is_country_name, read_country
from pipeline.validation.geography.places import countries_of_place
from pipeline.validation.geography.zone_names import (
    ABBREVIATIONS,
    by_abbreviation,
    canonical,
    cities,
    known_zones,
    meta_zones,
    windows,
    windows_zones,
    zones,
)
from pipeline.validation.reading import Hints, Read, ask, ok, reject

_LONGEST = 120
_LONGEST_TYPO, _CLOSE = 40, 0.85
_DOUBTFUL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cst": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
        "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
        "bst": ("Europe/London", "Asia/Dhaka"),
        "ast": ("America/Halifax", "Asia/Riyadh"),
        "sst": ("Pacific/Pago_Pago", "Asia/Singapore"),
        "wst": ("Australia/Perth", "Pacific/Apia"),
        "gst": ("Asia/Dubai", "Atlantic/South_Georgia"),
        "pst": ("America/Los_Angeles",), "pdt": ("America/Los_Angeles",),
        "est": ("America/New_York",), "edt": ("America/New_York",), "cdt": ("America/Chicago",),
        "mst": ("America/Denver",), "mdt": ("America/Denver",), "et": ("America/New_York",),
        "ct": ("America/Chicago",), "mt": ("America/Denver",), "pt": ("America/Los_Angeles",),
        "cet": ("Europe/Berlin",), "cest": ("Europe/Berlin",), "met": ("Europe/Berlin",),
        "mez": ("Europe/Berlin",), "mesz": ("Europe/Berlin",),
        "mitteleuropäische zeit": ("Europe/Berlin",),
        "mitteleuropäische sommerzeit": ("Europe/Berlin",),
        "wet": ("Europe/Lisbon",), "west": ("Europe/Lisbon",), "eet": ("Europe/Helsinki",),
        "eest": ("Europe/Helsinki",),
    }
)  # fmt: skip
#: Offsets of which one zone has by far the most people; only ever a proposal.
_BY_OFFSET: Mapping[int, str] = MappingProxyType(
    {540: "Asia/Tokyo", 330: "Asia/Kolkata", 345: "Asia/Kathmandu", 270: "Asia/Kabul"}
)
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-−])\s*(\d{1,2})(?::?(\d{2}))?(?:\s*h(?:ours?|rs?)?)?")
_BARE_OFFSET = re.compile(r"(?:utc|gmt)\s*(\d{1,2})(?::?(\d{2}))?")
_OFFSET_INSIDE = re.compile(r"[(\[]?\b(?:utc|gmt)\s*([+-−])\s*(\d{1,2})(?::?(\d{2}))?\b[)\]]?")
_FIRST_OFFSET, _LAST_OFFSET = -12 * 60, 14 * 60
_WINDOWS = re.compile(r"\(\s?(?:utc|gmt)\s*([+-−]\s?\d{2}:\d{2})?\s?\)\s*(.+)")
#: "Time of", before a place, and the number of a copied zone behind its name.
_TIME_OF = re.compile(
    r"^(?:(?:hora|heure|ora|tijd|uhrzeit)\s(?:de\s|del\s|di\s|du\s|d'|von\s|in\s)|zeit in )"
)
_COPY = re.compile(r"(?<=time)\s*[(#]?\d[)]?$")
#: Zones of the area Etc, whose sign is the other way round (tz database, file etcetera).
_ETC = re.compile(r"etc/(?:gmt|utc)\s*([+-])\s*0?(\d{1,2})")
#: POSIX.1, 8.3, variable TZ: west of Greenwich is positive.
_POSIX = re.compile(
    r"<?([a-z]{2,5}|[+-]\d{2,4})>?([+-]?)(\d{1,2})(?::\d{2})?(?:[a-z]{3,5}(?:,.{0,60})?)?"
)
_SUFFIX = re.compile(
    r"\s*(?:標準時|夏時間|時間|标准时间|时间|표준시|시간| standard time| daylight time"
    r"| summer time| time|zeit| время| heure)$"
)
_PARTS = re.compile(r"\s*[(),;|、／]\s*|\s+[-/]\s+|\s+(?:or|and|oder|und|ou)\s+")
_NO_ZONES = ("posix/", "right/", "systemv/")
_NO_NAMES = frozenset({"factory", "localtime", "posixrules"})


@cache
def _by_first_letter() -> Mapping[str, tuple[str, ...]]:
    """Return the names that a slip may be meant for; hardly anybody slips on the first letter."""
    found: dict[str, list[str]] = {}
    for name in zones():
        found.setdefault(name[:1], []).append(name)
    return MappingProxyType({letter: tuple(names) for letter, names in found.items()})


def read_time_zone(text: str, question: Question, hints: Hints) -> Read:
    """Return the IANA name of the time zone."""
    if len(text) > _LONGEST:
        return reject("too_long", n=_LONGEST, m=len(text))
    whole, notes = clean(text)
    key = _COPY.sub("", squeeze(whole).casefold().strip(" .。").replace("’", "'"))
    listed = hints.words.get(key)
    if listed in known_zones():
        return ok(str(listed), *notes)
    found = _exactly(key, hints) or _composed(key, question, hints)
    return (found or _by_country(key, question, hints)).noted(*notes)


def _exactly(key: str, hints: Hints) -> Read | None:  # noqa: PLR0911 - a return for each outcome
    """Return what ``key`` as a whole names: a zone, a city, an abbreviation, an offset; or None."""
    reversed_sign = _ETC.fullmatch(key)
    if reversed_sign:
        return _reversed(reversed_sign, hints)
    offset = _OFFSET.fullmatch(key)
    bare = _BARE_OFFSET.fullmatch(key)
    if key in ABBREVIATIONS:
        return ok(ABBREVIATIONS[key])
    if offset or bare:
        return _offset(_minutes(key) if offset else _minutes(f"+{key.lstrip('utcgm ')}"), hints)
    if key in _DOUBTFUL:
        return _choice(_DOUBTFUL[key], sure=False)
    certain = _zone(key) or windows().get(key)
    if certain:
        return ok(certain)
    shown = _WINDOWS.fullmatch(key)
    if shown:
        return _several_cities(shown.group(2), _minutes(shown.group(1) or "+00:00"))
    if key in cities() and not is_country_name(key):
        return _choice(cities()[key], sure=True)
    if key in meta_zones():
        return _of_meta(meta_zones()[key], hints)
    return None


def _composed(key: str, question: Question, hints: Hints) -> Read | None:
    """Return what the parts of ``key`` name together, or None."""
    posix = _posix(key, hints)
    if posix:
        return posix
    inside = _OFFSET_INSIDE.search(key)
    rest = squeeze(_OFFSET_INSIDE.sub(" ", key, count=1)) if inside else ""
    if inside and rest:
        return _with_offset(rest, _minutes(inside.group()), question, hints)
    area, _, city = key.replace("\\", "/").rpartition("/")
    if area and zones().get(f"{area}/{city}".replace(" ", "_")):
        found = _zone(f"{area}/{city}")
        return _choice((found,), sure=False) if found else None
    if area and city.replace("_", " ") in cities():
        named = cities()[city.replace("_", " ")]
        same = tuple(zone for zone in named if zone.casefold().startswith(area))
        if same:
            return _choice(same, sure=False)
    parts = [one for part in _PARTS.split(key) if part for one in _both_names(part)]
    if len(parts) == 1 and area in cities() and city in cities():
        parts = [area, city]
    return _agreeing(parts, question, hints) if len(parts) > 1 else None


def _zone(key: str) -> str:
    """Return the zone of an IANA name, with or without an area, or empty."""
    name = zones().get(key.replace(" ", "_"), "")
    if not name or key.startswith(_NO_ZONES) or key in _NO_NAMES:
        return ""
    known = canonical(name)
    return known if "/" in known else ""


def _minutes(text: str) -> int:
    """Return the minutes of the offset in ``text``."""
    found = _OFFSET.search(text)
    if found is None:
        return 0
    sign = 1 if found.group(1) == "+" else -1
    return sign * (int(found.group(2)) * 60 + int(found.group(3) or 0))


def _choice(found: tuple[str, ...], *, sure: bool) -> Read:
    if len(found) == 1:
        return ok(found[0]) if sure else ask(found[0], "confirm_value", value=found[0])
    return ask(None, "choose_value", candidates=found, a=found[0], b=found[1])


def _reversed(match: re.Match[str], hints: Hints) -> Read:
    """Return the question which way the sign of ``Etc/GMT+9`` was meant: west, in that name."""
    hours = int(match.group(2))
    if not hours:
        return ok("Etc/UTC")
    west = match.group(1) == "+"
    meant, written = (-hours, hours) if west else (hours, -hours)
    home = [
        zone
        for minutes in (meant * 60, written * 60)
        for zone in _of_country(hints.country or "")
        if _has_offset(zone, minutes)
    ]
    if len(home) == 1:
        return _choice((home[0],), sure=False)
    if not _FIRST_OFFSET <= meant * 60 <= _LAST_OFFSET:
        return reject("time_zone")
    both = tuple(f"Etc/GMT{-each:+d}" for each in (meant, written))
    return ask(None, "choose_value", candidates=both, a=f"UTC{meant:+d}", b=f"UTC{written:+d}")


def _posix(key: str, hints: Hints) -> Read | None:
    """Return the question about ``JST-9`` or ``CET-1CEST``, or None: west is positive there."""
    found = _POSIX.fullmatch(key)
    name = found.group(1) if found else ""
    if found is None or name in {"utc", "gmt"}:
        return None
    minutes = (1 if found.group(2) == "-" else -1) * int(found.group(3)) * 60
    if not name.isalpha():
        return _offset(minutes, hints)
    named = _exactly(name, hints)
    known = (named.value,) if named and named.value else (named.candidates if named else ())
    fitting = tuple(
        zone for zone in known if _has_offset(zone, minutes) or _has_offset(zone, -minutes)
    )
    return _choice(fitting, sure=False) if fitting else ask(None, "time_zone")


@cache
def _offsets(zone: str) -> frozenset[timedelta | None]:
    """Return the offsets of ``zone`` in winter and in summer."""
    days = (datetime(2026, month, 15, tzinfo=UTC) for month in (1, 7))
    return frozenset(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days)


def _has_offset(zone: str, minutes: int) -> bool:
    return timedelta(minutes=minutes) in _offsets(zone)


def _in_winter(zone: str, minutes: int) -> bool:
    standard = min(offset for offset in _offsets(zone) if offset is not None)
    return standard == timedelta(minutes=minutes)


def _several_cities(text: str, minutes: int) -> Read:
    """Return the zone of ``Osaka, Sapporo, Tokyo`` that has the offset shown before it."""
    text = re.sub(r"\s*\(us & canada\)$", "", text)
    known = _zone(text)
    if known:
        return _choice((known,), sure=_has_offset(known, minutes))
    split = re.split(r"[,、，]", text)
    found = [zone for city in split for zone in cities().get(city.strip(), ())]
    fitting = tuple(dict.fromkeys(zone for zone in found if _in_winter(zone, minutes)))
    if not fitting and (zone := windows().get(text) or ABBREVIATIONS.get(text)):
        return _choice((zone,), sure=_has_offset(zone, minutes))
    main = tuple(zone for zone in fitting if zone in windows_zones())
    return _choice(main or fitting, sure=True) if fitting else ask(None, "time_zone")


def _with_offset(rest: str, minutes: int, question: Question, hints: Hints) -> Read:
    """Return the zone that ``rest`` names, when it has the offset that stands beside it."""
    rest = rest.strip(" ,;-–()[]、，／/")
    read = read_time_zone(rest, question, hints)
    known = (read.value,) if read.value else read.candidates
    fitting = tuple(zone for zone in known if _has_offset(zone, minutes))
    if len(fitting) == 1 and (read.verdict is Verdict.OK or rest in _DOUBTFUL):
        return ok(fitting[0])
    if fitting:
        return _choice(fitting, sure=False)
    return ask(None, "time_zone")


def _agreeing(parts: list[str], question: Question, hints: Hints) -> Read:
    """Return the zone that ``JST (UTC+9)`` names twice; an offset has to fit it."""
    offsets = [_minutes(part) for part in parts if _OFFSET.fullmatch(part)]
    named = [part for part in parts if not _OFFSET.fullmatch(part)]
    short = tuple(part for part in named if is_abbreviation(part))
    full = [zone for part in named if part not in short and (zone := _certain(part, hints))]
    if (
        len(full) == 1
        and len(short) == len(named) - 1
        and all(bears(full[0], one) for one in short)
    ):
        return ok(full[0])
    if len(short) == len(named) > 1:
        return _of_several_names(zones_bearing(short), hints)
    reads = [read_time_zone(part, question, hints) for part in named]
    found = tuple(dict.fromkeys(read.value for read in reads if read.value))
    elsewhere = any(
        places and not any(_of_country_holds(place, found) for place in places)
        for part in named
        if (places := countries_of_place(part))
    )
    if len(found) == 1 and not elsewhere and all(_has_offset(found[0], each) for each in offsets):
        sure = all(read.verdict is Verdict.OK for read in reads) or bool(offsets)
        return _choice(found, sure=sure)
    if found:
        both = len(found) > 1 and not offsets and not elsewhere
        return _choice(found, sure=False) if both else ask(None, "time_zone")
    return reject("time_zone")


def _both_names(part: str) -> list[str]:
    """Return the two names of GMT/BST, which are those of one zone, or ``part`` itself."""
    names = part.split("/")
    return names if len(names) == 2 and all(map(is_abbreviation, names)) else [part]  # noqa: PLR2004


def _certain(part: str, hints: Hints) -> str:
    """Return the zone that ``part`` names beyond doubt, or empty."""
    read = _exactly(part, hints)
    return read.value or "" if read is not None and read.verdict is Verdict.OK else ""


def _of_several_names(found: tuple[str, ...], hints: Hints) -> Read:
    """Return the question about GMT/BST, which several zones have: the customer's country first."""
    home = tuple(zone for zone in found if zone in _of_country(hints.country or ""))
    chosen = home or tuple(zone for zone in found if zone in MAIN_ZONES.values()) or found
    return _choice(chosen, sure=False) if chosen else ask(None, "time_zone")


def _of_country_holds(country: str, found: tuple[str, ...]) -> bool:
    return any(zone in _of_country(country) for zone in found)


@cache
def _of_country(country: str) -> tuple[str, ...]:
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few answers

    territories = get_global("zone_territories")
    names = [name for name, code in territories.items() if code == country]
    return tuple(sorted({canonical(name) for name in names if name in known_zones()}))


def _offset(minutes: int, hints: Hints) -> Read:
    """Return the proposal for an offset, which names no zone by itself."""
    if not _FIRST_OFFSET <= minutes <= _LAST_OFFSET or minutes % 15:
        return reject("time_zone")
    home = [zone for zone in _of_country(hints.country or "") if _in_winter(zone, minutes)]
    proposal = home[0] if len(home) == 1 else None
    proposal = proposal or (_BY_OFFSET.get(minutes) if not home else None)
    return ask(proposal, "confirm_value", value=proposal) if proposal else ask(None, "time_zone")


def _of_meta(found: tuple[str, ...], hints: Hints) -> Read:
    """Return the zone of a metazone: certain when it has but one."""
    if len(found) == 1:
        return ok(found[0])
    home = tuple(zone for zone in found if zone in _of_country(hints.country or ""))
    return _choice(home[:1] or found[:1], sure=False)


def _by_country(key: str, question: Question, hints: Hints) -> Read:
    """Return the zone of ``日本時間`` or ``Germany`` when the country has only one."""
    bare = _SUFFIX.sub("", _TIME_OF.sub("", key))
    if bare in cities() and not is_country_name(bare):
        return _choice(cities()[bare], sure=True)
    read = read_country(bare, question, Hints(hints.today))
    if read.verdict is Verdict.ASK and not countries_of_place(bare):
        return ask(None, "time_zone")  # a slip of a country's name tells no zone
    found = _of_country(read.value) if read.value else ()
    places = countries_of_place(bare)  # Georgia is a state of the USA, too
    elsewhere = bool(places) and read.value not in places
    is_one = len({_offsets(zone) for zone in found}) == 1
    if is_one and not elsewhere and read.verdict is Verdict.OK:
        main = tuple(zone for zone in found if zone in windows_zones())
        return ok((main or found)[0])
    if read.value and read.value in MAIN_ZONES:
        return _choice((MAIN_ZONES[read.value],), sure=False)
    if found:
        main = tuple(zone for zone in found if zone in windows_zones()) or found
        return _choice(main, sure=False)
    return _near(key)


def _near(key: str) -> Read:
    """Return the zones of an abbreviation, or the one whose name is a slip away; proposals only."""
    if key in by_abbreviation():
        return _choice(by_abbreviation()[key], sure=False)
    named = _by_first_letter().get(key[:1], ()) if len(key) <= _LONGEST_TYPO else ()
    names = [name for name in named if ("/" in name) == ("/" in key or "\\" in key)]
    close = get_close_matches(key.replace(" ", "_"), names, n=1, cutoff=_CLOSE)
    zone = _zone(close[0]) if close else ""
    return _choice((zone,), sure=False) if zone else reject("time_zone")

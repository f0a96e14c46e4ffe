"""Read dates and times of day, as the world writes them."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from pipeline.forms.definitions.definition import AnswerKind, Question
from pipeline.model.problem import Verdict
from pipeline.model.submission import CellType
from pipeline.validation.calendar.date_names import (
    FROM_ON,
    month_of,
    one_word_months,
    other_weekday,
    unknown_words,
    words_in,
)
from pipeline.validation.calendar.eras import ERA, ERA_NAMES, ERAS, KANJI_NUMBER, kanji_number
from pipeline.validation.calendar.several import several_days
from pipeline.validation.characters import clean, decimal_digits, fold, squeeze
from pipeline.validation.reading import Hints, Read, ask, ok, reject

_LONGEST = 100
_KANJI = re.compile(
    r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?|(\d{4})\s*년\s*(\d{1,2})\s*월\s*(\d{1,2})\s*일?"
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})(?!\d)")
_SHORT_YEAR = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{2})(?!\d)")
#: A year of three digits: of the Republic of China.
_MINGUO = re.compile(r"(?<!\d)(1\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d\d|19\d\d)(\d\d)(\d\d)(?!\d)")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_TIME = re.compile(
    r"(?:(?P<half>午前|午後|am|pm)\s*)?(?<!\d)(?P<h>\d{1,2})(?:(?::|：|h(?=\d\d)|(?<!\.\d)(?<!\.\d\d)\.(?!\d\d?\.))(?P<m>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?"
    r"|時(?:\s*(?P<jm>\d{1,2})\s*分|(?P<jh>半))?|\s*(?:uhr|h)\b)\s*(?P<after>am|pm|a\.m\."
    r"|p\.m\.)?|(?P<bare>\d{1,2})\s*(?P<ap>am|pm)",
)
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})t(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(z|[+-]\d{2}:?\d{2})?")
#: Words that move a time of day, or make a span of it.
_NEARLY = re.compile(
    r"\b(?:halb|viertel|half|quarter|past|before|after|around|about|until|from|till|to|bis|ab|nach"
    r"|vor|gegen|ca|ungefähr|zwischen)\b|頃|ごろ|以降|以前|から|まで|過ぎ|(?<!午)前|(?<!午)後"
)
_WEEKDAY = re.compile(r"[(（][^\d)）]{1,12}[)）]")
#: Letters that may touch a number of a date: ordinals, and times of day.
_ORDINALS = frozenset(["st", "nd", "rd", "th", "er", "re", "e", "a", "o", "h", "am", "pm", "uhr"])
_TOUCHING = re.compile(r"\d([a-z]+)|([a-z]+)(?=\d)")
_NO_DAY = re.compile(r"\d{4}\s*(?:年|[-/.])\s*\d{1,2}\s*月?|\d{1,2}[-/.]\d{4}")
_NO_YEAR = re.compile(r"\d{1,2}\s*(?:[-/.]|月)\s*\d{1,2}\s*[日.]?")
_FIRST_SERIAL, _LAST_SERIAL = 36526, 73050
_EPOCH = date(1899, 12, 30)
_OLDEST, _NEWEST = 1900, 2199
_FEWEST_DIGITS = 3
_LONG_AGO = timedelta(days=366)
#: The Buddhist era, as Thailand counts, runs 543 years ahead.
_BUDDHIST = range(2443, 2743)
_DAYS_IN_BRACKETS = frozenset("月火水木金土日祝休월화수목금토일")
_BUDDHIST_AHEAD = 543
#: Years of the Persian and the Islamic calendar.
_OTHER_CALENDARS = range(1300, 1500)
#: Signs of doubt, or of a span.
_UNSURE = re.compile(r"[?？~〜～≈±<>≤≥]|\.\.\.|…")
_ZONE = re.compile(
    r"(?:gmt|utc|jst|cest|cet|est|z)\s*[+-]\d{2}:?\d{2}\b|(?<=\s)\+\d{4}\b|(?<=\d)\+\d{2}:\d{2}\b"
    r"|\([a-z ]{3,40}time\)"
)


def read_date(text: str, question: Question, hints: Hints) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return the date as ISO 8601: that from which on something is possible."""
    if len(text) > _LONGEST:
        return reject("too_long", n=_LONGEST, m=len(text))
    whole, notes = clean(text)
    plain = _written(whole)
    if hints.cell_type is CellType.NUMBER or _SERIAL.fullmatch(plain):
        return _serial(plain, numeric=hints.cell_type is CellType.NUMBER).noted(*notes)
    strange = _list_marks(whole)
    if strange:
        return ask(None, "chars", chars=strange)
    stamp = _STAMP.fullmatch(plain)
    if stamp:
        return _only(stamp.group(1), text).noted(*notes)
    found, rest = _all_dates(plain, hints)
    if len(found) > 1:
        values = tuple(one for read in found for one in read.candidates or (read.value,) if one)
        if len(set(values)) > 1:
            return ask(None, "two_values", candidates=values, a=values[0], b=values[-1])
    if found:
        is_first = question.kind is AnswerKind.DATE  # asks from when on
        return _doubted(found[0], FROM_ON.sub(" ", rest) if is_first else rest).noted(*notes)
    return _by_week(plain) or several_days(plain) or _no_date(plain, text)


def _written(whole: str) -> str:
    """Return ``whole`` folded, with ASCII digits, one kind of dash, and its separators."""
    plain = KANJI_NUMBER.sub(kanji_number, fold(decimal_digits(squeeze(whole)))).strip("'\"")
    plain = one_word_months(plain)
    plain = re.sub(r"(?<=\d)[‐‑‒–—―−ー－](?=\d)", "-", plain)
    plain = re.sub(r"(\d{1,2})\s*tháng\s*(\d{1,2}),?\s*(?:năm\s*)?(\d{4})", r"\1.\2.\3", plain)
    plain = re.sub(r"(\d{1,2})\s?[./\s-]\s?([ivx]{1,4})\s?[./\s-]\s?(\d{4})", _roman, plain)
    spaced = re.fullmatch(r"(\d{4}) (\d{1,2}) (\d{1,2})|(\d{1,2}) (\d{1,2}) (\d{4})", plain)
    return plain.replace(" ", "/") if spaced else plain


def _roman(match: re.Match[str]) -> str:
    """Return ``1.XII.2026`` with its month as a number."""
    month = month_of(match[2])
    return f"{match[1]}.{next(iter(month))}.{match[3]}" if len(month) == 1 else match.group()


def _doubted(read: Read, rest: str) -> Read:
    """Return ``read`` as a question when what stands beside the date changes it, or may."""
    if read.verdict is not Verdict.OK or not read.value:
        return read
    left = _ZONE.sub(" ", _TIME.sub(" ", rest))
    digits_left = re.search(r"\d", left)
    other = other_weekday(rest, date.fromisoformat(read.value).weekday())
    if digits_left or other or _UNSURE.search(rest) or unknown_words(_WEEKDAY.sub(_kept, left)):
        return ask(read.value, "confirm_value", value=read.value)
    return read


def _kept(match: re.Match[str]) -> str:
    """Return the words in brackets: all but one sign (the weekday, a holiday) count."""
    inner = match.group()[1:-1].strip(" .")
    return "" if inner in _DAYS_IN_BRACKETS else f" {inner} "


def _by_week(plain: str) -> Read | None:
    """Return the question about a week date or an ordinal date (ISO 8601), or None."""
    week = re.fullmatch(r"\d{4}-?w\d{2}-?\d", plain)
    ordinal = re.fullmatch(r"(\d{4})-(\d{3})", plain)
    try:
        if week:
            day = date.fromisoformat(plain.upper())
        elif ordinal:
            day = date(int(ordinal[1]), 1, 1) + timedelta(days=int(ordinal[2]) - 1)
        else:
            return None
    except ValueError:
        return reject("date_real")
    return ask(day.isoformat(), "confirm_value", value=day.isoformat())


def _list_marks(text: str) -> str:
    """Return the signs that become digits by folding and are none: ①, ², ½."""
    return "".join(dict.fromkeys(s for s in text if unicodedata.category(s) == "No"))


def _no_date(plain: str, text: str) -> Read:
    """Return why ``plain`` names no day."""
    if _NO_DAY.fullmatch(plain):
        return ask(None, "date_missing", part="day")
    if _NO_YEAR.fullmatch(plain):
        return ask(None, "date_missing", part="year")
    month = next((word for word in words_in(plain) if month_of(word)), None)
    has_day, has_year = (re.search(rf"(?<!\d)\d{{{n}}}(?!\d)", plain) for n in ("1,2", "4"))
    if month and bool(has_day) is not bool(has_year):
        return ask(None, "date_missing", part="year" if has_day else "day")
    return ask(None, "date_vague", given=text.strip())


def _serial(plain: str, *, numeric: bool) -> Read:
    """Return the day of a serial number of a spreadsheet (1900 system)."""
    compact = _COMPACT.fullmatch(plain)
    if compact:
        return _only("-".join(compact.groups()), plain)
    try:
        number = float(plain)
    except ValueError:
        return ask(None, "date_vague", given=plain)
    if not _FIRST_SERIAL <= number <= _LAST_SERIAL:
        return ask(None, "date_vague", given=plain)
    value = (_EPOCH + timedelta(days=int(number))).isoformat()
    return ok(value, "serial") if numeric else ask(value, "confirm_value", value=value)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if _OLDEST <= year <= _NEWEST else None
    except ValueError:
        return None


def _only(iso: str, given: str) -> Read:
    try:
        return ok(date.fromisoformat(iso).isoformat())
    except ValueError:
        return reject("date_real", given=given)


def _exactly(year: str, month: str, day: str) -> Read:
    """Return the day; a year of the Buddhist era is asked about."""
    if int(year) in _BUDDHIST:
        thai = _day(int(year) - _BUDDHIST_AHEAD, int(month), int(day))
        value = thai.isoformat() if thai else ""
        return ask(value, "confirm_value", value=value) if thai else reject("date_real")
    if int(year) in _OTHER_CALENDARS:
        return ask(None, "date_vague", given=f"{year}-{month}-{day}")
    found = _day(int(year), int(month), int(day))
    return ok(found.isoformat()) if found else reject("date_real")


def _all_dates(plain: str, hints: Hints) -> tuple[list[Read], str]:
    """Return the readings of all dates in ``plain``, and what is left of it."""
    found: list[Read] = []
    rest = plain
    for pattern, reader in (
        (ERA, _era),
        (_KANJI, lambda match, _: _exactly(*[part for part in match.groups() if part])),
        (_YEAR_FIRST, lambda match, _: _exactly(match[1], match[3], match[4])),
        (_YEAR_LAST, _year_last),
        (_SHORT_YEAR, _short_year),
        (_MINGUO, _minguo),
        (_COMPACT, lambda match, _: _exactly(*match.groups())),
    ):
        found += [reader(match, hints) for match in pattern.finditer(rest)]
        rest = pattern.sub(" ", rest)
    if not found:
        found, rest = _with_month_names(plain)
    return found, rest


def _era(match: re.Match[str], _hints: Hints) -> Read:
    offset, last = ERAS[ERA_NAMES.get(match[1], match[1])]
    year = offset + (1 if match[2] == "元" else int(match[2]))
    found = _day(year, int(match[3]), int(match[4]))
    if found is None:
        return reject("date_real")
    if last and found > last:
        return ask(found.isoformat(), "confirm_value", value=found.isoformat())
    return ok(found.isoformat(), "era")


def _minguo(match: re.Match[str], _hints: Hints) -> Read:
    """Read a year of the Republic of China without its name: a question."""
    found = _day(1911 + int(match[1]), int(match[3]), int(match[4]))
    value = found.isoformat() if found else ""
    return ask(value, "confirm_value", value=value) if found else reject("date_real")


def _year_last(match: re.Match[str], _hints: Hints) -> Read:
    """Read day and month before the year: dots mean day first, else only a number over 12 tells."""
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if year in _BUDDHIST:
        return _exactly(str(year), str(second), str(first))
    if year in _OTHER_CALENDARS:
        return ask(None, "date_vague", given=match.group())
    day_first, month_first = _day(year, second, first), _day(year, first, second)
    if match[2] == "." and day_first:
        return ok(day_first.isoformat())
    return _one_of(day_first, month_first)


def _one_of(first: date | None, second: date | None) -> Read:
    values = [found.isoformat() for found in (first, second) if found]
    distinct = tuple(dict.fromkeys(values))
    if not distinct:
        return reject("date_real")
    if len(distinct) == 1:
        return ok(distinct[0])
    return ask(None, "date_ambiguous", candidates=distinct, a=distinct[0], b=distinct[1])


def _short_year(match: re.Match[str], hints: Hints) -> Read:
    """Read a year of two digits: always a question; the year stands first in Japan."""
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    year_first = _day(2000 + first, second, third)
    day_first = _day(2000 + third, second, first)
    month_first = _day(2000 + third, first, second)
    if hints.language == "ja" and year_first:
        value = year_first.isoformat()
        return ask(value, "confirm_value", value=value)
    options = (
        (day_first,) if match[2] == "." and day_first else (day_first, month_first, year_first)
    )
    recent = [found for found in options if found and found > hints.today - _LONG_AGO]
    kept = recent or [found for found in options if found]
    values = tuple(dict.fromkeys(found.isoformat() for found in kept))
    if not values:
        return reject("date_real")
    if len(values) == 1:
        return ask(values[0], "confirm_value", value=values[0])
    return ask(None, "date_ambiguous", candidates=values, a=values[0], b=values[1])


def _with_month_names(plain: str) -> tuple[list[Read], str]:
    """Read ``22 novembre 2026`` and ``November 22, 2026``."""
    bare = _ZONE.sub(" ", re.sub(r"\b\d{1,2}:\d{2}(?::\d{2})?\b", " ", plain))
    touching = (hit[1] or hit[2] for hit in _TOUCHING.finditer(bare))
    if any(word not in _ORDINALS and not month_of(word) for word in touching):
        return [], plain
    named = [word for word in words_in(bare) if month_of(word)]
    long = [word for word in named if len(word) > 1] or named
    long = [word for word in long if _is_beside_a_number(word, bare)] or long
    months = sorted(month_of(long[0])) if long else []
    numbers = re.findall(r"\d+", bare)
    years = [number for number in numbers if len(number) == 4]  # noqa: PLR2004 - digits of a year
    days = [number for number in numbers if len(number) < _FEWEST_DIGITS]
    if months and not years and len(days) == 2 and re.search(r"\D\d{2}$", bare):  # noqa: PLR2004
        found = _exactly(f"20{days[1]}", str(months[0]), days[0])
        return [ask(found.value, "confirm_value", value=found.value) if found.value else found], ""
    if not months or len(years) != 1 or len(days) != 1 or len(numbers) != 2:  # noqa: PLR2004
        return [], plain
    rest = re.sub(r"\d+", " ", bare)
    reads = [_exactly(years[0], str(month), days[0]) for month in months]
    if len(reads) > 1:
        values = tuple(read.value for read in reads if read.value)
        if len(values) > 1:
            both = ask(None, "date_ambiguous", candidates=values, a=values[0], b=values[1])
            return [both], rest
    return reads[:1], rest


def _is_beside_a_number(word: str, text: str) -> bool:
    """Return whether ``word`` stands beside a number: not the "Set" of Set-up date."""
    name = re.escape(word)
    behind = rf"\d[\s.,/-]{{0,3}}(?:[^\W\d_]{{1,3}}\s)?{name}(?![^\W\d_])"
    before = rf"(?<![^\W\d_]){name}[\s.,/-]{{0,3}}\d"
    return bool(re.search(rf"{behind}|{before}", text))


def read_date_time(text: str, question: Question, hints: Hints) -> Read:  # noqa: PLR0911 - a return for each outcome
    """Return date and time of day as ISO 8601 without a zone (the customer's)."""
    if len(text) > _LONGEST:
        return reject("too_long", n=_LONGEST, m=len(text))
    whole = squeeze(clean(text)[0])
    strange = _list_marks(whole)
    if strange:
        return ask(None, "chars", chars=strange)
    plain = fold(decimal_digits(whole))
    stamp = re.fullmatch(
        r"(\d{4}-\d{2}-\d{2})(?:t| (?!.*-\d\d:))(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?"
        r"(?:z|[+-]\d{2}:?\d{2})?",
        plain,
    )
    if stamp:
        return _moment(_only(stamp.group(1), text), time.fromisoformat("00:00"), stamp.group(2))
    if hints.cell_type is CellType.NUMBER:
        return _serial_moment(plain)
    found = [match for match in _TIME.finditer(plain) if _clock(match) is not None]
    clocks = list(dict.fromkeys(clock for match in found if (clock := _clock(match))))
    bare = plain
    for match in found:
        bare = bare.replace(match.group(), " ", 1)
    day = read_date(bare, question, hints)
    if day.value is None or not clocks:
        missing = ask(None, "time_missing") if day.value else day
        return missing if not clocks or day.value is None else day
    if len(clocks) > 1:
        values = tuple(f"{day.value}T{clock:%H:%M}" for clock in clocks)
        return ask(None, "two_values", candidates=values, a=values[0], b=values[1])
    moment = _moment(day, clocks[0])
    if moment.verdict is Verdict.OK and moment.value and _NEARLY.search(plain):
        return ask(moment.value, "confirm_value", value=moment.value)
    return moment


def _clock(match: re.Match[str]) -> time | None:
    """Return the time of day that ``match`` spells, or None."""
    half = match["half"] or match["after"] or match["ap"] or ""
    hour = int(match["h"] or match["bare"])
    minute = 30 if match["jh"] else int(match["m"] or match["jm"] or 0)
    if half.startswith(("p", "午後")) and hour < 12:  # noqa: PLR2004 - noon
        hour += 12
    elif half.startswith(("a", "午前")) and hour == 12:  # noqa: PLR2004 - midnight
        hour = 0
    try:
        return time(hour, minute)
    except ValueError:
        return None


def _moment(day: Read, clock: time, text: str = "") -> Read:
    """Return ``day`` (any verdict) with the time of day."""
    if day.value is None:
        return day
    try:
        chosen = time.fromisoformat(text) if text else clock
    except ValueError:
        return reject("date_real")
    value = datetime.combine(date.fromisoformat(day.value), chosen).isoformat(timespec="minutes")
    if day.findings:
        return ask(value, "confirm_value", value=value)
    return ok(value, *day.notes)


def _serial_moment(plain: str) -> Read:
    day = _serial(plain, numeric=True)
    if day.value is None:
        return day
    part = float(plain) % 1
    if not part:
        return ask(None, "time_missing")
    minutes = round(part * 24 * 60)
    return _moment(day, time(minutes // 60 % 24, minutes % 60))

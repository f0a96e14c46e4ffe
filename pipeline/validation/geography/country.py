"""Read a country: ISO codes, flags, names in many languages, calling codes.

What is no country (a state, a city, a language, a state of before) is asked about with the country
that it lies in.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from functools import cache

from pipeline.forms.definitions.definition import Question
from pipeline.model.problem import Verdict
from pipeline.validation.characters import clean, damaged, decimal_digits, squeeze, takes_back
from pipeline.validation.geography.country_names import (
    by_alias,
    codes,
    former,
    is_former_code,
    key_of,
    loose_key,
    loose_names,
    names,
    plain_key,
    rarer_names,
    shared,
)
from pipeline.validation.geography.places import countries_of_place
from pipeline.validation.phone.number_types import countries_of_code
from pipeline.validation.reading import Hints, Read, ask, ok, reject

_LONGEST = 120
_CLOSE = 0.82
_MARGIN = 0.05
_FLAG_A, _FLAG_Z = 0x1F1E6, 0x1F1FF
_BLACK_FLAG, _TAG, _TAGS_END = 0x1F3F4, 0xE0000, 0xE0080
_SHORTEST_TYPO = 5
_SPLIT = re.compile(
    r"\s*(?:/|／|,|、|;|:|\||\n|&|\bor\b|\band\b|\bund\b|または|と|=)\s*|\s+[-–—~]\s+"
)
_ASIDE = re.compile(r"\s*[(（][^()（）]*[)）]$")
_BRACKETS = re.compile(r"^(.+?)\s*[(（\[](.+?)[)）\]]$")
_BRACKETS_FIRST = re.compile(r"^[(（\[]([^)）\]]+)[)）\]]\s*(.{2,})$")
_CODE_FIRST = re.compile(r"^([A-Z]{2,3})[\s.)]\s*(.{3,})$")
_CODE_LAST = re.compile(r"^(.{3,}?)[\s.(]+([A-Z]{2,3})$")
#: The long form of a state's name: the short one follows.
_LONG_FORM = re.compile(
    r"^(?:the )?(?:[a-z'-]{2,20} ){0,3}(?:republic|kingdom|state|states|commonwealth|union|emirate"
    r"|principality|sultanate|duchy|federation|confederation|nation) of (?:the )?(.+)$"
)
_INVERTED = re.compile(r"(.+?)[,(（]\s*((?:the )?[^,()（）]+ of(?: the)?)[)）]?", re.IGNORECASE)
#: RFC 5646 (de-DE) and ISO 3166-2 (DE-BY).
_LOCALE = re.compile(r"([a-z]{2,3})[-_]([A-Z]{2})")
_SUBDIVISION = re.compile(r"([A-Z]{2})[-_]([A-Z0-9]{1,3})")
_EVERYWHERE = frozenset({"en", "es", "fr", "pt", "ar", "zh", "de"})


def read_country(text: str, question: Question, hints: Hints) -> Read:
    """Return the ISO 3166 alpha-2 code of the country."""
    if damaged(text):
        return ask(None, "damaged_chars", chars=damaged(text))
    if len(text) > _LONGEST:
        return reject("too_long", n=_LONGEST, m=len(text))
    whole, notes = clean(text)
    plain = squeeze(whole)
    listed = hints.words.get(key_of(plain))
    if listed and listed in (question.choices or codes()) and key_of(plain) not in shared():
        return ok(listed, *notes)
    found = _whole(plain) or _in_parts(plain) or _near(plain)
    return found.noted(*notes)


def _whole(text: str) -> Read | None:
    """Return what ``text`` as a whole stands for, or None."""
    found = _one(text)
    if found:
        return _settled(found, sure=_is_sure(text))
    text = re.sub(r"\s*\(the\)", "", text, flags=re.IGNORECASE).removeprefix("ประเทศ").strip()
    found = _one(text)
    if found:
        return _settled(found, sure=_is_sure(text))
    swapped = re.fullmatch(r"([^,()]+?)\s*[,(]\s*([^,()]+?)\s*\)?", text)
    if swapped:  # Virgin Islands (British); Ireland, Northern
        found = _by_name(key_of(f"{swapped[2]} {swapped[1]}"))
    inverted = None if found else _INVERTED.fullmatch(text)
    if inverted:
        found = _one(f"{inverted[2]} {inverted[1]}") or _one(f"{inverted[1]} {inverted[2]}")
    found = found or _one(text.replace(",", " "))
    return _settled(found) if found else None


def _in_parts(text: str) -> Read | None:
    """Return what the parts of ``text`` say: a code and a name, a place and its country."""
    parts = _parts(text)
    if len(parts) < 2:  # noqa: PLR2004 - one part is the whole
        return None
    known = [found for part in parts if (found := _one(part) or _one(_ASIDE.sub("", part)))]
    both = [code for code in known[0] if all(code in other for other in known)] if known else []
    distinct = tuple(dict.fromkeys(code for found in known for code in found))
    if len(known) == len(parts):
        if len(both) == 1 and all(map(_is_sure, parts)) and all(map(_one, parts)):
            return ok(both[0])
        return _settled(tuple(both) or distinct, "two_values", sure=False)
    if len(distinct) > 1 and not both:
        return _settled(distinct, "two_values")
    if both and not takes_back(text):
        return _settled(tuple(both), sure=False)
    return None


def _is_sure(text: str) -> bool:
    """Return whether ``text`` is a name or a code of today."""
    key, upper = key_of(text), text.strip().upper()
    if key in shared() or former(key):
        return False
    if re.fullmatch(r"\d{1,2}", upper):
        return False
    return not (is_former_code(upper) and upper not in codes())


def _parts(text: str) -> list[str]:
    flags = [sign for sign in text if _FLAG_A <= ord(sign) <= _FLAG_Z]
    if len(flags) == 2 and len(text) > 2:  # noqa: PLR2004 - alpha-2
        bare = "".join(sign for sign in text if sign not in flags)
        inner = _whole_or_parts(squeeze(bare).strip("-–— "))
        return [*inner, "".join(flags)]
    return _whole_or_parts(text)


def _whole_or_parts(text: str) -> list[str]:
    if _one(text):
        return [text]
    leading = _BRACKETS_FIRST.match(text)
    if leading:
        return [leading.group(1), leading.group(2)]
    brackets = _BRACKETS.match(text)
    if brackets:
        before = [brackets.group(1)] if _one(brackets.group(1)) else _SPLIT.split(brackets.group(1))
        return [*filter(None, before), brackets.group(2)]
    parts = [part for part in _SPLIT.split(text) if part]
    if len(parts) > 1:
        return parts
    coded = _CODE_FIRST.match(text) or _CODE_LAST.match(text)
    return [coded.group(1), coded.group(2)] if coded else parts


def _settled(found: tuple[str, ...], code: str = "choose_value", *, sure: bool = True) -> Read:
    if len(found) == 1 and sure:
        return ok(found[0])
    if len(found) == 1:
        return ask(found[0], "confirm_value", country_value=found[0])
    return ask(None, code, candidates=found, country_a=found[0], country_b=found[1])


def _one(text: str) -> tuple[str, ...]:  # noqa: PLR0911 - a return for each outcome
    """Return the countries that exactly ``text`` stands for; more than one: it is ambiguous."""
    bare = text.strip()
    if re.fullmatch(r"\(?(?:\+|00)[\s\d()-]{1,12}", decimal_digits(bare)):
        return _by_calling_code(bare)
    flag = _flag(bare)
    if flag:
        return (flag,)
    upper = bare.upper()
    if upper in codes():
        return (upper,)
    if upper in by_alias():
        named = () if bare.isupper() else names().get(key_of(bare), ())  # Nga: Russia, or NGA
        if upper.isdecimal():  # 356 is India, and calls Malta
            named = _by_calling_code(upper)
        return tuple(dict.fromkeys((*by_alias()[upper], *named)))
    if re.fullmatch(r"(?:\w )+\w", upper):
        return _one(upper.replace(" ", ""))
    if re.fullmatch(r"\d{1,2}", upper):
        return _by_calling_code(upper)
    return _by_name(key_of(bare))


def _by_name(key: str) -> tuple[str, ...]:
    """Return the countries of a name, in any language, short or long."""
    for each in dict.fromkeys((key, key.removeprefix("the "))):
        found = shared().get(each) or names().get(each) or names().get(plain_key(each))
        found = found or former(each) or former(loose_key(each))
        found = found or shared().get(loose_key(each)) or loose_names().get(loose_key(each))
        if found:
            return _with_neighbours(each, found)
    long_form = _LONG_FORM.match(key)
    if long_form and (found := _by_name(long_form.group(1))):
        return found
    return _with_neighbours(key, rarer_names().get(key, ()))


def _with_neighbours(key: str, found: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``found`` and the states whose English name is one slip away: Latvian ``Nigera``."""
    if len(found) != 1 or not key.isascii() or key in _english():
        return found
    near = [_english()[name] for name in _one_slip_away(key) if _english()[name] not in found]
    return tuple(dict.fromkeys((*found, *near)))


@cache
def _english() -> Mapping[str, str]:
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers

    territories = Locale("en").territories
    return {key_of(name): code for code, name in territories.items() if code in codes()}


def _one_slip_away(key: str) -> Iterator[str]:
    """Yield the English names that have one letter more or less than ``key``."""
    for name in _english():
        if abs(len(name) - len(key)) == 1 and name[:1] == key[:1]:
            short, long = sorted((name, key), key=len)
            if any(long[:at] + long[at + 1 :] == short for at in range(len(long))):
                yield name


def _by_calling_code(text: str) -> tuple[str, ...]:
    digits = re.sub(r"\D", "", decimal_digits(text)).removeprefix("00")
    if not digits or len(digits) > 3:  # noqa: PLR2004 - E.164, section 6.2.1
        return ()
    regions = countries_of_code(int(digits))
    return tuple(code for code in regions if code in codes())


def _flag(text: str) -> str:
    """Return the country of a flag: two regional indicators, or a black one with tags (UTS 51)."""
    letters = [sign for sign in text if _FLAG_A <= ord(sign) <= _FLAG_Z]
    code = "".join(chr(ord(sign) - _FLAG_A + ord("A")) for sign in letters)
    tagged = text[:1] == chr(_BLACK_FLAG) and all(
        _TAG <= ord(sign) < _TAGS_END for sign in text[1:]
    )
    if tagged:
        code = "".join(chr(ord(sign) - _TAG) for sign in text[1:3]).upper()
    elif len(letters) != 2 or len(text.replace("\ufe0f", "")) != 2:  # noqa: PLR2004 - alpha-2
        return ""
    return code if code in codes() else ""


def _near(text: str) -> Read:
    """Return the proposal for what is no country: a place in one, a language, a slip."""
    if takes_back(text):
        return reject("list_value")
    inside = _place(text) or _coded(text)
    if inside:
        return _settled(inside, sure=False)
    expanded = _written_out(loose_key(key_of(text))) if "." in text else ()
    if expanded:
        return _settled(expanded, sure=False)
    slip = _typo(text)
    language = _of_language(key_of(text)) if slip.verdict is Verdict.REJECT else ""
    return _settled((language,), sure=False) if language else slip


def _place(text: str) -> tuple[str, ...]:
    """Return the country of a state, province or city; several places need the same country."""
    parts = [part for part in _SPLIT.split(text) if part]
    found = [set(_one(part)) | countries_of_place(part) for part in (parts or [text])]
    both = set.intersection(*found) if found else set()
    return tuple(sorted(both or set.union(*found) if all(found) else both))


def _coded(text: str) -> tuple[str, ...]:
    """Return the country in the code of a locale (de-DE) or a subdivision (DE-BY)."""
    locale, inside = _LOCALE.fullmatch(text), _SUBDIVISION.fullmatch(text)
    code = locale.group(2) if locale else inside.group(1) if inside else ""
    return (code,) if code in codes() else ()


def _written_out(key: str) -> tuple[str, ...]:
    """Return the countries whose name ``dominican rep`` abbreviates."""
    words = key.split()
    hits = [
        found
        for name, found in loose_names().items()
        if len(name.split()) == len(words)
        and all(full.startswith(word) for word, full in zip(words, name.split(), strict=True))
    ]
    return tuple(dict.fromkeys(code for found in hits for code in found))


@cache
def _languages() -> Mapping[str, str]:
    """Return the countries of languages that are at home in one: a proposal for ``Japanese``."""
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for few answers
    from babel.core import get_global  # noqa: PLC0415

    likely = get_global("likely_subtags")
    found: dict[str, str] = {}
    for shown in ("en", "ja", "de"):
        for code, name in Locale(shown).languages.items():
            region = str(likely.get(code, "")).rpartition("_")[2]
            if code not in _EVERYWHERE and region in codes():
                found.setdefault(key_of(name), region)
    return found


def _of_language(key: str) -> str:
    return _languages().get(key, "")


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
    for name in names():
        if name:
            first.setdefault(name[0], []).append(name)
            last.setdefault(name[-1], []).append(name)
    return first, last


def _typo(text: str) -> Read:
    key = key_of(text)
    if len(key) >= _SHORTEST_TYPO:
        close = get_close_matches(key, _like(key), n=4, cutoff=_CLOSE)
        best = [name for name in close if _nearness(key, name) > _nearness(key, close[0]) - _MARGIN]
        meant = tuple(dict.fromkeys(code for name in best for code in names()[name]))
        if meant:
            return _settled(meant, sure=False)
    return reject("list_value")


def is_country_name(text: str) -> bool:
    """Return whether ``text`` is nothing but the name of a country."""
    return key_of(text) in names()

"""Find phone numbers in running text, in whatever spelling; say which one is a fax or a contact's.

The candidates are those of libphonenumber's matcher; each is then read by the reader of the forms.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher

from pipeline.validation.phone.characters import plain_signs
from pipeline.validation.phone.number_types import region
from pipeline.validation.phone.spelling import chat_link, is_fax

_CAP = 20_000
_MOST = 10
_MOST_TRIES = 2_000
#: Not phone numbers, though they hold digits: addresses, links (those of a chat are read apart),
#: UUIDs (RFC 9562), dates, times, numbers of tickets.
_CHAT = re.compile(
    r"(?:https?://)?(?:wa\.me|api\.whatsapp\.com|web\.whatsapp\.com)/[!-;=-~]{1,200}"
)
_OTHER = re.compile(
    r"https?://[!-;=-~]{1,500}"
    r"|[\w.+-]{1,64}@[\w.-]{1,255}"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|(?<![\d+/.-])(?:19|20)\d\d[-/.](?:1[0-2]|0?[1-9])[-/.](?:[12]\d|3[01]|0?[1-9])(?![\d/.-]\d|\d)"
    r"|(?<![\d+/.-])(?:[12]\d|3[01]|0?[1-9])[-/.](?:[12]\d|3[01]|0?[1-9])[-/.](?:19|20)\d\d(?!\d)"
    r"|\b\d{1,2}:\d\d(?::\d\d)?\b"
    r"|[#№]\s?\d[\d -]{0,30}",
    re.IGNORECASE,
)
#: The prefix for calls abroad, as most countries have it (ITU-T E.164).
_PREFIX = re.compile(r"(?<![\d+()/.-])00(?=[1-9](?:[ ./()-]{0,2}\d){7})")
_TRUNK = re.compile(r"\(0\)")


@dataclass(frozen=True, slots=True)
class NumberInText:
    """A number (E.164), the line that it stands on, and where; ``fax``: the words call it one."""

    e164: str
    line: str
    start: int
    fax: bool = False


def numbers_in(text: str, countries: Iterable[str] = ()) -> tuple[NumberInText, ...]:
    """Return the different numbers of ``text`` in their order, at most ten.

    ``countries`` (alpha-2) are tried for numbers without a country code, the likeliest first; those
    of the text's international numbers come before them. What stands in no plan is not returned.
    """
    shown = text[:_CAP]
    plain = plain_signs(shown)
    links = _from_links(plain)
    plain = _OTHER.sub(_blanks, _CHAT.sub(_blanks, plain))
    plain = _PREFIX.sub(" +", _TRUNK.sub("   ", plain))
    found = _matches(plain, None)
    stated = [region(e164) for _, _, e164 in found]
    for country in dict.fromkeys((*filter(None, stated), *countries)):
        taken = found
        found += [
            (start, end, e164)
            for start, end, e164 in _matches(plain, country)
            if not any(start < other_end and begin < end for begin, other_end, _ in taken)
        ]
    kept: dict[str, NumberInText] = {}
    for start, end, e164 in sorted([*found, *links]):
        kept.setdefault(e164, _placed(shown, start, end, e164))
    return tuple(kept.values())[:_MOST]


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _matches(plain: str, country: str | None) -> list[tuple[int, int, str]]:
    matcher = PhoneNumberMatcher(plain, country, leniency=Leniency.VALID, max_tries=_MOST_TRIES)
    found = []
    for match in matcher:
        number = phonenumbers.PhoneNumber(
            country_code=match.number.country_code,
            national_number=match.number.national_number,
            italian_leading_zero=match.number.italian_leading_zero,
            number_of_leading_zeros=match.number.number_of_leading_zeros,
        )
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        found.append((match.start, match.end, str(e164)))
    return found


def _from_links(plain: str) -> list[tuple[int, int, str]]:
    """Return the numbers of chat links, whose digits begin with the country code."""
    found = []
    for match in _CHAT.finditer(plain):
        link = chat_link(match.group().rstrip(".,;)"))
        number = link.number if link else ""
        try:
            valid = bool(number) and phonenumbers.is_valid_number(phonenumbers.parse(number))
        except phonenumbers.NumberParseException:
            valid = False
        if valid:
            found.append((match.start(), match.end(), number))
    return found


def _placed(text: str, start: int, end: int, e164: str) -> NumberInText:
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    line = text[first : last if last >= 0 else len(text)]
    before = re.split(r"[,;、，；|/]|\d{4}", text[first:start])[-1]
    return NumberInText(e164, unicodedata.normalize("NFC", line.strip()), start, is_fax(before))

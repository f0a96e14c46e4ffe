"""What a number in E.164 is: its country, its codes, how it is shown."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

#: Codes of no country: ITU-T E.164 list, global services and international networks.
NO_TERRITORY = ("800", "808", "870", "878", "881", "882", "883", "888", "979")

_LANDLINES = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE})


@lru_cache(maxsize=256)
def parsed(text: str, country: str | None = None) -> phonenumbers.PhoneNumber:
    """Return libphonenumber's reading of ``text``; callers must not change it.

    One number is asked about many times. Raises NumberParseException.
    """
    return phonenumbers.parse(text, country)


def is_landline_or_toll_free(e164: str) -> bool:
    """Return whether ``e164`` cannot receive a text message."""
    return phonenumbers.number_type(parsed(e164)) in _LANDLINES


@lru_cache(maxsize=256)
def region(e164: str) -> str:
    """Return the country (alpha-2) that ``e164`` belongs to, or empty."""
    found = phonenumbers.region_code_for_number(parsed(e164))
    return "" if found in {None, "001"} else str(found)


def calling_code(e164: str) -> int:
    """Return the country calling code of ``e164``."""
    return int(parsed(e164).country_code or 0)


@lru_cache(maxsize=256)
def international(e164: str) -> str:
    """Return ``e164`` as it is shown, with blanks: ``+81 90 1234 5678``."""
    shown = phonenumbers.format_number(parsed(e164), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return str(shown).replace("-", " ")


@lru_cache(maxsize=256)
def international_writing(e164: str) -> str:
    """Return ``e164`` in the international writing of its country: ``+81 3-1234-5678``.

    What cannot be parsed comes back as it is (it is shown, never dialled).
    """
    try:
        number = parsed(e164)
    except phonenumbers.NumberParseException:
        return e164
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def code_of_country(country: str) -> int:
    """Return the calling code of ``country`` (ISO 3166), 0 when it has none."""
    return int(phonenumbers.country_code_for_region(country))


def countries_of_code(code: int) -> tuple[str, ...]:
    """Return the countries that share the calling code."""
    return tuple(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ()))


def zones_of(e164: str) -> tuple[str, ...]:
    """Return the IANA zones that the number may lie in; those of neighbours are among them."""
    from phonenumbers import timezone  # noqa: PLC0415 - a table of its own, slow to import

    return tuple(str(zone) for zone in timezone.time_zones_for_number(parsed(e164)))

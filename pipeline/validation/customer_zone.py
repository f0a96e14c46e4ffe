"""The customer's time zone: the answer of the form, else the zone of the number, else ours."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.validation.phone.number_types import region, zones_of

_UNKNOWN_ZONE = "Etc/Unknown"
#: Where most people of a country live whose mobile numbers do not tell its zones apart.
MAIN_ZONES: Mapping[str, str] = MappingProxyType(
    {
        "AU": "Australia/Sydney",
        "CL": "America/Santiago",
        "EC": "America/Guayaquil",
        "ES": "Europe/Madrid",
        "GB": "Europe/London",
        "KZ": "Asia/Almaty",
        "NZ": "Pacific/Auckland",
        "PF": "Pacific/Tahiti",
        "PG": "Pacific/Port_Moresby",
        "PT": "Europe/Lisbon",
        "RU": "Europe/Moscow",
    }
)


def customer_zone(answered: str | None, number: str | None, default: str = "UTC") -> str:
    """Return an IANA zone: ``answered`` when given, else that of ``number`` (E.164).

    A number that fits several zones, and tells of none which, has the ``default``.
    """
    return answered or (_zone_of(number) if number else "") or default


def _zone_of(number: str) -> str:
    from babel.core import get_global  # noqa: PLC0415 - slow to import

    country = region(number)
    of_country = [str(zone) for zone in get_global("territory_zones").get(country, ())]
    of_number = zones_of(number)
    # the zones of numbers take in neighbours: those of the country count, where there are any
    zones = [zone for zone in of_number if zone in of_country] or of_country
    if len(zones) == 1:
        return zones[0]
    main = MAIN_ZONES.get(country, "")
    return main if main in zones else ""

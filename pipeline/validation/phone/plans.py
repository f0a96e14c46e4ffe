"""Numbering plans: codes not in use, prefixes given up, numbers for films and examples."""

import re
from collections.abc import Mapping
from types import MappingProxyType

#: Codes that are reserved but not in use, and the code in use there.
UNUSED_CODES: Mapping[str, str] = MappingProxyType({"379": "39", "997": "7"})

#: Sint Maarten left +599 for +1 721 in 2011.
_SINT_MAARTEN = re.compile(r"5995\d{6}")


def is_moved_abroad(digits: str) -> bool:
    """Return whether the successor of ``digits`` lies in another numbering plan."""
    return bool(_SINT_MAARTEN.fullmatch(digits))


#: Numbers kept for films and examples: NANP 555-01XX, ACMA, Ofcom, ARCEP,
#: Bundesnetzagentur, PTS.
_FICTIONAL = re.compile(
    r"1[2-9]\d\d55501\d\d"
    r"|61(?:49157\d{4}|4915700\d\d|1900654321|[2378](?:5550|7010)\d{4})"
    r"|44(?:7700900\d{3}|1632960\d{3}|2079460\d{3}|8081570\d{3}|9098790\d{3}|3069990\d{3}"
    r"|1(?:1[3-8]|[2-6]1)4960\d{3}|1914980\d{3}|2896496\d{3}|2920180\d{3})"
    r"|49(?:3023125\d{1,3}|6990009\d{1,3}|4066969\d{1,3}|2214710\d{1,3}|8999998\d{1,3}"
    r"|17139200\d\d|176040690\d\d|15228817386|15228895456|15254599371|1729925904)"
    r"|46(?:701740(?:60[5-9]|6[1-9]\d)|313900(?:6\d\d)|406280(?:4\d\d)|846500(?:4\d\d))"
    r"|33(?:19900|26191|35301|46571|53649|63998)\d{4}"
)


def is_fictional(digits: str) -> bool:
    """Return whether ``digits`` (with country code) are kept for films and examples."""
    return bool(_FICTIONAL.fullmatch(digits))


#: Prefixes that Mexico gave up in 2019 and that people still type.
_MEXICO = re.compile(r"(?:044|045|01|1)(\d{10})")
_MEXICO_ABROAD = re.compile(r"52(?:044|045|01|1)(\d{10})")
#: Trunk prefixes of the Soviet plan, given up since (Ukraine 2009, Georgia 2011, others before).
_SOVIET_TRUNK: Mapping[str, str] = MappingProxyType(
    {"UA": "80", "GE": "8", "MD": "80", "AM": "80", "AZ": "80", "UZ": "8", "KG": "80", "EE": "8"}
)


#: Countries whose trunk zero ended: Czechia 2002, Poland 2009, Chile, Estonia, Latvia.
TRUNK_GIVEN_UP = frozenset({"PL", "CL", "CZ", "EE", "LV"})


def without_old_prefix(country: str, digits: str) -> str:
    """Return the national ``digits`` without a long-distance prefix that no longer exists."""
    found = _MEXICO.fullmatch(digits) if country == "MX" else None
    return found.group(1) if found else digits


def without_soviet_trunk(country: str, digits: str) -> str:
    """Return the national ``digits`` without the trunk prefix of before, or empty without one."""
    trunk = _SOVIET_TRUNK.get(country, "")
    return digits.removeprefix(trunk) if trunk and digits.startswith(trunk) else ""


def without_old_mobile_prefix(digits: str) -> str:
    """Return ``digits`` (with country code) without the prefixes of Mexican numbers until 2019."""
    found = _MEXICO_ABROAD.fullmatch(digits)
    return "52" + found.group(1) if found else digits

"""Numbering plans that changed: what an old number is today, and numbers that exist on paper only.

A number in an old format is never changed silently: the new one is a proposal.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

#: Vietnam 2018: the eleven-digit mobile prefixes and their ten-digit successors (MIC plan).
_VIETNAM = MappingProxyType(
    {
        "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37",
        "168": "38", "169": "39", "120": "70", "121": "79", "122": "77", "126": "76",
        "128": "78", "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
        "186": "56", "188": "58", "199": "59",
    }
)  # fmt: skip


def _vietnam(national: str) -> str | None:
    successor = _VIETNAM.get(national[:3])
    return successor + national[3:] if successor and len(national) == len("1621234567") else None


def _ivory_coast(national: str) -> str | None:
    """Put the operator's digits before a number of before 31 January 2021 (ARTCI)."""
    if len(national) != len("07123456"):
        return None
    mobile, landline = national[0] in "0456789", national[0] in "23"
    if mobile:
        operator = {"1": "01", "2": "01", "3": "01", "4": "05", "5": "05", "6": "05"}
        return operator.get(national[1], "07") + national
    if landline:
        return {"8": "21", "0": "25"}.get(national[2], "27") + national
    return None


def _cameroon(national: str) -> str | None:
    """Put 6 before a mobile and 2 before a landline of before 21 November 2014 (ART)."""
    if len(national) != len("71234567"):
        return None
    first = {"7": "6", "9": "6", "5": "6", "2": "2", "3": "2"}.get(national[0])
    return first + national if first else None


def _mauritius(national: str) -> str | None:
    """Put 5 before a mobile of before 1 September 2013 (ICTA)."""
    return "5" + national if re.fullmatch(r"[79]\d{6}", national) else None


def _brazil(national: str) -> str | None:
    """Put the ninth digit into a mobile of before 2016 (Anatel)."""
    return (
        national[:2] + "9" + national[2:] if re.fullmatch(r"[1-9]{2}[6-9]\d{7}", national) else None
    )


def _benin(national: str) -> str | None:
    """Put 01 before a number of before 30 November 2024 (ARCEP Bénin)."""
    return "01" + national if re.fullmatch(r"[24-9]\d{7}", national) else None


#: United Kingdom 1995 and 2000: old area codes and their successors (Ofcom).
_BRITAIN = MappingProxyType(
    {
        "171": "207", "181": "208", "71": "207", "81": "208", "1703": "2380", "1705": "2392",
        "1203": "2476", "1222": "2920", "1232": "2890",
    }
)  # fmt: skip


def _britain(national: str) -> str | None:
    old = next((code for code in _BRITAIN if re.fullmatch(code + r"\d{6,7}", national)), None)
    return _BRITAIN[old] + national[len(old) :] if old else None


def _russia(national: str) -> str | None:
    """Moscow's 095 became 495 on 1 December 2005."""
    return "4" + national[1:] if re.fullmatch(r"095\d{7}", national) else None


def _colombia(national: str) -> str | None:
    """Put 60 before a landline of before 1 September 2021 (CRC)."""
    return "60" + national if re.fullmatch(r"[124-8]\d{7}", national) else None


def _thailand(national: str) -> str | None:
    """Put 8 before a mobile of before 1 September 2006 (NTC)."""
    return "8" + national if re.fullmatch(r"[14-79]\d{7}", national) else None


def _greece(national: str) -> str | None:
    """Athens 1 became 210, Thessaloniki 31 2310, and mobiles got a 6 (EETT, 2001 to 2003)."""
    for old, new in (("1", "210"), ("31", "2310")):
        if re.fullmatch(old + r"\d+", national) and len(national) == len("13212345"):
            return new + national[len(old) :]
    return "6" + national if re.fullmatch(r"9[347]\d{7}", national) else None


_OLD_PLANS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "7": _russia,
        "30": _greece,
        "44": _britain,
        "57": _colombia,
        "66": _thailand,
        "84": _vietnam,
        "225": _ivory_coast,
        "237": _cameroon,
        "229": _benin,
        "230": _mauritius,
        "55": _brazil,
    }
)

#: Codes that are reserved but not in use, and the code in use there.
UNUSED_CODES: Mapping[str, str] = MappingProxyType({"379": "39", "997": "7"})

#: Sint Maarten left +599 for +1 721 in 2011.
_SINT_MAARTEN = re.compile(r"5995\d{6}")


def successor(code: str, national: str) -> str | None:
    """Return the digits (with country code) that an old ``national`` number has today, or None."""
    if _SINT_MAARTEN.fullmatch(code + national):
        return "1721" + national
    plan = _OLD_PLANS.get(code)
    renewed = plan(national) if plan else None
    return code + renewed if renewed else None


def is_moved_abroad(digits: str) -> bool:
    """Return whether the successor of ``digits`` lies under another country code."""
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


def without_old_prefix(country: str, digits: str) -> str:
    """Return the national ``digits`` without a long-distance prefix that no longer exists."""
    found = _MEXICO.fullmatch(digits) if country == "MX" else None
    return found.group(1) if found else digits


def without_old_mobile_prefix(digits: str) -> str:
    """Return ``digits`` (with country code) without the 1 that Mexican mobiles had until 2019."""
    return "52" + digits[3:] if re.fullmatch(r"521\d{10}", digits) else digits

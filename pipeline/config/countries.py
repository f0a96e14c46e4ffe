"""The countries that a team can work in: ISO 3166 alpha-2 codes."""

from collections.abc import Iterator
from difflib import get_close_matches

# A constant, because every command checks the setting: reading CLDR takes 20 ms.
_LIST = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
CODES = frozenset(_LIST.split())
_LANGUAGES = ("en", "ja", "de", "fr", "es")


def nearest_code(text: str) -> str:
    """Return the code that ``text`` probably means (a name, another code, lower case), or empty."""
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for a mistake only

    if text.upper() in CODES:
        return text.upper()
    others = get_global("territory_aliases").get(text.upper(), ())
    if len(others) == 1 and others[0] in CODES:
        return str(others[0])
    names = dict(_names())
    found = get_close_matches(text.casefold(), names, n=1, cutoff=0.75)
    return names[found[0]] if found else ""


def _names() -> Iterator[tuple[str, str]]:
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for a mistake only

    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in CODES:
                yield name.casefold(), code

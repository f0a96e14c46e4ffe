"""Numbers that are written in two ways: an old form of a country's plan beside the new one.

The renumberings: Brazil 2012 to 2016, Mexico 2019, Côte d'Ivoire 2021, Benin 2024; in Argentina the
mobile 9 is dialled from abroad only.
"""

from collections.abc import Callable

_BENIN, _BRAZIL, _IVORY_COAST = "+229", "+55", "+225"
_BRAZIL_FIRST_MOBILE = "6789"
_BRAZIL_MOBILE_LENGTH, _BRAZIL_OLD_LENGTH = 11, 10
_ARGENTINA_LENGTH = 10
_MEXICO_LENGTH = 10
_IVORY_NEW_LENGTH, _IVORY_OLD_LENGTH = 10, 8
_BENIN_NEW_LENGTH, _BENIN_OLD_LENGTH = 10, 8
#: By the operator (third digit of the old form): mobile 01, 05, 07 and fixed 21, 25, 27.
_IVORY_PREFIXES = ("01", "05", "07", "21", "25", "27")


def alternate_spellings(e164: str) -> frozenset[str]:
    """Return the other forms that ``e164`` (``+`` and digits) may be written in.

    +52 with and without the old mobile 1, +54 with and without the mobile 9, Brazilian mobiles with
    8 and 9 digits, the old and new lengths of Côte d'Ivoire and Benin. Whether both are one number
    is for a person to say: some pairs are two numbers.
    """
    found: set[str] = set()
    for prefix, alternates in _PLANS:
        if e164.startswith(prefix) and e164[1:].isdecimal():
            found.update(prefix + national for national in alternates(e164[len(prefix) :]))
    return frozenset(found - {e164})


def _mexico(national: str) -> tuple[str, ...]:
    if len(national) == _MEXICO_LENGTH + 1 and national.startswith("1"):
        return (national[1:],)
    return ("1" + national,) if len(national) == _MEXICO_LENGTH else ()


def _argentina(national: str) -> tuple[str, ...]:
    if len(national) == _ARGENTINA_LENGTH + 1 and national.startswith("9"):
        return (national[1:],)
    return ("9" + national,) if len(national) == _ARGENTINA_LENGTH else ()


def _brazil(national: str) -> tuple[str, ...]:
    area, subscriber = national[:2], national[2:]
    if len(national) == _BRAZIL_MOBILE_LENGTH and subscriber.startswith("9"):
        return (area + subscriber[1:],)
    if len(national) == _BRAZIL_OLD_LENGTH and subscriber[0] in _BRAZIL_FIRST_MOBILE:
        return (area + "9" + subscriber,)
    return ()


def _ivory_coast(national: str) -> tuple[str, ...]:
    if len(national) == _IVORY_NEW_LENGTH and national.startswith(_IVORY_PREFIXES):
        return (national[2:],)
    if len(national) == _IVORY_OLD_LENGTH:
        return tuple(prefix + national for prefix in _IVORY_PREFIXES)
    return ()


def _benin(national: str) -> tuple[str, ...]:
    if len(national) == _BENIN_NEW_LENGTH and national.startswith("01"):
        return (national[2:],)
    return ("01" + national,) if len(national) == _BENIN_OLD_LENGTH else ()


_PLANS: tuple[tuple[str, Callable[[str], tuple[str, ...]]], ...] = (
    ("+52", _mexico),
    ("+54", _argentina),
    (_BRAZIL, _brazil),
    (_IVORY_COAST, _ivory_coast),
    (_BENIN, _benin),
)

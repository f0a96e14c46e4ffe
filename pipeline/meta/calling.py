"""The calling code of a number: Meta wants it apart from the rest."""

#: Calling codes of one and two digits; all others have three (ITU-T E.164, annex: list of codes).
_SHORT = frozenset({
    "1", "7", "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45",
    "46", "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
    "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
})  # fmt: skip
_LONGEST = 3


def split_number(e164: str) -> tuple[str, str]:
    """Return calling code and national number of ``+4930123456`` (digits alone)."""
    digits = e164.removeprefix("+")
    length = next((size for size in (1, 2) if digits[:size] in _SHORT), _LONGEST)
    return digits[:length], digits[length:]

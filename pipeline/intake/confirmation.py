"""Stand-in."""

from enum import StrEnum


class Confirmation(StrEnum):
    """What."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


def confirmation(text: str) -> Confirmation:
    """Return."""
    said = text.strip().casefold().rstrip("。.!")
    if said in {"yes", "はい", "ja"}:
        return Confirmation.YES
    if said in {"no", "いいえ", "nein", "no, not from me"}:
        return Confirmation.NO
    return Confirmation.UNCLEAR

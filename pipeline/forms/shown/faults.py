"""Why a kept file cannot be shown, as data."""

from dataclasses import dataclass
from enum import StrEnum


class WhyNot(StrEnum):
    """Why there is nothing to show; the words are in the console's texts (``not_shown_…``)."""

    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    UNSAFE = "unsafe"
    NO_PAGE = "no_page"
    NO_PREVIEW = "no_preview"
    GONE = "gone"
    INFECTED = "infected"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NotShown:
    """Stands in the place of what cannot be shown."""

    why: WhyNot

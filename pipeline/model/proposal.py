"""What the words of a mail without a form tell: proposals to staff, never answers."""

from dataclasses import dataclass
from enum import StrEnum


class Told(StrEnum):
    """What a proposal is about; the value is the field of the forms that it may fill."""

    NUMBER = "phone_number"
    COMPANY = "company_legal_name"
    PROVIDER = "current_provider"
    USE = "number_use"
    HOSTING = "current_hosting"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One detail: a number is E.164, a use, a hosting and a form are codes, the rest are names.

    ``words`` is the part of the mail that it was read from. A ``weak`` one is shown to staff and
    fills nothing: the number of a signature, a name of the display name.
    """

    about: Told
    value: str
    words: str
    weak: bool = False


Proposals = tuple[Proposal, ...]


def told(proposals: Proposals, about: Told) -> tuple[str, ...]:
    """Return the different values that were told of ``about``, weak ones left out."""
    return tuple(
        dict.fromkeys(item.value for item in proposals if item.about is about and not item.weak)
    )


def is_known(proposals: Proposals) -> tuple[bool, bool]:
    """Return whether the number, and who has run WhatsApp on it, were told."""
    ran = told(proposals, Told.PROVIDER) or told(proposals, Told.USE)
    return bool(told(proposals, Told.NUMBER)), bool(ran)

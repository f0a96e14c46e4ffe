"""What can be asked of Meta, and what it answers: types alone, no HTTP.

The values are those of Meta's Graph API reference (WhatsApp Business Account To Number Current
Status, and QR Codes and Short Links). An unknown value is ``UNKNOWN``: Meta adds some.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, Self

#: A number cannot have more short links and QR codes than that (Meta, QR Codes and Short Links).
MOST_LINKS = 2000
#: The text of a short link has at most so many characters (the same page).
LINK_TEXT_LENGTH = 140
#: Registrations of one number in a moving window (Meta, Registration: the next one is 133016).
REGISTRATIONS, REGISTRATION_HOURS = 10, 72
#: A code of ownership holds so long, and Meta counts the tries (Meta, verify_code).
CODE_MINUTES = 10


class _Documented(StrEnum):
    """Values of the API; what is not among them is ``UNKNOWN``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("UNKNOWN") if value != "UNKNOWN" else None


class NumberStatus(_Documented):
    """What a number of the account can do now."""

    PENDING = "PENDING"
    CONNECTED = "CONNECTED"
    DISCONNECTED = "DISCONNECTED"
    UNVERIFIED = "UNVERIFIED"
    OFFLINE = "OFFLINE"
    FLAGGED = "FLAGGED"
    RESTRICTED = "RESTRICTED"
    RATE_LIMITED = "RATE_LIMITED"
    LINKED = "LINKED"
    UNLINKED = "UNLINKED"
    BANNED = "BANNED"
    MIGRATED = "MIGRATED"
    DELETED = "DELETED"
    UNKNOWN = "UNKNOWN"

    @property
    def connected(self) -> bool:
        """Whether the number is registered and works.

        A flagged, restricted or rate limited one is registered: it may only send less. LINKED is
        what the published OpenAPI description calls CONNECTED.
        """
        return self in _CONNECTED

    @property
    def gone(self) -> bool:
        """Whether the number is no longer one of this account that can become active."""
        return self in {NumberStatus.BANNED, NumberStatus.MIGRATED, NumberStatus.DELETED}


_CONNECTED = frozenset({NumberStatus.CONNECTED, NumberStatus.LINKED, NumberStatus.FLAGGED,
                        NumberStatus.RESTRICTED, NumberStatus.RATE_LIMITED})  # fmt: skip


class NameStatus(_Documented):
    """What became of the display name."""

    APPROVED = "APPROVED"
    AVAILABLE_WITHOUT_REVIEW = "AVAILABLE_WITHOUT_REVIEW"
    PENDING_REVIEW = "PENDING_REVIEW"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"

    @property
    def usable(self) -> bool:
        """Whether the name may be used: a certificate exists for such a name alone."""
        return self in {NameStatus.APPROVED, NameStatus.AVAILABLE_WITHOUT_REVIEW}


class CodeStatus(_Documented):
    """Whether the ownership of the number was proved with a code."""

    VERIFIED = "VERIFIED"
    NOT_VERIFIED = "NOT_VERIFIED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        # the published OpenAPI description has this spelling
        return cls("NOT_VERIFIED") if value == "UNVERIFIED" else super()._missing_(value)


class CodeMethod(StrEnum):
    """How the code of ownership comes."""

    SMS = "SMS"
    VOICE = "VOICE"


class ImageFormat(StrEnum):
    """The format of a QR image."""

    SVG = "SVG"
    PNG = "PNG"


@dataclass(frozen=True, slots=True)
class MetaNumber:
    """A number of the account as Meta describes it now.

    ``e164`` is empty when the shown number cannot be read. ``certificate`` is what :meth:`Graph.
    number` found; lists do not ask for it. It is a secret: no repr shows it.
    """

    id: str
    e164: str
    verified_name: str = ""
    status: NumberStatus = NumberStatus.UNKNOWN
    name_status: NameStatus = NameStatus.UNKNOWN
    code_status: CodeStatus = CodeStatus.UNKNOWN
    new_name_status: NameStatus = NameStatus.NONE
    certificate: str | None = field(default=None, repr=False)
    new_certificate: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ShortLink:
    """A ``wa.me/message/…`` link with the text that it fills in; the image when one was asked."""

    code: str
    text: str
    url: str
    image_url: str = ""


class Graph(Protocol):
    """Meta's Graph API for the WhatsApp Business Account of the settings.

    Every method raises :class:`pipeline.meta.errors.MetaError` and nothing else. A read is tried
    again for a short while when the server fails; a write never is: ``outcome_unknown`` of its
    error says whether it may have happened all the same.
    """

    def numbers(self) -> tuple[MetaNumber, ...]:
        """Return all numbers of the account, without their certificates."""
        ...

    def find_number(self, e164: str) -> MetaNumber | None:
        """Return the number of the account with these digits, without its certificate, or None."""
        ...

    def number(self, number_id: str) -> MetaNumber:
        """Return one number with its certificate."""
        ...

    def add_number(self, e164: str, verified_name: str, *, migrate: bool = False) -> str:
        """Add a number to the account under a display name; return its id."""
        ...

    def request_code(self, number_id: str, method: CodeMethod, language: str) -> None:
        """Let Meta send the code of ownership; ``language`` is written ``en_US``."""
        ...

    def verify_code(self, number_id: str, code: str) -> None:
        """Prove the ownership with the code that came."""
        ...

    def register(self, number_id: str, pin: str) -> None:
        """Register the number under a two-step PIN: 10 times in 72 hours at most."""
        ...

    def short_links(self, number_id: str) -> tuple[ShortLink, ...]:
        """Return all short links of a number, the newest first."""
        ...

    def create_link(self, number_id: str, text: str, image: ImageFormat | None = None) -> ShortLink:
        """Make a short link; with ``image`` the answer names a QR image."""
        ...

    def update_link(self, number_id: str, code: str, text: str) -> ShortLink:
        """Change the text of a short link; its code and its picture stay."""
        ...

    def delete_link(self, number_id: str, code: str) -> None:
        """Delete a short link; whoever scans it later gets nothing."""
        ...

    def image(self, url: str) -> bytes:
        """Return the QR image of a short link; only from Meta's hosts, without our token."""
        ...

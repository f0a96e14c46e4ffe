"""A transition: the state after an event, and the effects as data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, NumberState, RequestState


@dataclass(frozen=True, slots=True)
class SendNotice:
    """Mail ``notice`` in its ``variant`` to the address of record."""

    notice: NoticeName
    variant: str = ""


@dataclass(frozen=True, slots=True)
class AlertStaff:
    """Put ``code`` into the staff digest of this batch."""

    code: str


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """Issue a certificate; when it is there, it takes the place of a live one."""


@dataclass(frozen=True, slots=True)
class RevokeCertificate:
    """Revoke the live certificate for ``reason`` (a code)."""

    reason: str


@dataclass(frozen=True, slots=True)
class ExpireCertificate:
    """Record that the live certificate has expired."""


@dataclass(frozen=True, slots=True)
class SetNumber:
    """Record ``state`` for the request's number."""

    state: NumberState


Effect = (
    SendNotice | AlertStaff | IssueCertificate | RevokeCertificate | ExpireCertificate | SetNumber
)


@dataclass(frozen=True, slots=True)
class Transition:
    """The state ``before``, the ``after`` that one event makes of it, and the effects in order."""

    event: EventName
    before: RequestState
    after: RequestState
    effects: tuple[Effect, ...]


class DeadlineKind(StrEnum):
    """What a deadline does when it is due."""

    REMIND = "remind"
    ALERT = "alert"
    CLOSE = "close"
    EXPIRE = "expire"
    PROCEED = "proceed"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that is due in the present status.

    ``key`` is unique within one stay in a status (``remind-1``, ``alert-3`` …); ``at`` is an aware
    instant in UTC; ``event`` is what is applied then; ``notice`` is the mail of a reminder.
    ``group`` joins reminders of which only the most urgent missed one is sent.
    """

    key: str
    kind: DeadlineKind
    at: datetime
    event: EventName
    notice: SendNotice | None = None
    group: str = ""

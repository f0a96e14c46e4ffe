"""What Meta says of a number, and what it means for one request; pure.

Meta's word is an event only where the tracks have one and nothing speaks against it. What is in
doubt is told to staff, who record it themselves or not.
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.flow.services import waits
from pipeline.meta.api import CodeStatus, MetaNumber, NameStatus
from pipeline.model.request import EventName, RequestState, Status
from pipeline.store.meta_records import MetaNumberRecord

#: Where a request waits for something that Meta can say. Business verification is not among them:
#: it is about the customer's portfolio, and no field of a number tells it.
WATCHED = (
    Status.NAME_REVIEW,
    Status.APPROVED,
    Status.CERTIFICATE_ISSUED,
    Status.CERTIFICATE_EXPIRED,
    Status.SLOT_AGREED,
)
#: Names without a certificate: it cannot be downloaded (Meta, ``name_status``).
_WITHOUT = frozenset({NameStatus.PENDING_REVIEW, NameStatus.DECLINED, NameStatus.NONE})
#: Names at which no certificate of theirs can be used: the next one is created later.
_LATER = frozenset({*_WITHOUT, NameStatus.EXPIRED})
#: Where a live certificate may become the reason of an activation.
_CAN_ACTIVATE = frozenset({Status.CERTIFICATE_ISSUED, Status.APPROVED, Status.SLOT_AGREED})


@dataclass(frozen=True, slots=True)
class Waiting:
    """What our side knows of a request: its display name, and what it waits for.

    ``issued_at`` is when its live certificate was issued; ``of_meta``: that is Meta's.
    ``verifying``: a code was given to Meta for it in this stay, and nobody knows what came of that.
    """

    state: RequestState
    name: str
    issued_at: datetime | None = None
    of_meta: bool = False
    verifying: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What follows: an event of Meta, something to ask it for, or an alert; often nothing.

    ``stumbles`` tells how often its certificate could not be fetched.
    """

    event: EventName | None = None
    fetch: bool = False
    add: bool = False
    stumbles: int = 0
    tell: str = ""


def finding(waiting: Waiting, number: MetaNumber, known: MetaNumberRecord) -> Finding:
    """Return what Meta's word of ``number`` means for the request now.

    ``known`` includes the present look.
    """
    state = waiting.state
    if number.status.gone:
        return Finding(tell="meta_number_gone")
    found = _connected(waiting, known) if number.status.connected else None
    if found is not None:
        return found
    if state.status is Status.NAME_REVIEW:
        return _of_name(waiting, number)
    if state.certificate_wanted_at is not None:
        return _wanted(number)
    verified = waiting.verifying and number.code_status is CodeStatus.VERIFIED
    event = EventName.CODE_VERIFIED if state.status is Status.SLOT_AGREED and verified else None
    if number.name_status is NameStatus.EXPIRED and waiting.of_meta and not known.renewed:
        event = EventName.EXPIRE if state.status is Status.CERTIFICATE_ISSUED else event
    return Finding(event)


def _connected(waiting: Waiting, known: MetaNumberRecord) -> Finding | None:
    """Return what it means that the number works; None: nothing for this request."""
    state = waiting.state
    if state.status is Status.CERTIFICATE_EXPIRED and state.certificate_wanted_at is None:
        return Finding(tell="meta_connected")
    if waiting.issued_at is None or state.status not in _CAN_ACTIVATE:
        return None
    if known.connected_since is not None and known.connected_since > waiting.issued_at:
        return Finding(EventName.ACTIVATED)
    # it worked before there was a certificate, so this is no news of this request
    return Finding(fetch=state.certificate_wanted_at is not None, tell="meta_connected_before")


def _of_name(waiting: Waiting, number: MetaNumber) -> Finding:
    if number.name_status is NameStatus.EXPIRED:
        return Finding(tell="meta_certificate_ended")
    decided = number.name_status.usable or number.name_status is NameStatus.DECLINED
    if decided and not same_name(waiting.name, number.verified_name):
        return Finding(tell="meta_name_differs")
    if number.name_status is NameStatus.DECLINED:
        return Finding(EventName.NAME_DECLINED)
    return Finding(EventName.NAME_APPROVED if number.name_status.usable else None)


def _wanted(number: MetaNumber) -> Finding:
    """Return whether an ordered certificate can be had.

    When one has expired, the number alone tells whether there is one of a name reviewed anew.
    """
    if number.name_status is NameStatus.DECLINED:
        return Finding(tell="meta_name_declined")
    return Finding(fetch=number.name_status not in _WITHOUT)


def certificate_of(number: MetaNumber) -> str:
    """Return the certificate that the number shows now; that of a name approved anew comes first.

    The other one is of the old name then (Meta, ``new_certificate``).
    """
    if number.new_name_status.usable and number.new_certificate:
        return number.new_certificate
    return number.certificate or ""


def same_name(ours: str, theirs: str) -> bool:
    """Whether two display names are one, whatever their width, case and spaces; blank is unknown.

    Meta writes a name as it was typed into it.
    """
    return not theirs.strip() or _plain(ours) == _plain(theirs)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def looked(known: MetaNumberRecord, number: MetaNumber, at: datetime) -> MetaNumberRecord:
    """Return what is known of a number after a look that began ``at``, and when the next one is.

    A number that stays as it is is looked at less and less often.
    """
    words = (number.status, number.name_status, number.code_status)
    shown = " ".join(word.value for word in words)
    looks = known.looks + 1 if shown == known.shown else 1
    return replace(
        known,
        meta_id=number.id,
        looked_at=at,
        next_at=at + waits.META_LOOKS.wait_after(looks),
        shown=shown,
        looks=looks,
        failures=0,
        connected_since=(known.connected_since or at) if number.status.connected else None,
        without_at=at if number.name_status in _LATER else known.without_at,
    )


def not_looked(known: MetaNumberRecord, at: datetime) -> MetaNumberRecord:
    """Return what is known of a number that Meta does not have, or could not tell us of."""
    failures = known.failures + 1
    return replace(
        known,
        looked_at=at,
        next_at=at + waits.META_LOOKS.wait_after(failures),
        failures=failures,
        connected_since=None,
    )

"""What follows by itself: from the state alone, or from facts outside of the machine."""

from collections.abc import Mapping
from functools import partial

from pipeline.errors import RefusedError
from pipeline.flow.context import NoticeDetails
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import (
    is_of_another,
    organisation_of_request,
    owner_of,
)
from pipeline.model.request import Actor, Event, EventName, NumberState, Status
from pipeline.qr.make import QrOrder, QrResult, make
from pipeline.store.records import RequestRecord
from pipeline.tracks.machine import next_system_event

_NOT_MADE = QrResult(link="", files=(), button="", signature="")

Follow = tuple[Event, NoticeDetails]


def _from_facts(work: Work, record: RequestRecord) -> Follow | None:
    """Return the event that facts outside of the machine bring about now, or None."""
    now = work.now
    if record.status in {Status.NUMBER_CHECK, Status.AWAITING_ACTIVE}:
        name = _number_event(work, record)
        return None if name is None else (Event(name, Actor.SYSTEM, now), NoticeDetails())
    if record.status is Status.MAKING:
        return _made(work, record)
    return None


def _number_event(work: Work, record: RequestRecord) -> EventName | None:
    """Return what the table of numbers means for a qr request; None: it goes on waiting.

    While a request of the same organisation is under way, it counts, whoever has the number: the
    customer sees what they would see of a number that nobody else knows.
    """
    number = work.tx.numbers.lock(record.number)
    waiting = record.status is Status.AWAITING_ACTIVE
    organisation = organisation_of_request(work, record)
    is_active = number.state is NumberState.ACTIVE
    if is_active and owner_of(work, number) == organisation:
        return EventName.NUMBER_ACTIVE if waiting else EventName.NUMBER_OURS
    under_way = any(
        other.id != record.id
        and other.state.claims_number
        and not other.state.ended
        and organisation_of_request(work, other) == organisation
        for other in work.tx.requests.of_number(record.number)
    )
    if waiting:
        return None if under_way else EventName.NUMBER_ENDED
    if is_active and not under_way:
        return EventName.NUMBER_OTHERS
    return EventName.NUMBER_REQUESTED if under_way else EventName.NUMBER_UNKNOWN


def _made(work: Work, record: RequestRecord) -> Follow | None:
    """Make the link, images and button of an approved qr request.

    An update or the deletion of a code needs Meta's provider; without it staff do it.
    """
    now = work.now
    if is_of_another(work, record):
        alert(work, "number_of_another", record.reference)
        error = "number_of_another"
        return Event(EventName.PROVIDER_REFUSED, Actor.SYSTEM, now, error=error), NoticeDetails()
    revision = work.tx.revisions.latest(record.id)
    values = {reading.field: reading.value for reading in revision.readings} if revision else {}
    error = "needs_provider"
    if values.get("qr_action") == "new":
        try:
            made = work.making.get(_NOT_MADE, _making(record, values))
        except RefusedError as refused:
            error = refused.code
        else:
            details = NoticeDetails(files=made.files, chat_link=made.link)
            return Event(EventName.MADE, Actor.SYSTEM, now), details
    alert(work, "qr_not_made", record.reference, error)
    return Event(EventName.PROVIDER_REFUSED, Actor.SYSTEM, now, error=error), NoticeDetails()


def _making(record: RequestRecord, values: Mapping[str, str | None]) -> "partial[QrResult]":
    order = QrOrder(
        number=record.number,
        text=values.get("prefilled_message") or "",
        formats=values.get("image_format") or "both",
        language=record.language,
        business=record.company,
        reference=record.reference,
        opt_in=values.get("opt_in_wording") or "" if values.get("used_for_opt_in") == "yes" else "",
    )
    return partial(make, order)


def what_follows(work: Work, record: RequestRecord) -> Follow | None:
    """Return the event that follows by itself now, or None; the one answer to this question.

    The machine knows what follows from the state; what follows from the table of numbers or from
    making a code is looked up here.
    """
    now = work.now
    name = next_system_event(
        record.state, now, work.services.policy, customer_zone=record.time_zone
    )
    if name is not None:
        return Event(name, Actor.SYSTEM, now), NoticeDetails()
    return _from_facts(work, record)

"""What staff decide: one transaction each; certificates that a decision orders follow at once."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import latest_accepted, submission_of
from pipeline.flow.answers.sentences import items_for_customer
from pipeline.flow.context import NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import refuse_open_answers
from pipeline.flow.lifecycle.issuance import hindrance
from pipeline.flow.lifecycle.qr_code import done_by_staff
from pipeline.flow.requests.differing import settle_other
from pipeline.flow.requests.entered import count_as_proven
from pipeline.flow.requests.route import resume
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import (
    by_staff,
    entered_by_hand,
    is_of_meta,
    is_too_early,
    leads_on,
    on_request,
    staff_event,
)
from pipeline.model.identifiers import new_id
from pipeline.model.message import SenderVerdict
from pipeline.model.problem import Audience, Severity
from pipeline.model.request import Actor, EventName, HoldReason, Slot, Status
from pipeline.store.records import NoteRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.moves import allowed_events, forward_event
from pipeline.wording.instants import told

#: Events that need more than their name, and the command that asks for it.
_OWN_COMMAND = {
    EventName.ASK: "request ask",
    EventName.REJECT: "request reject",
    EventName.FINALLY_REFUSED: "request reject",
    EventName.ROUTE: "request route",
    EventName.SEND_FORM: "request send-form",
    EventName.ANSWER: "request answer",
    EventName.MERGE: "request merge",
    EventName.DROP: "request drop",
    EventName.SENDER_CONFIRMED: "request confirm-sender",
    EventName.ASK_OWNER: "request ask --owner",
    EventName.OWNER_SETTLED: "request release --number",
    EventName.PROBLEMS_FOUND: "request edit",
    EventName.REVISED: "request edit",
    EventName.NUMBER_SET: "number set",
    EventName.ISSUED: "certificate issue",
    EventName.REVOKE: "certificate revoke",
    EventName.SECOND: "request second",
}


def _apply(
    services: Services,
    record: RequestRecord,
    who: str,
    name: EventName,
    details: NoticeDetails | None = None,
    **values: object,
) -> RequestRecord:
    def change(work: Work, current: RequestRecord) -> RequestRecord:
        event = staff_event(work.services, current, name, who, **values)
        return apply_event(work, current, event, by_staff(who), details or NoticeDetails())

    return on_request(services, record, change)


def approve(
    services: Services,
    record: RequestRecord,
    who: str,
    *,
    ticked: tuple[str, ...] | Literal["all"] = (),
    business_verified: bool = False,
    two_step_off: bool = False,
) -> RequestRecord:
    """Approve the review that the request is in; ``ticked`` are codes of warnings, or all of them.

    Raises RefusedError ``warnings_open`` while staff warnings are not ticked off, ``answers_open``
    while answers are wrong or were asked about.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        current = _tick_off(work.tx, current, ticked)
        if not current.state.ended:
            refuse_open_answers(work, current)
        state = replace(
            current.state,
            business_verified=current.state.business_verified or business_verified,
            two_step_disabled=current.state.two_step_disabled or two_step_off,
        )
        current = replace(current, state=state)
        event = staff_event(work.services, current, EventName.APPROVE, who)
        return apply_event(work, current, event, by_staff(who))

    return on_request(services, record, change)


def _tick_off(
    tx: Transaction, record: RequestRecord, ticked: tuple[str, ...] | Literal["all"]
) -> RequestRecord:
    revision = tx.revisions.latest(record.id)
    warnings = {
        problem.code
        for problem in (revision.problems if revision else ())
        if problem.audience == Audience.STAFF.value and problem.severity != Severity.NOTE.value
    }
    done = warnings if ticked == "all" else {*record.acknowledged_warnings, *ticked} & warnings
    if warnings - done:
        raise RefusedError(
            "warnings_open",
            reference=record.reference,
            warnings=", ".join(f"`{code}`" for code in sorted(warnings - done)),
        )
    return replace(record, acknowledged_warnings=tuple(sorted(done)))


def advance(
    services: Services,
    record: RequestRecord,
    who: str,
    *,
    event: EventName | None = None,
    slots: tuple[Slot, ...] = (),
    new_date: date | None = None,
) -> RequestRecord:
    """Record that the present step is done, or ``event``.

    What is a decision with questions of its own is taken as that decision (approve, release), or
    refused with the name of its command. Raises RefusedError ``no_such_move`` when nothing leads on
    from the status, ``own_command``, ``answers_open``, ``outcome_by_name`` when Meta's answer is
    not named, or ``outcome_too_early`` before the call in which it is given.
    """
    name = event or (EventName.OFFER_SLOTS if slots else forward_event(record.state))
    if name is None:
        raise RefusedError("no_such_move", status=record.status.value, event="advance")
    if event is None and is_of_meta(name):
        raise RefusedError(
            "outcome_by_name",
            reference=record.reference,
            event=name.value,
            events=", ".join(_answers_of_meta(services, record)),
        )
    if is_too_early(record, name, services.clock.now()):
        raise _too_early(record, name)
    if name is EventName.PROCEED and entered_by_hand(services, record):
        raise RefusedError("certificate_waits_for_staff", reference=record.reference)
    if name is EventName.APPROVE:
        return approve(services, record, who)
    if name is EventName.RELEASE:
        return release(services, record, who)
    if not record.state.ended and name in _OWN_COMMAND:
        command = _OWN_COMMAND[name]
        raise RefusedError(
            "own_command", event=name.value, command=command, reference=record.reference
        )
    return _record(services, record, who, name, slots=slots, new_date=new_date)


def _answers_of_meta(services: Services, record: RequestRecord) -> list[str]:
    """Return the codes of what Meta can answer at this step."""
    names = allowed_events(record.state, Actor.STAFF, services.policy)
    return [name.value for name in names if is_of_meta(name)]


def record_early(
    services: Services, record: RequestRecord, who: str, event: EventName
) -> RequestRecord:
    """Record the outcome of a call that took place before the agreed time.

    Raises RefusedError ``outcome_not_early`` for an event that has no such time, or not yet.
    """
    if not is_too_early(record, event, services.clock.now()):
        raise RefusedError("outcome_not_early", reference=record.reference, event=event.value)
    return _record(services, record, who, event)


def _too_early(record: RequestRecord, name: EventName) -> RefusedError:
    slot = record.state.slot
    at = told(slot.start, record.time_zone) if slot else ""
    reference, event = record.reference, name.value
    return RefusedError("outcome_too_early", reference=reference, event=event, name=event, at=at)


def _record(
    services: Services,
    record: RequestRecord,
    who: str,
    name: EventName,
    *,
    slots: tuple[Slot, ...] = (),
    new_date: date | None = None,
) -> RequestRecord:
    slot = slots[0] if name is EventName.ACCEPT_SLOT and slots else None

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        if name is EventName.CORRECTED:
            _refuse_open_answers(work, current)
        if leads_on(name) and not current.state.ended:
            refuse_open_answers(work, current)
        if name is EventName.PROCEED:
            _refuse_in_vain(work, current)
        variant, details = "", NoticeDetails()
        if name is EventName.MADE:
            variant, details = done_by_staff(work, current)
        values = {"slots": slots, "new_date": new_date, "slot": slot, "variant": variant}
        found = staff_event(work.services, current, name, who, **values)
        changed = apply_event(work, current, found, by_staff(who), details)
        settle_other(work, current, name, by_staff(who))
        return changed

    return on_request(services, record, change)


def _refuse_in_vain(work: Work, record: RequestRecord) -> None:
    """Refuse to try a certificate again that would be stopped as before, with what stops it."""
    stopped = hindrance(work, record)
    if stopped is not None:
        raise stopped


def _refuse_open_answers(work: Work, record: RequestRecord) -> None:
    """Refuse to call answers corrected that are not."""
    revision = latest_accepted(work.tx, record)
    if revision is None:
        raise RefusedError("answers_missing", reference=record.reference)
    open_items = items_for_customer(
        judge(work.services.phones, submission_of(revision), work.now), record.language
    )
    if open_items:
        fields = ", ".join(dict.fromkeys(item.field for item in open_items if item.field))
        raise RefusedError(
            "answers_open", reference=record.reference, fields=fields, form=record.form
        )


def reject(
    services: Services, record: RequestRecord, who: str, *, reason: str, text: str = ""
) -> RequestRecord:
    """Reject the request for ``reason`` (a code of the reasons)."""
    final = record.status is Status.BUSINESS_VERIFICATION
    name = EventName.FINALLY_REFUSED if final else EventName.REJECT
    details = NoticeDetails(reason=reason, own_words=text)
    return _apply(services, record, who, name, details, reason=reason)


def hold(services: Services, record: RequestRecord, who: str, *, note: str = "") -> RequestRecord:
    """Hold the request; the customer is not told. A refused hold keeps no note."""

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        event = staff_event(
            services, current, EventName.HOLD, who, hold_reason=HoldReason.STAFF, note=note
        )
        held = apply_event(work, current, event, by_staff(who))
        if note.strip():
            work.tx.notes.insert(note_of_staff(work.now, current, who, note))
        return held

    return on_request(services, record, change)


def release(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Release a held request to where it came from."""

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        if current.sender_verdict is not SenderVerdict.PASS:
            raise RefusedError("sender_not_confirmed", reference=current.reference)
        event = staff_event(work.services, current, EventName.RELEASE, who)
        current = apply_event(work, current, event, by_staff(who))
        return resume(work, current, by_staff(who))

    return on_request(services, record, change)


def confirm_sender(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Record that the sender is proven by other means; the request goes on from *received*."""

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        if current.waits_for_proof and not current.state.ended:
            return count_as_proven(work, current, Actor.STAFF, who)
        current = replace(current, sender_verdict=SenderVerdict.PASS)
        event = staff_event(work.services, current, EventName.SENDER_CONFIRMED, who)
        current = apply_event(work, current, event, by_staff(who))
        return resume(work, current, by_staff(who))

    return on_request(services, record, change)


def note(services: Services, record: RequestRecord, who: str, *, text: str) -> RequestRecord:
    """Keep a note of staff with the request; nothing else changes.

    Raises UsageError ``note_empty``.
    """
    if not text.strip():
        raise UsageError("note_empty", reference=record.reference)
    services.run(lambda work: work.tx.notes.insert(note_of_staff(work.now, record, who, text)))
    return record


def note_of_staff(now: datetime, record: RequestRecord, who: str, text: str) -> NoteRecord:
    """Return what staff wrote as a note of ``record``."""
    return NoteRecord(
        id=new_id(),
        request_id=record.id,
        at=now,
        author=who,
        from_customer=False,
        text=text,
    )


def withdraw(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Withdraw the request; a live certificate is revoked in the same transaction."""

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        event = staff_event(work.services, current, EventName.WITHDRAW, who)
        withdrawn = apply_event(work, current, event, by_staff(who))
        settle_other(work, current, event.name, by_staff(who))
        return withdrawn

    return on_request(services, record, change)


def merge(
    services: Services, record: RequestRecord, who: str, *, into: RequestRecord
) -> RequestRecord:
    """Close a held request as a duplicate of ``into``.

    Raises UsageError ``merge_itself``.
    """
    if into.id == record.id:
        raise UsageError("merge_itself", reference=record.reference)

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        current = replace(current, linked_to=into.reference)
        event = staff_event(
            work.services, current, EventName.MERGE, who, merged_into=into.reference
        )
        return apply_event(work, current, event, by_staff(who))

    return on_request(services, record, change)


def mark_created(
    services: Services, record: RequestRecord, who: str, *, day: date | None = None
) -> RequestRecord:
    """Record that the integration was created (on ``day``, or now).

    Raises UsageError ``created_day``: it was not created before the approval, nor is it yet to be.
    """
    approved = record.state.approved_at
    now, zone = services.clock.now(), ZoneInfo(record.time_zone)
    first = approved.astimezone(zone).date() if approved is not None else date.min
    if day and not first <= day <= now.astimezone(zone).date():
        raise UsageError("created_day", reference=record.reference, day=day)
    at = datetime.combine(day, time(), zone).astimezone(UTC) if day else now
    return _apply(services, record, who, EventName.MARK_CREATED, at=at)


def mark_active(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Record that the integration is active."""
    return _apply(services, record, who, EventName.ACTIVATED)

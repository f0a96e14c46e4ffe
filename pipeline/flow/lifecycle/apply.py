"""One event on one request: the machine's answer, its effects, the record and its history.

Everything happens in the caller's transaction. System events that follow at once (the next one is
known from the state alone) are applied in the same transaction.
"""

from dataclasses import replace
from datetime import datetime

from pipeline import logs
from pipeline.flow.context import NoticeDetails, Trigger
from pipeline.flow.lifecycle.effects import perform_effects
from pipeline.flow.lifecycle.system_events import what_follows
from pipeline.flow.outgoing.ledger import staff_due
from pipeline.flow.services import Services, Work
from pipeline.model.request import Actor, Event, EventName, Status, TrackPolicy
from pipeline.model.transition import SendNotice, Transition
from pipeline.store.records import EventRecord, RequestRecord
from pipeline.tracks.conditions import same_person
from pipeline.tracks.deadlines import asked_already, next_at
from pipeline.tracks.machine import apply
from pipeline.tracks.moves import whose_move

_NOTHING = NoticeDetails()


def apply_event(
    work: Work,
    record: RequestRecord,
    event: Event,
    trigger: Trigger,
    details: NoticeDetails = _NOTHING,
) -> RequestRecord:
    """Apply ``event`` to ``record`` and return the record as saved.

    The message that caused it, if one did, belongs to the request from now on. Raises RefusedError
    when a rule forbids the event; nothing is written then.
    """
    if trigger.context is not None:
        work.tx.messages.link(trigger.message_row, record.id)
    record = _step(work, record, event, trigger, details)
    while (follow := what_follows(work, record)) is not None:
        record = _step(work, record, follow[0], trigger, follow[1])
    return record


def _step(
    work: Work,
    record: RequestRecord,
    event: Event,
    trigger: Trigger,
    details: NoticeDetails,
) -> RequestRecord:
    transition = apply(record.state, event, work.services.policy, customer_zone=record.time_zone)
    new_stay = transition.after.entered_at != record.state.entered_at or (
        transition.after.status is not record.status
    )
    done = _asked(work.services, record, transition) if new_stay else record.done_deadlines
    changed = replace(record, state=transition.after, done_deadlines=done)
    by_staff = event.actor is Actor.STAFF
    if details.by_staff is not by_staff:
        details = replace(details, by_staff=by_staff)
    changed = perform_effects(work, changed, transition, trigger, details)
    changed = replace(
        changed,
        next_at=wake_up(work.services, changed),
        move=whose_move(changed.state, work.services.policy),
    )
    changed = replace(changed, due_at=staff_due(work.services, changed))
    work.tx.requests.save(changed, expected_version=record.state.version)
    policy = work.services.policy
    work.tx.events.append(_history(changed, transition, event, trigger, details, policy))
    _log(work, changed, event, trigger)
    return changed


def _log(work: Work, record: RequestRecord, event: Event, trigger: Trigger) -> None:
    """Log a step by its codes; one that is only tried is none."""
    if work.services.rehearsal is None:
        logs.event(
            "flow.apply",
            event.name.value,
            reference=record.reference,
            status=record.status.value,
            message=trigger.message_row,
        )


def _asked(services: Services, record: RequestRecord, transition: Transition) -> tuple[str, ...]:
    """Return the keys of the deadlines that the mail of ``transition`` has done already."""
    if not any(isinstance(effect, SendNotice) for effect in transition.effects):
        return ()
    return asked_already(
        transition.after,
        customer_zone=record.time_zone,
        policy=services.policy,
        team=services.team,
    )


def wake_up(services: Services, record: RequestRecord) -> datetime | None:
    """Return when the request has to be looked at next; None: never by the clock."""
    return next_at(
        record.state,
        record.done_deadlines,
        services.policy,
        customer_zone=record.time_zone,
        team=services.team,
    )


def _two_people(transition: Transition, event: Event) -> dict[str, str]:
    """Return the two people of staff who said yes to a certificate, or the first of them."""
    before, after = transition.before, transition.after
    if event.name is EventName.SECOND:
        return {"first_yes": after.first_yes, "second_yes": after.second_yes}
    if event.name is not EventName.ISSUED:
        return {}
    entered_by = event.actor_name if event.actor is Actor.STAFF else ""
    other = entered_by if not same_person(entered_by, before.first_yes) else ""
    return {"first_yes": before.first_yes, "second_yes": before.second_yes or other}


def _history(
    record: RequestRecord,
    transition: Transition,
    event: Event,
    trigger: Trigger,
    details: NoticeDetails,
    policy: TrackPolicy,
) -> EventRecord:
    detail = {
        "reason": event.reason or details.reason,
        "error": event.error,
        "merged_into": event.merged_into,
        "reminder": event.reminder,
        "message": trigger.message_row,
        "fields": ",".join(event.fields),
        "hold": record.state.hold_reason.value if record.state.hold_reason else "",
        "rule": record.route_rule if transition.before.status is Status.RECEIVED else "",
        **(_two_people(transition, event) if policy.two_people else {}),
    }
    return EventRecord(
        request_id=record.id,
        seq=0,
        at=event.at,
        actor=event.actor,
        actor_name=event.actor_name or trigger.name,
        event=event.name,
        before=transition.before.status,
        after=transition.after.status,
        detail=tuple((name, value) for name, value in detail.items() if value),
    )

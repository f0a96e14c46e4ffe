"""Route a request: what the rules look at, and the event of the rule that matches."""

from dataclasses import replace
from datetime import datetime

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import submission_of
from pipeline.flow.answers.sentences import items_for_customer, notes_for_customer
from pipeline.flow.context import Notice, NoticeDetails, Trigger
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.notices import queue_notice
from pipeline.flow.requests.known_number import FoundConflict, find_conflict
from pipeline.flow.services import Work
from pipeline.model.checked import CheckedForm
from pipeline.model.message import SenderJudgement
from pipeline.model.notice import NoticeName
from pipeline.model.problem import Severity
from pipeline.model.request import Actor, Event, EventName, HoldReason, NumberState, Status, Track
from pipeline.model.route import ConflictDecision, ConflictEffect, Route, RoutingFacts
from pipeline.model.transition import SendNotice
from pipeline.routing.rules import route
from pipeline.store.records import RequestRecord
from pipeline.validation.application import build_application
from pipeline.validation.content import content_digest

#: The alert of answers that were accepted and do not fit the form's own definition.
_INCOMPLETE = "application_incomplete"


#: Decisions for which the earlier request waits too, until staff know which one counts.
_BOTH_WAIT = frozenset({ConflictDecision.ASK_WHO_DECIDES, ConflictDecision.ASK_WHICH_KIND})


def route_on(
    work: Work,
    record: RequestRecord,
    checked: CheckedForm,
    found: FoundConflict | None,
    trigger: Trigger,
) -> RequestRecord:
    """Route a received request and apply what the rule says."""
    held_back = trigger.context is not None and trigger.context.unanswered
    way = route(replace(routing_facts(record, checked, found), automatic=held_back))
    queued = way.variant == "queued" and found is not None and found.previous is not None
    record = replace(
        record,
        route_rule=way.rule,
        route_misses=way.misses,
        suggestion=way.suggestion,
        waits_for=found.previous.id if queued and found and found.previous else "",
    )
    first_asked = False
    if found is not None and found.conflict.decision in _BOTH_WAIT and found.previous:
        first_asked = hold_other(work, found.previous, found.conflict.decision)
        record = replace(record, linked_to=found.previous.reference) if first_asked else record
    if way.alert or (found is not None and found.conflict.effect is ConflictEffect.ALERT):
        alert(work, f"route_{way.rule}", record.reference)
    doubts = doubts_of(work, record, way, found)
    details = NoticeDetails(
        items=items_for_customer(checked, record.language),
        notes=notes_for_customer(checked, record.language),
        fine_answers=_fine_answers(checked),
        has_errors=any(item.severity is Severity.ERROR for item in checked.customer_problems),
        reason=way.reason,
        suggestion=way.suggestion,
        first_asked=first_asked,
    )
    complete = not checked.customer_problems
    event = replace(event_of(way, work.now), answers_complete=complete, doubts=doubts)
    record = apply_event(work, record, event, trigger, details)
    return prove(work, record, checked) if way.event is EventName.CLEAN else record


def prove(work: Work, record: RequestRecord, checked: CheckedForm) -> RequestRecord:
    """Build the strict model of answers that leave nothing open; hold the request if it fails.

    A failure is our bug: staff are told the ids of the fields. The customer was answered as usual,
    and nothing is issued, because a hold waits for staff.
    """
    if checked.customer_problems:
        return record
    try:
        build_application(checked)
    except PipelineError as error:
        fields = str(error.params["fields"])
    else:
        return record
    logs.event("flow.route", _INCOMPLETE, reference=record.reference, fields=fields)
    alert(work, _INCOMPLETE, record.reference, fields)
    if record.state.ended or record.status is Status.HELD:
        return record
    event = Event(
        EventName.HOLD,
        Actor.SYSTEM,
        work.now,
        error=_INCOMPLETE,
        hold_reason=HoldReason.STAFF,
        fields=tuple(fields.split(", ")),
    )
    return apply_event(work, record, event, Trigger())


def doubts_of(
    work: Work, record: RequestRecord, way: Route, found: FoundConflict | None
) -> tuple[HoldReason, ...]:
    """Return why ``record`` is held in place of its first status of staff; alert of a take-over.

    The customer goes on as if nobody knew the number. What staff have settled, and what goes to
    help, is in no doubt. Answers without a readable number (``found`` is None) change nothing.
    """
    if found is None:
        return record.state.doubts
    others = tuple(doubt for doubt in record.state.doubts if doubt is not HoldReason.OWNERSHIP)
    in_question = found.in_question
    settled = HoldReason.OWNERSHIP in record.state.settled
    if in_question is None or settled or way.track is Track.HELP:
        return others
    if (
        in_question.effect is ConflictEffect.ALERT
        and HoldReason.OWNERSHIP not in record.state.doubts
    ):
        alert(work, "route_number_known", record.reference)
    return (HoldReason.OWNERSHIP, *others)


def event_of(way: Route, now: datetime) -> Event:
    """Return the event that the rule ``way`` orders."""
    return Event(
        name=way.event,
        actor=Actor.SYSTEM,
        at=now,
        reason=way.reason,
        variant=way.variant,
        track=way.track,
        hold_reason=way.hold_reason,
    )


def resume(work: Work, record: RequestRecord, trigger: Trigger) -> RequestRecord:
    """Route a request that is back on *received* by the answers that are kept."""
    if record.status is not Status.RECEIVED:
        return record
    latest = work.tx.revisions.latest(record.id)
    if latest is None:
        event = Event(EventName.NO_FORM, Actor.SYSTEM, work.now)
        return apply_event(work, record, event, trigger)
    checked = judge(work.services.phones, submission_of(latest), work.now)
    return route_on(work, record, checked, known_of_number(work, record, checked), trigger)


def known_of_number(
    work: Work, record: RequestRecord, checked: CheckedForm
) -> FoundConflict | None:
    """Return what is known of the number of ``checked``, answers that no mail has just brought."""
    sender = SenderJudgement(
        record.sender_verdict, record.address_of_record, record.contact, "confirmed"
    )
    return find_conflict(work, sender, checked, content_digest(checked), own=record)


def routing_facts(
    record: RequestRecord, checked: CheckedForm, found: FoundConflict | None
) -> RoutingFacts:
    """Return what the rules of routing look at; ``found`` is what is known of the number."""
    codes = {problem.code for problem in checked.problems}
    return RoutingFacts(
        form=checked.submission.form,
        sender=record.sender_verdict,
        has_problems=bool(checked.customer_problems),
        unreadable=False,
        m2m=checked.m2m,
        is_m2m=checked.value("is_m2m") == "yes",
        short_code="phone_short_code" in codes,
        number_use=checked.value("number_use") or "",
        number=found.number.state if found and found.number else NumberState.UNKNOWN,
        conflict=found.conflict if found else None,
        settled=record.state.settled,
    )


def _fine_answers(checked: CheckedForm) -> int:
    wrong = {problem.field for problem in checked.customer_problems}
    return sum(1 for reading in checked.readings if reading.raw and reading.field not in wrong)


def hold_other(work: Work, record: RequestRecord, decision: ConflictDecision) -> bool:
    """Hold the earlier of two requests that cannot both be right.

    Return whether its sender was asked which one counts. So they are when the other form came from
    the same organisation, one that staff have made known; nothing of it is shown.
    """
    if record.state.ended or record.state.shown.status is Status.HELD:
        return False
    asks = decision is ConflictDecision.ASK_WHO_DECIDES
    reason = HoldReason.FIRST_OF_TWO if asks else HoldReason.CONFLICT
    event = Event(EventName.HOLD, Actor.SYSTEM, work.now, hold_reason=reason)
    held = apply_event(work, record, event, Trigger())
    if asks:
        question = SendNotice(NoticeName.QUESTION, "differs_first")
        details = NoticeDetails(second_received_at=work.now)
        grown = queue_notice(work, Notice(held, question, details), Trigger())
        work.tx.requests.set_thread(grown.id, grown.thread)
    return asks

"""A form for a request that is there already: the new answers replace the old ones."""

from dataclasses import replace
from datetime import datetime

from pipeline.flow.answers.changed import in_words
from pipeline.flow.answers.revisions import Origin, changes, insert_revision
from pipeline.flow.answers.sentences import items_for_customer, notes_for_customer
from pipeline.flow.context import MessageContext, NoticeDetails, Trigger
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.number_claims import move_claim
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.replies import add_reply
from pipeline.flow.requests.keep import keep_files, keep_words
from pipeline.flow.requests.known_number import FoundConflict, find_conflict
from pipeline.flow.requests.record import with_answers
from pipeline.flow.requests.route import (
    doubts_of,
    event_of,
    known_of_number,
    prove,
    routing_facts,
)
from pipeline.flow.services import Work
from pipeline.model.checked import CheckedForm
from pipeline.model.notice import NoticeName
from pipeline.model.problem import Severity
from pipeline.model.request import Actor, Event, EventName, HoldReason, Status
from pipeline.model.route import Route, RoutingFacts
from pipeline.routing.rules import route
from pipeline.store.records import RequestRecord, RevisionRecord

_STOPPING = frozenset(
    {
        EventName.M2M_CERTAIN,
        EventName.M2M_DOUBTFUL,
        EventName.WRONG_FORM,
        EventName.CONFLICT_FOUND,
        EventName.ALREADY_ACTIVE,
    }
)


def revise(
    work: Work,
    context: MessageContext,
    record: RequestRecord,
    checked: CheckedForm,
) -> RequestRecord:
    """Replace the answers of ``record`` by ``checked``, as the customer asked by mail."""
    before = work.tx.revisions.latest(record.id)
    after = insert_revision(work.tx, record, checked, Origin(context.now, context.row.id))
    keep_files(work.tx, context, record, checked.submission)
    keep_words(work, context, record)
    confirmed = record.status is Status.NEEDS_CORRECTION and not checked.customer_problems
    if before is not None and before.digest == after.digest and not confirmed:
        add_reply(context, record, NoticeName.DUPLICATE)
        return record
    found = find_conflict(work, context.sender, checked, after.digest, own=record)
    facts = _facts(record, checked, found)
    found_way = route(facts)
    way = found_way if found_way.event in _STOPPING else None
    asked = record.status is Status.NEEDS_CORRECTION
    event = _judged(checked, context.now)
    if way is not None and asked:
        record = replace(
            record, route_rule=way.rule, route_misses=way.misses, suggestion=way.suggestion
        )
        name = EventName.CONFLICT_FOUND if way.event is EventName.ALREADY_ACTIVE else way.event
        event = _stopping(way, name, context.now)
        if way.alert or way.event is EventName.CONFLICT_FOUND:
            alert(work, f"route_{way.rule}", record.reference)
    event = replace(event, doubts=_doubts(work, record, checked, found_way, found))
    record = apply_answers(work, record, checked, event, context.trigger, (before, after))
    if way is None or asked or record.state.ended or record.state.shown.status is Status.HELD:
        return record
    # where staff may have looked already, a new answer moves nothing by itself
    alert(work, f"route_{way.rule}", record.reference)
    return apply_event(work, record, _stopping(way, EventName.HOLD, context.now), context.trigger)


def doubts_entered(
    work: Work, record: RequestRecord, checked: CheckedForm
) -> tuple[HoldReason, ...] | None:
    """Return the doubts about a number that staff enter; None where it is the one that was there.

    Another organisation may have it: staff are asked about it as about a customer's own form. What
    is held is let go by them alone, so no doubt of a hold is forgotten here.
    """
    if checked.value("phone_number") == record.number:
        return None
    held = record.status is Status.HELD
    asked = replace(record, state=replace(record.state, settled=()))
    found = known_of_number(work, asked, checked)
    doubts = doubts_of(work, asked, route(_facts(asked, checked, found)), found)
    return None if held and HoldReason.OWNERSHIP not in doubts else doubts


def _doubts(
    work: Work,
    record: RequestRecord,
    checked: CheckedForm,
    way: Route,
    found: FoundConflict | None,
) -> tuple[HoldReason, ...] | None:
    """Return the doubts about the new answers; None leaves a hold that is told as it is."""
    if record.status is Status.HELD and not record.state.hidden:
        return None
    if checked.value("phone_number") != record.number:
        record = replace(record, state=replace(record.state, settled=()))
    return doubts_of(work, record, way, found)


def _judged(checked: CheckedForm, now: datetime) -> Event:
    return Event(
        EventName.PROBLEMS_FOUND if checked.customer_problems else EventName.CORRECTED,
        Actor.SYSTEM if checked.customer_problems else Actor.CUSTOMER,
        now,
        proven=True,
        answers_complete=not checked.customer_problems,
    )


def _facts(
    record: RequestRecord, checked: CheckedForm, found: FoundConflict | None
) -> RoutingFacts:
    """Return what stops the new answers like those of a first form, if anything does.

    So do the number of a machine, a number that is known, and the form of the other kind. What
    staff have settled about a number is no word about another one.
    """
    facts = routing_facts(record, checked, found)
    if checked.value("phone_number") != record.number:
        return replace(facts, settled=())
    return facts


def _stopping(way: Route, name: EventName, now: datetime) -> Event:
    reason = way.hold_reason or HoldReason.CHANGE
    return replace(event_of(way, now), name=name, hold_reason=reason)


def apply_answers(
    work: Work,
    record: RequestRecord,
    checked: CheckedForm,
    event: Event,
    trigger: Trigger,
    revisions: tuple[RevisionRecord | None, RevisionRecord],
) -> RequestRecord:
    """Take the new answers into ``record`` and apply ``event``, telling old → new."""
    changed = changes(*revisions)
    before = record
    record = replace(
        with_answers(record, checked), acknowledged_warnings=_still_ticked(record, *revisions)
    )
    record = _kept_facts(before, record, {field for field, _, _ in changed})
    if before.number and record.number != before.number:
        alert(work, "number_changed", record.reference)
        move_claim(work, record, before.number, in_doubt=bool(event.doubts))
    details = NoticeDetails(
        items=items_for_customer(checked, record.language),
        notes=notes_for_customer(checked, record.language),
        fine_answers=max(len(checked.readings) - len(checked.customer_problems), 0),
        has_errors=any(item.severity is Severity.ERROR for item in checked.customer_problems),
        changes=in_words(checked.submission.form, record.language, changed),
    )
    return prove(work, apply_event(work, record, event, trigger, details), checked)


def _kept_facts(before: RequestRecord, after: RequestRecord, changed: set[str]) -> RequestRecord:
    """Return ``after`` with the facts of the state that its unchanged answers must not reset."""
    state = after.state
    if "ready_date" not in changed:
        state = replace(state, ready_date=before.state.ready_date)
    if "two_step_disabled" not in changed:
        state = replace(state, two_step_disabled=before.state.two_step_disabled)
    return replace(after, state=state)


def _still_ticked(
    record: RequestRecord, before: RevisionRecord | None, after: RevisionRecord
) -> tuple[str, ...]:
    """Return the ticked warnings that say the same of the new answers as of the old ones."""
    known = before.problems if before else ()
    new = {problem.code for problem in after.problems if problem not in known}
    return tuple(code for code in record.acknowledged_warnings if code not in new)

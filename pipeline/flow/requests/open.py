"""From submissions to requests: check, look at what is known of the number, route, open."""

from dataclasses import replace
from datetime import timedelta

from pipeline.errors import RefusedError
from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import Origin, insert_revision
from pipeline.flow.context import MessageContext
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import over_numberless_cap
from pipeline.flow.outgoing.replies import add_reply
from pipeline.flow.requests.keep import keep_files, keep_words
from pipeline.flow.requests.known_number import FoundConflict, find_conflict
from pipeline.flow.requests.record import new_record
from pipeline.flow.requests.revise import revise
from pipeline.flow.requests.route import route_on
from pipeline.flow.services import Work
from pipeline.model.checked import CheckedForm
from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, Event, EventName, HoldReason, Status
from pipeline.model.route import ConflictDecision
from pipeline.model.submission import Submission
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.terms import Outcome
from pipeline.validation.content import content_digest

#: Decisions that concern the earlier request alone: no new request is opened for them.
_ABOUT_EARLIER = frozenset(
    {
        ConflictDecision.IGNORE_REDELIVERY,
        ConflictDecision.ANSWER_DUPLICATE,
        ConflictDecision.REPLACE_NEW_REVISION,
        ConflictDecision.ASK_OLDER_VERSION,
        ConflictDecision.HOLD_CHANGE_REQUEST,
        ConflictDecision.ANSWER_COLLEAGUE_ASKED,
    }
)

#: How long a request waits for a file that can be read.
_FILE_AWAITED = timedelta(days=14)


def open_forms(work: Work, context: MessageContext, linked_to: str = "") -> MessageRecord:
    """Open (or continue) one request for each submission of the message.

    ``linked_to`` is the reference of a request that they belong beside.
    """
    try:
        with work.tx.savepoint(sends=False):
            return _open_forms(work, context, linked_to)
    except RefusedError as error:
        if error.code == "stale_request":
            raise
        context.answers.clear()
        context.noted.clear()
        alert(work, "form_refused", "", error.code)
        return context.done(Outcome.HELD, refused=error.code)


def _open_forms(work: Work, context: MessageContext, linked_to: str) -> MessageRecord:
    records = [open_form(work, context, item, linked_to) for item in context.read.submissions]
    _close_waiting(work, context)
    held = all(record.status is Status.HELD for record in records)
    return context.done(Outcome.HELD if held else Outcome.REQUEST, records[0])


def _close_waiting(work: Work, context: MessageContext) -> None:
    """Close what waits for a form of this sender: it has come, in a mail of its own."""
    if not context.proven or context.unanswered:
        return
    for record in work.tx.requests.formless_of_sender(
        context.sender.address, context.now - _FILE_AWAITED
    ):
        waits = {Status.NEEDS_CORRECTION, Status.TRIAGE, Status.AWAITING_FORM}
        if record.status in waits:
            event = Event(EventName.SUPERSEDE, Actor.SYSTEM, context.now, reason="form_arrived")
            apply_event(work, record, event, context.trigger)


def open_form(
    work: Work,
    context: MessageContext,
    submission: Submission,
    linked_to: str = "",
) -> RequestRecord:
    """Take one submission of an unknown thread to its request, which the message belongs to."""
    record = _open_form(work, context, submission, linked_to)
    work.tx.messages.link(context.row.id, record.id)
    return record


def _open_form(
    work: Work, context: MessageContext, submission: Submission, linked_to: str
) -> RequestRecord:
    checked = judge(work.services.phones, submission, context.now, ahead=context.judged)
    if context.unanswered:
        return _hold_back(work, context, checked, linked_to)
    found = find_conflict(work, context.sender, checked, content_digest(checked))
    if found and found.previous and found.conflict.decision in _ABOUT_EARLIER:
        return _continue_earlier(work, context, checked, found, found.previous)
    if found is None:
        again = _same_answers(work, context, checked)
        if again is not None:
            keep_words(work, context, again)
            add_reply(context, again, NoticeName.DUPLICATE)
            return again
        if over_numberless_cap(work, context.sender.address, context.row.id):
            context.unanswered = True
            return _hold_back(work, context, checked, linked_to)
    replace_unproven(work, context, checked)
    if found and found.conflict.decision is ConflictDecision.ACCEPT_LINKED and found.previous:
        linked_to = found.previous.reference
    record = _insert(work, context, checked, linked_to)
    return route_on(work, record, checked, found, context.trigger)


def _same_answers(
    work: Work, context: MessageContext, checked: CheckedForm
) -> RequestRecord | None:
    """Return the open request of the same proven address that has the same answers.

    Without a number that can be read the table of conflicts finds none, and a program that sends
    our marked copy back would get another one each time.
    """
    if not context.proven:
        return None
    digest = content_digest(checked)
    for record in work.tx.requests.of_sender(context.sender.address):
        if record.state.ended or record.form is not checked.submission.form:
            continue
        latest = work.tx.revisions.latest(record.id)
        if latest is not None and latest.digest == digest:
            return record
    return None


def _insert(
    work: Work, context: MessageContext, checked: CheckedForm, linked_to: str
) -> RequestRecord:
    """Insert the request of a form, with its answers, its file and the words beside it."""
    record = replace(new_record(work, context, checked), linked_to=linked_to)
    work.tx.requests.insert(record)
    insert_revision(work.tx, record, checked, Origin(context.now, context.row.id))
    keep_files(work.tx, context, record, checked.submission)
    keep_words(work, context, record)
    return record


def _hold_back(
    work: Work, context: MessageContext, checked: CheckedForm, linked_to: str
) -> RequestRecord:
    """Open a request for staff to look at, and compare it with no other before they have.

    The same answers of the same address join the request that waits: programs repeat themselves.
    """
    digest = content_digest(checked)
    for record in work.tx.requests.of_sender(context.sender.address):
        latest = work.tx.revisions.latest(record.id)
        if record.held_for(HoldReason.AUTOMATIC) and latest and latest.digest == digest:
            return record
    record = _insert(work, context, checked, linked_to)
    return route_on(work, record, checked, None, context.trigger)


def _continue_earlier(
    work: Work,
    context: MessageContext,
    checked: CheckedForm,
    found: FoundConflict,
    previous: RequestRecord,
) -> RequestRecord:
    """Do what the conflict table says of a request that is there already."""
    decision = found.conflict.decision
    if decision is ConflictDecision.REPLACE_NEW_REVISION:
        return revise(work, context, previous, checked)
    if decision is ConflictDecision.HOLD_CHANGE_REQUEST:
        insert_revision(
            work.tx, previous, checked, Origin(context.now, context.row.id), accepted=False
        )
        keep_files(work.tx, context, previous, checked.submission)
        event = Event(EventName.CHANGED_FORM, Actor.CUSTOMER, context.now, proven=context.proven)
        return apply_event(work, previous, event, context.trigger)
    keep_words(work, context, previous)
    if decision is ConflictDecision.ANSWER_DUPLICATE:
        add_reply(context, previous, NoticeName.DUPLICATE)
    elif decision is ConflictDecision.ASK_OLDER_VERSION:
        add_reply(context, previous, NoticeName.QUESTION, "older_file")
    elif decision is ConflictDecision.ANSWER_COLLEAGUE_ASKED:
        add_reply(context, previous, NoticeName.QUESTION, "colleague", to_sender=True)
    return previous


def replace_unproven(work: Work, context: MessageContext, checked: CheckedForm) -> None:
    """Close what the same address sent unproven, or a program for it: now it is here, proven."""
    number = checked.value("phone_number")
    if not context.proven or number is None:
        return
    for other in work.tx.requests.of_number(number):
        if (
            other.held_for(HoldReason.SENDER) or other.held_for(HoldReason.AUTOMATIC)
        ) and other.address_of_record.lower() == context.sender.address.lower():
            event = Event(EventName.SUPERSEDE, Actor.SYSTEM, context.now)
            apply_event(work, other, event, context.trigger)

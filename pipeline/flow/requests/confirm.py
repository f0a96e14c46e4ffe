"""The answer to a receipt: it proves the mailbox for the request that the receipt was about.

One request, one token, one proof: what else carries the same address as its sender stays unproven.
"""

from dataclasses import replace
from enum import StrEnum

from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import Origin, insert_revision
from pipeline.flow.context import MessageContext
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.outgoing.receipts import disown
from pipeline.flow.requests.keep import keep_files
from pipeline.flow.requests.record import with_answers
from pipeline.flow.requests.route import resume
from pipeline.flow.services import Work
from pipeline.intake.reply.confirmation import Confirmation, confirmation
from pipeline.model.message import SenderVerdict
from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, Event, EventName, HoldReason
from pipeline.model.submission import Submission
from pipeline.store.records import RequestRecord
from pipeline.validation.content import content_digest


class Answered(StrEnum):
    """What a mail with the token of a receipt says to the question of the receipt."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


def answer_of(context: MessageContext, form: Submission | None) -> Answered:
    """Return what a mail says to the receipt; ``form`` is the form again, if it carries that.

    A form beside words that deny it is unclear.
    """
    said = confirmation(context.new_text.said)
    if form is not None:
        return Answered.UNCLEAR if said is Confirmation.NO else Answered.YES
    return Answered(said.value)


def confirm(
    work: Work, context: MessageContext, record: RequestRecord, form: Submission | None
) -> RequestRecord:
    """Count the sender as proven for this request and take it on from where it was received.

    Answers that ``form`` changed take the place of the first ones before they are looked at. The
    requests of the same mail, that the same receipt told of, are confirmed with it.
    """
    if form is not None and record.form is form.form:
        record = _with_form(work, context, record, form)
    confirmed = _confirm(work, context, record)
    for other in _of_the_same_receipt(work, record):
        _confirm(work, context, other)
    return confirmed


def deny(work: Work, context: MessageContext, record: RequestRecord) -> RequestRecord:
    """Close what the owner of the mailbox did not send; the address gets no receipt for a while."""
    disown(work, record.address_of_record)
    event = Event(EventName.DISOWNED, Actor.CUSTOMER, context.now, proven=True)
    for other in _of_the_same_receipt(work, record):
        apply_event(work, other, event, context.trigger)
    return apply_event(work, record, event, context.trigger)


def _with_form(
    work: Work, context: MessageContext, record: RequestRecord, form: Submission
) -> RequestRecord:
    checked = judge(work.services.phones, form, context.now, ahead=context.judged)
    keep_files(work.tx, context, record, form)
    latest = work.tx.revisions.latest(record.id)
    if latest is not None and latest.digest == content_digest(checked):
        return record
    insert_revision(work.tx, record, checked, Origin(context.now, context.row.id))
    return with_answers(record, checked)


def _of_the_same_receipt(work: Work, record: RequestRecord) -> list[RequestRecord]:
    receipts = (
        mail
        for mail in work.tx.outbox.of_request(record.id)
        if mail.notice is NoticeName.RECEIPT_UNVERIFIED and mail.request_id == record.id
    )
    ids = {name for mail in receipts for name in work.tx.outbox.requests_of(mail.id)} - {record.id}
    found = (work.tx.requests.lock(name) for name in sorted(ids))
    return [
        other
        for other in found
        if other is not None
        and other.held_for(HoldReason.SENDER)
        and other.address_of_record.lower() == record.address_of_record.lower()
    ]


def _confirm(work: Work, context: MessageContext, record: RequestRecord) -> RequestRecord:
    record = replace(record, sender_verdict=SenderVerdict.PASS)
    event = Event(EventName.SENDER_CONFIRMED, Actor.CUSTOMER, context.now, proven=True)
    record = apply_event(work, record, event, context.trigger)
    return resume(work, record, context.trigger)

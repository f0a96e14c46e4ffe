"""A message without a form and without a token: joined, answered about its file, or helped."""

from dataclasses import replace
from datetime import timedelta

from pipeline.flow.answers.sentences import file_items
from pipeline.flow.context import MessageContext, NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import over_opening_cap
from pipeline.flow.outgoing.replies import add_reply
from pipeline.flow.requests.details import hear_more, number_state, told_number
from pipeline.flow.requests.hear import hear
from pipeline.flow.requests.keep import keep_words, suggest
from pipeline.flow.requests.record import new_record
from pipeline.flow.requests.route import event_of
from pipeline.flow.requests.thread import token_is_dead
from pipeline.flow.services import Work
from pipeline.model.checked import M2mCertainty
from pipeline.model.identifiers import read_reference
from pipeline.model.message import SenderVerdict
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, HoldReason, NumberState, Status, Track
from pipeline.model.route import RoutingFacts
from pipeline.routing.rights import Act, Right, right
from pipeline.routing.rules import route
from pipeline.routing.suggestion import suggest as suggest_form
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.terms import Outcome
from pipeline.validation.customer_zone import customer_zone

_JOINS_WITHIN = timedelta(hours=24)


def receive_words(work: Work, context: MessageContext) -> MessageRecord:
    """Take a message that brought no readable form."""
    named = named_in_subject(work.tx, context)
    if named is not None:
        return _without_token(work, context, named)
    unproven = _unproven_request(work.tx, context)
    if unproven is not None:
        keep_words(work, context, unproven)
        hear_more(work, context, unproven)
        return context.done(Outcome.HELD, unproven, why="joined")
    joined = _recent_request(work.tx, context)
    if joined is not None:
        keep_words(work, context, joined, waits=True)
        hear_more(work, context, joined)
        alert(work, "customer_wrote", joined.reference)
        return context.done(Outcome.REPLY, joined, why="joined")
    waiting = _held_back(work.tx, context)
    if waiting is not None:
        keep_words(work, context, waiting)
        return context.done(Outcome.HELD, waiting, why="joined")
    context.unanswered = over_opening_cap(work, context.sender.address, context.row.id)
    record = _open(work, context)
    outcome = Outcome.HELD if record.status is Status.HELD else Outcome.REQUEST
    return context.done(outcome, record, rule=record.route_rule)


def _without_token(work: Work, context: MessageContext, record: RequestRecord) -> MessageRecord:
    """Keep what the address of record writes beside its thread; only *pass* gets an answer.

    What waits for the proof of its sender is answered by staff alone.
    """
    keep_words(work, context, record, waits=True)
    if record.held_for(HoldReason.SENDER):
        may = right(record.beginning, context.sender, Act.CONFIRM, token=False)
        if may is Right.SUGGEST:
            return suggest(work, context, record, EventName.SENDER_CONFIRMED)
        return context.done(Outcome.HELD, record, why="joined")
    if not context.proven:
        alert(work, "customer_wrote", record.reference)
        return context.done(Outcome.REPLY, record, why="note")
    add_reply(context, record, NoticeName.QUESTION, "reply_to_act")
    return context.done(Outcome.REPLY, record, why="reply_to_act")


def named_in_subject(tx: Transaction, context: MessageContext) -> RequestRecord | None:
    """Return the request of a reference in the subject, when its address of record writes."""
    for word in (
        context.message.subject.replace("[", " ")
        .replace("]", " ")
        .replace("(", " ")
        .replace(")", " ")
        .split()
    ):
        reference = read_reference(word) if word.upper().startswith("WA-") else None
        record = tx.requests.by_reference(reference) if reference else None
        if record and record.address_of_record.lower() == context.sender.address.lower():
            doubtful = context.sender.verdict in {SenderVerdict.FAIL, SenderVerdict.UNKNOWN}
            return None if doubtful or token_is_dead(record, context.now) else record
    return None


def _recent_request(tx: Transaction, context: MessageContext) -> RequestRecord | None:
    """Return the request of the same sender's mail of the last 24 hours (a password, a link)."""
    if not context.proven or context.read.unreadable:
        return None
    since = context.now - _JOINS_WITHIN
    recent = tx.requests.open_of_sender(context.sender.address, since)
    proven = [record for record in recent if record.sender_verdict is SenderVerdict.PASS]
    return next(iter(proven), None)


def _unproven_request(tx: Transaction, context: MessageContext) -> RequestRecord | None:
    """Return the request of an unproven address that waits for its confirmation already."""
    if context.sender.verdict is not SenderVerdict.NONE or context.read.unreadable:
        return None
    waiting = [
        record
        for record in tx.requests.of_sender(context.sender.address)
        if record.held_for(HoldReason.SENDER)
    ]
    return next(iter(waiting), None)


def _held_back(tx: Transaction, context: MessageContext) -> RequestRecord | None:
    """Return the request of this address that is held because too much came from it already."""
    return next(
        (
            record
            for record in tx.requests.of_sender(context.sender.address)
            if record.form is None and record.held_for(HoldReason.AUTOMATIC)
        ),
        None,
    )


def _open(work: Work, context: MessageContext) -> RequestRecord:
    problems = tuple(item.problem for item in context.read.unreadable)
    way = route(
        RoutingFacts(
            form=None,
            sender=context.sender.verdict,
            has_problems=bool(problems),
            unreadable=bool(problems),
            m2m=M2mCertainty.NONE,
            is_m2m=False,
            short_code=False,
            number_use="",
            number=NumberState.UNKNOWN,
            conflict=None,
            automatic=context.unanswered,
        )
    )
    record = new_record(work, context, None, Track.HELP)
    proposals = hear(context.message, context.sender, record.language)
    record = replace(
        record,
        route_rule=way.rule,
        route_misses=way.misses,
        proposals=proposals,
        time_zone=customer_zone(None, told_number(proposals), record.time_zone),
        suggestion=suggest_form(proposals, number_state(work.tx, proposals)),
    )
    work.tx.requests.insert(record)
    keep_words(work, context, record)
    if context.sender.verdict in {SenderVerdict.FAIL, SenderVerdict.UNKNOWN}:
        alert(work, "sender_doubtful", record.reference)
    details = NoticeDetails(
        items=file_items(problems, record.language),
        suggestion=record.suggestion,
        reason="file_big" if context.row.oversized else "",
    )
    return apply_event(work, record, event_of(way, context.now), context.trigger, details)

"""A message without a form and without a token: joined, answered about its file, or helped."""

from dataclasses import replace
from datetime import timedelta

from pipeline.flow.alerts import alert
from pipeline.flow.answers import answer
from pipeline.flow.cause import Details
from pipeline.flow.decide import decide
from pipeline.flow.judging import file_items
from pipeline.flow.letter import Letter
from pipeline.flow.opening import keep_words, new_record
from pipeline.flow.services import Services
from pipeline.intake.suggest import suggest_form
from pipeline.model.checked import M2mCertainty
from pipeline.model.identifiers import read_reference
from pipeline.model.message import Outcome, SenderVerdict
from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, Event, HoldReason, NumberState, Status, Track
from pipeline.model.route import RoutingFacts
from pipeline.routing.rules import route
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction

_JOINS_WITHIN = timedelta(hours=24)


def receive_words(tx: Transaction, services: Services, letter: Letter) -> MessageRecord:
    """Take a message that brought no readable form."""
    named = _named_in_subject(tx, letter)
    if named is not None:
        keep_words(tx, letter, named)
        if letter.proven:
            answer(letter, named, NoticeName.QUESTION, "reply_to_act")
        return letter.done(Outcome.REPLY, "reply_to_act", named)
    unproven = _unproven_request(tx, letter)
    if unproven is not None:
        keep_words(tx, letter, unproven)
        return letter.done(Outcome.HELD, "joined", unproven)
    joined = _recent_request(tx, letter)
    if joined is not None:
        keep_words(tx, letter, joined)
        alert(tx, services, "customer_wrote", joined.reference)
        return letter.done(Outcome.REPLY, "joined", joined)
    record = _open(tx, services, letter)
    held = record.status is Status.HELD
    return letter.done(Outcome.HELD if held else Outcome.REQUEST, record.route_rule, record)


def _named_in_subject(tx: Transaction, letter: Letter) -> RequestRecord | None:
    """Return the request of a reference in the subject, when its address of record writes."""
    for word in (
        letter.message.subject.replace("[", " ")
        .replace("]", " ")
        .replace("(", " ")
        .replace(")", " ")
        .split()
    ):
        reference = read_reference(word) if word.upper().startswith("WA-") else None
        record = tx.requests.by_reference(reference) if reference else None
        if record and record.address_of_record.lower() == letter.sender.address.lower():
            return record if letter.proven else None
    return None


def _recent_request(tx: Transaction, letter: Letter) -> RequestRecord | None:
    """Return the request of the same sender's mail of the last 24 hours (a password, a link)."""
    if not letter.proven or letter.read.unreadable:
        return None
    since = letter.now - _JOINS_WITHIN
    recent = tx.requests.open_of_sender(letter.sender.address, since)
    proven = [record for record in recent if record.sender_verdict is SenderVerdict.PASS]
    return next(iter(proven), None)


def _unproven_request(tx: Transaction, letter: Letter) -> RequestRecord | None:
    """Return the request of an unproven address that waits for its confirmation already."""
    if letter.sender.verdict is not SenderVerdict.NONE or letter.read.unreadable:
        return None
    waiting = [
        record
        for record in tx.requests.of_sender(letter.sender.address)
        if record.status is Status.HELD and record.state.hold_reason is HoldReason.SENDER
    ]
    return next(iter(waiting), None)


def _open(tx: Transaction, services: Services, letter: Letter) -> RequestRecord:
    problems = tuple(item.problem for item in letter.read.unreadable)
    suggestion = suggest_form(letter.message.new_text)
    way = route(
        RoutingFacts(
            form=None,
            sender=letter.sender.verdict,
            has_problems=bool(problems),
            unreadable=bool(problems),
            m2m=M2mCertainty.NONE,
            is_m2m=False,
            short_code=False,
            number_use="",
            number=NumberState.UNKNOWN,
            conflict=None,
            words=letter.message.new_text,
        )
    )
    record = replace(
        new_record(services, letter, None, Track.HELP),
        route_rule=way.rule,
        route_misses=way.misses,
        suggestion=way.suggestion or suggestion,
    )
    tx.requests.insert(record)
    keep_words(tx, letter, record)
    if letter.sender.verdict in {SenderVerdict.FAIL, SenderVerdict.UNKNOWN}:
        alert(tx, services, "sender_doubtful", record.reference)
    details = Details(items=file_items(problems, record.language), suggestion=record.suggestion)
    event = Event(
        name=way.event,
        actor=Actor.SYSTEM,
        at=letter.now,
        reason=way.reason,
        variant=way.variant,
        track=way.track,
        hold_reason=way.hold_reason,
    )
    return decide(tx, services, record, event, letter.cause, details)

"""A message on the thread of a known request: a proven requester acts, others leave words."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from pipeline.errors import RefusedError
from pipeline.flow.alerts import alert
from pipeline.flow.answers import answer
from pipeline.flow.cause import Details
from pipeline.flow.conflicts import find_conflict
from pipeline.flow.decide import decide
from pipeline.flow.judging import file_items
from pipeline.flow.letter import Letter
from pipeline.flow.opening import (
    keep_attachments,
    keep_files,
    keep_words,
    open_form,
    resume,
    route_on,
    with_answers,
)
from pipeline.flow.revise import revise
from pipeline.flow.revisions import insert_revision, judge
from pipeline.flow.services import Services
from pipeline.flow.threads import KnownThread, Standing
from pipeline.intake.phrases import load_phrases
from pipeline.intake.reply import read_reply
from pipeline.model.message import Command, Outcome, ReadReply, SenderVerdict
from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, Event, EventName, HoldReason, Slot, Status, Track
from pipeline.model.submission import Submission
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.validation.content import content_digest

_EVENTS = {
    Command.READY: EventName.READY,
    Command.ACTIVE: EventName.ACTIVATED,
    Command.NEW_CERTIFICATE: EventName.NEW_CERTIFICATE,
    Command.WITHDRAW: EventName.WITHDRAW,
    Command.DONE: EventName.TWO_STEP_OFF,
    Command.OK: EventName.ACCEPT_SLOT,
    Command.CREATED: EventName.MARK_CREATED,
}

_AFTER_APPROVAL = frozenset(
    {
        Status.APPROVED,
        Status.AWAITING_READINESS,
        Status.CERTIFICATE_ISSUED,
        Status.CERTIFICATE_EXPIRED,
    }
)

_LETTERS = "ABC"


def follow_up(
    tx: Transaction, services: Services, letter: Letter, known: KnownThread
) -> MessageRecord:
    """Do what a message on a known thread asks for; return its ledger row.

    What a rule refuses is kept with the request and shown to staff; nothing of it is done by half.
    """
    answered = len(letter.answers)
    try:
        with tx.savepoint():
            return _follow_up(tx, services, letter, known)
    except RefusedError as error:
        if error.code == "stale_request":
            raise
        del letter.answers[answered:]
        keep_words(tx, letter, known.record)
        keep_attachments(tx, letter, known.record)
        alert(tx, services, "command_refused", known.record.reference, error.code)
        return letter.done(Outcome.REPLY, f"refused:{error.code}", known.record)


def _follow_up(
    tx: Transaction, services: Services, letter: Letter, known: KnownThread
) -> MessageRecord:
    record = known.record
    if known.standing is not Standing.REQUESTER:
        return _from_another(tx, services, letter, known)
    if record.state.hold_reason is HoldReason.SENDER and record.status is Status.HELD:
        record = confirm(tx, services, letter, record)
    # the token proves the mailbox: here the sender counts as proven
    letter.sender = replace(letter.sender, verdict=SenderVerdict.PASS)
    if letter.read.submissions:
        return _forms(tx, services, letter, record)
    if record.state.ended:
        return _after_the_end(tx, services, letter, record)
    if record.status is Status.HELD and letter.message.attachments:
        keep_attachments(tx, letter, record)  # the proof that we asked for, perhaps
        keep_words(tx, letter, record)
        alert(tx, services, "customer_wrote", record.reference)
        return letter.done(Outcome.REPLY, "files_kept", record)
    if letter.read.unreadable:
        problems = tuple(item.problem for item in letter.read.unreadable)
        items = file_items(problems, record.language)
        answer(letter, record, NoticeName.UNREADABLE, details=Details(items=items))
        keep_words(tx, letter, record)
        return letter.done(Outcome.REPLY, "unreadable", record)
    return _words(tx, services, letter, record)


def _from_another(
    tx: Transaction, services: Services, letter: Letter, known: KnownThread
) -> MessageRecord:
    """Keep what somebody else writes on the thread; a colleague's form goes its own way."""
    record = known.record
    if known.standing is Standing.COLLEAGUE and letter.read.submissions:
        for submission in letter.read.submissions:
            open_form(tx, services, letter, submission, linked_to=record.reference)
        return letter.done(Outcome.REQUEST, "colleague", record)
    keep_words(tx, letter, record)
    keep_attachments(tx, letter, record)
    if known.standing is not Standing.COLLEAGUE:
        alert(tx, services, f"thread_{known.standing.value}", record.reference)
    return letter.done(Outcome.REPLY, known.standing.value, record)


def confirm(
    tx: Transaction, services: Services, letter: Letter, record: RequestRecord
) -> RequestRecord:
    """Count the sender as proven and take the request on from where it was received.

    What else the same address sent unproven is confirmed with it.
    """
    confirmed = _confirm(tx, services, letter, record)
    for other in tx.requests.of_sender(record.address_of_record):
        unproven = other.state.hold_reason is HoldReason.SENDER and other.status is Status.HELD
        if unproven and other.id != record.id:
            _confirm(tx, services, letter, other)
    return confirmed


def _confirm(
    tx: Transaction, services: Services, letter: Letter, record: RequestRecord
) -> RequestRecord:
    record = replace(record, sender_verdict=SenderVerdict.PASS)
    event = Event(EventName.SENDER_CONFIRMED, Actor.CUSTOMER, letter.now, proven=True)
    record = decide(tx, services, record, event, letter.cause)
    return resume(tx, services, record, letter.cause)


def _forms(
    tx: Transaction, services: Services, letter: Letter, record: RequestRecord
) -> MessageRecord:
    """Let the first form that fits act on the request; each other one opens its own request."""
    undecided = record.state.track is Track.HELP or record.form is None
    fitting = next(
        (
            item
            for item in letter.read.submissions
            if undecided
            or (record.form is item.form and not _of_another(tx, services, letter, record, item))
        ),
        None,
    )
    for submission in letter.read.submissions:
        if submission is fitting and not record.state.ended:
            record = _form(tx, services, letter, record, submission)
        else:
            open_form(tx, services, letter, submission, linked_to=record.reference)
    return letter.done(Outcome.REPLY, "form", record)


def _of_another(
    tx: Transaction,
    services: Services,
    letter: Letter,
    record: RequestRecord,
    submission: Submission,
) -> bool:
    """Tell whether the form is for the number of another open request of the same address.

    So it is when two forms came in one mail: both are answered on the thread of one.
    """
    number = judge(services, submission, letter.now).value("phone_number")
    return number not in {None, record.number} and any(
        other.form is submission.form
        and not other.state.ended
        and other.address_of_record.lower() == record.address_of_record.lower()
        for other in tx.requests.of_number(number or "")
    )


def _form(
    tx: Transaction,
    services: Services,
    letter: Letter,
    record: RequestRecord,
    submission: Submission,
) -> RequestRecord:
    if record.form is None or record.state.track is Track.HELP:
        return _first_form(tx, services, letter, record, submission)
    latest = tx.revisions.latest(record.id)
    checked = judge(services, submission, letter.now, latest)
    if record.status in _AFTER_APPROVAL and (
        latest is None or latest.digest != content_digest(checked)
    ):
        insert_revision(tx, record, checked, letter.now, letter.row.id, accepted=False)
        keep_files(tx, letter, record, submission)
        event = Event(EventName.CHANGED_FORM, Actor.CUSTOMER, letter.now, proven=True)
        return decide(tx, services, record, event, letter.cause)
    return revise(tx, services, letter, record, checked)


def _first_form(
    tx: Transaction,
    services: Services,
    letter: Letter,
    record: RequestRecord,
    submission: Submission,
) -> RequestRecord:
    """Take the first form of a request that had none: same reference, then as received."""
    checked = judge(services, submission, letter.now)
    found = find_conflict(tx, letter.sender, checked, content_digest(checked), own=record)
    insert_revision(tx, record, checked, letter.now, letter.row.id)
    keep_files(tx, letter, record, submission)
    keep_words(tx, letter, record)
    event = Event(
        EventName.FORM_ARRIVED,
        Actor.CUSTOMER,
        letter.now,
        proven=True,
        track=Track(submission.form.value),
    )
    record = decide(tx, services, with_answers(record, checked), event, letter.cause)
    if record.status is not Status.RECEIVED:
        return record
    return route_on(tx, services, record, checked, found, letter.cause)


def _after_the_end(
    tx: Transaction, services: Services, letter: Letter, record: RequestRecord
) -> MessageRecord:
    """Undo a withdrawal when that is what the words mean; else keep a note and tell staff."""
    keep_words(tx, letter, record)
    alert(tx, services, "mail_on_ended_request", record.reference)
    return letter.done(Outcome.REPLY, "ended", record)


def _words(
    tx: Transaction, services: Services, letter: Letter, record: RequestRecord
) -> MessageRecord:
    keep_words(tx, letter, record)
    today = letter.now.astimezone(ZoneInfo(record.time_zone)).date()
    said = read_reply(letter.message.new_text, load_phrases(), today)
    if len(said.commands) > 1:
        alert(tx, services, "two_commands", record.reference)
        return letter.done(Outcome.REPLY, "two_commands", record)
    if said.commands == (Command.STATUS,):
        answer(letter, record, NoticeName.DUPLICATE, "status")
        return letter.done(Outcome.REPLY, "status", record)
    event = _event(letter, record, said)
    if event is None:
        alert(tx, services, "customer_wrote", record.reference)
        return letter.done(Outcome.REPLY, "note", record)
    decide(tx, services, record, event, letter.cause)
    return letter.done(Outcome.REPLY, event.name.value, record)


def _event(letter: Letter, record: RequestRecord, said: ReadReply) -> Event | None:
    """Return the event that the reply means in the present status, or None for plain words."""
    name: EventName | None = _EVENTS[said.commands[0]] if said.commands else None
    slot = _slot(record, said)
    new_date = _new_date(record, said)
    if name is None and slot is not None:
        name = EventName.ACCEPT_SLOT
    elif name is None and record.status is Status.SLOT_PROPOSED and said.dates:
        name = EventName.ANOTHER_TIME
    elif name is None and new_date is not None:
        name = EventName.NEW_DATE
    elif name is None and record.status in {Status.TRIAGE, Status.AWAITING_FORM}:
        name = EventName.TEXT_ARRIVED
    if name is None:
        return None
    return Event(name, Actor.CUSTOMER, letter.now, proven=True, slot=slot, new_date=new_date)


def _slot(record: RequestRecord, said: ReadReply) -> Slot | None:
    position = _LETTERS.find(said.slot) if said.slot else -1
    if record.status is Status.SLOT_PROPOSED and 0 <= position < len(record.state.slots):
        return record.state.slots[position]
    return None


def _new_date(record: RequestRecord, said: ReadReply) -> date | None:
    if record.status is Status.AWAITING_READINESS and len(said.dates) == 1:
        return date.fromisoformat(said.dates[0])
    return None

"""From submissions to requests: check, look at what is known of the number, route, open."""

from dataclasses import replace
from datetime import timedelta

from pipeline.errors import RefusedError
from pipeline.flow.alerts import alert
from pipeline.flow.answers import answer
from pipeline.flow.cause import Cause, Details
from pipeline.flow.conflicts import FoundConflict, find_conflict, organisation_of
from pipeline.flow.decide import decide
from pipeline.flow.earlier import hold_other, replace_unproven, waiting_for_proof
from pipeline.flow.judging import items_for_customer, notes_for_customer
from pipeline.flow.letter import Letter
from pipeline.flow.revise import revise
from pipeline.flow.revisions import insert_revision, judge, submission_of
from pipeline.flow.services import Services
from pipeline.intake.language import customer_language
from pipeline.model.checked import CheckedForm, M2mCertainty
from pipeline.model.identifiers import new_id, new_reference
from pipeline.model.message import Outcome, SenderJudgement
from pipeline.model.notice import NoticeName
from pipeline.model.problem import Severity
from pipeline.model.request import (
    Actor,
    Event,
    EventName,
    NumberState,
    RequestState,
    Status,
    Track,
)
from pipeline.model.route import ConflictDecision, ConflictEffect, RoutingFacts
from pipeline.model.submission import Submission
from pipeline.resources import languages
from pipeline.routing.rules import route
from pipeline.store.records import AttachmentRecord, MessageRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.validation.content import content_digest
from pipeline.validation.customer_zone import customer_zone

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


#: Decisions for which the earlier request waits too, until staff know which one counts.
_BOTH_WAIT = frozenset({ConflictDecision.ASK_WHO_DECIDES, ConflictDecision.ASK_WHICH_KIND})

#: How long a request waits for a file that can be read.
_FILE_AWAITED = timedelta(days=14)


def open_forms(tx: Transaction, services: Services, letter: Letter) -> MessageRecord:
    """Open (or continue) one request for each submission of the message."""
    try:
        with tx.savepoint():
            return _open_forms(tx, services, letter)
    except RefusedError as error:
        if error.code == "stale_request":
            raise
        letter.answers.clear()
        alert(tx, services, "form_refused", "", error.code)
        return letter.done(Outcome.HELD, f"refused:{error.code}")


def _open_forms(tx: Transaction, services: Services, letter: Letter) -> MessageRecord:
    records = [open_form(tx, services, letter, item) for item in letter.read.submissions]
    _close_waiting(tx, services, letter)
    held = all(record.status is Status.HELD for record in records)
    return letter.done(
        Outcome.HELD if held else Outcome.REQUEST,
        ",".join(record.reference for record in records),
        records[0],
    )


def _close_waiting(tx: Transaction, services: Services, letter: Letter) -> None:
    """Close what waits for a form of this sender: it has come, in a mail of its own."""
    if not letter.proven:
        return
    for record in tx.requests.open_of_sender(letter.sender.address, letter.now - _FILE_AWAITED):
        waits = {Status.NEEDS_CORRECTION, Status.TRIAGE, Status.AWAITING_FORM}
        if record.form is None and record.status in waits:
            event = Event(EventName.SUPERSEDE, Actor.SYSTEM, letter.now, reason="form_arrived")
            decide(tx, services, record, event, letter.cause)


def open_form(
    tx: Transaction,
    services: Services,
    letter: Letter,
    submission: Submission,
    linked_to: str = "",
) -> RequestRecord:
    """Take one submission of an unknown thread to its request."""
    checked = judge(services, submission, letter.now)
    found = find_conflict(tx, letter.sender, checked, content_digest(checked))
    if found and found.previous and found.conflict.decision in _ABOUT_EARLIER:
        return _continue_earlier(tx, services, letter, checked, found, found.previous)
    waiting = waiting_for_proof(tx, letter, checked, found)
    if waiting is not None:
        return revise(tx, services, letter, waiting, checked)
    replace_unproven(tx, services, letter, checked)
    record = new_record(services, letter, checked)
    if found and found.conflict.decision is ConflictDecision.ACCEPT_LINKED and found.previous:
        linked_to = found.previous.reference
    record = replace(record, linked_to=linked_to, reference=_free_reference(tx))
    tx.requests.insert(record)
    insert_revision(tx, record, checked, letter.now, letter.row.id)
    keep_files(tx, letter, record, submission)
    keep_words(tx, letter, record)
    return route_on(tx, services, record, checked, found, letter.cause)


def route_on(
    tx: Transaction,
    services: Services,
    record: RequestRecord,
    checked: CheckedForm,
    found: FoundConflict | None,
    cause: Cause,
) -> RequestRecord:
    """Route a received request and apply what the rule says."""
    way = route(routing_facts(record, checked, found))
    queued = way.variant == "queued" and found is not None and found.previous is not None
    record = replace(
        record,
        route_rule=way.rule,
        route_misses=way.misses,
        suggestion=way.suggestion,
        waits_for=found.previous.id if queued and found and found.previous else "",
    )
    if found is not None and found.conflict.decision in _BOTH_WAIT and found.previous:
        hold_other(tx, services, found.previous)
    if way.alert or (found is not None and found.conflict.effect is ConflictEffect.ALERT):
        alert(tx, services, f"route_{way.rule}", record.reference)
    details = Details(
        items=items_for_customer(checked, record.language),
        notes=notes_for_customer(checked, record.language),
        fine_answers=_fine_answers(checked),
        has_errors=any(item.severity is Severity.ERROR for item in checked.customer_problems),
        reason=way.reason,
        suggestion=way.suggestion,
    )
    event = Event(
        name=way.event,
        actor=Actor.SYSTEM,
        at=services.clock.now(),
        reason=way.reason,
        variant=way.variant,
        track=way.track,
        hold_reason=way.hold_reason,
        answers_complete=not checked.customer_problems,
    )
    return decide(tx, services, record, event, cause, details)


def resume(
    tx: Transaction, services: Services, record: RequestRecord, cause: Cause
) -> RequestRecord:
    """Route a request that is back on *received* by the answers that are kept."""
    if record.status is not Status.RECEIVED:
        return record
    latest = tx.revisions.latest(record.id)
    if latest is None:
        event = Event(EventName.NO_FORM, Actor.SYSTEM, services.clock.now())
        return decide(tx, services, record, event, cause)
    checked = judge(services, submission_of(latest), services.clock.now())
    proven = SenderJudgement(
        record.sender_verdict, record.address_of_record, record.contact, "confirmed"
    )
    found = find_conflict(tx, proven, checked, content_digest(checked), own=record)
    return route_on(tx, services, record, checked, found, cause)


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


def new_record(
    services: Services, letter: Letter, checked: CheckedForm | None, track: Track | None = None
) -> RequestRecord:
    """Return the record of a request that begins with ``letter``; it is not stored yet."""
    value = checked.value if checked else lambda _field: None
    number = value("phone_number") or ""
    zone = customer_zone(value("time_zone"), number, services.settings.team.time_zone)
    form = checked.submission.form if checked else None
    record = RequestRecord(
        id=new_id(),
        reference=new_reference(),
        state=RequestState(
            track=track or (Track(form.value) if form else Track.HELP),
            status=Status.RECEIVED,
            version=1,
            entered_at=letter.now,
        ),
        form=form,
        address_of_record=letter.sender.address,
        sender_verdict=letter.sender.verdict,
        organisation=organisation_of(letter.sender.address),
        language=customer_language(
            value("reply_language") or "",
            letter.message.new_text,
            checked.submission.language if checked else "",
            letter.message.language,
            languages(),
        ),
        time_zone=zone,
        opened_at=letter.now,
        next_at=None,
        contact="" if checked else letter.sender.name,
        thread=(letter.message.message_id,) if letter.message.message_id else (),
        subject=letter.message.subject[:998],
    )
    return with_answers(record, checked) if checked else record


def with_answers(record: RequestRecord, checked: CheckedForm) -> RequestRecord:
    """Return ``record`` with what is kept of the answers beside the revision."""
    from datetime import date  # noqa: PLC0415 - one use

    value = checked.value
    number = _number(checked) or record.number
    ready = value("ready_date")
    return replace(
        record,
        form=checked.submission.form,
        company=value("company_legal_name") or "",
        department=value("contact_department") or "",
        contact=value("contact_name") or record.contact,
        country=value("country") or "",
        number=number,
        time_zone=customer_zone(value("time_zone"), number, record.time_zone),
        language=value("reply_language") or record.language,
        state=replace(
            record.state,
            ready_date=date.fromisoformat(ready) if ready else None,
            two_step_disabled=value("two_step_disabled") == "yes",
        ),
    )


def _number(checked: CheckedForm) -> str:
    """Return the number (E.164): of a certain M2M number what it was read as, for the answer."""
    reading = checked.reading("phone_number")
    if checked.m2m is M2mCertainty.CERTAIN and reading is not None and reading.candidates:
        return reading.candidates[0]
    return checked.value("phone_number") or ""


def _free_reference(tx: Transaction) -> str:
    reference = new_reference()
    while tx.requests.reference_exists(reference):
        reference = new_reference()
    return reference


def keep_files(
    tx: Transaction, letter: Letter, record: RequestRecord, submission: Submission
) -> None:
    """Remember the form's file with the request; its bytes stay in the raw message."""
    tx.attachments.insert(
        AttachmentRecord(
            id=new_id(),
            request_id=record.id,
            message_row=letter.row.id,
            name=submission.file_name,
            content_type=submission.format.value,
            sha256=submission.sha256,
            size=0,
        )
    )


def keep_attachments(tx: Transaction, letter: Letter, record: RequestRecord) -> None:
    """Remember all files of a message with the request (a proof, a scan); bytes stay in the raw."""
    for file in letter.message.attachments:
        tx.attachments.insert(
            AttachmentRecord(
                id=new_id(),
                request_id=record.id,
                message_row=letter.row.id,
                name=file.file_name,
                content_type=file.content_type,
                sha256=file.sha256,
                size=0,
            )
        )


def keep_words(tx: Transaction, letter: Letter, record: RequestRecord) -> None:
    """Keep the new text of the message as the customer's note."""
    from pipeline.store.records import NoteRecord  # noqa: PLC0415 - one use

    text = letter.message.new_text.strip()
    if text:
        tx.notes.insert(
            NoteRecord(
                id=new_id(),
                request_id=record.id,
                at=letter.now,
                author=letter.sender.address,
                from_customer=True,
                text=text,
                message_id=letter.row.id,
            )
        )


def _continue_earlier(
    tx: Transaction,
    services: Services,
    letter: Letter,
    checked: CheckedForm,
    found: FoundConflict,
    previous: RequestRecord,
) -> RequestRecord:
    """Do what the conflict table says of a request that is there already."""
    decision = found.conflict.decision
    if decision is ConflictDecision.REPLACE_NEW_REVISION:
        return revise(tx, services, letter, previous, checked)
    if decision is ConflictDecision.HOLD_CHANGE_REQUEST:
        insert_revision(tx, previous, checked, letter.now, letter.row.id, accepted=False)
        keep_files(tx, letter, previous, checked.submission)
        event = Event(EventName.CHANGED_FORM, Actor.CUSTOMER, letter.now, proven=letter.proven)
        return decide(tx, services, previous, event, letter.cause)
    keep_words(tx, letter, previous)
    if decision is ConflictDecision.ANSWER_DUPLICATE:
        answer(letter, previous, NoticeName.DUPLICATE)
    elif decision is ConflictDecision.ASK_OLDER_VERSION:
        answer(letter, previous, NoticeName.QUESTION, "older_file")
    elif decision is ConflictDecision.ANSWER_COLLEAGUE_ASKED:
        answer(letter, previous, NoticeName.QUESTION, "colleague", to_sender=True)
    return previous

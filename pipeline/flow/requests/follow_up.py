"""A message on the thread of a known request: a proven requester acts, others leave words."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pipeline.errors import RefusedError
from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import Origin, insert_revision
from pipeline.flow.answers.sentences import file_items
from pipeline.flow.context import MessageContext, NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.replies import add_reply
from pipeline.flow.requests.commands import event_of_reply, read_words
from pipeline.flow.requests.confirm import Answered, answer_of, confirm, deny
from pipeline.flow.requests.details import hear_more
from pipeline.flow.requests.differing import settle_other
from pipeline.flow.requests.entered import proven_by_reply
from pipeline.flow.requests.keep import keep_attachments, keep_files, keep_words, suggest
from pipeline.flow.requests.known_number import find_conflict
from pipeline.flow.requests.open import open_form
from pipeline.flow.requests.record import with_answers
from pipeline.flow.requests.revise import revise
from pipeline.flow.requests.route import route_on
from pipeline.flow.requests.thread import KnownThread, Standing
from pipeline.flow.services import Work
from pipeline.model.message import ReadReply, ReplyKind, SenderVerdict
from pipeline.model.notice import NoticeName
from pipeline.model.problem import Problem
from pipeline.model.request import Actor, Event, EventName, HoldReason, Status, Track
from pipeline.model.submission import Submission
from pipeline.routing.rights import Act, Right, act_of, right
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.terms import Outcome
from pipeline.validation.content import content_digest

_AFTER_APPROVAL = frozenset(
    {
        Status.APPROVED,
        Status.AWAITING_READINESS,
        Status.CERTIFICATE_ISSUED,
        Status.CERTIFICATE_EXPIRED,
    }
)
#: Where a file that cannot be read may be the form that we asked for.
FORM_AWAITED = frozenset(
    {Status.RECEIVED, Status.NEEDS_CORRECTION, Status.TRIAGE, Status.AWAITING_FORM}
)


_NOTHING = ReadReply(ReplyKind.NOTE)


def follow_up(work: Work, context: MessageContext, known: KnownThread) -> MessageRecord:
    """Do what a message on a known thread asks for; return its ledger row.

    What a rule refuses is kept with the request and shown to staff; nothing of it is done by half.
    """
    answered = len(context.answers)
    try:
        with work.tx.savepoint(sends=False):
            return _follow_up(work, context, known)
    except RefusedError as error:
        if error.code == "stale_request":
            raise
        del context.answers[answered:]
        context.noted.clear()
        refused = ReadReply(ReplyKind.NOTE, reasons=("refused",))
        keep_words(work, context, known.record, refused, waits=True)
        keep_attachments(work.tx, context, known.record)
        alert(work, "command_refused", known.record.reference, error.code)
        return context.done(Outcome.REPLY, known.record, refused=error.code)


def _follow_up(work: Work, context: MessageContext, known: KnownThread) -> MessageRecord:
    record = known.record
    if known.standing is not Standing.REQUESTER:
        return _from_another(work, context, known)
    record = proven_by_reply(work, context, record)
    if record.held_for(HoldReason.SENDER):
        return _to_receipt(work, context, record)
    if context.read.submissions:
        return _forms(work, context, record)
    if record.state.ended:
        return _after_the_end(work, context, record)
    if record.state.shown.status is Status.HELD and context.message.attachments:
        keep_attachments(work.tx, context, record)  # the proof that we asked for, perhaps
        keep_words(work, context, record, waits=True)
        alert(work, "customer_wrote", record.reference)
        return context.done(Outcome.REPLY, record, why="files_kept")
    return _words(work, context, record)


def _may(context: MessageContext, record: RequestRecord, act: Act) -> bool:
    """Tell whether this mail, which carries the token of ``record``, may do ``act`` by itself."""
    return right(record.beginning, context.sender, act, token=True) is Right.ACT


def _suggested(
    work: Work,
    context: MessageContext,
    record: RequestRecord,
    event: EventName,
    said: ReadReply = _NOTHING,
) -> MessageRecord:
    """Keep the mail as a note that staff can let act with one key, and tell them."""
    reasons = (*said.reasons, "sender_unproven")
    reading = replace(said, kind=ReplyKind.SUGGESTION, event=event, reasons=reasons)
    keep_words(work, context, record, reading, waits=True)
    keep_attachments(work.tx, context, record)
    return suggest(work, context, record, event)


def _to_receipt(work: Work, context: MessageContext, record: RequestRecord) -> MessageRecord:
    """Take the answer to a receipt; whatever is neither yes, no nor the form again is a note."""
    again = _fitting(work, context, record)
    said = answer_of(context, again)
    if said is Answered.UNCLEAR or not _may(context, record, Act.CONFIRM):
        return _suggested(work, context, record, EventName.SENDER_CONFIRMED)
    keep_words(work, context, record)
    if said is Answered.NO:
        deny(work, context, record)
        return context.done(Outcome.REPLY, record, event=EventName.DISOWNED)
    record = confirm(work, context, record, again)
    if again is not None and record.form is None:
        context.answers.clear()  # what was asked for has come with the answer
        record = _as_proven(context, lambda: _first_form(work, context, record, again))
    for submission in context.read.submissions:
        if submission is not again:
            open_form(work, context, submission, linked_to=record.reference)
    return context.done(Outcome.REPLY, record, event=EventName.SENDER_CONFIRMED)


def _as_proven(context: MessageContext, work: Callable[[], RequestRecord]) -> RequestRecord:
    """Run ``work`` on the request that the token proves the sender for, and for no other one."""
    judged = context.sender
    context.sender = replace(judged, verdict=SenderVerdict.PASS)
    try:
        return work()
    finally:
        context.sender = judged


def _from_another(work: Work, context: MessageContext, known: KnownThread) -> MessageRecord:
    """Keep what somebody else writes on the thread; a colleague's form goes its own way."""
    record = known.record
    if known.standing is Standing.COLLEAGUE and context.read.submissions:
        for submission in context.read.submissions:
            open_form(work, context, submission, linked_to=record.reference)
        return context.done(Outcome.REQUEST, record, why="colleague")
    keep_words(work, context, record, waits=True)
    keep_attachments(work.tx, context, record)
    if known.standing is not Standing.COLLEAGUE:
        alert(work, f"thread_{known.standing.value}", record.reference)
    return context.done(Outcome.REPLY, record, why=known.standing.value)


def _forms(work: Work, context: MessageContext, record: RequestRecord) -> MessageRecord:
    """Let the first form that fits act on the request; each other one opens its own request."""
    if not record.state.ended and not _may(context, record, Act.REVISE):
        return _suggested(work, context, record, EventName.REVISED)
    fitting = _fitting(work, context, record)
    for submission in context.read.submissions:
        if submission is fitting and not record.state.ended:
            take = partial(_form, work, context, record, submission)
            record = _as_proven(context, take)
        else:
            open_form(work, context, submission, linked_to=record.reference)
    return context.done(Outcome.REPLY, record, why="form")


def _fitting(work: Work, context: MessageContext, record: RequestRecord) -> Submission | None:
    """Return the first form of the mail that can be one of ``record``, or None."""
    undecided = record.state.track is Track.HELP or record.form is None
    return next(
        (
            item
            for item in context.read.submissions
            if undecided
            or (record.form is item.form and not _of_another(work, context, record, item))
        ),
        None,
    )


def _of_another(
    work: Work,
    context: MessageContext,
    record: RequestRecord,
    submission: Submission,
) -> bool:
    """Tell whether the form is for the number of another open request of the same address.

    So it is when two forms came in one mail: both are answered on the thread of one.
    """
    number = judge(work.services.phones, submission, context.now, ahead=context.judged).value(
        "phone_number"
    )
    return number not in {None, record.number} and any(
        other.form is submission.form
        and not other.state.ended
        and other.address_of_record.lower() == record.address_of_record.lower()
        for other in work.tx.requests.of_number(number or "")
    )


def _form(
    work: Work,
    context: MessageContext,
    record: RequestRecord,
    submission: Submission,
) -> RequestRecord:
    if record.form is None or record.state.track is Track.HELP:
        return _first_form(work, context, record, submission)
    latest = work.tx.revisions.latest(record.id)
    checked = judge(work.services.phones, submission, context.now, latest)
    if record.status in _AFTER_APPROVAL and (
        latest is None or latest.digest != content_digest(checked)
    ):
        insert_revision(
            work.tx, record, checked, Origin(context.now, context.row.id), accepted=False
        )
        keep_files(work.tx, context, record, submission)
        event = Event(EventName.CHANGED_FORM, Actor.CUSTOMER, context.now, proven=True)
        return apply_event(work, record, event, context.trigger)
    return revise(work, context, record, checked)


def _first_form(
    work: Work,
    context: MessageContext,
    record: RequestRecord,
    submission: Submission,
) -> RequestRecord:
    """Take the first form of a request that had none: same reference, then as received."""
    checked = judge(work.services.phones, submission, context.now, ahead=context.judged)
    found = find_conflict(work, context.sender, checked, content_digest(checked), own=record)
    insert_revision(work.tx, record, checked, Origin(context.now, context.row.id))
    keep_files(work.tx, context, record, submission)
    keep_words(work, context, record)
    event = Event(
        EventName.FORM_ARRIVED,
        Actor.CUSTOMER,
        context.now,
        proven=True,
        track=Track(submission.form.value),
    )
    record = apply_event(work, with_answers(record, checked), event, context.trigger)
    if record.status is not Status.RECEIVED:
        return record
    return route_on(work, record, checked, found, context.trigger)


def _after_the_end(work: Work, context: MessageContext, record: RequestRecord) -> MessageRecord:
    """Undo what can be undone when that is what the words mean; else keep a note, tell staff."""
    said = read_words(work, context, record)
    event = event_of_reply(context, record, said)
    may = event is not None and _may(context, record, act_of(event.name))
    if event is not None and may:
        keep_words(work, context, record, said, waits=said.asks_more)
        return _undone(work, context, record, event)
    if event is not None:
        return _suggested(work, context, record, event.name, said)
    keep_words(work, context, record, said, waits=True)
    keep_attachments(work.tx, context, record)
    alert(work, "mail_on_ended_request", record.reference)
    return context.done(Outcome.REPLY, record, why="ended")


def _undone(
    work: Work, context: MessageContext, record: RequestRecord, event: Event
) -> MessageRecord:
    """Undo the end of a request; who withdrew too long ago is sent the form again."""
    try:
        apply_event(work, record, event, context.trigger)
    except RefusedError as error:
        if (error.code, event.name) != ("undo_too_late", EventName.UNDO_WITHDRAW):
            raise
        add_reply(context, record, NoticeName.QUESTION, "undo_late")
        return context.done(Outcome.REPLY, record, refused=error.code)
    return context.done(Outcome.REPLY, record, event=event.name)


def _words(work: Work, context: MessageContext, record: RequestRecord) -> MessageRecord:
    """Do what the words ask for; keep them for staff when they ask for nothing certain, or more."""
    record = hear_more(work, context, record)
    said = read_words(work, context, record)
    event = event_of_reply(context, record, said)
    act = _act(said, event)
    attempt = () if act else _attempt_at_a_form(context, record)
    may = _may(context, record, Act.REVISE if attempt else act or Act.WORDS)
    if event is not None and not may:
        return _suggested(work, context, record, event.name, said)
    served = may and bool(act or attempt)
    keep_words(work, context, record, said, waits=said.asks_more or not served)
    keep_attachments(work.tx, context, record)
    if attempt and may:
        items = file_items(attempt, record.language)
        add_reply(context, record, NoticeName.UNREADABLE, details=NoticeDetails(items=items))
        return context.done(Outcome.REPLY, record, why="unreadable")
    if said.kind is ReplyKind.STAFF:
        alert(work, "two_commands", record.reference)
        return context.done(Outcome.REPLY, record, why="two_commands")
    if said.kind is ReplyKind.STATUS and may:
        add_reply(context, record, NoticeName.DUPLICATE, "status")
        return context.done(Outcome.REPLY, record, why="status")
    if event is None or said.asks_more:
        alert(work, "customer_wrote", record.reference)
    if event is None:
        return context.done(Outcome.REPLY, record, why="note")
    apply_event(work, record, event, context.trigger)
    settle_other(work, record, event.name)
    return context.done(Outcome.REPLY, record, event=event.name)


def _act(said: ReadReply, event: Event | None) -> Act | None:
    """Return what the words do, if they do anything."""
    if said.kind is ReplyKind.STATUS:
        return Act.STATUS
    return act_of(event.name) if event is not None else None


def _attempt_at_a_form(context: MessageContext, record: RequestRecord) -> tuple[Problem, ...]:
    """Return what is wrong with the files of the mail that may be the form we wait for.

    A mail that is encrypted as a whole is told of in any status: its words are not to be read.
    """
    awaited = record.state.shown.status in FORM_AWAITED
    problems = (file.problem for file in context.read.unreadable)
    return tuple(
        problem
        for problem in problems
        if problem.code == "file_encrypted_mail" or (awaited and not _is_any_file(problem))
    )


def _is_any_file(problem: Problem) -> bool:
    """Tell whether a file is of a kind that nobody would take for a form."""
    return problem.code == "file_other" and ("type", "unknown") in problem.params

"""The ledger of promises: what our mails said about when we write, kept with the requests.

What a mail named is written in the transaction that puts it into the outbox. A mail that is taken
back before it went out has told nobody anything: what the mails before it said counts again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.flow.services import Services, Work
from pipeline.model.notice import NoticeFacts, NoticeName, Saying
from pipeline.model.request import Move, RequestState, Status
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import RequestRecord
from pipeline.tracks.deadlines import all_reminders, our_promise_at, reminders_of
from pipeline.tracks.moves import staff_due_at
from pipeline.tracks.promises import after_mail, is_last, passed_in, settled

#: What is in one of these states may still go out, and nobody has read it.
_WAITS = frozenset({OutboxState.QUEUED, OutboxState.SENDING})
_NOT_READ = frozenset({OutboxState.CANCELLED, OutboxState.FAILED, OutboxState.BOUNCED})
_REMINDERS = all_reminders()
#: Mails that ask for what a reminder reminds of.
_ASKS = _REMINDERS | {
    NoticeName.NEEDS_CORRECTION,
    NoticeName.UNREADABLE,
    NoticeName.QUESTION,
}
#: Nobody is reminded sooner after a mail that asks.
_APART = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a mail does to the promise of its requests, and the date that it names."""

    saying: Saying
    named: datetime | None = None


class Heard(StrEnum):
    """Whether the customer has the mail that named the open promise."""

    YES = "yes"
    NOT_YET = "not_yet"
    NO = "no"


def dated(work: Work, record: RequestRecord, said: Promise, facts: NoticeFacts) -> NoticeFacts:
    """Return ``facts`` with the dates of ours that a mail about ``record`` may name now.

    A date that ``said`` names already is one that staff chose.
    """
    state, now, saying = record.state.shown, work.now, said.saying
    named = said.named
    if named is not None:
        pass
    elif saying.names_a_new_date and not (saying is Saying.PUTS_OFF and is_last(state)):
        services = work.services
        named = our_promise_at(
            state, services.policy, now, customer_zone=record.time_zone, team=services.team
        )
    elif saying is Saying.REPEATS and state.promise_at is not None and state.promise_at > now:
        named = state.promise_at
    old = _last_named(work, record) if saying is Saying.PUTS_OFF else None
    old = old or state.overdue_since
    if (facts.promise_at, facts.old_promise_at) == (named, old):
        return facts
    return replace(facts, promise_at=named, old_promise_at=old)


def keep(work: Work, record: RequestRecord, also: tuple[str, ...], said: Promise) -> RequestRecord:
    """Write down what a mail about ``record`` said; return the record, which is not saved here.

    ``also`` are the ids of the other requests that the mail tells of: they are saved.
    """
    for request_id in also:
        other = work.tx.requests.get(request_id)
        if other is not None:
            save(work, other, after_mail(other.state, said.saying, said.named))
    state = after_mail(record.state, said.saying, said.named)
    return record if state is record.state else replace(record, state=state)


def save(work: Work, record: RequestRecord, state: RequestState) -> None:
    """Save the promise of ``state`` with a request of which nothing else changes."""
    if state == record.state:
        return
    soonest = min(filter(None, (record.next_at, state.promise_at)), default=None)
    changed = replace(record, state=state, next_at=soonest)
    work.tx.requests.set_dates(replace(changed, due_at=staff_due(work.services, changed)))


def staff_due(services: Services, record: RequestRecord) -> datetime | None:
    """Return by when staff have to act; None where the move is not theirs."""
    if record.state.ended or record.move is not Move.STAFF:
        return None
    state, policy = record.state, services.policy
    due = staff_due_at(state, policy, customer_zone=record.time_zone, team=services.team)
    return due or state.entered_at


def take_back(work: Work, mail: OutboxRecord) -> None:
    """Undo what ``mail`` said: it does not go out. Or redo it: it does after all.

    A mail that put a promise off is let be: the date that it would have named stays ours to keep.
    """
    if mail.saying in {None, Saying.LEAVES, Saying.REPEATS, Saying.PUTS_OFF}:
        return
    for request_id in work.tx.outbox.requests_of(mail.id):
        record = work.tx.requests.get(request_id)
        if record is not None and not record.state.ended:
            save(work, record, _told_by(work, record))


def heard(work: Work, record: RequestRecord) -> Heard:
    """Tell whether the customer was told of the promise that is open."""
    mail = naming_mail(work, record)
    if mail is None or mail.state not in _WAITS | _NOT_READ:
        return Heard.YES
    if mail.state in _NOT_READ:
        return Heard.NO
    return Heard.YES if mail.intended_at is not None else Heard.NOT_YET


def naming_mail(work: Work, record: RequestRecord) -> OutboxRecord | None:
    """Return the last mail that named the open promise, if it is known."""
    at = record.state.promise_at
    mails = reversed(work.tx.outbox.of_request(record.id))
    return next((mail for mail in mails if mail.promise_at == at and at is not None), None)


def reminder_waits(work: Work, record: RequestRecord) -> bool:
    """Tell whether a reminder of the present stay has not gone out yet."""
    return any(
        mail.state in _WAITS and _reminds(record.state, mail)
        for mail in work.tx.outbox.of_request(record.id)
    )


def ask_waits(work: Work, record: RequestRecord) -> bool:
    """Tell whether what the customer would be reminded of has not gone out, or only hours ago.

    A certificate says by itself until when it is to be used: its reminders wait for nothing.
    """
    state = record.state
    if state.status is Status.CERTIFICATE_ISSUED:
        return False
    return any(
        mail.state in _WAITS or (mail.sent_at is not None and mail.sent_at > work.now - _APART)
        for mail in work.tx.outbox.of_request(record.id)
        if mail.notice in _ASKS
        and mail.created_at >= state.entered_at
        and mail.recipient.lower() == record.address_of_record.lower()
    )


def went_out(work: Work, mail: OutboxRecord) -> None:
    """Let the days before a close count from when its reminder went out."""
    if mail.notice not in _REMINDERS:
        return
    record = work.tx.requests.get(mail.request_id) if mail.request_id else None
    if record is not None and record.state.reminded_at and _reminds(record.state, mail):
        save(work, record, replace(record.state, reminded_at=work.now))


def _reminds(state: RequestState, mail: OutboxRecord) -> bool:
    """Tell whether ``mail`` reminds of what the customer has to do in the present stay."""
    return mail.notice in reminders_of(state) and mail.created_at >= state.entered_at


def _last_named(work: Work, record: RequestRecord) -> datetime | None:
    named = (
        mail.promise_at
        for mail in reversed(work.tx.outbox.of_request(record.id))
        if mail.promise_at is not None and mail.state not in _NOT_READ
    )
    return next(named, None)


def _told_by(work: Work, record: RequestRecord) -> RequestState:
    """Return the state of ``record`` with the promise that its mails leave open."""
    state = settled(record.state)
    for mail in work.tx.outbox.of_request(record.id):
        if mail.saying is None or mail.state is OutboxState.CANCELLED:
            continue
        if mail.saying is Saying.PUTS_OFF:
            state = passed_in(state)
        state = after_mail(state, mail.saying, mail.promise_at)
    return state

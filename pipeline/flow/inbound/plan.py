"""What a batch would do now, mail by mail; nothing is changed, on the server or in the state.

A mail is looked at as far as ``receive`` looks before it decides: its size (of one over the limit
that is all), its bytes in the
guarded child, whether it was seen before, whether a machine wrote it, whose thread it belongs to,
and which forms it carries. What the rules would make of a form is not foretold.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.connections import open_mailbox
from pipeline.flow.context import MessageContext, ReadMessage
from pipeline.flow.inbound.begin import begun
from pipeline.flow.inbound.copies import is_copy
from pipeline.flow.inbound.faults import fault_of
from pipeline.flow.inbound.fetch import ledger_row, waiting_mail
from pipeline.flow.inbound.read import read_guarded
from pipeline.flow.inbound.redelivery import is_redelivery
from pipeline.flow.requests.no_form import named_in_subject
from pipeline.flow.requests.thread import named_request
from pipeline.flow.services import Services, Work
from pipeline.flow.views.plan import (
    MOST,
    Fate,
    Listed,
    Plan,
    PlannedMail,
    PlannedSending,
    PlannedStep,
    PlannedWork,
)
from pipeline.mailbox.automatic import Action, action_on
from pipeline.model.message import MessageKind
from pipeline.store.queries import counts
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.terms import Outcome
from pipeline.tracks.deadlines import due
from pipeline.tracks.machine import next_system_event

_COUNTED = 1000


def plan(services: Services) -> Plan:
    """Look at mailbox, ledger, deadlines and outbox; see the module."""
    now = services.clock.now()
    error: PipelineError | None = None
    mailbox = Listed()
    try:
        mailbox = _mailbox(services, now)
    except PipelineError as found:
        error = found
    with services.store.read() as tx:
        work = services.work(tx)
        rows = tx.messages.claim(now, _COUNTED)
        records = tx.requests.due(now, MOST)
        return Plan(
            at=now,
            mailbox=mailbox,
            ledger=Listed(len(rows), tuple(_of_ledger(work, row) for row in rows[:MOST])),
            work=Listed(
                counts(tx, now).due, tuple(_work(services, record, now) for record in records)
            ),
            certificates=len(tx.certificates.unfinished(_COUNTED)),
            outbox=Listed(tx.outbox.waiting(now), _sendings(tx, now)),
            error=error,
        )


def _mailbox(services: Services, now: datetime) -> Listed:
    found: list[PlannedMail] = []
    with open_mailbox(services, only_looking=True) as mailbox:
        total, mails = waiting_mail(services, mailbox, MOST)
        for mail in mails:
            raw = mail.raw
            row = ledger_row(mail, sha256(raw).hexdigest() if raw is not None else "", now)
            with services.store.read() as tx:
                planned = _fate(services.work(tx), row, partial(bytes, raw or b""))
            found.append(
                replace(planned, id="", uid=mail.uid, date=planned.date or mail.received_at)
            )
    return Listed(max(total, len(found)), tuple(found))


def _of_ledger(work: Work, row: MessageRecord) -> PlannedMail:
    planned = _fate(work, row, lambda: work.services.blobs.get(row.sha256))
    return replace(planned, date=planned.date or row.fetched_at)


def _fate(work: Work, row: MessageRecord, raw: Callable[[], bytes]) -> PlannedMail:
    """Return what ``receive`` would do with a mail, up to where it begins to decide."""
    blank = PlannedMail(row.id, 0, row.size, None, Fate.TOO_BIG)
    if row.withheld:
        return replace(blank, fate=Fate.UNREADABLE_MAIL, reason=row.withheld)
    if row.oversized:
        return blank
    try:
        content = raw()
        if is_copy(work.services, work.tx, content):
            return replace(blank, fate=Fate.OWN_COPY)
        read = read_guarded(work.services, content)
    except (ConfigurationError, TryLaterError):
        raise
    except Exception as error:  # noqa: BLE001 - the batch would try it again and then give it up
        return replace(blank, fate=Fate.UNREADABLE_MAIL, reason=fault_of(error).reason)
    return _fate_of_read(work, row, read, blank)


def _fate_of_read(
    work: Work,
    row: MessageRecord,
    read: ReadMessage,
    blank: PlannedMail,
) -> PlannedMail:
    message = read.message
    named = replace(
        blank,
        sender=", ".join(sender.address or sender.name for sender in message.senders),
        subject=message.subject,
        date=message.date,
    )
    if work.tx.messages.earlier_with_sha256(row):
        return replace(named, fate=Fate.SEEN)
    context = begun(work, row, read)
    judged = replace(named, sender_verdict=context.sender.verdict)
    if is_redelivery(work.tx, context.done(Outcome.IGNORED, why="redelivery")):
        return replace(judged, fate=Fate.SEEN)
    known = named_request(work, message)
    if context.automation.kind is not MessageKind.HUMAN:
        return _automatic(judged, context, known or named_in_subject(work.tx, context))
    return _human(judged, read, known)


def _automatic(
    mail: PlannedMail, context: MessageContext, known: RequestRecord | None
) -> PlannedMail:
    automation, forms = context.automation, context.read.submissions
    judged = replace(mail, reason=automation.reason or automation.kind.value)
    match action_on(automation, form=bool(forms), named=known is not None):
        case Action.HELD:
            kinds = tuple(submission.form.value for submission in forms)
            return replace(judged, fate=Fate.AUTOMATIC_FORM, forms=kinds)
        case Action.NOTE if known is not None:
            return replace(judged, fate=Fate.AUTOMATIC_REPLY, reference=known.reference)
        case _:
            bounce = automation.kind is MessageKind.BOUNCE
            return replace(judged, fate=Fate.BOUNCE if bounce else Fate.AUTOMATIC)


def _human(mail: PlannedMail, read: ReadMessage, known: RequestRecord | None) -> PlannedMail:
    forms = tuple(submission.form.value for submission in read.submissions)
    if known is not None:
        return replace(mail, fate=Fate.REPLY, reference=known.reference, forms=forms)
    if forms:
        return replace(mail, fate=Fate.FORM, forms=forms)
    return replace(mail, fate=Fate.UNREADABLE_FILE if read.unreadable else Fate.WORDS)


def _work(services: Services, record: RequestRecord, now: datetime) -> PlannedWork:
    ready = due(
        record.state,
        record.done_deadlines,
        now,
        services.policy,
        customer_zone=record.time_zone,
        team=services.team,
    )
    return PlannedWork(
        reference=record.reference,
        status=record.status,
        since=record.next_at,
        steps=tuple(
            PlannedStep(item.kind.value, item.notice.notice.value if item.notice else "", item.at)
            for item in ready
        ),
        event=next_system_event(record.state, now, services.policy, customer_zone=record.time_zone),
    )


def _sendings(tx: Transaction, now: datetime) -> tuple[PlannedSending, ...]:
    return tuple(
        PlannedSending(mail.id, mail.notice.value, mail.recipient, mail.subject, mail.next_at)
        for mail in tx.outbox.list("open", MOST)
        if mail.next_at is not None and mail.next_at <= now
    )

"""Write a notice and put it into the outbox, in the transaction of the change it tells of."""

import hashlib
from dataclasses import replace
from datetime import timedelta

from pipeline.flow.context import MessageContext, Notice, Trigger
from pipeline.flow.outgoing.asked import asked_by_route, told_again
from pipeline.flow.outgoing.attachments import enclosures
from pipeline.flow.outgoing.facts import notice_facts
from pipeline.flow.outgoing.ledger import Promise, dated, keep
from pipeline.flow.outgoing.own_copy import body_digest
from pipeline.flow.services import Work
from pipeline.intake.reply.vocabulary import is_reply
from pipeline.mailbox.reply.digests import digests_of
from pipeline.model.form import FileFormat
from pipeline.model.identifiers import new_id
from pipeline.model.message import SenderVerdict
from pipeline.model.notice import (
    MailFile,
    MailPriority,
    NoticeName,
    OutboundMessage,
    Saying,
    Thread,
)
from pipeline.model.transition import SendNotice
from pipeline.notifications.compose import Composed, compose
from pipeline.notifications.headers import assemble
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import AttachmentRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.promises import saying_of

_THREAD_ENDS = 10
#: The form that staff send to somebody who has not mailed, and its reminder.
_FORM_OF_STAFF = frozenset({"prefilled_form", "prefilled_form_reminder"})
CARRIES_CERTIFICATE = frozenset({NoticeName.CERTIFICATE_ISSUED, NoticeName.CERTIFICATE_REISSUED})
_NOT_LEFT = frozenset({OutboxState.QUEUED, OutboxState.CANCELLED, OutboxState.FAILED})
_REMINDERS = frozenset(
    {
        NoticeName.CORRECTION_REMINDER,
        NoticeName.CERTIFICATE_REMINDER,
        NoticeName.INTEGRATION_REMINDER,
    }
)
_FORM_ENDINGS = frozenset(item.value for item in FileFormat)


def queue_notice(work: Work, notice: Notice, trigger: Trigger) -> RequestRecord:
    """Put ``notice`` into the outbox; return its request with the thread grown.

    Nothing is mailed to a sender whose verdict is fail or unknown; one whose verdict is none gets
    the receipt alone (spec, "Who sent it"), or the form that staff send them.
    """
    record = notice.record
    if not _may_write(record, notice.effect):
        return record
    notice = _as_first(work.tx, notice)
    composed, mail, said = _write(work, notice, trigger)
    about = (record.id, *notice.also)
    outbox_id = enqueue(work, mail, about, notice.effect.variant, trigger, said)
    if outbox_id:
        _remember(work.tx, composed, about, outbox_id)
        record = keep(work, record, notice.also, said)
    return grown(record, mail.message_id)


def _as_first(tx: Transaction, notice: Notice) -> Notice:
    """Return ``notice``, as the first certificate where no earlier one has left.

    The mail of an earlier one that still waits is taken back, and what it alone says (that the
    request is approved, what to be ready for) has to arrive.
    """
    if notice.effect.notice is not NoticeName.CERTIFICATE_REISSUED:
        return notice
    mails = tx.outbox.of_request(notice.record.id)
    if any(one.notice in CARRIES_CERTIFICATE and one.state not in _NOT_LEFT for one in mails):
        return notice
    return replace(notice, effect=replace(notice.effect, notice=NoticeName.CERTIFICATE_ISSUED))


def gather_notice(context: MessageContext, notice: Notice) -> None:
    """Keep ``notice`` with the message that it answers, to be joined with the others to it."""
    if _may_write(notice.record, notice.effect):
        context.answers.append(notice)


def _may_write(record: RequestRecord, effect: SendNotice) -> bool:
    if not record.address_of_record:
        return False
    if record.sender_verdict is SenderVerdict.PASS:
        return True
    if record.waits_for_proof:
        # staff have spoken with whoever has the address: they get the form, and nothing else
        return effect.notice is NoticeName.QUESTION and effect.variant in _FORM_OF_STAFF
    return (
        record.sender_verdict is SenderVerdict.NONE
        and effect.notice is NoticeName.RECEIPT_UNVERIFIED
    )


def _write(
    work: Work, notice: Notice, trigger: Trigger
) -> tuple[Composed, OutboundMessage, Promise]:
    record, effect = notice.record, notice.effect
    saying = _saying(notice)
    details = told_again(work, record, effect.notice, notice.details)
    facts = notice_facts(work, record, details, notice.before)
    if asked_by_route(work, record, effect):
        facts = replace(facts, after_route=True)
    facts = dated(work, record, Promise(saying, details.promise_at), facts)
    if effect.notice is NoticeName.RECEIPT_UNVERIFIED:
        # it shows nothing of the form, and so not the zone that the form tells either
        facts = replace(facts, zone=work.services.settings.team.time_zone)
    files = (*enclosures(work, record, effect, details, facts), *details.copies)
    facts = replace(facts, files=tuple(file.name for file in files))
    _remember_files(work.tx, record, effect.notice, files)
    composed = compose(effect.notice, effect.variant, record.language, facts)
    moment = trigger.message_row or str(record.state.version)
    mail = assemble(
        composed,
        notice_key=f"{record.reference}:{moment}:{effect.notice.value}:{effect.variant}",
        reference=record.reference,
        recipient=notice.recipient or record.address_of_record,
        sender=work.services.identity,
        key=work.services.token_key,
        thread=_thread(record, trigger, notice.recipient),
        files=files,
        date=work.now,
    )
    return composed, mail, Promise(saying, facts.promise_at if composed.promised else None)


def _saying(notice: Notice) -> Saying:
    """Return what the mail does to a promise; one to somebody else does nothing."""
    to_requester = notice.recipient.lower() in {"", notice.record.address_of_record.lower()}
    return saying_of(notice.effect.notice, notice.effect.variant) if to_requester else Saying.LEAVES


def _remember(tx: Transaction, composed: Composed, about: tuple[str, ...], outbox_id: str) -> None:
    """Keep digests of the mail's words with its requests, to know them again in replies."""
    for request_id in about:
        digests = digests_of(composed.text, composed.body, request_id, is_reply, composed.rows)
        tx.sent_texts.insert(request_id, outbox_id, digests)


def _remember_files(
    tx: Transaction, record: RequestRecord, notice: NoticeName, files: tuple[MailFile, ...]
) -> None:
    """Keep the digests of what we made, so that it is known when it comes back with a reply.

    Forms are known by what they say, whoever saved them since.
    """
    for file in files:
        is_form = file.name.rpartition(".")[2] in _FORM_ENDINGS
        if is_form and notice is not NoticeName.QR_DELIVERED:
            continue
        digest = hashlib.sha256(file.content).hexdigest()
        tx.attachments.insert(
            AttachmentRecord(
                id=new_id(),
                request_id=record.id,
                message_row=None,
                name=file.name,
                content_type=file.content_type,
                sha256=digest,
                size=len(file.content),
                made_by_us=True,
            )
        )


def _thread(record: RequestRecord, trigger: Trigger, recipient: str) -> Thread:
    """Return what the mail answers; our ids carry the requester's token and go to nobody else."""
    if recipient and recipient.lower() != record.address_of_record.lower():
        return Thread(in_reply_to=trigger.message_id, automatic_reply=bool(trigger.message_id))
    return Thread(
        in_reply_to=trigger.message_id or (record.thread[-1] if record.thread else ""),
        references=record.thread,
        automatic_reply=bool(trigger.message_id),
    )


def enqueue(
    work: Work,
    mail: OutboundMessage,
    about: tuple[str, ...],
    variant: str,
    trigger: Trigger,
    said: Promise | None = None,
) -> str:
    """Put a finished mail into the outbox; staff's mails wait for the undo window.

    ``about`` are the ids of the requests that it tells of, first the one whose thread it is on.
    ``said`` is what it does to their promises. Returns the id of its row, empty when the mail is
    there already.
    """
    now = work.now
    undo = timedelta(seconds=work.services.settings.courier.undo_seconds if trigger.by_staff else 0)
    outbox_id = new_id()
    is_new = work.tx.outbox.enqueue(
        OutboxRecord(
            id=outbox_id,
            request_id=about[0] if about else None,
            notice=mail.notice,
            variant=variant,
            language=mail.language,
            recipient=mail.recipient,
            subject=mail.subject,
            message_id=mail.message_id,
            content=mail.content,
            digest=body_digest(mail.content),
            created_at=now,
            state=OutboxState.QUEUED,
            next_at=now + undo,
            triggered_by=trigger.name,
            priority=_priority(mail.notice, variant, trigger),
            saying=said.saying if said else None,
            promise_at=said.named if said else None,
        ),
        about[1:],
    )
    return outbox_id if is_new else ""


def _priority(notice: NoticeName, variant: str, trigger: Trigger) -> MailPriority:
    """Return when a mail goes out among others: certificates first, receipts last."""
    if notice is NoticeName.RECEIPT_UNVERIFIED:
        spf = trigger.context is not None and trigger.context.sender.spf_aligned
        return MailPriority.RECEIPT_SPF if spf else MailPriority.RECEIPT
    if notice in CARRIES_CERTIFICATE:
        return MailPriority.CERTIFICATE
    if notice is NoticeName.STAFF_ALERT:
        return MailPriority.ALERT
    reminds = notice in _REMINDERS or variant.startswith("remind")
    return MailPriority.REMINDER if reminds else MailPriority.ORDINARY


def references_of(tx: Transaction, mail: OutboxRecord) -> tuple[str, ...]:
    """Return the references of all requests that ``mail`` tells of."""
    found = (tx.requests.get(request_id) for request_id in tx.outbox.requests_of(mail.id))
    return tuple(record.reference for record in found if record is not None)


def grown(record: RequestRecord, message_id: str) -> RequestRecord:
    """Return ``record`` with ``message_id`` in its thread: the first and last ten are kept."""
    if not message_id or message_id in record.thread:
        return record
    thread = (*record.thread, message_id)
    if len(thread) > 2 * _THREAD_ENDS:
        thread = thread[:_THREAD_ENDS] + thread[-_THREAD_ENDS:]
    return replace(record, thread=thread)

"""Write a notice and put it into the outbox, in the transaction of the change it tells of."""

from dataclasses import replace
from datetime import timedelta

from pipeline.flow.context import NoticeDetails, Reply, Trigger
from pipeline.flow.outgoing.attachments import enclosures
from pipeline.flow.outgoing.facts import notice_facts
from pipeline.flow.services import Work
from pipeline.model.identifiers import new_id
from pipeline.model.message import SenderVerdict
from pipeline.model.notice import NoticeName, OutboundMessage, Thread
from pipeline.model.request import Status
from pipeline.model.transition import SendNotice
from pipeline.notifications.compose import compose
from pipeline.notifications.headers import assemble
from pipeline.store.records import OutboxRecord, OutboxState, RequestRecord

_THREAD_ENDS = 10


def queue_notice(
    work: Work,
    record: RequestRecord,
    effect: SendNotice,
    cause: Trigger,
    details: NoticeDetails,
    previous: Status | None = None,
    recipient: str = "",
) -> RequestRecord:
    """Put the notice of ``effect`` into the outbox; return the record with its thread grown.

    Nothing is mailed to a sender whose verdict is fail or unknown; one whose verdict is none gets
    the receipt alone (spec, "Who sent it").
    """
    if not _may_write(record, effect.notice):
        return record
    if cause.gathered is not None:
        cause.gathered.append(Reply(record, effect, details, of_transition=True))
        return record
    mail = _write(work, record, effect, cause, details, previous, recipient)
    enqueue(work, mail, record.id, effect.variant, cause)
    return grown(record, mail.message_id)


def _may_write(record: RequestRecord, notice: NoticeName) -> bool:
    if not record.address_of_record:
        return False
    if record.sender_verdict is SenderVerdict.PASS:
        return True
    return record.sender_verdict is SenderVerdict.NONE and notice is NoticeName.RECEIPT_UNVERIFIED


def _write(
    work: Work,
    record: RequestRecord,
    effect: SendNotice,
    cause: Trigger,
    details: NoticeDetails,
    previous: Status | None,
    recipient: str,
) -> OutboundMessage:
    facts = notice_facts(work, record, details, previous)
    if effect.notice is NoticeName.RECEIPT_UNVERIFIED:
        # it shows nothing of the form, and so not the zone that the form tells either
        facts = replace(facts, zone=work.services.settings.team.time_zone)
    files = (*enclosures(work, record, effect, details, facts), *details.copies)
    facts = replace(facts, files=tuple(file.name for file in files))
    composed = compose(effect.notice, effect.variant, record.language, facts)
    moment = cause.message_row or str(record.state.version)
    return assemble(
        composed,
        notice_key=f"{record.reference}:{moment}:{effect.notice.value}:{effect.variant}",
        reference=record.reference,
        recipient=recipient or record.address_of_record,
        sender=work.services.identity,
        key=work.services.token_key,
        thread=_thread(record, cause, recipient),
        files=files,
        date=work.now,
    )


def _thread(record: RequestRecord, cause: Trigger, recipient: str) -> Thread:
    """Return what the mail answers; our ids carry the requester's token and go to nobody else."""
    if recipient and recipient.lower() != record.address_of_record.lower():
        return Thread(in_reply_to=cause.message_id, automatic_reply=bool(cause.message_id))
    return Thread(
        in_reply_to=cause.message_id or (record.thread[-1] if record.thread else ""),
        references=record.thread,
        automatic_reply=bool(cause.message_id),
    )


def enqueue(
    work: Work,
    mail: OutboundMessage,
    request_id: str | None,
    variant: str,
    cause: Trigger,
) -> None:
    """Put a finished mail into the outbox; staff's mails wait for the undo window."""
    now = work.now
    undo = timedelta(seconds=work.services.settings.courier.undo_seconds if cause.by_staff else 0)
    work.tx.outbox.enqueue(
        OutboxRecord(
            id=new_id(),
            request_id=request_id,
            notice=mail.notice,
            variant=variant,
            language=mail.language,
            recipient=mail.recipient,
            subject=mail.subject,
            message_id=mail.message_id,
            content=mail.content,
            created_at=now,
            state=OutboxState.QUEUED,
            next_at=now + undo,
            triggered_by=cause.name,
        )
    )


def grown(record: RequestRecord, message_id: str) -> RequestRecord:
    """Return ``record`` with ``message_id`` in its thread: the first and last ten are kept."""
    if not message_id or message_id in record.thread:
        return record
    thread = (*record.thread, message_id)
    if len(thread) > 2 * _THREAD_ENDS:
        thread = thread[:_THREAD_ENDS] + thread[-_THREAD_ENDS:]
    return replace(record, thread=thread)

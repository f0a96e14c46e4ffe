"""Mail that no person wrote: recorded, never answered; a bounce marks our notice."""

from dataclasses import replace

from pipeline.flow.context import finished
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.notices import references_of
from pipeline.flow.services import Work
from pipeline.model.message import Automation, InboundMessage, MessageKind
from pipeline.store.records import MessageRecord
from pipeline.terms import Outcome


def record(
    work: Work,
    row: MessageRecord,
    message: InboundMessage,
    automation: Automation,
) -> MessageRecord:
    """Return the ledger row of an automatic message; bounced notices are marked and staff told."""
    thread_of: str | None = None
    for message_id in automation.bounced_message_ids if automation.permanent else ():
        bounced = work.tx.outbox.bounced(message_id, automation.reason)
        if bounced is None:
            continue
        thread_of = bounced.request_id
        for request_id in work.tx.outbox.requests_of(bounced.id):
            work.tx.messages.link(row.id, request_id)
        for reference in references_of(work.tx, bounced) or ("",):
            alert(work, "notice_bounced", reference)
    bounce = automation.kind is MessageKind.BOUNCE
    done = finished(row, Outcome.BOUNCE if bounce else Outcome.IGNORED, work.now)
    return replace(
        done,
        message_id=message.message_id,
        sender=message.senders[0].address if len(message.senders) == 1 else "",
        kind=automation.kind,
        subject=message.subject[:998],
        request_id=thread_of,
        automation=automation.reason or automation.kind.value,
    )

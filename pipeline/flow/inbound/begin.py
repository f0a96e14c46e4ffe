"""The first look at a message that was read: who sent it, and whether a program wrote it."""

from dataclasses import replace

from pipeline.flow.context import MessageContext, ReadMessage
from pipeline.flow.inbound.redelivery import content_digest
from pipeline.flow.services import Work
from pipeline.mailbox.automatic import classify
from pipeline.mailbox.sender import judge_sender
from pipeline.model.message import SenderVerdict
from pipeline.store.records import MessageRecord

_FEW = 3


def begun(work: Work, row: MessageRecord, read: ReadMessage) -> MessageContext:
    """Return a message under way: judged by who sent it and by what wrote it."""
    services, message = work.services, read.message
    sender = judge_sender(message, services.sender_policy, read.signed_by)
    if row.vouched_by:
        sender = replace(sender, verdict=SenderVerdict.PASS, reason="vouched")
    trace = "; ".join(read.faults[:_FEW]) or row.trace
    unread = row.size - message.size if row.oversized else 0
    return MessageContext(
        replace(row, content=content_digest(message, unread), trace=trace),
        read,
        sender,
        work.now,
        automation=classify(message, services.own_addresses, services.is_our_message_id),
    )

"""The first look at a message that was read: who sent it, and whether a program wrote it."""

from dataclasses import dataclass, replace

from pipeline.flow.context import MessageContext, ReadMessage
from pipeline.flow.inbound.redelivery import content_digest
from pipeline.flow.services import Services, Work
from pipeline.mailbox.automatic import classify
from pipeline.mailbox.sender import judge_sender
from pipeline.model.message import Automation, SenderJudgement, SenderVerdict
from pipeline.store.records import MessageRecord

_FEW = 3


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What the message itself and the settings tell: who sent it, and what wrote it."""

    sender: SenderJudgement
    automation: Automation


def first_look(services: Services, read: ReadMessage) -> FirstLook:
    """Judge a message by who sent it and by what wrote it; no transaction is needed for that."""
    message = read.message
    return FirstLook(
        judge_sender(message, services.sender_policy, read.signed_by),
        classify(message, services.own_addresses, services.is_our_message_id),
    )


def begun(
    work: Work, row: MessageRecord, read: ReadMessage, look: FirstLook | None = None
) -> MessageContext:
    """Return a message under way; ``look`` is its first look, where that was taken before."""
    message = read.message
    look = look or first_look(work.services, read)
    sender = look.sender
    if row.vouched_by:
        sender = replace(sender, verdict=SenderVerdict.PASS, reason="vouched")
    trace = "; ".join(read.faults[:_FEW]) or row.trace
    unread = row.size - message.size if row.oversized else 0
    return MessageContext(
        replace(row, content=content_digest(message, unread), trace=trace),
        read,
        sender,
        work.now,
        automation=look.automation,
    )

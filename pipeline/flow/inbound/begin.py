"""The first look at a message that was read: who sent it, what wrote it, what it asks for."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.flow.answers.judge import judge
from pipeline.flow.context import MessageContext, ReadMessage
from pipeline.flow.inbound.redelivery import content_digest
from pipeline.flow.services import Services, Work
from pipeline.mailbox.automatic import classify
from pipeline.mailbox.sender import judge_sender
from pipeline.model.checked import CheckedForm
from pipeline.model.message import Automation, SenderJudgement, SenderVerdict
from pipeline.store.records import MessageRecord

_FEW = 3


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What the message itself and the settings tell: who sent it, what wrote it, what it asks for.

    ``forms`` are its submissions, judged on the day ``today``.
    """

    sender: SenderJudgement
    automation: Automation
    forms: tuple[CheckedForm, ...] = ()
    today: date | None = None


def first_look(services: Services, read: ReadMessage) -> FirstLook:
    """Judge a message, its sender, and its forms; no transaction is needed for that."""
    message = read.message
    now = services.clock.now()
    return FirstLook(
        judge_sender(message, services.sender_policy, read.signed_by),
        classify(message, services.own_addresses, services.is_our_message_id),
        _judged(services, read, now),
        now.date(),
    )


def _judged(services: Services, read: ReadMessage, now: datetime) -> tuple[CheckedForm, ...]:
    """Judge the forms of a message; one that fails fails again where it is needed, if it is."""
    with suppress(Exception):
        return tuple(judge(services.phones, submission, now) for submission in read.submissions)
    return ()


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
        judged=look.forms if look.today == work.now.date() else (),
    )

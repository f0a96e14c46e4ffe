"""One message on its way through the flow, with what was found out about it so far."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.flow.cause import Cause, Details
from pipeline.flow.guarded import ReadMessage
from pipeline.model.message import (
    InboundMessage,
    MessageKind,
    Outcome,
    SenderJudgement,
    SenderVerdict,
)
from pipeline.model.transition import SendNotice
from pipeline.store.records import MessageRecord, MessageState, RequestRecord


@dataclass(frozen=True, slots=True)
class Answer:
    """A notice that answers the message; all answers of one message become one mail.

    ``of_transition`` answers are exempt from the caps on direct answers. ``recipient`` is the
    sender when it is not the address of record.
    """

    record: RequestRecord
    effect: SendNotice
    details: Details
    of_transition: bool
    recipient: str = ""


@dataclass(slots=True)
class Letter:
    """A human message under way: its row, its content, its sender, and the answers to it."""

    row: MessageRecord
    read: ReadMessage
    sender: SenderJudgement
    now: datetime
    answers: list[Answer] = field(default_factory=list)

    @property
    def message(self) -> InboundMessage:
        """The parsed message."""
        return self.read.message

    @property
    def proven(self) -> bool:
        """Whether the trusted headers prove the sender."""
        return self.sender.verdict is SenderVerdict.PASS

    @property
    def cause(self) -> Cause:
        """The message as the cause of what follows from it; its answers are gathered."""
        return Cause(
            name="customer",
            message_id=self.message.message_id,
            message_row=self.row.id,
            gathered=self.answers,
        )

    def done(
        self, outcome: Outcome, detail: str, record: RequestRecord | None = None
    ) -> MessageRecord:
        """Return the ledger row of the processed message."""
        return replace(
            finished(self.row, outcome, detail, self.now),
            message_id=self.message.message_id,
            sender=self.sender.address,
            sender_verdict=self.sender.verdict,
            kind=MessageKind.HUMAN,
            subject=self.message.subject[:998],
            request_id=record.id if record else None,
        )


def finished(row: MessageRecord, outcome: Outcome, detail: str, now: datetime) -> MessageRecord:
    """Return ``row`` as processed with ``outcome``; ``move_to`` is filled when it is saved."""
    return replace(
        row,
        state=MessageState.PROCESSED,
        next_at=None,
        outcome=outcome,
        detail=detail,
        processed_at=now,
    )

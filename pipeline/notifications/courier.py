"""What carries a finished mail away, and what it says of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pipeline.errors import PipelineError


class DeliveryKind(StrEnum):
    """What became of a mail that was handed over.

    ``deferred``: not taken, may be taken later. ``failed``: never will be. ``in_doubt``: the line
    broke after the whole mail was handed over, so that it may have been taken.
    """

    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


class Step(StrEnum):
    """A command of SMTP that a mail was refused at; ``end`` is its final dot."""

    SENDER = "mail"
    RECIPIENT = "rcpt"
    DATA = "data"
    END = "end"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of one attempt; ``detail`` is a code or the server's answer, for operators.

    ``fault`` tells that no mail is to blame and the next would fare the same: a TryLaterError when
    the server is down, a ConfigurationError when somebody has to correct a setting. ``step`` is
    the command that a server refused.
    """

    kind: DeliveryKind
    detail: str = ""
    fault: PipelineError | None = field(default=None, compare=False)
    step: Step | None = field(default=None, compare=False)


class Courier(Protocol):
    """Carries mails away; one for a batch, closed at its end."""

    def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
        """Hand over one mail; never raises for what a server or a disk does."""
        ...

    def check(self) -> Delivery:
        """Say whether mail could be handed over now, without handing over any."""
        ...

    def close(self) -> None:
        """Give back what was held open."""
        ...

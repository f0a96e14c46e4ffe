"""The records of the outbox: a mail that goes out, or has gone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.notice import MailPriority, NoticeName, Saying


class OutboxState(StrEnum):
    """The life of a mail that we send."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class OutboxRecord:
    """A mail with fixed bytes; ``content`` is emptied a while after sending.

    ``request_id`` is the request whose thread the mail is on; ``outbox_requests`` has all that it
    tells of. ``intended_at`` is set right before the bytes go to the server and cleared when it is
    known what came of them; a claimed mail with it is in doubt, and looked for until
    ``look_until``. ``copied_at`` tells that our own copy came in; ``digest`` knows it. ``refusals``
    counts temporary ones since ``refused_since``; faults of a server are none. ``saying`` is what
    it does to a promise (None: it is no mail to a customer), ``promise_at`` by when it promises
    that we write. Of mails that are due, those with the first ``priority`` go first.
    """

    id: str
    request_id: str | None
    notice: NoticeName
    variant: str
    language: str
    recipient: str
    subject: str
    message_id: str
    content: bytes
    created_at: datetime
    state: OutboxState
    next_at: datetime | None
    attempt: int = 0
    claimed_by: str = ""
    claimed_until: datetime | None = None
    sent_at: datetime | None = None
    last_error: str = ""
    triggered_by: str = ""
    intended_at: datetime | None = None
    priority: MailPriority = MailPriority.ORDINARY
    saying: Saying | None = None
    promise_at: datetime | None = None
    look_until: datetime | None = None
    copied_at: datetime | None = None
    digest: str = ""
    refusals: int = 0
    refused_since: datetime | None = None

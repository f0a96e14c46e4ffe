"""What travels with a change: its trigger, what its mails may say, and the message under way."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.mailbox.automatic import list_id
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.message import (
    Automation,
    InboundMessage,
    MessageKind,
    NewText,
    SenderJudgement,
    SenderVerdict,
)
from pipeline.model.notice import MailFile, ProblemItem, RequestFacts
from pipeline.model.request import EventName, Status
from pipeline.model.submission import Submission, UnreadableFile
from pipeline.model.transition import SendNotice
from pipeline.store.records import MessageRecord, MessageState, RequestRecord
from pipeline.terms import Outcome

_HUMAN = Automation(MessageKind.HUMAN)


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message with the submissions that were read from its files.

    The attachments of ``message`` are emptied: their bytes stay in the raw message. ``signed_by``
    are the domains whose DKIM signatures we verified ourselves; None: we did not look. ``faults``
    are the type and place of our own faults at files beside the submissions.
    """

    message: InboundMessage
    submissions: tuple[Submission, ...]
    unreadable: tuple[UnreadableFile, ...]
    other_files: tuple[str, ...]
    signed_by: tuple[str, ...] | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """Who or what caused a change.

    ``name`` is the staff member, or ``customer`` or ``system``. ``by_staff`` puts mails behind the
    undo window. ``context`` is the message that caused it: its notices are gathered there, because
    one message gets one mail.
    """

    name: str = "system"
    by_staff: bool = False
    context: "MessageContext | None" = None

    @property
    def message_id(self) -> str:
        """The Message-ID of the mail that a notice answers; empty: we start it."""
        return self.context.message.message_id if self.context else ""

    @property
    def message_row(self) -> str:
        """The row of that mail in the ledger, or empty."""
        return self.context.row.id if self.context else ""


@dataclass(frozen=True, slots=True)
class NoticeDetails:
    """What a notice says beyond the request: see ``NoticeFacts`` for the meaning of each.

    ``files`` take the place of the notice's own files, ``copies`` come beside them. ``promise_at``
    is a date that staff chose. ``due_at`` is the customer's deadline where the state does not tell
    it any more.
    """

    items: tuple[ProblemItem, ...] = ()
    notes: tuple[str, ...] = ()
    fine_answers: int = 0
    has_errors: bool = True
    changes: tuple[tuple[str, str, str], ...] = ()
    own_words: str = ""
    reason: str = ""
    requests: tuple[RequestFacts, ...] = ()
    file_name: str = ""
    suggestion: FormKind | None = None
    files: tuple[MailFile, ...] = ()
    chat_link: str = ""
    short_link: str = ""
    print_mm: int = 0
    copies: tuple[MailFile, ...] = ()
    promise_at: datetime | None = None
    first_asked: bool = False
    second_received_at: datetime | None = None
    reply_word: str = ""
    due_at: datetime | None = None
    reminder: int = 0
    last_reminder: bool = False
    by_staff: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice about a request that is to go out; all that answer one message become one mail.

    ``of_transition`` notices are exempt from the caps on direct answers. ``recipient`` is the
    sender when it is not the address of record. ``before`` is the status that a transition left.
    ``also`` are the ids of the other requests that the mail tells of.
    """

    record: RequestRecord
    effect: SendNotice
    details: NoticeDetails = field(default_factory=NoticeDetails)
    of_transition: bool = True
    recipient: str = ""
    before: Status | None = None
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class MessageContext:
    """A message under way: its row, its content, who sent it, and the answers to it.

    ``new_text`` is what its sender wrote now: as marks tell, and as the thread tells that it is on.
    ``unanswered``: a program wrote it, or the sender has had enough for a day. What it brings is
    held for staff, and no mail goes out.
    """

    row: MessageRecord
    read: ReadMessage
    sender: SenderJudgement
    now: datetime
    answers: list[Notice] = field(default_factory=list)
    automation: Automation = field(default=_HUMAN)
    unanswered: bool = False
    new_text: NewText = field(init=False)
    #: The requests that have the words of the message as a note.
    noted: set[str] = field(default_factory=set)
    #: Whether a person has to read the message, or has.
    for_staff: bool = False
    #: Submissions that were judged on this day already, each for itself.
    judged: tuple[CheckedForm, ...] = ()

    def __post_init__(self) -> None:
        by_marks = self.read.message.new_text
        self.new_text = NewText(by_marks, by_marks)

    @property
    def message(self) -> InboundMessage:
        """The parsed message."""
        return self.read.message

    @property
    def proven(self) -> bool:
        """Whether the trusted headers prove the sender."""
        return self.sender.verdict is SenderVerdict.PASS

    @property
    def trigger(self) -> Trigger:
        """The message as the cause of what follows from it."""
        return Trigger(name="customer", context=self)

    def done(
        self,
        outcome: Outcome,
        record: RequestRecord | None = None,
        *,
        why: str = "",
        rule: str = "",
        event: EventName | None = None,
        refused: str = "",
    ) -> MessageRecord:
        """Return the ledger row of the processed message; ``record`` is its first request."""
        return replace(
            finished(self.row, outcome, self.now, why=why),
            rule=rule,
            event=event,
            refused=refused,
            message_id=self.message.message_id,
            sender=self.sender.address,
            sender_verdict=self.sender.verdict,
            sender_warnings=self.sender.warnings,
            kind=self.automation.kind,
            automation=self.automation.reason,
            list_id=list_id(self.message),
            subject=self.message.subject[:998],
            request_id=record.id if record else None,
            for_staff=self._for_staff if outcome is Outcome.REPLY else None,
        )

    @property
    def _for_staff(self) -> bool:
        """Whether a person had to read it; one who let it act has."""
        return self.for_staff or bool(self.row.vouched_by)


def finished(
    row: MessageRecord, outcome: Outcome, now: datetime, *, why: str = ""
) -> MessageRecord:
    """Return ``row`` as processed with ``outcome``; ``move_to`` is filled when it is saved."""
    return replace(
        row,
        state=MessageState.PROCESSED,
        next_at=None,
        outcome=outcome,
        why=why,
        processed_at=now,
    )

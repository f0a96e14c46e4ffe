"""What a decision will do, found by taking it and taking all of it back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pipeline.errors import PipelineError
from pipeline.flow.answers.revisions import open_answers
from pipeline.flow.lifecycle.issuance import hindrance
from pipeline.flow.services import Services
from pipeline.flow.services.organisations import organisation_of_request
from pipeline.model.certificate import CertificateState
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import CertificateRecord, RequestRecord
from pipeline.store.short_link_records import LinkOrder
from pipeline.store.staff_records import UndoRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.conditions import waits_for_second

Decide = Callable[[Services, RequestRecord, str], RequestRecord]

_NOT_MADE = frozenset({CertificateState.RESERVED, CertificateState.PREPARED})


@dataclass(frozen=True, slots=True)
class Announced:
    """What a decision will do when it is taken now.

    ``mails`` are those that it queues, byte for byte, for whichever request. ``ordered`` is the
    certificate that is made right after it, with a mail of its own; ``ended`` are the live ones
    that end with it for good. ``links`` are the orders of short links that Meta gets after it.
    ``organisation`` is whose request it is. ``open_answers`` are those that are wrong or asked
    about then. ``kept`` is what an undo would need, and why there would be none. ``first_yes`` is
    who has said yes to a certificate that waits for a second person then; None: none does.
    ``hindered`` is what would stop the certificate that is waited for then: none is made, and the
    order waits. ``words_read``: words of the customer that wait for staff wait no longer then.
    """

    before: RequestRecord
    after: RequestRecord
    mails: tuple[OutboxRecord, ...]
    ordered: CertificateRecord | None
    ended: tuple[CertificateRecord, ...]
    links: tuple[LinkOrder, ...]
    organisation: str
    open_answers: tuple[str, ...]
    kept: UndoRecord | None
    first_yes: str | None = None
    hindered: PipelineError | None = None
    words_read: bool = False

    @property
    def undo_seconds(self) -> int:
        """For how many seconds it can be undone; 0 when it cannot."""
        if self.kept is None or self.kept.lasting:
            return 0
        return int((self.kept.until - self.kept.at).total_seconds())

    @property
    def lasting(self) -> bool:
        """Whether it cannot be taken back once the undo window is over."""
        certificates = self.after.state.certificates > self.before.state.certificates
        made = self.ordered or self.ended or self.links
        return bool(made or certificates or self.after.state.ended)


@dataclass(slots=True)
class _Seen:
    """What the transactions of a decision left, right before they were taken back."""

    services: Services
    record: RequestRecord
    certificates: list[CertificateRecord]
    mails: dict[str, OutboxRecord] = field(default_factory=dict)
    links: list[LinkOrder] = field(default_factory=list)
    open_answers: tuple[str, ...] = ()
    kept: UndoRecord | None = None
    language: str = ""
    hindered: PipelineError | None = None
    unread: int = 0

    def begin(self, tx: Transaction) -> None:
        """Let the customer read another language in this transaction."""
        if self.language:
            tx.requests.set_language(self.record.id, self.language)

    def __call__(self, tx: Transaction) -> None:
        found = (tx.outbox.get(name) for name in tx.outbox.enqueued)
        self.mails.update({mail.message_id: mail for mail in found if mail is not None})
        self.certificates = tx.certificates.of_request(self.record.id)
        self.links = tx.short_links.of_request(self.record.id)
        self.open_answers = open_answers(tx, self.record)
        self.kept = tx.undo.get(self.record.id)
        self.unread = len(tx.notes.waiting(self.record.id))
        now = tx.requests.get(self.record.id)
        work = self.services.work(tx)
        self.hindered = hindrance(work, now, with_issuer=True) if now is not None else None


def rehearse(
    services: Services, record: RequestRecord, decide: Decide, who: str, *, language: str = ""
) -> Announced:
    """Return what ``decide`` would do to ``record`` now; nothing of it is kept.

    No certificate is signed: who decides is told that one will be, or what would stop it. With
    ``language`` the mails are as a customer would get them who reads it. Raises what ``decide``
    raises, so that a refusal is known before it is asked for.
    """
    with services.store.read() as tx:
        known = {row.id: row for row in tx.certificates.of_request(record.id)}
        known_links = {order.id for order in tx.short_links.of_request(record.id)}
        organisation = organisation_of_request(services.work(tx), record)
        earlier = tx.undo.get(record.id)
        unread = len(tx.notes.waiting(record.id))
    seen = _Seen(services, record, list(known.values()), language=language, unread=unread)
    after = decide(replace(services, looking=True, rehearsal=seen), record, who)
    waits = waits_for_second(after.state, services.policy)
    rows = () if waits else seen.certificates
    ordered = next((row for row in rows if row.state in _NOT_MADE), None)
    ended = tuple(
        row
        for row in seen.certificates
        if row.state is not CertificateState.LIVE and _was_live(known.get(row.id))
    )
    return Announced(
        before=record,
        after=after,
        mails=tuple(seen.mails.values()),
        ordered=ordered,
        ended=ended,
        links=tuple(order for order in seen.links if order.id not in known_links),
        organisation=organisation,
        open_answers=seen.open_answers,
        kept=None if seen.kept == earlier else seen.kept,
        first_yes=after.state.first_yes if waits else None,
        hindered=seen.hindered,
        words_read=seen.unread < unread,
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """What entering a request will do: the request, and the mails that go out."""

    after: RequestRecord
    mails: tuple[OutboxRecord, ...]


@dataclass(slots=True)
class _Mails:
    """What was queued in the transactions, the same mail once."""

    seen: dict[str, OutboxRecord] = field(default_factory=dict)

    def begin(self, tx: Transaction) -> None:
        """Change nothing before."""

    def __call__(self, tx: Transaction) -> None:
        self.seen = {
            mail.message_id: mail
            for name in tx.outbox.enqueued
            if (mail := tx.outbox.get(name)) is not None
        }


def rehearse_opening(services: Services, enter: Callable[[Services], RequestRecord]) -> Opened:
    """Return what ``enter`` would make of somebody's words now; nothing of it is kept.

    The reference is an example. Raises what ``enter`` raises.
    """
    mails = _Mails()
    after = enter(replace(services, looking=True, rehearsal=mails))
    return Opened(after, tuple(mails.seen.values()))


def _was_live(row: CertificateRecord | None) -> bool:
    return row is not None and row.state is CertificateState.LIVE

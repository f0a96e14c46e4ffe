"""What a decision will do, found by taking it and taking all of it back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pipeline.flow.answers.revisions import open_answers
from pipeline.flow.services import Services
from pipeline.flow.services.organisations import organisation_of_request
from pipeline.model.certificate import CertificateState
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import CertificateRecord, RequestRecord
from pipeline.store.short_link_records import LinkOrder
from pipeline.store.unit_of_work import Transaction

Decide = Callable[[Services, RequestRecord, str], RequestRecord]

_NOT_MADE = frozenset({CertificateState.RESERVED, CertificateState.PREPARED})


@dataclass(frozen=True, slots=True)
class Announced:
    """What a decision will do when it is taken now.

    ``mails`` are those that it queues, byte for byte, for whichever request. ``ordered`` is the
    certificate that is made right after it, with a mail of its own; ``ended`` are the live ones
    that end with it for good. ``links`` are the orders of short links that Meta gets after it.
    ``organisation`` is whose request it is. ``open_answers`` are those that are wrong or asked
    about then.
    """

    before: RequestRecord
    after: RequestRecord
    mails: tuple[OutboxRecord, ...]
    ordered: CertificateRecord | None
    ended: tuple[CertificateRecord, ...]
    links: tuple[LinkOrder, ...]
    organisation: str
    open_answers: tuple[str, ...]

    @property
    def lasting(self) -> bool:
        """Whether it cannot be undone, but for the mails of the undo window."""
        certificates = self.after.state.certificates > self.before.state.certificates
        made = self.ordered or self.ended or self.links
        return bool(made or certificates or self.after.state.ended)


@dataclass(slots=True)
class _Seen:
    """What the transactions of a decision left, right before they were taken back."""

    record: RequestRecord
    certificates: list[CertificateRecord]
    mails: dict[str, OutboxRecord] = field(default_factory=dict)
    links: list[LinkOrder] = field(default_factory=list)
    open_answers: tuple[str, ...] = ()

    def __call__(self, tx: Transaction) -> None:
        found = (tx.outbox.get(name) for name in tx.outbox.enqueued)
        self.mails.update({mail.message_id: mail for mail in found if mail is not None})
        self.certificates = tx.certificates.of_request(self.record.id)
        self.links = tx.short_links.of_request(self.record.id)
        self.open_answers = open_answers(tx, self.record)


def rehearse(services: Services, record: RequestRecord, decide: Decide, who: str) -> Announced:
    """Return what ``decide`` would do to ``record`` now; nothing of it is kept.

    No certificate is signed: who decides is told that one will be. Raises what ``decide`` raises,
    so that a refusal is known before it is asked for.
    """
    with services.store.read() as tx:
        known = {row.id: row for row in tx.certificates.of_request(record.id)}
        known_links = {order.id for order in tx.short_links.of_request(record.id)}
        organisation = organisation_of_request(services.work(tx), record)
    seen = _Seen(record, list(known.values()))
    after = decide(replace(services, looking=True, rehearsal=seen), record, who)
    ordered = next((row for row in seen.certificates if row.state in _NOT_MADE), None)
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
    )


def _was_live(row: CertificateRecord | None) -> bool:
    return row is not None and row.state is CertificateState.LIVE

"""Staff and the outbox: take a mail back, or queue it again; with a name in the history."""

from dataclasses import dataclass

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.outgoing.ledger import take_back
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import note_in_history
from pipeline.model.request import Move
from pipeline.store.records import OutboxRecord, RequestRecord


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of a mail that was taken back.

    ``waiting`` are the requests that now wait for an answer to a mail that nobody got.
    """

    mail: OutboxRecord
    waiting: tuple[RequestRecord, ...]


def cancel(services: Services, mail_id: str, who: str) -> Cancelled:
    """Take back a mail that was not sent yet.

    Raises NotFoundError ``mail_unknown``, RefusedError ``outbox_too_late``.
    """

    def change(work: Work) -> Cancelled:
        mail = _mail(work, mail_id)
        if not work.tx.outbox.cancel(mail_id):
            raise RefusedError("outbox_too_late", mail=mail_id)
        take_back(work, mail)
        told = note_mail(work, mail, who, "mail_cancelled")
        waits = (
            record for record in told if not record.state.ended and record.move is Move.CUSTOMER
        )
        return Cancelled(mail, tuple(waits))

    return services.run(change)


def retry(services: Services, mail_id: str, who: str) -> None:
    """Queue a failed, doubtful, bounced or cancelled mail again, the same bytes.

    Raises NotFoundError ``mail_unknown``, RefusedError ``outbox_not_retried``.
    """

    def change(work: Work) -> None:
        mail = _mail(work, mail_id)
        if not work.tx.outbox.retry(mail_id, work.now):
            raise RefusedError("outbox_not_retried", mail=mail_id)
        take_back(work, mail)
        note_mail(work, mail, who, "mail_queued_again")

    services.run(change)


def _mail(work: Work, mail_id: str) -> OutboxRecord:
    mail = work.tx.outbox.get(mail_id)
    if mail is None:
        raise NotFoundError("mail_unknown", mail=mail_id)
    return mail


def note_mail(work: Work, mail: OutboxRecord, who: str, what: str) -> list[RequestRecord]:
    """Write what ``who`` did into the history of each request of the mail; return those."""
    found = (work.tx.requests.get(name) for name in work.tx.outbox.requests_of(mail.id))
    told = [record for record in found if record is not None]
    for record in told:
        note_in_history(work, record, who, (what, mail.id))
    return told

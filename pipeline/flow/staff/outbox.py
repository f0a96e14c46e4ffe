"""Staff and the outbox: take a mail back, or queue it again; with a name in the history."""

from dataclasses import dataclass

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import note_in_history
from pipeline.model.request import Move
from pipeline.store.records import OutboxRecord, RequestRecord


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of a mail that was taken back.

    ``waiting`` is the request that now waits for an answer to a mail that nobody got, or None.
    """

    mail: OutboxRecord
    waiting: RequestRecord | None


def cancel(services: Services, mail_id: str, who: str) -> Cancelled:
    """Take back a mail that was not sent yet.

    Raises NotFoundError ``mail_unknown``, RefusedError ``outbox_too_late``.
    """

    def change(work: Work) -> Cancelled:
        mail = _mail(work, mail_id)
        if not work.tx.outbox.cancel(mail_id):
            raise RefusedError("outbox_too_late", mail=mail_id)
        record = _noted(work, mail, who, "mail_cancelled")
        waits = record is not None and not record.state.ended and record.move is Move.CUSTOMER
        return Cancelled(mail, record if waits else None)

    return services.run(change)


def retry(services: Services, mail_id: str, who: str) -> None:
    """Queue a failed, doubtful, bounced or cancelled mail again, the same bytes.

    Raises NotFoundError ``mail_unknown``, RefusedError ``outbox_not_retried``.
    """

    def change(work: Work) -> None:
        mail = _mail(work, mail_id)
        if not work.tx.outbox.retry(mail_id, work.now):
            raise RefusedError("outbox_not_retried", mail=mail_id)
        _noted(work, mail, who, "mail_queued_again")

    services.run(change)


def _mail(work: Work, mail_id: str) -> OutboxRecord:
    mail = work.tx.outbox.get(mail_id)
    if mail is None:
        raise NotFoundError("mail_unknown", mail=mail_id)
    return mail


def _noted(work: Work, mail: OutboxRecord, who: str, what: str) -> RequestRecord | None:
    """Write it into the history of the mail's request, if it has one; return that."""
    record = work.tx.requests.get(mail.request_id) if mail.request_id else None
    if record is not None:
        note_in_history(work, record, who, (what, mail.id))
    return record

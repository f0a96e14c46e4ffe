"""Staff and the outbox: take a mail back, or queue it again; with a name in the history."""

from dataclasses import dataclass
from functools import partial

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.outgoing.ledger import take_back
from pipeline.flow.outgoing.notices import CARRIES_CERTIFICATE
from pipeline.flow.outgoing.stale import overtaken
from pipeline.flow.services import Services, Work, pause
from pipeline.flow.staff.command import note_in_history
from pipeline.flow.staff.replies import wait_again
from pipeline.model.request import Move
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import RequestRecord
from pipeline.store.tables.outbox import AGAIN, UNDONE
from pipeline.tracks.moves import whose_move

_PORTION = 100
#: A mail in one of these states was read, or is on its way.
_TELLS = frozenset(
    {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT, OutboxState.IN_DOUBT}
)


def reveal_mail(services: Services, mail_id: str, who: str) -> OutboxRecord:
    """Return a mail; that the certificate in it was looked at stands in the history.

    Raises NotFoundError ``mail_unknown``.
    """

    def change(work: Work) -> OutboxRecord:
        mail = _mail(work, mail_id)
        if mail.notice in CARRIES_CERTIFICATE:
            note_mail(work, mail, who, "certificate_revealed")
        return mail

    return services.run(change)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of a mail that was taken back.

    ``waiting`` are the requests whose customer has no other mail that tells them that it is their
    move: staff have it back.
    """

    mail: OutboxRecord
    waiting: tuple[RequestRecord, ...]


def cancel(services: Services, mail_id: str, who: str) -> Cancelled:
    """Take back a mail that was not sent yet; the decision that queued it stands.

    Where no other mail tells the customer that it is their move, it is the move of staff: the
    request is in ``needs-me``. Words that it answered wait to be read again. Raises NotFoundError
    ``mail_unknown``, RefusedError ``outbox_too_late``.
    """

    def change(work: Work) -> Cancelled:
        mail = _mail(work, mail_id)
        if not work.tx.outbox.cancel(mail_id):
            raise RefusedError("outbox_too_late", mail=mail_id)
        take_back(work, mail)
        told = note_mail(work, mail, who, "mail_cancelled")
        for record in told:
            wait_again(work, record, mail.created_at)
        waits = tuple(record for record in told if _waits_unasked(work, record))
        for record in waits:
            work.tx.requests.set_move(record.id, Move.STAFF, work.now)
        return Cancelled(mail, waits)

    return services.run(change)


def retry(services: Services, mail_id: str, who: str) -> None:
    """Queue a failed, doubtful, bounced or cancelled mail again, the same bytes.

    Raises NotFoundError ``mail_unknown``, RefusedError ``outbox_not_retried``, or
    ``outbox_overtaken`` for one that the next run would take back as out of date.
    """

    def change(work: Work) -> None:
        mail = _mail(work, mail_id)
        code = refused_again(work, mail)
        if code == "outbox_overtaken":
            raise RefusedError("outbox_overtaken", mail=mail_id)
        if code or not _queued_again(work, mail, who):
            raise RefusedError("outbox_not_retried", mail=mail_id)

    services.run(change)


def refused_again(work: Work, mail: OutboxRecord) -> str:
    """Return the code of why ``mail`` cannot be queued again, or nothing."""
    if mail.state not in AGAIN or not mail.content or mail.last_error == UNDONE:
        return "outbox_not_retried"
    return "outbox_overtaken" if overtaken(work.tx, mail, work.now) else ""


def retry_all(services: Services, state: OutboxState, who: str) -> int:
    """Queue all mails in ``state`` again that can still be sent; return how many.

    ``state`` is one of those that need a person: failed, in doubt, bounced.
    """
    done, after = 0, ""
    while portion := services.run(partial(_retry_some, state=state, after=after, who=who)):
        done += sum(again for _, again in portion)
        after = portion[-1][0]
    return done


def _retry_some(work: Work, *, state: OutboxState, after: str, who: str) -> list[tuple[str, bool]]:
    """Queue a portion of mails again; return the id of each, and whether it could be."""
    mails = work.tx.outbox.in_state(state, _PORTION, after)
    return [(mail.id, _queued_again(work, mail, who)) for mail in mails]


def resume(services: Services, who: str) -> int | None:
    """Go on sending after a pause; return how many of the mails that led to it wait again.

    None: sending was not paused.
    """

    def change(work: Work) -> int | None:
        found = pause.refusals(work.tx, to_change=True)
        if found.paused_at is None:
            return None
        mails = [mail for name in found.mails if (mail := work.tx.outbox.get(name)) is not None]
        pause.keep(work.tx, pause.Refusals(again=found.mails))
        waiting = [mail for mail in mails if mail.state is OutboxState.QUEUED]
        for mail in waiting:
            note_mail(work, mail, who, "mail_queued_again")
        return len(waiting)

    return services.run(change)


def _queued_again(work: Work, mail: OutboxRecord, who: str) -> bool:
    if refused_again(work, mail) or not work.tx.outbox.retry(mail.id, work.now):
        return False
    take_back(work, mail)
    for record in note_mail(work, mail, who, "mail_queued_again"):
        move = whose_move(record.state, work.services.policy)
        if record.move is not move:
            work.tx.requests.set_move(record.id, move)
    return True


def _waits_unasked(work: Work, record: RequestRecord) -> bool:
    """Tell whether a customer is to move whom no mail of this stay tells so."""
    if record.state.ended or record.move is not Move.CUSTOMER:
        return False
    address = record.address_of_record.lower()
    return not any(
        mail.state in _TELLS
        and mail.created_at >= record.state.entered_at
        and mail.recipient.lower() == address
        for mail in work.tx.outbox.of_request(record.id)
    )


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

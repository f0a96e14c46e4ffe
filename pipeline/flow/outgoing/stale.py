"""Mail that is out of date: it waited in the outbox, and the facts have changed.

A server that is down, or the undo window, keeps a mail for minutes or days. Asked right before a
mail goes out: a revoked certificate stays here, and so does a reminder of what has been done.
"""

from datetime import datetime
from email import message_from_bytes, policy

from pipeline.flow.services import Work
from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, HoldReason, Status
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import CertificateRecord, EventRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.conditions import CUSTOMERS_STATUSES

#: Mails that carry a certificate: it has to be the live one still.
_CARRIES_CERTIFICATE = frozenset({NoticeName.CERTIFICATE_ISSUED, NoticeName.CERTIFICATE_REISSUED})
#: Mails that make sense in these statuses of their request only, as its customer is told it.
_ONLY_IN = {
    NoticeName.NEEDS_CORRECTION: frozenset({Status.NEEDS_CORRECTION}),
    NoticeName.HELD: frozenset({Status.HELD}),
    NoticeName.APPROVED_NOT_READY: frozenset({Status.AWAITING_READINESS}),
    NoticeName.CERTIFICATE_EXPIRED: frozenset({Status.CERTIFICATE_EXPIRED, Status.HELD}),
    NoticeName.INTEGRATION_REMINDER: frozenset(
        {Status.CERTIFICATE_ISSUED, Status.CERTIFICATE_EXPIRED}
    ),
    NoticeName.CERTIFICATE_REMINDER: frozenset({Status.CERTIFICATE_ISSUED}),
    NoticeName.CORRECTION_REMINDER: frozenset({Status.NEEDS_CORRECTION}),
    NoticeName.READINESS_CHECK: frozenset({Status.AWAITING_READINESS}),
    NoticeName.TWO_STEP_INSTRUCTIONS: frozenset({Status.AWAITING_TWO_STEP_OFF}),
    NoticeName.SLOT_PROPOSAL: frozenset({Status.SLOT_PROPOSED}),
    NoticeName.RECEIPT_UNVERIFIED: frozenset({Status.HELD}),
}

#: Mails that ask first, which the mail at the end of a hold names as one that came before.
_ASKS_FIRST = frozenset(
    {NoticeName.NEEDS_CORRECTION, NoticeName.UNREADABLE, NoticeName.APPROVED_NOT_READY}
)
_FORM_AWAITED = frozenset({Status.NEEDS_CORRECTION, Status.AWAITING_FORM})
#: Questions that hold a request until they are answered.
_ASKED_ON_HOLD = ("which_kind", "already_ours", "same_number", "differs_first", "m2m")
#: The same of single variants.
_VARIANT_ONLY_IN = {
    (NoticeName.STATUS_CHANGED, "meta_began"): frozenset(
        {Status.BUSINESS_VERIFICATION, Status.NAME_REVIEW}
    ),
    (NoticeName.STATUS_CHANGED, "released"): CUSTOMERS_STATUSES,
    (NoticeName.UNREADABLE, ""): _FORM_AWAITED,
    (NoticeName.UNREADABLE, "too_big"): _FORM_AWAITED | {Status.TRIAGE},
    (NoticeName.QUESTION, "not_ours"): frozenset({Status.NEEDS_CORRECTION}),
    **{(NoticeName.QUESTION, asked): frozenset({Status.HELD}) for asked in _ASKED_ON_HOLD},
    # the customer wrote before it went out: staff look at the request again
    (NoticeName.QUESTION, "prefilled_form"): frozenset({Status.AWAITING_FORM}),
    (NoticeName.QUESTION, "prefilled_form_reminder"): frozenset({Status.AWAITING_FORM}),
}
#: Mails with the form that staff chose: the last choice counts.
_CHOSEN_FORM = frozenset({"prefilled_form", "prefilled_form_reminder"})

#: Mails that ask for something by a date, of which the newest alone is true: it names the last one.
_ASKED_ANEW = frozenset(
    {
        NoticeName.SLOT_PROPOSAL,
        NoticeName.READINESS_CHECK,
        NoticeName.CORRECTION_REMINDER,
        NoticeName.CERTIFICATE_REMINDER,
    }
)
_GOES_OUT = frozenset({OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT})

#: Mails about the live certificate that say how long it lasts.
_UNTIL_EXPIRY = _CARRIES_CERTIFICATE | {NoticeName.CERTIFICATE_REMINDER}


def overtaken(tx: Transaction, mail: OutboxRecord, now: datetime) -> bool:
    """Tell whether ``mail`` must not go out any more."""
    if mail.request_id is None:
        return False
    if _out_of_place(tx, mail) or _settled(tx, mail, now) or _asked_anew(tx, mail):
        return True
    return mail.notice in _UNTIL_EXPIRY and _expired(tx, mail, now)


def _out_of_place(tx: Transaction, mail: OutboxRecord) -> bool:
    """Tell whether the request is no more in a status of which ``mail`` makes sense."""
    statuses = _ONLY_IN.get(mail.notice, _VARIANT_ONLY_IN.get((mail.notice, mail.variant)))
    if statuses is None:
        return False
    record = tx.requests.get(mail.request_id or "")
    if record is None:
        return True
    now = {record.status, record.state.shown.status}
    if mail.notice in _ASKS_FIRST and record.state.held_for(HoldReason.STAFF):
        now.add(record.state.came_from or record.status)
    if statuses.isdisjoint(now):
        # what it says of another request is said nowhere else
        return len(tx.outbox.requests_of(mail.id)) <= 1
    return mail.variant in _CHOSEN_FORM and any(
        other.variant == "prefilled_form" and other.created_at > mail.created_at
        for other in tx.outbox.of_request(record.id)
    )


def _asked_anew(tx: Transaction, mail: OutboxRecord) -> bool:
    """Tell whether a reminder of ``mail``, written since, goes out or has done so."""
    return mail.notice in _ASKED_ANEW and any(
        one.notice is mail.notice and one.id > mail.id and one.state in _GOES_OUT
        for one in tx.outbox.of_request(mail.request_id or "")
    )


def _expired(tx: Transaction, mail: OutboxRecord, now: datetime) -> bool:
    """Tell whether the certificate of ``mail`` is over, or not the live one."""
    live = tx.certificates.live_of_request(mail.request_id or "")
    if live is None or live.expires_at is None or now >= live.expires_at:
        return True
    if mail.notice in _CARRIES_CERTIFICATE:
        return not _carries(mail.content, live)
    # a reminder of the certificate before this one
    return live.issued_at is not None and mail.created_at < live.issued_at


def _settled(tx: Transaction, mail: OutboxRecord, now: datetime) -> bool:
    """Tell whether something else was decided or promised since ``mail`` was written.

    Then it puts off nothing any more, and a date of it that has passed is nobody's.
    """
    passed = mail.promise_at is not None and mail.promise_at <= now
    if mail.notice is not NoticeName.DELAYED and not passed:
        return False
    record = tx.requests.get(mail.request_id or "")
    return record is None or record.state.promise_at != mail.promise_at


def note_taken_back(work: Work, mail: OutboxRecord) -> None:
    """Write into the history of each request of ``mail`` that it was out of date.

    One in doubt may have gone out before it was; nobody says then that it did not.
    """
    in_doubt = mail.intended_at is not None or mail.copied_at is not None
    told = "mail_perhaps_sent" if in_doubt else "mail_overtaken"
    for name in work.tx.outbox.requests_of(mail.id):
        record = work.tx.requests.get(name)
        if record is None:
            continue
        work.tx.events.append(
            EventRecord(
                request_id=record.id,
                seq=0,
                at=work.now,
                actor=Actor.SYSTEM,
                actor_name="",
                event=None,
                before=record.status,
                after=record.status,
                detail=((told, mail.id),),
            )
        )


def _carries(content: bytes, certificate: CertificateRecord) -> bool:
    """Tell whether the text of ``certificate`` is an attachment of the mail."""
    wanted = certificate.text.split()
    mail = message_from_bytes(content, policy=policy.default)
    for part in mail.iter_attachments():
        raw = part.get_payload(decode=True)
        if isinstance(raw, bytes) and raw.decode("utf-8", "replace").split() == wanted:
            return True
    return False

"""A mail that waited until a date in it had passed: it is written anew.

A server that is down keeps a mail for days. Nobody was promised or asked anything then, so nothing
is late; but the mail must not go out as it is.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.flow.answers.changed import in_words
from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import changes, submission_of
from pipeline.flow.answers.sentences import notes_for_customer
from pipeline.flow.context import Notice, NoticeDetails, Trigger
from pipeline.flow.outgoing.notices import queue_notice
from pipeline.flow.outgoing.replies import request_facts
from pipeline.flow.services import Work
from pipeline.model.notice import NoticeName, RequestFacts
from pipeline.model.request import Status
from pipeline.model.transition import SendNotice
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import RequestRecord

#: Who brings about mails that no staff member does.
_NO_STAFF = frozenset({"customer", "system", ""})
_GONE = frozenset({OutboxState.SENT, OutboxState.SENDING, OutboxState.IN_DOUBT})


def renew(work: Work, record: RequestRecord, mail: OutboxRecord) -> RequestRecord:
    """Take ``mail`` back and put the same into the outbox with the dates of now.

    Returns the request, which is saved. Nothing is done while a worker has the mail.
    """
    if not work.tx.outbox.cancel(mail.id):
        return record
    before = record.state.version
    ids = work.tx.outbox.requests_of(mail.id)
    renewed = replace(record, state=replace(record.state, version=before + 1))
    notice = Notice(
        renewed,
        SendNotice(mail.notice, mail.variant),
        replace(
            _details(work, record, mail),
            requests=_listed(work, ids),
            by_staff=mail.triggered_by not in _NO_STAFF,
            reminder=_is_reminder(work, record, mail),
        ),
        before=_left(work, record),
        also=tuple(request_id for request_id in ids if request_id != record.id),
    )
    # in the same name, without the undo window: it was over when the date passed
    renewed = queue_notice(work, notice, Trigger(mail.triggered_by or Trigger().name))
    renewed = replace(renewed, next_at=renewed.state.promise_at)
    work.tx.requests.save(renewed, expected_version=before)
    return renewed


def _listed(work: Work, ids: Sequence[str]) -> tuple[RequestFacts, ...]:
    """Return what a mail about several requests says of each; of one it has no list."""
    found = (work.tx.requests.get(request_id) for request_id in ids)
    told = tuple(request_facts(work, record) for record in found if record is not None)
    return told if len(told) > 1 else ()


def _is_reminder(work: Work, record: RequestRecord, mail: OutboxRecord) -> bool:
    """Whether the same was asked in this stay by a mail that has gone out."""
    return any(
        other.notice is mail.notice and other.state in _GONE
        for other in work.tx.outbox.of_request(record.id)
        if other.created_at >= record.state.entered_at
    )


def _details(work: Work, record: RequestRecord, mail: OutboxRecord) -> NoticeDetails:
    """Return what the mail said of the answers, from the revisions that it was written from.

    A letter says again what staff wrote in it.
    """
    if mail.notice is NoticeName.DELAYED:
        return NoticeDetails(own_words=_written_by_staff(work, record, mail))
    kept = [one for one in work.tx.revisions.all(record.id) if one.received_at <= mail.created_at]
    revisions = sorted(kept, key=lambda one: one.seq)
    if not revisions:
        return NoticeDetails()
    latest = revisions[-1]
    checked = judge(work.services.phones, submission_of(latest), work.now)
    details = NoticeDetails(notes=notes_for_customer(checked, record.language))
    if mail.notice is not NoticeName.REVISION_RECEIVED or len(revisions) == 1:
        return details
    changed = changes(revisions[-2], latest)
    return replace(details, changes=in_words(latest.form, record.language, changed))


def _written_by_staff(work: Work, record: RequestRecord, mail: OutboxRecord) -> str:
    """Return the words of staff in ``mail``: those of the note that was kept with it.

    One that was renewed before has the words of the letter whose place it took.
    """
    notes = {one.at: one.text for one in work.tx.notes.list(record.id) if not one.from_customer}
    later = mail
    for letter in reversed(work.tx.outbox.of_request(record.id)):
        if letter.notice is not mail.notice or letter.created_at > mail.created_at:
            continue
        passed = letter.promise_at is not None and letter.promise_at <= later.created_at
        if letter.id != mail.id and not (passed and letter.state is OutboxState.CANCELLED):
            return ""
        if letter.created_at in notes:
            return notes[letter.created_at]
        later = letter
    return ""


def _left(work: Work, record: RequestRecord) -> Status | None:
    """Return the status that the request left last."""
    lines = work.tx.events.standing(record.id)
    moves = [event for event in lines if event.before is not event.after]
    return moves[-1].before if moves else None

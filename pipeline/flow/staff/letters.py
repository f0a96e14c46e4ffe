"""What staff write to a customer in their own words: an answer, or why it takes longer."""

from dataclasses import replace
from datetime import UTC, date, datetime

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.context import Notice, NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event, wake_up
from pipeline.flow.outgoing.notices import queue_notice
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, note_in_history, on_request, staff_event
from pipeline.flow.staff.replies import mark_answered
from pipeline.flow.staff.review import note_of_staff
from pipeline.model.message import SenderVerdict
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, Move, Status
from pipeline.model.transition import SendNotice
from pipeline.model.working_calendar import at_hour
from pipeline.store.records import RequestRecord
from pipeline.tracks.moves import move_in, whose_move
from pipeline.tracks.promises import passed_in


def answer(services: Services, record: RequestRecord, who: str, *, text: str) -> RequestRecord:
    """Mail ``text`` to the customer of any request, open or ended; in triage that ends it.

    Words of the customer that wait for staff are read then.
    Raises UsageError ``answer_empty``, or RefusedError ``sender_not_confirmed``.
    """
    if not text.strip():
        raise UsageError("answer_empty", reference=record.reference)
    details = NoticeDetails(own_words=text)

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        _refuse_unproven(current)
        if current.status is Status.TRIAGE:
            event = staff_event(work.services, current, EventName.ANSWER, who)
            answered = apply_event(work, current, event, by_staff(who), details)
        else:
            notice = Notice(current, SendNotice(NoticeName.ANSWER), details)
            answered = _write(work, current, who, notice)
        mark_answered(work, answered, who)
        return answered

    return on_request(services, record, change)


def delay(
    services: Services,
    record: RequestRecord,
    who: str,
    *,
    until: date | None = None,
    text: str = "",
) -> RequestRecord:
    """Tell the customer that it takes longer than promised, with a new date and perhaps why.

    The new date is ``until``, at the hour of deadlines; without it, as long from now as the step
    takes. Raises RefusedError ``nothing_promised`` where no promise is open or the customer has to
    act, ``sender_not_confirmed``, or UsageError ``delay_not_ahead``.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        _refuse_unproven(current)
        shown = current.state.shown
        open_promise = shown.promise_at is not None or shown.overdue_since is not None
        move = move_in(shown.status)
        if current.state.ended or not open_promise or move is Move.CUSTOMER:
            raise RefusedError("nothing_promised", reference=current.reference)
        details = NoticeDetails(own_words=text, promise_at=_instant(work, current, until))
        if text.strip():
            # the mail may have to be written anew
            work.tx.notes.insert(note_of_staff(work.now, current, who, text))
        effect = SendNotice(NoticeName.DELAYED, "meta" if move is Move.META else "")
        put_off = replace(current, state=passed_in(current.state))
        told = _write(work, put_off, who, Notice(put_off, effect, details))
        if text.strip():
            mark_answered(work, told, who)
        return told

    return on_request(services, record, change)


def _refuse_unproven(record: RequestRecord) -> None:
    if record.sender_verdict is not SenderVerdict.PASS or not record.address_of_record:
        raise RefusedError("sender_not_confirmed", reference=record.reference)


def _instant(work: Work, record: RequestRecord, until: date | None) -> datetime | None:
    if until is None:
        return None
    hour = work.services.policy.deadline_hour
    at = at_hour(work.services.team.on_or_after(until), hour, record.time_zone).astimezone(UTC)
    if at <= work.now:
        raise UsageError("delay_not_ahead", reference=record.reference, day=until)
    return at


def _write(work: Work, record: RequestRecord, who: str, notice: Notice) -> RequestRecord:
    """Queue a mail that moves nothing; the request gets a version of its own for it."""
    before = record.state.version
    record = replace(record, state=replace(record.state, version=before + 1))
    record = queue_notice(work, replace(notice, record=record), by_staff(who))
    record = replace(
        record,
        next_at=wake_up(work.services, record),
        move=whose_move(record.state, work.services.policy),
    )
    work.tx.requests.save(record, expected_version=before)
    note_in_history(work, record, who, (f"{notice.effect.notice.value}_written", ""))
    return record

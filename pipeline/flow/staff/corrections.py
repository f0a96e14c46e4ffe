"""Decisions of staff about answers: ask for them, enter them, take them to another track."""

from dataclasses import replace
from difflib import get_close_matches

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.answers.judge import judge
from pipeline.flow.answers.revisions import (
    Origin,
    insert_revision,
    latest_accepted,
    submission_of,
    with_entered_answers,
)
from pipeline.flow.answers.sentences import items_for_customer
from pipeline.flow.context import NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.outgoing.asked import items_asked, own_words
from pipeline.flow.requests.revise import apply_answers, doubts_entered
from pipeline.flow.requests.route import prove
from pipeline.flow.services import Services, Work
from pipeline.flow.services.organisations import is_of_another
from pipeline.flow.staff.command import by_staff, on_request, staff_event
from pipeline.flow.staff.replies import mark_answered
from pipeline.flow.staff.review import note_of_staff
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.notice import ProblemItem
from pipeline.model.request import EventName, HoldReason, Track
from pipeline.model.submission import Submission
from pipeline.store.records import RequestRecord
from pipeline.tracks.catalogue import TRACKS

#: So many fields are named beside one that does not exist.
_NEAR = 3


def ask(
    services: Services,
    record: RequestRecord,
    who: str,
    *,
    fields: tuple[str, ...] = (),
    text: str = "",
) -> RequestRecord:
    """Ask the customer to correct ``fields`` (the open problems when none is named).

    Raises UsageError ``nothing_to_ask`` when no answer is wrong and nothing is said, ``field_fine``
    when nothing is said of an answer that is named and not wrong.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        items = _items(work, current, fields, text.strip())
        if not (items or text.strip()):
            raise UsageError("nothing_to_ask", reference=current.reference)
        fine = [item.field for item in items if not item.sentences]
        if fine and not text.strip():
            raise UsageError(
                "field_fine", reference=current.reference, fields=fine[0], form=current.form
            )
        details = NoticeDetails(items=items, own_words=own_words(fields, text))
        event = staff_event(work.services, current, EventName.ASK, who, fields=fields)
        asked = apply_event(work, current, event, by_staff(who), details)
        if text.strip():
            # The reminders find the words again by the instant of the line that asked.
            work.tx.notes.insert(note_of_staff(event.at, current, who, text))
            mark_answered(work, asked, who)
        return asked

    return on_request(services, record, change)


def _items(
    work: Work,
    record: RequestRecord,
    fields: tuple[str, ...],
    text: str,
) -> tuple[ProblemItem, ...]:
    revision = work.tx.revisions.latest(record.id)
    if revision is None or record.form is None:
        return ()
    checked = judge(work.services.phones, submission_of(revision), work.now)
    if not fields:
        return items_for_customer(checked, record.language)
    unknown = [field for field in fields if field not in FORMS[record.form].numbers]
    if unknown:
        raise _field_unknown(unknown[0], record.form)
    return items_asked(record, checked, fields, text)


def _field_unknown(field: str, kind: FormKind) -> UsageError:
    """Return the error for a field that the form does not have, with those that are near."""
    near = get_close_matches(field, FORMS[kind].questions, n=_NEAR, cutoff=0)
    known = ", ".join(f"`{name}`" for name in near)
    return UsageError("field_unknown", field=field, known=known, form=kind.value)


def route(services: Services, record: RequestRecord, who: str, *, track: Track) -> RequestRecord:
    """Put the request on ``track``; missing answers of its form are asked for."""

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        revision = work.tx.revisions.latest(current.id)
        items: tuple[ProblemItem, ...] = ()
        checked: CheckedForm | None = None
        kind = TRACKS[track].form
        if revision is not None and kind is not None:
            submission = replace(submission_of(revision), form=kind)
            checked = judge(work.services.phones, submission, work.now)
            items = items_for_customer(checked, current.language)
            current = replace(current, form=kind)
            if revision.form is not kind:
                insert_revision(work.tx, current, checked, Origin(work.now, entered_by=who))
        complete = kind is None or (checked is not None and not items)
        event = staff_event(
            work.services,
            current,
            EventName.ROUTE,
            who,
            track=track,
            answers_complete=complete,
            doubts=_doubts(work, current, track),
        )
        routed = apply_event(work, current, event, by_staff(who), NoticeDetails(items=items))
        return prove(work, routed, checked) if checked is not None else routed

    return on_request(services, record, change)


def _doubts(work: Work, record: RequestRecord, track: Track) -> tuple[HoldReason, ...]:
    """Return the doubts of a request on another track: help asks nobody whose a number is."""
    doubts = record.state.doubts
    in_doubt = HoldReason.OWNERSHIP in doubts or HoldReason.OWNERSHIP in record.state.settled
    if track is Track.HELP or in_doubt or not is_of_another(work, record):
        return doubts
    return (HoldReason.OWNERSHIP, *doubts)


def edit(
    services: Services,
    record: RequestRecord,
    who: str,
    *,
    answers: tuple[tuple[str, str], ...],
) -> RequestRecord:
    """Enter answers for the customer; they are judged like the customer's own.

    Where no form has come yet, they begin one of the request's track. Raises RefusedError
    ``nothing_to_edit`` on a track that has none.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        revision = latest_accepted(work.tx, current)
        begun = submission_of(revision) if revision else _blank(current)
        if begun is None:
            raise RefusedError("nothing_to_edit", reference=current.reference)
        known = FORMS[begun.form].questions
        unknown = [field for field, _ in answers if field not in known]
        if unknown:
            raise _field_unknown(unknown[0], begun.form)
        current = replace(current, form=begun.form)
        submission = with_entered_answers(begun, answers)
        checked = judge(work.services.phones, submission, work.now)
        _refuse_change_of_approved(current, checked)
        after = insert_revision(work.tx, current, checked, Origin(work.now, entered_by=who))
        event = staff_event(
            work.services,
            current,
            EventName.PROBLEMS_FOUND if checked.customer_problems else EventName.CORRECTED,
            who,
            answers_complete=not checked.customer_problems,
            fields=tuple(field for field, _ in answers),
            doubts=doubts_entered(work, current, checked),
        )
        return apply_answers(work, current, checked, event, by_staff(who), (revision, after))

    return on_request(services, record, change)


def _blank(record: RequestRecord) -> Submission | None:
    """Return the form of the request's track with what is sure of the sender, or None."""
    kind = TRACKS[record.state.track].form
    if kind is None:
        return None
    sure = {"contact_email": record.address_of_record, "reply_language": record.language}
    blank = Submission(
        form=kind,
        version=FORMS[kind].version,
        language=record.language,
        format=FileFormat.XLSX,
        file_name="",
        sha256="",
        answers=(),
    )
    known = tuple((name, value) for name, value in sure.items() if name in FORMS[kind].questions)
    return with_entered_answers(blank, known)


def _refuse_change_of_approved(record: RequestRecord, checked: CheckedForm) -> None:
    """Refuse another number or company for an approval that was given for this one."""
    if record.state.approved_at is None:
        return
    number, company = checked.value("phone_number"), checked.value("company_legal_name")
    if number != record.number or company != record.company:
        raise RefusedError("change_needs_approval", reference=record.reference)

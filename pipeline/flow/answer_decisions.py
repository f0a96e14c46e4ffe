"""Decisions of staff about answers: ask for them, enter them, take them to another track."""

from dataclasses import replace

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.cause import Details
from pipeline.flow.decide import decide
from pipeline.flow.deciding import by_staff, in_one_transaction, staff_event
from pipeline.flow.judging import items_for_customer
from pipeline.flow.revise import apply_answers
from pipeline.flow.revisions import (
    insert_revision,
    judge,
    latest_accepted,
    submission_of,
    with_entered_answers,
)
from pipeline.flow.services import Services
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.texts import form_texts
from pipeline.model.checked import CheckedForm
from pipeline.model.form import FormKind
from pipeline.model.notice import ProblemItem
from pipeline.model.request import EventName, Track
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction


def ask(
    services: Services,
    record: RequestRecord,
    who: str,
    *,
    fields: tuple[str, ...] = (),
    text: str = "",
) -> RequestRecord:
    """Ask the customer to correct ``fields`` (the open problems when none is named).

    Raises UsageError ``nothing_to_ask`` when no answer is wrong and nothing is said.
    """

    def work(tx: Transaction, current: RequestRecord) -> RequestRecord:
        items = _items(tx, services, current, fields, text)
        if not (items or text.strip()):
            raise UsageError("nothing_to_ask", reference=current.reference)
        details = Details(items=items, own_words=text)
        event = staff_event(services, current, EventName.ASK, who, fields=fields)
        return decide(tx, services, current, event, by_staff(who), details)

    return in_one_transaction(services, record, work)


def _items(
    tx: Transaction,
    services: Services,
    record: RequestRecord,
    fields: tuple[str, ...],
    text: str,
) -> tuple[ProblemItem, ...]:
    revision = tx.revisions.latest(record.id)
    if revision is None or record.form is None:
        return ()
    checked = judge(services, submission_of(revision), services.clock.now())
    if not fields:
        return items_for_customer(checked, record.language)
    texts, numbers = form_texts(record.language), FORMS[record.form].numbers
    unknown = [field for field in fields if field not in numbers]
    if unknown:
        raise UsageError("field_unknown", field=unknown[0], known=", ".join(numbers))
    return tuple(
        ProblemItem(
            question=numbers[field],
            label=texts.label(record.form, field),
            where=reading.where if reading else "",
            given=reading.raw if reading else "",
            sentences=(text,) if text else (),
            field=field,
        )
        for field, reading in ((field, checked.reading(field)) for field in fields)
    )


def route(services: Services, record: RequestRecord, who: str, *, track: Track) -> RequestRecord:
    """Put the request on ``track``; missing answers of its form are asked for."""

    def work(tx: Transaction, current: RequestRecord) -> RequestRecord:
        revision = tx.revisions.latest(current.id)
        items: tuple[ProblemItem, ...] = ()
        complete = False
        if revision is not None and track is not Track.HELP:
            kind = FormKind(track.value)
            submission = replace(submission_of(revision), form=kind)
            checked = judge(services, submission, services.clock.now())
            items = items_for_customer(checked, current.language)
            complete = not items
            current = replace(current, form=kind)
            if revision.form is not kind:
                insert_revision(tx, current, checked, services.clock.now(), None, entered_by=who)
        event = staff_event(
            services, current, EventName.ROUTE, who, track=track, answers_complete=complete
        )
        return decide(tx, services, current, event, by_staff(who), Details(items=items))

    return in_one_transaction(services, record, work)


def edit(
    services: Services,
    record: RequestRecord,
    who: str,
    *,
    answers: tuple[tuple[str, str], ...],
) -> RequestRecord:
    """Enter answers for the customer; they are judged like the customer's own."""

    def work(tx: Transaction, current: RequestRecord) -> RequestRecord:
        revision = latest_accepted(tx, current)
        if revision is None:
            raise RefusedError("nothing_to_edit", reference=current.reference)
        known = FORMS[revision.form].questions
        unknown = [field for field, _ in answers if field not in known]
        if unknown:
            raise UsageError("field_unknown", field=unknown[0], known=", ".join(known))
        submission = with_entered_answers(submission_of(revision), answers)
        checked = judge(services, submission, services.clock.now())
        _refuse_change_of_approved(current, checked)
        after = insert_revision(tx, current, checked, services.clock.now(), None, entered_by=who)
        event = staff_event(
            services,
            current,
            EventName.PROBLEMS_FOUND if checked.customer_problems else EventName.CORRECTED,
            who,
            answers_complete=not checked.customer_problems,
            fields=tuple(field for field, _ in answers),
        )
        return apply_answers(
            tx, services, current, checked, event, by_staff(who), (revision, after)
        )

    return in_one_transaction(services, record, work)


def _refuse_change_of_approved(record: RequestRecord, checked: CheckedForm) -> None:
    """Refuse another number or company for an approval that was given for this one."""
    if record.state.approved_at is None:
        return
    number, company = checked.value("phone_number"), checked.value("company_legal_name")
    if number != record.number or company != record.company:
        raise RefusedError("change_needs_approval", reference=record.reference)

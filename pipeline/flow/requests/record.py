"""The record of a request, from the message and the answers that it begins with."""

from dataclasses import replace

from pipeline.flow.context import MessageContext
from pipeline.flow.requests.crowding import is_one_too_many
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import organisation_of
from pipeline.intake.language import customer_language
from pipeline.model.checked import CheckedForm, M2mCertainty
from pipeline.model.identifiers import new_id, new_reference
from pipeline.model.request import HoldReason, RequestState, Status, Track
from pipeline.resources import languages
from pipeline.store.records import RequestRecord
from pipeline.tracks.catalogue import BY_FORM
from pipeline.tracks.changes import take_back_yes
from pipeline.validation.customer_zone import customer_zone


def new_record(
    work: Work,
    context: MessageContext,
    checked: CheckedForm | None,
    track: Track | None = None,
) -> RequestRecord:
    """Return the record of a request that begins with ``context``; it is not stored yet.

    It counts as a new request of its sender: one too many waits for staff.
    """
    value = checked.value if checked else lambda _field: None
    number = value("phone_number") or ""
    zone = customer_zone(value("time_zone"), number, work.services.settings.team.time_zone)
    form = checked.submission.form if checked else None
    reference = new_reference()  # one that is taken is drawn anew by the next try
    crowded = is_one_too_many(work, context, reference)
    doubts = (HoldReason.TOO_MANY,) if crowded else ()
    record = RequestRecord(
        id=new_id(),
        reference=reference,
        state=RequestState(
            track=track or (BY_FORM[form].track if form else Track.HELP),
            status=Status.RECEIVED,
            version=1,
            entered_at=context.now,
            doubts=doubts,
        ),
        form=form,
        address_of_record=context.sender.address,
        sender_verdict=context.sender.verdict,
        began_with=context.sender.verdict,
        organisation=organisation_of(work, context.sender.address),
        language=customer_language(
            value("reply_language") or "",
            context.new_text.text,
            checked.submission.language if checked else "",
            context.message.language,
            languages(),
        ),
        time_zone=zone,
        opened_at=context.now,
        next_at=None,
        contact="" if checked else context.sender.name,
        thread=(context.message.message_id,) if context.message.message_id else (),
        subject=context.message.subject[:998],
    )
    return with_answers(record, checked) if checked else record


def with_answers(record: RequestRecord, checked: CheckedForm) -> RequestRecord:
    """Return ``record`` with what is kept of the answers beside the revision."""
    from datetime import date  # noqa: PLC0415 - one use

    value = checked.value
    number = _number(checked) or record.number
    ready = value("ready_date")
    return replace(
        record,
        form=checked.submission.form,
        company=value("company_legal_name") or "",
        department=value("contact_department") or "",
        contact=value("contact_name") or record.contact,
        country=value("country") or "",
        number=number,
        time_zone=customer_zone(value("time_zone"), number, record.time_zone),
        language=value("reply_language") or record.language,
        state=replace(
            # who said yes has seen other answers
            take_back_yes(record.state),
            ready_date=date.fromisoformat(ready) if ready else None,
            two_step_disabled=value("two_step_disabled") == "yes",
        ),
    )


def _number(checked: CheckedForm) -> str:
    """Return the number (E.164): of a certain M2M number what it was read as, for the answer."""
    reading = checked.reading("phone_number")
    if checked.m2m is M2mCertainty.CERTAIN and reading is not None and reading.candidates:
        return reading.candidates[0]
    return checked.value("phone_number") or ""

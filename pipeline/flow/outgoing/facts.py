"""From a request and its records to the facts that a notice may say."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from pipeline import terms
from pipeline.certificates.expiry import days_left
from pipeline.flow.context import NoticeDetails
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import is_of_another
from pipeline.model.certificate import CertificateState
from pipeline.model.notice import CertificateFacts, NoticeFacts, NoticeName, ProblemItem
from pipeline.model.problem import Problem, Severity
from pipeline.model.proposal import Told, told
from pipeline.model.request import EventName, NumberState, RequestState, Status
from pipeline.store.records import RequestRecord
from pipeline.store.tables.revisions import LatestAnswers
from pipeline.tracks.deadlines import closes_when_due, customer_due_at
from pipeline.tracks.moves import next_on_journey
from pipeline.validation.phone.number_types import international_writing
from pipeline.wording.problems import sentence

_MEGABYTE = 1_000_000
#: What stands at an answer that staff ask about and that is not wrong: their words are beside it.
_SEE_OUR_NOTE = Problem("see_our_note", Severity.ASK)


def notice_facts(
    work: Work,
    record: RequestRecord,
    details: NoticeDetails,
    previous: Status | None = None,
) -> NoticeFacts:
    """Gather what a notice about ``record`` may say, as of now; promises of ours come beside it."""
    state = record.state.shown
    revision = work.tx.revisions.latest_answers(record.id)
    due_at = customer_due(work, record, work.now)
    ahead = due_at is not None and due_at > work.now
    return NoticeFacts(
        reference=record.reference,
        track=state.track,
        form=record.form,
        status=state.status,
        zone=record.time_zone,
        now=work.now,
        company=record.company,
        department=record.department,
        contact=record.contact,
        number=record.number,
        number_shown=international_writing(record.number),
        received_at=revision.received_at if revision else record.opened_at,
        file_name=details.file_name or (revision.file_name if revision else ""),
        due_at=details.due_at or (due_at if ahead else None),
        due_passed=due_at is not None and not ahead,
        ready_date=state.ready_date,
        items=_items(record, details),
        notes=details.notes,
        fine_answers=details.fine_answers,
        has_errors=details.has_errors,
        certificate=_certificate(work, record),
        reason=details.reason,
        own_words=details.own_words,
        slots=state.slots,
        slot=state.slot,
        changes=details.changes,
        previous_status=previous,
        active_since=_active_since(work, record),
        chat_link=details.chat_link,
        short_link=details.short_link,
        print_mm=details.print_mm,
        files=tuple(file.name for file in details.files),
        suggestion=record.form_sent or details.suggestion or record.suggestion,
        requests=details.requests,
        mailbox=work.services.settings.mailbox.address,
        deleted_at=deletion_of(state),
        ownership_days=work.services.policy.ownership_window.days,
        next_status=next_on_journey(state.track, state.status),
        by_voice=_answer(revision, "verification_method") != "sms",
        other_reference=_other_reference(work, record),
        hold_reason=state.hold_reason,
        known_numbers=tuple(map(international_writing, told(record.proposals, Told.NUMBER))),
        known_providers=told(record.proposals, Told.PROVIDER),
        known_uses=told(record.proposals, Told.USE),
        answered=revision is not None,
        filled=revision is not None or (bool(record.contact) and bool(record.address_of_record)),
        closes=closes_when_due(state),
        approved=state.approved_at is not None,
        first_asked=details.first_asked,
        second_received_at=details.second_received_at,
        reply_word=details.reply_word,
        max_mb=work.services.settings.mailbox.message_bytes // _MEGABYTE,
        reminder=details.reminder,
        last_reminder=details.last_reminder,
        by_staff=details.by_staff,
        certificate_sent=state.had_certificate,
        certificate_ordered=state.certificate_wanted_at is not None,
        number_in_app=_answer(revision, "number_use") == "whatsapp_app",
        asked_ready=state.had_certificate and _asked_ready(work, record),
        undo_until=_ahead(undo_until(work, state), work.now),
        approval_ends_at=(
            state.approved_at + work.services.policy.approval_lapses if state.approved_at else None
        ),
        integration_known=state.integration_created_at is not None,
    )


def _items(record: RequestRecord, details: NoticeDetails) -> tuple[ProblemItem, ...]:
    """Return the answers asked about; one of which nothing is said points to the words of staff."""
    if not details.own_words:
        return details.items
    beside = sentence(_SEE_OUR_NOTE, record.language, record.form)
    return tuple(
        item if item.sentences else replace(item, sentences=(beside,)) for item in details.items
    )


def customer_due(work: Work, record: RequestRecord, now: datetime) -> datetime | None:
    """Return by when the customer of ``record`` has or had to act, as they see it ``now``."""
    return customer_due_at(
        record.state.shown,
        work.services.policy,
        customer_zone=record.time_zone,
        team=work.services.team,
        now=now,
    )


def _asked_ready(work: Work, record: RequestRecord) -> bool:
    """Whether the customer was asked if they are ready, and so told what they need for it."""
    asked = ("reminder", NoticeName.READINESS_CHECK.value)
    return work.tx.events.has_detail(record.id, EventName.REMIND, asked)


def undo_until(work: Work, state: RequestState) -> datetime | None:
    """Return when the time is over in which a reply undoes the end of the request."""
    undone = state.status is Status.WITHDRAWN or (
        state.status is Status.ACTIVE and state.activation_reported
    )
    if not undone or state.ended_at is None:
        return None
    return state.ended_at + work.services.policy.undo_withdraw


def _ahead(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at > now else None


def _certificate(work: Work, record: RequestRecord) -> CertificateFacts | None:
    latest = work.tx.certificates.latest_issued(record.id)
    if latest is None or latest.created_at is None or latest.expires_at is None:
        return None
    expires_at = latest.expires_at
    if latest.state is CertificateState.EXPIRED and latest.ended_at is not None:
        # Meta's word that it has ended may come before the date that we worked out
        expires_at = min(expires_at, latest.ended_at)
    return CertificateFacts(
        created_at=latest.created_at,
        expires_at=expires_at,
        ordinal=latest.ordinal,
        limit=work.services.policy.certificates_per_approval,
        days_left=days_left(expires_at, work.now),
        reason=latest.end_reason,
    )


def deletion_of(state: RequestState) -> datetime | None:
    """Return when Genesys Cloud deletes an integration that is not active."""
    created = state.integration_since
    return created + timedelta(days=terms.INTEGRATION_DAYS) if created else None


def _answer(revision: LatestAnswers | None, field: str) -> str | None:
    readings = revision.readings if revision else ()
    return next((reading.value for reading in readings if reading.field == field), None)


def _other_reference(work: Work, record: RequestRecord) -> str:
    """Return the linked request when it is of the same address; of another's nothing is told."""
    other = work.tx.requests.by_reference(record.linked_to) if record.linked_to else None
    same = other and other.address_of_record.lower() == record.address_of_record.lower()
    return record.linked_to if same else ""


def _active_since(work: Work, record: RequestRecord) -> date | None:
    """Return since when the number is active; of another's nothing is told."""
    number = work.tx.numbers.get(record.number) if record.number else None
    if number is None or number.state is not NumberState.ACTIVE or is_of_another(work, record):
        return None
    return number.since

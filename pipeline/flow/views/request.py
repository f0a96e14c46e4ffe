"""All of one request for people: what ``request show`` and the report say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.flow.answers.revisions import submission_of
from pipeline.flow.services import Services, Work
from pipeline.flow.services.organisations import whose_number
from pipeline.flow.views.messages import shown_messages
from pipeline.forms.texts import form_texts
from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.problem import Audience, Problem, Severity
from pipeline.model.proposal import Proposals
from pipeline.model.request import Move, RequestState, Slot, Status, Track
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.queries import overview
from pipeline.store.records import (
    CertificateRecord,
    EventRecord,
    MessageRecord,
    NoteRecord,
    RequestRecord,
    RevisionRecord,
    StoredProblem,
    StoredReading,
)
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.conditions import waits_for_second
from pipeline.tracks.deadlines import deadlines
from pipeline.tracks.moves import whose_move
from pipeline.wording.answers import answer_word
from pipeline.wording.console import language
from pipeline.wording.problems import sentence


@dataclass(frozen=True, slots=True)
class ShownDeadline:
    """A deadline of the present status (aware UTC)."""

    key: str
    kind: str
    at: datetime
    notice: str


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """A problem with its sentence in the language of the reader.

    ``sent`` is the sentence that the customer gets, in the language that the customer reads; empty
    for what staff alone are told.
    """

    code: str
    severity: str
    audience: str
    field: str
    params: dict[str, str | int]
    message: str
    sent: str


@dataclass(frozen=True, slots=True)
class ShownField:
    """One answer: the label, what was typed, what was read, and why.

    ``label`` and ``shown`` (``value`` in words) are in the language of the reader. ``typed`` is
    what the customer saw: a list of a PDF keeps the code of what was chosen.
    """

    id: str
    label: str
    where: str
    raw: str
    typed: str
    value: str | None
    shown: str
    verdict: str
    notes: tuple[str, ...]
    cell_type: str


@dataclass(frozen=True, slots=True)
class ShownLeftOver:
    """What stands in the latest form beside its answers; ``field`` is the question, or empty."""

    kind: str
    words: str
    where: str
    field: str


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate without its text."""

    serial: str
    state: str
    ordinal: int
    issuer: str
    created_at: datetime | None
    issued_at: datetime | None
    mailed_at: datetime | None
    expires_at: datetime | None
    fingerprint: str
    end_reason: str


@dataclass(frozen=True, slots=True)
class ShownMail:
    """A mail in or out."""

    at: datetime
    direction: str
    address: str
    subject: str
    state: str
    notice: str
    id: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """All of one request."""

    reference: str
    form: FormKind | None
    track: Track
    status: Status
    whose_move: Move
    hold_reason: str
    version: int
    number: str
    organisation: str
    number_owner: str
    others: tuple[str, ...]
    company: str
    contact: str
    sender: str
    sender_verdict: str
    sender_warnings: tuple[str, ...]
    language: str
    time_zone: str
    opened_at: datetime
    rule: str
    rules_missed: tuple[str, ...]
    suggestion: FormKind | None
    proposals: Proposals
    linked_to: str
    slots: tuple[Slot, ...]
    deadlines: tuple[ShownDeadline, ...]
    promise_at: datetime | None
    overdue_since: datetime | None
    waits_for_second: bool
    first_yes: str
    fields: tuple[ShownField, ...]
    problems: tuple[ShownProblem, ...]
    left_over: tuple[ShownLeftOver, ...]
    certificate: ShownCertificate | None
    certificates: tuple[ShownCertificate, ...]
    history: tuple[EventRecord, ...]
    notes: tuple[NoteRecord, ...]
    mails: tuple[ShownMail, ...]
    file_name: str


def request_view(work: Work, record: RequestRecord) -> RequestView:
    """Gather all of one request."""
    found = overview(work.tx, record.id)
    if found is None:
        raise LookupError(record.reference)
    state = record.state
    whose = whose_number(work, record)
    certificates = tuple(_certificate(row) for row in found.certificates)
    live = [row for row in certificates if row.state == CertificateState.LIVE.value]
    revision = found.revision
    return RequestView(
        reference=record.reference,
        form=record.form,
        track=state.track,
        status=state.status,
        whose_move=_move(work, record),
        hold_reason=state.hold_reason.value if state.hold_reason else "",
        version=state.version,
        number=record.number,
        organisation=whose.organisation,
        number_owner=whose.owner if whose.owner != whose.organisation else "",
        others=tuple(f"{other.reference} {other.address_of_record}" for other in whose.others),
        company=record.company,
        contact=record.contact,
        sender=record.address_of_record,
        sender_verdict=record.sender_verdict.value,
        sender_warnings=_sender_warnings(found.messages),
        language=record.language,
        time_zone=record.time_zone,
        opened_at=record.opened_at,
        rule=record.route_rule,
        rules_missed=record.route_misses,
        suggestion=record.suggestion,
        proposals=record.proposals,
        linked_to=record.linked_to,
        slots=_times(state),
        deadlines=_deadlines(work.services, record),
        promise_at=state.promise_at,
        overdue_since=state.overdue_since,
        waits_for_second=waits_for_second(state, work.services.policy),
        first_yes=state.first_yes,
        fields=_fields(record.language, revision.form, revision.readings) if revision else (),
        problems=tuple(
            _problem(problem, record.language, revision.form) for problem in revision.problems
        )
        if revision
        else (),
        left_over=_left_over(revision) if revision else (),
        certificate=live[0] if live else None,
        certificates=certificates,
        history=tuple(found.events),
        notes=tuple(found.notes),
        mails=_mails(work.tx, found.messages, found.outbox),
        file_name=revision.file_name if revision else "",
    )


def _sender_warnings(messages: Sequence[MessageRecord]) -> tuple[str, ...]:
    """Return the codes of what in the senders of a request's mails may deceive, each once."""
    return tuple(dict.fromkeys(code for row in messages for code in row.sender_warnings))


def _deadlines(services: Services, record: RequestRecord) -> tuple[ShownDeadline, ...]:
    found = deadlines(
        record.state,
        services.policy,
        customer_zone=record.time_zone,
        team=services.team,
    )
    return tuple(
        ShownDeadline(
            item.key, item.kind.value, item.at, item.notice.notice.value if item.notice else ""
        )
        for item in found
        if item.key not in record.done_deadlines
    )


def _fields(
    customers: str, kind: FormKind, readings: tuple[StoredReading, ...]
) -> tuple[ShownField, ...]:
    reader = language()
    texts = form_texts(reader)
    return tuple(
        ShownField(
            reading.field,
            texts.label(kind, reading.field),
            reading.where,
            reading.raw,
            answer_word(kind, reading.field, reading.raw, customers)
            if reading.where == reading.field
            else reading.raw,
            reading.value,
            answer_word(kind, reading.field, reading.value, reader),
            reading.verdict,
            reading.notes,
            reading.cell_type,
        )
        for reading in readings
    )


def _left_over(revision: RevisionRecord) -> tuple[ShownLeftOver, ...]:
    return tuple(
        ShownLeftOver(item.kind.value, item.words, item.where, item.field)
        for item in submission_of(revision).left_over
    )


def _problem(stored: StoredProblem, customers: str, kind: FormKind) -> ShownProblem:
    problem = Problem(
        stored.code,
        Severity(stored.severity),
        Audience(stored.audience),
        stored.field,
        stored.params,
    )
    return ShownProblem(
        stored.code,
        stored.severity,
        stored.audience,
        stored.field,
        dict(stored.params),
        sentence(problem, language(), kind),
        sentence(problem, customers, kind) if problem.audience is Audience.CUSTOMER else "",
    )


def _certificate(row: CertificateRecord) -> ShownCertificate:
    return ShownCertificate(
        row.serial,
        row.state.value,
        row.ordinal,
        row.issuer.value,
        row.created_at,
        row.issued_at,
        row.mailed_at,
        row.expires_at,
        row.fingerprint,
        row.end_reason,
    )


def _mails(
    tx: Transaction, messages: Sequence[MessageRecord], outbox: Sequence[OutboxRecord]
) -> tuple[ShownMail, ...]:
    came = [
        ShownMail(
            mail.row.fetched_at, "in", mail.row.sender, mail.row.subject, mail.why, "", mail.row.id
        )
        for mail in shown_messages(tx, messages)
    ]
    went = [
        ShownMail(
            mail.sent_at or mail.created_at,
            "out",
            mail.recipient,
            mail.subject,
            mail.state.value,
            mail.notice.value,
            mail.id,
        )
        for mail in outbox
    ]
    return tuple(sorted((*came, *went), key=lambda mail: mail.at))


def _times(state: RequestState) -> tuple[Slot, ...]:
    """Return the hours of a move that still matter: those offered until one of them is agreed."""
    if state.ownership_verified_at is not None:
        return ()
    return (state.slot,) if state.slot is not None else state.slots


def _move(work: Work, record: RequestRecord) -> Move:
    """Return whose move it is; staff have it where their mail to the customer was taken back."""
    declared = whose_move(record.state, work.services.policy)
    unasked = declared is Move.CUSTOMER and record.move is Move.STAFF
    return Move.STAFF if unasked else declared

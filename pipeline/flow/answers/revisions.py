"""The answers of a request at one time: kept whole, so that they can be judged again."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from pipeline.model.checked import CheckedForm
from pipeline.model.identifiers import new_id
from pipeline.model.problem import Audience, Severity
from pipeline.model.submission import Answer, CellType, Submission
from pipeline.store.records import RequestRecord, RevisionRecord, StoredProblem, StoredReading
from pipeline.store.schema.types import clean
from pipeline.store.unit_of_work import Transaction
from pipeline.validation.content import content_digest

_SUBMISSION = TypeAdapter(Submission)
#: What a submission and its revision both have.
_COLUMNS = ("form", "version", "language", "format", "file_name", "sha256", "dated", "program")
_ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Origin:
    """When answers came, and from where: a message of the ledger, or a member of staff."""

    at: datetime
    message_row: str | None = None
    entered_by: str = ""


def insert_revision(
    tx: Transaction,
    record: RequestRecord,
    checked: CheckedForm,
    origin: Origin,
    *,
    accepted: bool = True,
) -> RevisionRecord:
    """Keep ``checked`` as the latest answers of ``record``.

    A changed form after approval is kept but not ``accepted``: it counts when staff say so.
    """
    submission, readings = checked.submission, _readings(checked)
    revision = RevisionRecord(
        id=new_id(),
        request_id=record.id,
        seq=tx.revisions.next_seq(record.id),
        received_at=origin.at,
        message_id=origin.message_row,
        form=submission.form,
        version=submission.version,
        language=submission.language,
        format=submission.format,
        file_name=submission.file_name,
        sha256=submission.sha256,
        digest=content_digest(checked),
        dated=submission.dated,
        program=submission.program,
        m2m=checked.m2m.value,
        readings=readings,
        problems=tuple(
            StoredProblem(
                problem.code,
                problem.severity.value,
                problem.audience.value,
                problem.field,
                problem.params,
            )
            for problem in checked.problems
        ),
        entered_by=origin.entered_by,
        accepted=accepted,
        submission=_text_of(submission, readings),
    )
    tx.revisions.insert(revision)
    return revision


def _text_of(submission: Submission, readings: tuple[StoredReading, ...]) -> str:
    """Return the JSON of what :func:`submission_of` cannot take from the rest of the revision."""
    there = {name for name in _COLUMNS if (value := getattr(submission, name)) == clean(value)}
    if submission.answers == _answers(readings):
        there.add(_ANSWERS)
    return _SUBMISSION.dump_json(submission, exclude=there, exclude_defaults=True).decode()


def _answers(readings: tuple[StoredReading, ...]) -> tuple[Answer, ...]:
    """Return the answers that ``readings`` were read from, as they mostly are."""
    return tuple(
        Answer(reading.field, reading.raw, reading.where, CellType(reading.cell_type))
        for reading in readings
    )


def _readings(checked: CheckedForm) -> tuple[StoredReading, ...]:
    cells = {answer.field: answer.cell_type.value for answer in checked.submission.answers}
    return tuple(
        StoredReading(
            reading.field,
            reading.raw,
            reading.where,
            cells.get(reading.field, CellType.TEXT.value),
            reading.value,
            reading.verdict.value,
            reading.notes,
            reading.candidates,
        )
        for reading in checked.readings
    )


def latest_accepted(tx: Transaction, record: RequestRecord) -> RevisionRecord | None:
    """Return the answers that count for ``record``, or None."""
    accepted = [revision for revision in tx.revisions.all(record.id) if revision.accepted]
    return max(accepted, key=lambda revision: revision.seq, default=None)


def answer_that_counts(tx: Transaction, record: RequestRecord, field: str) -> str:
    """Return the answer to ``field`` that counts for ``record``; empty when there is none."""
    revision = latest_accepted(tx, record)
    values = {reading.field: reading.value for reading in revision.readings} if revision else {}
    return values.get(field) or ""


def submission_of(revision: RevisionRecord) -> Submission:
    """Return the submission that ``revision`` was read from."""
    told = json.loads(revision.submission)
    for name in _COLUMNS:
        told.setdefault(name, getattr(revision, name))
    told.setdefault(_ANSWERS, _answers(revision.readings))
    return _SUBMISSION.validate_python(told)


def with_entered_answers(
    submission: Submission, answers: tuple[tuple[str, str], ...]
) -> Submission:
    """Return ``submission`` with answers that staff entered in place of the customer's."""
    entered = {
        field: Answer(field=field, raw=value, where="", cell_type=CellType.STAFF)
        for field, value in answers
    }
    kept = tuple(answer for answer in submission.answers if answer.field not in entered)
    missing = tuple(field for field in submission.missing if field not in entered)
    return replace(submission, answers=(*kept, *entered.values()), missing=missing)


def changes(
    before: RevisionRecord | None, after: RevisionRecord
) -> tuple[tuple[str, str, str], ...]:
    """Return (field, old, new) of every answer that differs, in the form's order."""
    old = (
        {reading.field: reading.value or reading.raw for reading in before.readings}
        if before
        else {}
    )
    return tuple(
        (reading.field, old.get(reading.field, ""), reading.value or reading.raw)
        for reading in after.readings
        if (reading.value or reading.raw) != old.get(reading.field, "")
    )


def open_answers(tx: Transaction, record: RequestRecord) -> tuple[str, ...]:
    """Return the answers that count and are wrong or were asked about: fields, or what is wrong."""
    revision = tx.revisions.latest(record.id)
    if revision is not None and not revision.accepted:
        revision = latest_accepted(tx, record)
    blocking = {Severity.ERROR.value, Severity.ASK.value}
    found = [
        problem.field or problem.code
        for problem in (revision.problems if revision else ())
        if problem.audience == Audience.CUSTOMER.value and problem.severity in blocking
    ]
    return tuple(dict.fromkeys(found))

"""The lists as tables of words, for files that staff take along."""

from collections.abc import Iterable, Iterator, Sequence

from pipeline.flow.views.lists.audit import AuditRow
from pipeline.store.lists.certificates import CertificateRow
from pipeline.store.lists.outbox import OutboxRow
from pipeline.store.queues import QueueRow
from pipeline.store.records import NumberRecord, OrganisationRecord, QuarantineRecord
from pipeline.wording import console as words
from pipeline.wording.exported import Table
from pipeline.wording.instants import told

_QUEUE = (
    *("reference", "track", "status", "hold", "whose_move", "assignee", "number", "company"),
    *("sender", "language", "opened", "since", "next", "queue_promised", "queue_due", "expires"),
)
_CERTIFICATES = (
    *("serial", "number", "company", "reference", "state", "created", "expires"),
    *("reminders", "mailed", "ended"),
)
_OUTBOX = (
    *("id", "state", "notice", "recipient", "subject", "reference", "company"),
    *("opened", "next", "sent", "attempts", "why"),
)
_QUARANTINE = ("id", "since", "sender", "subject", "why", "attempts")
_ORGANISATIONS = ("organisation", "since", "said_by", "removed", "said_by")
_AUDIT = (
    *("reference", "audit_seq", "audit_at", "audit_actor", "audit_who", "audit_what"),
    *("audit_before", "audit_after", "audit_detail", "audit_hash"),
)
_NUMBERS = ("number", "state", "organisation", "since")


def queue_table(rows: Sequence[QueueRow], zone: str) -> Table:
    """Return a view of the queue."""
    return _table(_QUEUE, (_of_request(row, zone) for row in rows))


def request_lines(rows: Iterable[QueueRow], zone: str) -> Iterator[Sequence[str]]:
    """Yield the heading and the lines of :func:`queue_table`, one by one."""
    yield _heading(_QUEUE)
    yield from (_of_request(row, zone) for row in rows)


def audit_lines(rows: Iterable[AuditRow]) -> Iterator[Sequence[str]]:
    """Yield the heading and the lines of the audit, one by one: ids, codes and digests."""
    yield _heading(_AUDIT)
    yield from (_of_audit(row) for row in rows)


def certificate_table(rows: Sequence[CertificateRow], zone: str) -> Table:
    """Return certificates, without their texts."""
    return _table(_CERTIFICATES, (_of_certificate(row, zone) for row in rows))


def outbox_table(rows: Sequence[OutboxRow], zone: str) -> Table:
    """Return mails of the outbox."""
    return _table(_OUTBOX, (_of_mail(row, zone) for row in rows))


def quarantine_table(rows: Sequence[tuple[QuarantineRecord, str, str]], zone: str) -> Table:
    """Return what is in quarantine; beside each entry stand its sender and its subject."""
    return _table(
        _QUARANTINE,
        (
            [
                row.id,
                told(row.at, zone),
                sender,
                subject,
                words.fault(row.reason),
                str(row.attempts),
            ]
            for row, sender, subject in rows
        ),
    )


def number_table(rows: Sequence[NumberRecord]) -> Table:
    """Return numbers with the columns and codes that an import takes."""
    return [
        _NUMBERS,
        *(
            (
                row.e164,
                row.state.value,
                row.organisation,
                row.since.isoformat() if row.since else "",
            )
            for row in rows
        ),
    ]


def organisation_table(rows: Sequence[OrganisationRecord], zone: str) -> Table:
    """Return mail domains that are organisations."""
    return _table(
        _ORGANISATIONS,
        (
            [
                row.domain,
                told(row.added_at, zone),
                row.added_by,
                told(row.removed_at, zone),
                row.removed_by,
            ]
            for row in rows
        ),
    )


def _table(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> Table:
    return [_heading(columns), *lines]


def _heading(columns: Sequence[str]) -> list[str]:
    return [words.word(name) for name in columns]


def _of_audit(row: AuditRow) -> list[str]:
    return [
        row.reference,
        str(row.seq),
        row.at.isoformat(),
        row.actor,
        row.who,
        row.what,
        row.before,
        row.after,
        row.detail,
        row.hash,
    ]


def _of_request(row: QueueRow, zone: str) -> list[str]:
    return [
        row.reference,
        words.status_word(row.track.value),
        words.step(row.status.value),
        words.status_word(row.hold_reason.value) if row.hold_reason else "",
        words.status_word(row.move.value),
        row.assignee,
        row.number,
        row.company,
        row.address,
        row.language,
        told(row.opened_at, zone),
        told(row.since, zone),
        told(row.next_at, zone),
        told(row.promise_at, zone),
        told(row.due_at, zone),
        told(row.certificate_expires_at, zone),
    ]


def _of_certificate(row: CertificateRow, zone: str) -> list[str]:
    return [
        row.serial,
        row.number,
        row.company or row.address,
        row.reference,
        words.status_word(row.state.value),
        told(row.created_at, zone),
        told(row.expires_at, zone),
        str(row.reminders),
        told(row.mailed_at, zone),
        told(row.ended_at, zone),
    ]


def _of_mail(row: OutboxRow, zone: str) -> list[str]:
    return [
        row.id,
        words.status_word(row.state.value),
        words.notice_name(row.notice.value),
        row.recipient,
        row.subject,
        row.reference,
        row.company,
        told(row.created_at, zone),
        told(row.next_at, zone),
        told(row.sent_at, zone),
        str(row.attempt),
        row.last_error,
    ]

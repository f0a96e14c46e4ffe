"""The names of all metrics, after Prometheus's conventions; what each means is in the templates.

No label has a value that a person wrote: each is a code, a language, or a word of ours. What
happened is counted for the last day: over all time it would be a read of the whole history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

#: All names begin so.
PREFIX = "whatsapp_requests_"


class Kind(StrEnum):
    """The types of metrics that we have."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its labels and its type."""

    labels: tuple[str, ...] = ()
    kind: Kind = Kind.GAUGE


METRICS: Mapping[str, Metric] = {
    "build_info": Metric(("version", "python", "database")),
    # runs
    "last_run_timestamp_seconds": Metric(),
    "last_success_timestamp_seconds": Metric(),
    "last_run_duration_seconds": Metric(),
    "last_run_exit_code": Metric(),
    "runs_in_a_row": Metric(("exit_code",)),
    "runs_total": Metric(("exit_code",), Kind.COUNTER),
    "run_seconds_total": Metric(kind=Kind.COUNTER),
    "run_items_total": Metric(("what",), Kind.COUNTER),
    "run_failures_total": Metric(("stage", "code"), Kind.COUNTER),
    # requests
    "open": Metric(("status",)),
    "open_by_move": Metric(("move",)),
    "due": Metric(),
    "promises_overdue": Metric(),
    "oldest_unanswered_timestamp_seconds": Metric(),
    "opened_last_day": Metric(),
    "ended_last_day": Metric(("status",)),
    # mail
    "messages_waiting": Metric(),
    "messages_unmoved": Metric(),
    "messages_last_day": Metric(("outcome",)),
    "quarantined_messages": Metric(),
    "mails_sent_last_day": Metric(("notice", "language")),
    "outbox_mails": Metric(("state",)),
    "outbox_oldest_timestamp_seconds": Metric(),
    "sending_paused": Metric(),
    # forms
    "forms_last_day": Metric(("form", "language")),
    "problems_last_day": Metric(("form", "question", "code")),
    # certificates
    "certificates": Metric(("state",)),
    "certificates_ended_last_day": Metric(("state",)),
    "certificates_expiring": Metric(("within",)),
    # backups
    "backup_made_timestamp_seconds": Metric(),
    "backup_verified_timestamp_seconds": Metric(),
    "backup_check_failed": Metric(),
}

"""What all metrics stand at: reads of the store alone, each bounded by open work or by one day."""

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TypeVar

from pipeline import __version__
from pipeline.flow.services import Work, pause
from pipeline.flow.services.backups import remembered
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.model.certificate import CertificateState
from pipeline.model.request import END_STATUSES, Move, Status
from pipeline.resources import languages
from pipeline.store import queries
from pipeline.store.figures import counted, recent, sampled
from pipeline.store.queries import Counts

S = TypeVar("S", bound=str)

#: What happened is counted for so long.
_OF_LATE = timedelta(days=1)
#: The forms of so many of the newest requests are looked at.
MOST = 3_000
#: Certificates that end within these times: the value of the label, and the time.
_BUCKETS = {"1d": timedelta(days=1), "3d": timedelta(days=3), "7d": timedelta(days=7)}
#: States of certificates that are told even when there is none.
_STATES = (CertificateState.RESERVED, CertificateState.LIVE)


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric; the values of its labels stand in the order of their names."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


def samples(work: Work) -> tuple[Sample, ...]:
    """Return what every metric stands at now; one that has no value yet is left out."""
    counts = queries.counts(work.tx, work.now)
    return (
        *_build(work),
        *_runs(work),
        *_requests(work, counts),
        *_mail(work, counts),
        *_forms(work),
        *_certificates(work, counts),
        *_backups(work),
    )


def _build(work: Work) -> Iterator[Sample]:
    database = "postgresql" if work.tx.context.on_postgresql else "sqlite"
    yield Sample("build_info", 1, (__version__, platform.python_version(), database))


def _runs(work: Work) -> Iterator[Sample]:
    memory = work.tx.memory
    last, totals, runs = memory.last_batch(), memory.run_totals(), memory.runs()
    yield from _at("last_run_timestamp_seconds", last)
    yield from _at("last_success_timestamp_seconds", totals.success_at)
    if runs:
        code = runs[0].code
        same = takewhile(lambda run: run.code == code, runs)
        yield Sample("last_run_duration_seconds", runs[0].seconds)
        yield Sample("last_run_exit_code", code)
        yield Sample("runs_in_a_row", sum(run.times for run in same), (str(code),))
    for code, count in totals.runs:
        yield Sample("runs_total", count, (str(code),))
    yield Sample("run_seconds_total", totals.seconds)
    for what, count in totals.items:
        yield Sample("run_items_total", count, (what,))
    for stage, fault, count in totals.failures:
        yield Sample("run_failures_total", count, (stage, fault))


def _requests(work: Work, counts: Counts) -> Iterator[Sample]:
    tx, since = work.tx, work.now - _OF_LATE
    open_statuses = [status for status in Status if status not in END_STATUSES]
    yield from _each("open", open_statuses, dict(counted.open_by_status(tx)))
    yield from _each("open_by_move", Move, dict(counted.open_by_move(tx)))
    yield Sample("due", counts.due)
    yield Sample("promises_overdue", counted.overdue(tx))
    yield from _at("oldest_unanswered_timestamp_seconds", recent.unanswered_since(tx))
    yield Sample("opened_last_day", counted.opened(tx, [(since, work.now)])[0])
    ended = sorted(END_STATUSES)
    yield from _each("ended_last_day", ended, dict(recent.requests_ended(tx, since)))


def _mail(work: Work, counts: Counts) -> Iterator[Sample]:
    tx, since = work.tx, work.now - _OF_LATE
    yield Sample("messages_waiting", counts.messages)
    yield Sample("messages_unmoved", counts.unmoved)
    for outcome, count in recent.messages_by_outcome(tx, since):
        yield Sample("messages_last_day", count, (outcome.value,))
    yield Sample("quarantined_messages", counts.quarantined)
    for notice, language, count in recent.mails_sent(tx, since):
        yield Sample("mails_sent_last_day", count, (notice.value, language))
    states = {
        "waiting": counts.queued,
        "overdue": counts.overdue,
        "attention": counts.attention,
    }
    yield from _each("outbox_mails", states, states)
    yield from _at("outbox_oldest_timestamp_seconds", recent.unsent_since(tx))
    yield Sample("sending_paused", int(pause.refusals(tx).paused_at is not None))


def _forms(work: Work) -> Iterator[Sample]:
    """Yield the forms of the requests that were opened of late, and what was wrong with them."""
    span = (work.now - _OF_LATE, work.now)
    ids = [request.id for request in sampled.opened_requests(work.tx, span, MOST)]
    forms: Counter[tuple[str, ...]] = Counter()
    problems: Counter[tuple[str, ...]] = Counter()
    for form in sampled.forms_of(work.tx, ids):
        kind, questions = form.form.value, FORMS[form.form].numbers
        # a label never has what a file says, were it only the name of a box
        forms[kind, form.language if form.language in languages() else ""] += 1
        problems.update(
            (kind, problem.field if problem.field in questions else "", problem.code)
            for problem in form.problems
        )
    yield from (Sample("forms_last_day", count, key) for key, count in sorted(forms.items()))
    yield from (Sample("problems_last_day", count, key) for key, count in sorted(problems.items()))


def _certificates(work: Work, counts: Counts) -> Iterator[Sample]:
    tx, now = work.tx, work.now
    in_hand = {
        **dict(recent.unfinished_certificates(tx)),
        CertificateState.LIVE: counts.live_certificates,
    }
    yield from _each("certificates", dict.fromkeys((*_STATES, *in_hand)), in_hand)
    for state, count in recent.certificates_ended(tx, now - _OF_LATE):
        yield Sample("certificates_ended_last_day", count, (state.value,))
    expiring = recent.expiring(tx, now, tuple(_BUCKETS.values()))
    for within, count in zip(_BUCKETS, expiring, strict=True):
        yield Sample("certificates_expiring", count, (within,))


def _backups(work: Work) -> Iterator[Sample]:
    known = remembered(work.tx)
    yield from _at("backup_made_timestamp_seconds", known.made.at if known.made else None)
    whole = known.whole.made_at if known.whole else None
    yield from _at("backup_verified_timestamp_seconds", whole)
    yield Sample("backup_check_failed", int(bool(known.checked and known.checked.fault)))


def _at(name: str, at: datetime | None) -> Iterator[Sample]:
    if at is not None:
        yield Sample(name, at.timestamp())


def _each(name: str, values: Iterable[S], found: Mapping[S, int]) -> Iterator[Sample]:
    """Yield a sample of each value: one that is never there could not be told from a fault."""
    yield from (Sample(name, found.get(value, 0), (str(value),)) for value in values)

"""Checks of the work: whether runs come, and what is stuck that they should have done."""

from dataclasses import fields, replace
from datetime import datetime, timedelta

from pipeline.errors import ConfigurationError
from pipeline.flow.services import Services, pause
from pipeline.flow.views.doctor.finding import Finding
from pipeline.mailbox.automatic import LOOKED_AT, common_list
from pipeline.store import queries
from pipeline.store.figures import counted
from pipeline.store.figures.late import late as overdue
from pipeline.store.process_records import WENT_THROUGH
from pipeline.wording.instants import told

#: A run is late when none came for so long, or for so many of the usual gaps.
_NO_RUN = timedelta(hours=1)
_GAPS = 4
#: What a run has to do may wait as long for the next one, and for those that a server fails.
_WAITS = timedelta(hours=2)


def run(services: Services) -> Finding:
    """Check that runs come as usual, and that the last one went through."""
    with services.store.read() as tx:
        last, usual, runs = tx.memory.last_batch(), tx.memory.usual_gap(), tx.memory.runs()
        success = tx.memory.run_totals().success_at
    zone = services.settings.team.time_zone
    if last is None:
        return Finding("run", "warn", "run_none")
    values = (("at", told(last, zone)),)
    if services.clock.now() - last > max(_NO_RUN, _GAPS * (usual or timedelta(0))):
        return Finding("run", "warn", "run_late", values)
    if runs and runs[0].code not in WENT_THROUGH:
        since = told(success, zone) if success is not None else "–"
        failed = (*values, ("code", str(runs[0].code)), ("success", since))
        return Finding("run", "warn", "run_failed", failed)
    return Finding("run", "good", "run_at", values)


def late(services: Services) -> Finding:
    """Check that no deadline, reminder, certificate or mail waits that a run should have done."""
    with services.store.read() as tx:
        found = overdue(tx, services.clock.now() - _WAITS)
    if not _makes_certificates(services):
        found = replace(found, certificates=0)
    if not found.total:
        return Finding("late", "good")
    values = tuple((item.name, str(getattr(found, item.name))) for item in fields(found))
    return Finding("late", "warn", "late_found", values)


def _makes_certificates(services: Services) -> bool:
    """Whether an order for a certificate waits for no person, for Meta, or for a comparison."""
    made_here = services.issuer.automatic and not services.issuer.fetches
    two_people = services.settings.approval.two_people
    return made_here and not two_people and services.restored is None


def promises(services: Services) -> Finding:
    """Check that every date was kept by which a mail said that we write."""
    with services.store.read() as tx:
        count = counted.overdue(tx)
    if not count:
        return Finding("promises", "good")
    return Finding("promises", "warn", "promises_broken", (("count", str(count)),))


def sending(services: Services) -> Finding:
    """Check that sending is not paused."""
    with services.store.read() as tx:
        found = pause.refusals(tx)
    if found.paused_at is not None:
        count = len(found.mails)
        raise ConfigurationError("courier_paused", count=count, reason=found.answer)
    return Finding("sending", "good")


def outbox(services: Services) -> Finding:
    """Check that no mail of ours is stuck, failed, came back or is in doubt."""
    found = _counts(services, services.clock.now())
    if found.overdue:
        return Finding("outbox", "warn", "outbox_stuck", (("count", str(found.overdue)),))
    if found.attention:
        return Finding("outbox", "warn", "outbox_attention", (("count", str(found.attention)),))
    return Finding("outbox", "good")


def quarantine(services: Services) -> Finding:
    """Check that no message waits in quarantine."""
    count = _counts(services, services.clock.now()).quarantined
    if not count:
        return Finding("quarantine", "good")
    return Finding("quarantine", "warn", "quarantine_waits", (("count", str(count)),))


def _counts(services: Services, now: datetime) -> queries.Counts:
    with services.store.read() as tx:
        return queries.counts(tx, now)


def lists(services: Services) -> Finding:
    """Check that our address is on no mailing list."""
    with services.store.read() as tx:
        name = common_list(tx.messages.recent_lists(LOOKED_AT))
    if not name:
        return Finding("lists", "good")
    return Finding("lists", "warn", "lists_one", (("name", name),))

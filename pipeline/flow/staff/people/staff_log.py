"""The log of what staff do beside requests: log-ins, changes of users, looks at secrets."""

from pipeline import logs
from pipeline.flow.services import Services, Work
from pipeline.model.identifiers import new_id
from pipeline.store.staff_records import StaffAct, StaffLogRecord, UserRecord

#: So many failed log-ins of one user, or of unknown names, are noted in an hour.
_FAILURES_NOTED = 100
#: No address of a peer is longer.
_MOST_PEER = 64


def note(work: Work, who: str, what: StaffAct, subject: str, detail: str = "") -> None:
    """Add a line in the caller's transaction."""
    record = StaffLogRecord(new_id(), work.now, who, what, subject, detail)
    work.tx.staff_log.append(record)
    logs.event("flow.people", what.value, by=who)


def note_secret_seen(services: Services, who: str, subject: str, detail: str = "") -> None:
    """Note that ``who`` looked at a secret; call it before the secret is shown."""
    services.run(lambda work: note(work, who, StaffAct.SECRET_SEEN, subject, detail))


def note_failure(work: Work, user: UserRecord | None, peer: str) -> None:
    """Note a log-in that failed.

    The name of an unknown user is not written down: people type passwords there. Who fails without
    end does not fill the log.
    """
    hour = work.now.replace(minute=0, second=0, microsecond=0)
    name = user.name if user else ""
    key = f"log_in_failed:{user.id if user else ''}"
    if work.tx.counters.add(key, hour) <= _FAILURES_NOTED:
        note(work, name, StaffAct.LOG_IN_FAILED, name, shown_peer(peer))


def shown_peer(peer: str) -> str:
    """Return where somebody comes from, as it is written down."""
    return "".join(sign for sign in peer[:_MOST_PEER] if sign.isascii() and sign.isprintable())

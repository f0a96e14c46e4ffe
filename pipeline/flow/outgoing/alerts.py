"""What staff are told: kept with the change that causes it, sent as one digest a batch."""

import hashlib

from pipeline.flow.context import Trigger
from pipeline.flow.outgoing.notices import enqueue
from pipeline.flow.services import Services, Work
from pipeline.model.identifiers import new_id
from pipeline.model.notice import NoticeFacts, NoticeName, Thread
from pipeline.model.request import Status, Track
from pipeline.notifications.compose import compose
from pipeline.notifications.headers import assemble
from pipeline.store.records import AlertRecord

_DIGEST_LINES = 200


def alert(work: Work, code: str, reference: str, detail: str = "") -> None:
    """Put a line into the next digest; ``detail`` is a code or an id, never a customer's text."""
    work.tx.alerts.add(AlertRecord(new_id(), work.now, code, reference, detail))


def queue_digest(services: Services) -> int:
    """Turn the alerts that nobody was told of into one mail to staff; return their number."""
    recipient = services.settings.team.alert_to
    if not recipient:
        return 0
    return services.run(lambda work: _digest(work, recipient))


def _digest(work: Work, recipient: str) -> int:
    lines = work.tx.alerts.untold(_DIGEST_LINES)
    if not lines:
        return 0
    now = work.now
    facts = NoticeFacts(
        reference="",
        track=Track.HELP,
        form=None,
        status=Status.RECEIVED,
        zone=work.services.settings.team.time_zone,
        now=now,
        digest=tuple((line.code, line.reference, line.detail) for line in lines),
    )
    composed = compose(NoticeName.STAFF_ALERT, "", work.services.settings.team.language, facts)
    key = hashlib.sha256("".join(line.id for line in lines).encode()).hexdigest()[:16]
    mail = assemble(
        composed,
        notice_key=f"staff:{key}",
        reference="",
        recipient=recipient,
        sender=work.services.identity,
        key=work.services.token_key,
        thread=Thread(),
        files=(),
        date=now,
    )
    enqueue(work, mail, (), "", Trigger())
    work.tx.alerts.told([line.id for line in lines], now)
    return len(lines)

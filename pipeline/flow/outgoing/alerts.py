"""What staff are told: kept with the change that causes it, sent as one digest a batch."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from pipeline.flow.context import Trigger
from pipeline.flow.outgoing.notices import enqueue
from pipeline.flow.services import Services, Work
from pipeline.model.identifiers import new_id
from pipeline.model.notice import NoticeFacts, NoticeName, Thread
from pipeline.model.request import Status, Track
from pipeline.notifications.compose import compose
from pipeline.notifications.headers import assemble
from pipeline.store.records import AlertRecord

#: So many alerts go into one digest, and so many of one kind are told one by one: a flood must not
#: bury what else there is to tell.
_DIGEST_LINES = 5000
_OF_ONE_KIND = 20


def alert(work: Work, code: str, reference: str, detail: str = "") -> None:
    """Put a line into the next digest; ``detail`` is a code or an id, never a customer's text."""
    work.tx.alerts.add(AlertRecord(new_id(), work.now, code, reference, detail))


def queue_digest(services: Services) -> int:
    """Turn the alerts that nobody was told of into one mail to staff; return their number."""
    recipient = services.settings.team.alert_to
    if not recipient:
        return 0
    return services.run(lambda work: _digest(work, recipient))


def _told_lines(lines: Sequence[AlertRecord]) -> tuple[tuple[str, str, str], ...]:
    """Return what is told: the first alerts of each kind, and how many more of it there are."""
    counted = Counter(line.code for line in lines)
    told: Counter[str] = Counter()
    found = []
    for line in lines:
        told[line.code] += 1
        if told[line.code] <= _OF_ONE_KIND:
            found.append((line.code, line.reference, line.detail))
        elif told[line.code] == counted[line.code]:
            found.append((line.code, "", f"+{counted[line.code] - _OF_ONE_KIND}"))
    return tuple(found)


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
        digest=_told_lines(lines),
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

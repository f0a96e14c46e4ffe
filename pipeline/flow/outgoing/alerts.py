"""What staff are told: kept with the change that causes it, sent as one digest a batch."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from pipeline.flow.context import Trigger
from pipeline.flow.outgoing.notices import enqueue
from pipeline.flow.services import Services, Work
from pipeline.model.digest import Digest, DigestLine
from pipeline.model.identifiers import new_id
from pipeline.model.notice import NoticeFacts, NoticeName, Thread
from pipeline.model.request import Status, Track
from pipeline.notifications.compose import compose
from pipeline.notifications.headers import assemble
from pipeline.store.queues import QueueView, queue
from pipeline.store.records import AlertRecord

#: So many alerts go into one digest, and so many of one kind are told one by one: a flood must not
#: bury what else there is to tell.
_DIGEST_LINES = 5000
_OF_ONE_KIND = 20

#: What to type for an alert about a request, and about none.
_OF_A_REQUEST = "pipeline request show {reference}"
_OF_NONE = "pipeline queue needs-me"
#: What to type for an alert that has a command of its own; empty: there is nothing to type.
_COMMANDS = {
    "reply_suggested": "pipeline request accept {reference}",
    "second_wanted": "pipeline request second {reference}",
    "certificate_wanted": "pipeline certificate issue {reference} --file FILE",
    "mail_failed": "pipeline outbox list attention",
    "mail_in_doubt": "pipeline outbox list attention",
    "quarantined": "pipeline quarantine list",
    "mail_not_moved": "pipeline mail reconcile --mend",
    "mail_withheld": "pipeline mail list",
    "mail_too_big": "pipeline mail show {detail}",
    "private_key_sent": "pipeline mail show {detail}",
    "mail_too_big_told": "pipeline mail show {detail}",
    "file_fault": "pipeline mail show {detail}",
    "program_sent_file": "pipeline mail files {detail}",
    "answers_capped": "pipeline mail show {detail}",
    "wrong_tokens": "pipeline mail show {detail}",
    "form_refused": "pipeline mail list",
    "too_many_requests": "pipeline queue held",
    "receipts_dropped": "pipeline queue held",
    "archive_failed": "pipeline doctor",
    "archive_unread": "pipeline doctor",
    "login_failed": "pipeline doctor",
    "sender_setting": "pipeline doctor",
    "one_list": "",
    "token_rotated": "",
    "authority_rotated": "",
    "revocation_not_listed": "pipeline doctor",
    "meta_connected": "pipeline request mark-active {reference}",
    "meta_setting": "pipeline doctor",
    "meta_down": "pipeline doctor",
}
#: Alerts whose detail says why, and those whose detail is the status, which is told anyhow.
_WITH_REASON = frozenset(
    {
        "command_refused",
        "form_refused",
        "due_work_refused",
        "certificate_not_issued",
        "archive_failed",
        "archive_unread",
        "qr_not_made",
        "meta_certificate_unusable",
        "meta_not_added",
        "meta_not_fetched",
        "meta_setting",
        "meta_down",
    }
)
_WITH_STATUS = frozenset({"overdue"})


def alert(work: Work, code: str, reference: str, detail: str = "") -> None:
    """Put a line into the next digest; ``detail`` is a code or an id, never a customer's text."""
    work.tx.alerts.add(AlertRecord(new_id(), work.now, code, reference, detail))


def queue_digest(services: Services) -> int:
    """Turn the alerts that nobody was told of into one mail to staff; return their number."""
    recipient = services.settings.team.alert_to
    if not recipient:
        return 0
    return services.run(lambda work: _digest(work, recipient))


def _told_lines(work: Work, lines: Sequence[AlertRecord]) -> tuple[DigestLine, ...]:
    """Return what is told: the first alerts of each kind, and how many more of it there are."""
    counted = Counter(line.code for line in lines)
    told: Counter[str] = Counter()
    found = []
    for line in lines:
        told[line.code] += 1
        if told[line.code] <= _OF_ONE_KIND:
            found.append(_line(work, line))
        elif told[line.code] == counted[line.code]:
            found.append(DigestLine(line.code, more=counted[line.code] - _OF_ONE_KIND))
    return tuple(found)


def _line(work: Work, line: AlertRecord) -> DigestLine:
    """Return an alert with the step of its request as it is now, and with what to type."""
    record = work.tx.requests.by_reference(line.reference) if line.reference else None
    usual = _OF_A_REQUEST if line.reference else _OF_NONE
    command = _COMMANDS.get(line.code, usual)
    is_reason, is_row = line.code in _WITH_REASON, "{detail}" in command
    return DigestLine(
        code=line.code,
        reference=line.reference,
        reason=line.detail if is_reason else "",
        detail="" if is_reason or is_row or line.code in _WITH_STATUS else line.detail,
        status=record.status if record else None,
        since=record.state.entered_at if record else None,
        command=command.format(reference=line.reference, detail=line.detail),
    )


def _digest_of(work: Work, lines: Sequence[AlertRecord]) -> Digest:
    first = next(iter(queue(work.tx, QueueView.NEEDS_ME, limit=1)), None)
    return Digest(
        lines=_told_lines(work, lines),
        longest=first.reference if first else "",
        longest_since=first.since if first else None,
    )


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
        digest=_digest_of(work, lines),
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

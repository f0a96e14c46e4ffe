"""The same refusal of every mail is a fault of the server or of a setting, not of the mails.

After some equal refusals of mails to different people, one after the other: temporary ones, and
lines that are cut, end sending for this run; permanent ones pause it until staff have mended
something, so that a server that takes nothing from us does not refuse the whole outbox.
"""

import re
from dataclasses import dataclass, replace

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import mailbox_of
from pipeline.flow.services import Work
from pipeline.flow.services.pause import Refusals, forget, keep, refusals
from pipeline.notifications.courier import Delivery, DeliveryKind, Step
from pipeline.store.outbox_records import OutboxRecord

_STATUS = re.compile(r"(\d{3})[ -]+(?:([245]\.\d{1,3}\.\d{1,3})\b)?")
_LONGEST = 1000
_WORDS = 30
#: Temporary refusals by classes of RFC 3463 that are of one mail or person: addresses, mailboxes,
#: content, and policy (4.7.1 is what greylisting says, whatever the command).
_OF_ONE_MAIL = ("4.1.", "4.2.", "4.6.", "4.7.1")


def common_part(delivery: Delivery, recipient: str) -> str:
    """Return what a refusal has in common with that of another mail: command, codes and words.

    What tells mails apart is left out: addresses, numbers, names of hosts, the recipient.
    """
    said = delivery.detail[:_LONGEST]
    found = _STATUS.match(said)
    if delivery.step is None:
        return ""
    if found is None:  # no answer: the server hung up
        return f"{delivery.step} {said}"
    local, _, domain = recipient.lower().rpartition("@")
    words = []
    for piece in said[found.end() :].lower().split():
        word = piece.strip("<>()[]{}\"'.,;:!?=")
        if word.isalpha() and word not in {local, domain}:
            words.append(word)
    return " ".join([delivery.step, found[1], found[2] or "", *words[:_WORDS]])


def _counts(delivery: Delivery) -> bool:
    """Whether a refusal may be that of every mail."""
    if delivery.step is None or delivery.fault is not None:
        return False
    found = _STATUS.match(delivery.detail)
    if delivery.kind is DeliveryKind.FAILED or found is None:
        return True
    of_one = (found[2] or "").startswith(_OF_ONE_MAIL)
    return delivery.step is not Step.RECIPIENT and not of_one


@dataclass(frozen=True, slots=True)
class Fault:
    """What refusals in a row have shown; ``waiting`` are failed mails that wait again for it."""

    error: PipelineError
    waiting: tuple[str, ...] = ()


def note_refusal(work: Work, mail: OutboxRecord, delivery: Delivery) -> Fault | None:
    """Count a refusal; return the fault when there were enough equal ones in a row.

    The mails are not to blame then: the failed ones wait again, the others lose no attempt.
    """
    if not _counts(delivery):
        return None
    before = refusals(work.tx, to_change=True)
    if mail.id in before.again or before.paused_at is not None:
        return None
    what = common_part(delivery, mail.recipient)
    same = what == before.what and not _known(work, before, mail)
    if what == before.what and not same:
        return None
    mails = (*before.mails, mail.id) if same else (mail.id,)
    now = Refusals(what, delivery.detail, mails, before.again)
    if len(mails) < work.services.settings.courier.pause_after:
        keep(work.tx, now)
        return None
    if delivery.kind is not DeliveryKind.FAILED:
        work.tx.outbox.excuse(mails)
        _begin_anew(work, before)
        error = TryLaterError("courier_refuses_all", count=len(mails), reason=delivery.detail)
        return Fault(error)
    keep(work.tx, replace(now, paused_at=work.now))
    alert(work, "sending_paused", "", " ".join(what.split()[1:3]))
    return Fault(paused(now), tuple(name for name in mails if work.tx.outbox.retry(name, work.now)))


def paused(found: Refusals) -> ConfigurationError:
    """Return what is told while sending is paused."""
    return ConfigurationError("courier_paused", count=len(found.mails), reason=found.answer)


def note_taken(work: Work) -> None:
    """Note that the server took a mail: refusals before it were not of every mail."""
    before = refusals(work.tx, to_change=True)
    if before.paused_at is None and before.mails:
        _begin_anew(work, before)


def _begin_anew(work: Work, before: Refusals) -> None:
    if before.again:
        keep(work.tx, Refusals(again=before.again))
    else:
        forget(work.tx)


def _known(work: Work, before: Refusals, mail: OutboxRecord) -> bool:
    """Whether a refusal of a mail to the same person was counted."""
    rows = (work.tx.outbox.get(name) for name in before.mails)
    people = {mailbox_of(row.recipient) for row in rows if row is not None}
    return mailbox_of(mail.recipient) in people

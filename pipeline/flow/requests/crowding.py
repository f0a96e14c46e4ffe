"""How many new requests one sender, or one firm's domain, may bring in a day."""

from collections.abc import Iterable
from datetime import datetime

from pipeline.flow.context import MessageContext
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import mailbox_of
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import provides
from pipeline.model.message import SenderJudgement, SenderVerdict


def is_one_too_many(work: Work, context: MessageContext, reference: str) -> bool:
    """Count a new request of the sender of ``context``; tell whether it is above the limit.

    Proven and unproven ones are counted apart, so that forgers use up nobody's share; so is what
    comes from a domain, unless anybody can have a mailbox there. Staff are told once.
    """
    if not context.sender.address:
        return False
    most = work.services.settings.sender.daily_requests
    keys = _keys(work, context.sender)
    counts = work.tx.counters.add_to_each(keys, _day(work)).values()
    if max(counts) <= most:
        return False
    if most + 1 in counts:
        alert(work, "too_many_requests", reference)
    return True


def foresee(work: Work, senders: Iterable[SenderJudgement]) -> None:
    """Learn at once what was counted today for each of ``senders``."""
    keys = [key for sender in senders if sender.address for key in _keys(work, sender)]
    work.tx.counters.foresee(keys, _day(work))


def _keys(work: Work, sender: SenderJudgement) -> list[str]:
    """Return the counters of a sender: of the mailbox, and of a domain that is somebody's own."""
    address = mailbox_of(sender.address)
    names = [f"sender:{address}"]
    domain = address.rpartition("@")[2]
    if not provides(work, domain):
        names.append(f"domain:{domain}")
    proof = "proven" if sender.verdict is SenderVerdict.PASS else "unproven"
    return [f"requests:{proof}:{name}" for name in names]


def _day(work: Work) -> datetime:
    return work.now.replace(hour=0, minute=0, second=0, microsecond=0)

"""How many new requests one sender, or one firm's domain, may bring in a day."""

from pipeline.flow.context import MessageContext
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import mailbox_of
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import provides


def is_one_too_many(work: Work, context: MessageContext, reference: str) -> bool:
    """Count a new request of the sender of ``context``; tell whether it is above the limit.

    Proven and unproven ones are counted apart, so that forgers use up nobody's share; so is what
    comes from a domain, unless anybody can have a mailbox there. Staff are told once.
    """
    address = mailbox_of(context.sender.address)
    if not context.sender.address:
        return False
    names = [f"sender:{address}"]
    domain = address.rpartition("@")[2]
    if not provides(work, domain):
        names.append(f"domain:{domain}")
    proof = "proven" if context.proven else "unproven"
    day = context.now.replace(hour=0, minute=0, second=0, microsecond=0)
    most = work.services.settings.sender.daily_requests
    keys = [f"requests:{proof}:{name}" for name in names]
    counts = work.tx.counters.add_to_each(keys, day).values()
    if max(counts) <= most:
        return False
    if most + 1 in counts:
        alert(work, "too_many_requests", reference)
    return True

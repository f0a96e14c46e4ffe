"""What was asked of Meta for a short link, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LinkAction(StrEnum):
    """What is done to a short link; the values are those of the form's question."""

    NEW = "new"
    UPDATE = "update"
    DELETE = "delete"


class LinkState(StrEnum):
    """The life of an order.

    ``asked``: the order may have reached Meta, so that only Meta's list tells whether it was done.
    ``dropped``: nobody wants it any more, and it was never done.
    """

    WANTED = "wanted"
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    DROPPED = "dropped"


#: Orders that something is still to be done for.
UNFINISHED = frozenset({LinkState.WANTED, LinkState.ASKED})


@dataclass(frozen=True, slots=True)
class LinkOrder:
    """One order to Meta about the short link of a request's number.

    ``stay`` is when the request came into the status that wants the link: approved again, it orders
    again. ``sha256`` is the digest of the text that the link is to type in (the text itself stays
    with the answers). ``code`` is the link's; of a new one it is empty until Meta has told it.
    ``before`` are the codes that typed in the same text before a new link was asked for: none of
    them is ours. ``attempt`` fences the worker that has the order in hand. ``reason`` is why it was
    refused. ``next_at`` wakes the order, or ends a worker's claim on it (None: nothing to do).
    """

    id: str
    request_id: str
    number: str
    action: LinkAction
    state: LinkState
    stay: datetime
    ordered_at: datetime
    sha256: str
    code: str = ""
    url: str = ""
    before: tuple[str, ...] = ()
    attempt: int = 0
    reason: str = ""
    asked_at: datetime | None = None
    ended_at: datetime | None = None
    next_at: datetime | None = None

    @property
    def unfinished(self) -> bool:
        """Whether something is still to be done for it at Meta."""
        return self.state in UNFINISHED

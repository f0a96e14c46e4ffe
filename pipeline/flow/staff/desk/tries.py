"""What came of the last try at what a request waits for, and when the next comes by itself."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import PipelineError
from pipeline.flow.lifecycle.issuance import hindrance
from pipeline.flow.services import Services
from pipeline.flow.views.request import RequestView
from pipeline.model.request import EventName
from pipeline.store.records import RequestRecord
from pipeline.tracks.shared_deadlines import RETRY

#: The line of a history that tells of a try that failed.
_FAILED = frozenset({EventName.ISSUE_FAILED, EventName.MAKING_FAILED})
#: What was tried for has come.
_CAME = frozenset({EventName.ISSUED, EventName.MADE})


@dataclass(frozen=True, slots=True)
class Tries:
    """The last try: when, and the code of why nothing came of it; empty where none is known.

    ``next_at`` is when it is tried again by itself; None: it is not.
    """

    at: datetime | None
    failed: str
    next_at: datetime | None


def tries_of(view: RequestView) -> Tries | None:
    """Return the tries at what the request waits for; None: it waits for nothing of the kind."""
    following = [item.at for item in view.deadlines if item.key.startswith(RETRY)]
    next_at = min(following, default=None)
    for line in reversed(view.history):
        if line.event in _FAILED:
            return Tries(line.at, dict(line.detail).get("error", ""), next_at)
        if line.event in _CAME or line.before is not line.after:
            break
    return Tries(None, "", next_at) if following else None


def what_stops(
    services: Services, record: RequestRecord, *, with_issuer: bool = False
) -> PipelineError | None:
    """Return what stops the certificate that ``record`` waits for now, or None.

    ``with_issuer``: our own authority is tried, too.
    """
    with services.store.read() as tx:
        return hindrance(services.work(tx), record, with_issuer=with_issuer)

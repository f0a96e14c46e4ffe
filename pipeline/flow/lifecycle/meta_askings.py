"""What we ask of Meta that it counts, or that proves something: a line before, then its outcome."""

from pipeline.flow.services import Services, Work
from pipeline.meta.errors import About, MetaError
from pipeline.model.identifiers import new_id
from pipeline.store.meta_records import Asked, AskingRecord
from pipeline.store.records import RequestRecord

DONE = "done"
#: Nobody knows yet whether Meta did it.
UNKNOWN = "unknown"
#: Meta never got it: it counts for nothing.
NOT_SENT = "not_sent"
#: What may have been done: the number tells.
PERHAPS = frozenset({"", UNKNOWN, DONE})


def begin_asking(work: Work, record: RequestRecord, what: Asked, who: str = "") -> AskingRecord:
    """Add the line about what is asked next; commit it before Meta is asked."""
    asking = AskingRecord(new_id(), record.number, record.id, what, work.now, who)
    work.tx.meta_askings.begin(asking)
    return asking


def end_asking(services: Services, asking: AskingRecord, outcome: str) -> None:
    """Write what came of it."""
    services.run(lambda work: work.tx.meta_askings.end(asking.id, outcome))


def outcome_of(error: MetaError) -> str:
    """Return the outcome of a call that failed."""
    if error.outcome_unknown:
        return UNKNOWN
    return NOT_SENT if error.about is About.SERVER else error.reason.value

"""Personal data leaves tables, blobs and files of the database, also when it is killed between.

What is left to do after the commit is written down in the same transaction: which blobs no row
names any more, and whether the files of the database are to be rewritten. The next batch finishes
it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline import logs
from pipeline.flow.services import Services, Work
from pipeline.model.request import Actor
from pipeline.store.records import EventRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction

#: Under this name the history tells that a request was erased, and by which occasion.
ERASED = "erased"
OF_RETENTION = "retention"
OF_REQUEST = "request"
OF_PERSON = "person"
_LEFT = "erasing"
_MAILS_AT_ONCE = 200
_REQUESTS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left to do after an erasure."""

    blobs: tuple[str, ...] = ()
    rewrite: bool = False

    @classmethod
    def of(cls, tx: Transaction, *, to_change: bool = False) -> "_Left | None":
        value = tx.memory.get(_LEFT, to_change=to_change)
        if not isinstance(value, Mapping):
            return None
        blobs = value.get("blobs")
        named = blobs if isinstance(blobs, list) else []
        return cls(tuple(str(one) for one in named), bool(value.get("rewrite")))


def leave(tx: Transaction, blobs: Iterable[str], *, rewrite: bool) -> None:
    """Write down what is to be done after the commit; see :func:`finish`."""
    known = _Left.of(tx, to_change=True) or _Left()
    names: list[str] = sorted({*known.blobs, *blobs})
    tx.memory.put(_LEFT, {"blobs": [*names], "rewrite": rewrite or known.rewrite})


def finish(services: Services) -> bool:
    """Do what an erasure has left to do; False when a reader of the database hindered it."""
    with services.store.read() as tx:
        left = _Left.of(tx)
        blobs = tx.privacy.unnamed(left.blobs) if left else []
    if left is None:
        return True
    for name in blobs:
        services.blobs.delete(name)
    if left.rewrite and not services.store.sweep():
        return False
    services.store.run(lambda tx: _done(tx, left))
    return True


def _done(tx: Transaction, done: _Left) -> None:
    """Forget what was done; what came in between waits for the next time."""
    if _Left.of(tx, to_change=True) == done:
        tx.memory.forget(_LEFT)


def erase(work: Work, record: RequestRecord, who: str, occasion: str) -> list[str]:
    """Take a request's personal data out of the tables; return the blobs that are free then.

    Its history tells who did it and on which occasion. The caller holds the request locked.
    """
    blobs = work.tx.privacy.erase_request(record.id)
    by_us = occasion == OF_RETENTION
    work.tx.events.append(
        EventRecord(
            request_id=record.id,
            seq=0,
            at=work.now,
            actor=Actor.SYSTEM if by_us else Actor.STAFF,
            actor_name=who,
            event=None,
            before=record.status,
            after=record.status,
            detail=((ERASED, occasion),),
        )
    )
    return blobs


def keep_retention(services: Services) -> None:
    """Take away what is older than the settings let it be, a portion a batch.

    Raw mails first, then the answers of requests that ended long ago.
    """
    retention, now = services.settings.retention, services.clock.now()
    mails_before = now - timedelta(days=retention.raw_mail_days)
    ended_before = now - timedelta(days=retention.answers_days)
    with services.store.read() as tx:
        has_mails = tx.privacy.has_raw_mail(mails_before)
        ended = tx.privacy.requests_to_erase(ended_before, _REQUESTS_AT_ONCE)
        left = _Left.of(tx)
    if has_mails:
        services.run(
            lambda work: leave(
                work.tx,
                work.tx.privacy.forget_raw_mail(mails_before, _MAILS_AT_ONCE),
                rewrite=False,
            )
        )
    if ended:
        services.run(lambda work: _erase_ended(work, ended))
        logs.event("flow.retention", "erased", requests=len(ended))
    if (has_mails or ended or left) and not finish(services):
        logs.event("flow.retention", "not_rewritten")


def _erase_ended(work: Work, ids: Sequence[str]) -> None:
    """Erase requests that nothing has changed meanwhile."""
    blobs: list[str] = []
    for request_id in ids:
        record = work.tx.requests.lock(request_id)
        if record is not None and record.state.ended:
            blobs += erase(work, record, Actor.SYSTEM.value, OF_RETENTION)
    leave(work.tx, blobs, rewrite=False)

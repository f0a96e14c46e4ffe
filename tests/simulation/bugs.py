"""Ten bugs to put in on purpose: each has to be found by some year.

Each one is what a slip of a line would do, and none breaks anything at once.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from pipeline import terms
from pipeline.flow.lifecycle import apply, due
from pipeline.flow.outgoing import notices, replies
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, Status
from pipeline.store import unit_of_work
from pipeline.store.tables.events import Events
from pipeline.store.unit_of_work import Store

#: Of so many calls one is wrong, where not all are.
_SELDOM = 41
_TOO_LONG = 8

Bug = Callable[[], AbstractContextManager[object]]


@contextmanager
def _lost_commit() -> Iterator[None]:
    """Take a transaction back now and then, and say that it is done.

    What a batch loses so the next one does: it is the word given to a person that is untrue.
    """
    real, count = Store._run, itertools.count(1)

    def run(self: Store, work: Any) -> Any:
        if next(count) % _SELDOM:
            return real(self, work)
        found: list[Any] = []

        def taken_back(tx: Any) -> None:
            found[:] = [work(tx)]
            tx.context.send()
            raise unit_of_work._TakenBack

        with suppress(unit_of_work._TakenBack):
            real(self, taken_back)
        return found[0]

    with patch.object(Store, "_run", run):
        yield


def _second_answer() -> AbstractContextManager[object]:
    """Answer a message twice."""
    real = replies._queue
    wrote = itertools.count()

    def queue(work: Any, context: Any, chosen: Any) -> None:
        real(work, context, chosen)
        again = replace(chosen.effect, variant=chosen.effect.variant)
        if next(wrote) % 2:
            with _another_key():
                real(work, context, replace(chosen, effect=again))

    return patch.object(replies, "_queue", queue)


def _another_key() -> AbstractContextManager[object]:
    """Forget that a mail of the same key is there already."""
    real = vars(notices)["assemble"]

    def assemble(composed: Any, **more: Any) -> Any:
        return real(composed, **{**more, "notice_key": f"{more['notice_key']}:again"})

    return patch.object(notices, "assemble", assemble)


def _forgotten_promise() -> AbstractContextManager[object]:
    """Write what a mail promises into no ledger."""
    return patch.object(notices, "keep", lambda _work, record, *_more: record)


def _facts(change: Callable[[Any, Any], Any]) -> AbstractContextManager[object]:
    """Let a mail be written from ``change`` of its facts; it gets those of the mail before too."""
    real = vars(notices)["notice_facts"]
    before: list[Any] = []

    def facts(*args: Any) -> Any:
        before.append(real(*args))
        return change(before[-1], before[max(len(before) - 2, 0)])

    return patch.object(notices, "notice_facts", facts)


def _leak() -> AbstractContextManager[object]:
    """Show the number of whoever was written to before."""
    return _facts(lambda facts, last: replace(facts, number_shown=last.number_shown))


def _old_status() -> AbstractContextManager[object]:
    """Tell a status that the request has left."""
    return _facts(
        lambda facts, _: replace(
            facts,
            status=Status.POLICY_REVIEW
            if facts.status is Status.BUSINESS_VERIFICATION
            else facts.status,
        )
    )


def _eighth_day() -> AbstractContextManager[object]:
    """Let certificates live for a day more."""
    return patch.object(terms, "CERTIFICATE_DAYS", _TOO_LONG)


def _never_woken() -> AbstractContextManager[object]:
    """Let what waits for Meta's word about a name sleep for ever."""
    real = apply.wake_up

    def wake_up(services: Any, record: Any) -> Any:
        return None if record.status is Status.NAME_REVIEW else real(services, record)

    return patch.object(apply, "wake_up", wake_up)


def _nothing_attached() -> AbstractContextManager[object]:
    """Forget the files of a correction."""
    real = vars(notices)["enclosures"]

    def enclosures(work: Any, record: Any, effect: Any, *more: Any) -> Any:
        forgotten = effect.notice is NoticeName.NEEDS_CORRECTION
        return () if forgotten else real(work, record, effect, *more)

    return patch.object(notices, "enclosures", enclosures)


def _unnoticed_end() -> AbstractContextManager[object]:
    """Overlook that a certificate has ended."""
    real = vars(due)["due"]

    def overlooked(*args: Any, **more: Any) -> Any:
        return tuple(item for item in real(*args, **more) if item.event is not EventName.EXPIRE)

    return patch.object(due, "due", overlooked)


def _cut_chain() -> AbstractContextManager[object]:
    """Begin the chain of a history anew now and then."""
    real, count = Events._insert, itertools.count(1)

    def insert(self: Any, line: Any) -> Any:
        return real(self, line if next(count) % _SELDOM else replace(line, previous_hash=""))

    return patch.object(Events, "_insert", insert)


#: Each bug by what it does.
BUGS: Mapping[str, Bug] = {
    "a commit is lost": _lost_commit,
    "a message is answered twice": _second_answer,
    "a promise is forgotten": _forgotten_promise,
    "one customer reads of another": _leak,
    "a mail tells an old status": _old_status,
    "a certificate lives for eight days": _eighth_day,
    "a request is never woken": _never_woken,
    "an attachment is forgotten": _nothing_attached,
    "the end of a certificate is overlooked": _unnoticed_end,
    "a history is cut": _cut_chain,
}

"""Short links at Meta: looked up, asked for outside of any transaction, and recorded.

The order of writes is that of certificates: ordered with the decision (:mod:`.qr_code`), *asked*
committed before Meta is asked, *done* after its answer, the mail in a transaction of its own. What
was asked and not answered (a time-out, a crash) is settled by Meta's list before anything is asked
again, so that no link is made twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from pipeline import logs
from pipeline.errors import PipelineError, TryLaterError
from pipeline.flow.connections import open_graph
from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.qr_code import is_wanted, text_digest, wanted
from pipeline.flow.lifecycle.system_events import what_follows
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work, waits
from pipeline.meta.api import LINK_TEXT_LENGTH, MOST_LINKS, Graph, ShortLink
from pipeline.meta.errors import About, MetaError, Reason
from pipeline.model.request import Status
from pipeline.store.records import RequestRecord
from pipeline.store.short_link_records import LinkAction, LinkOrder, LinkState

_PORTION = 50
#: How long a worker has an order for itself; longer than all of its calls may take.
_CLAIM = timedelta(minutes=10)
#: Who asks before Meta's list can show what was asked finds nothing, and would make a second link.
_SETTLES_AFTER = timedelta(minutes=3)
#: Another order for the same number and text is under way.
_TURN = timedelta(minutes=1)


class _NotPossible(Exception):  # noqa: N818 - an answer, not an error
    """Meta cannot do it; its text is the code of why, for staff."""


@dataclass
class Linked:
    """What one run did: orders that were settled, and the fault that stopped it."""

    done: int = 0
    fault: Exception | None = None


@dataclass
class _Round:
    """One run over the orders that are due: numbers and links are looked up once."""

    services: Services
    graph: Graph
    ids: dict[str, str | None] = field(default_factory=dict)

    def number_id(self, e164: str) -> str:
        """Return Meta's id of a number."""
        if e164 not in self.ids:
            found = self.graph.find_number(e164)
            self.ids[e164] = found.id if found else None
        number_id = self.ids[e164]
        if number_id is None:
            raise _NotPossible("number_not_at_meta")
        return number_id


@dataclass(frozen=True, slots=True)
class _Task:
    """An order in hand. ``text``: what the link shall type in; ``wanted``: not only settled."""

    order: LinkOrder
    text: str
    wanted: bool


def due(services: Services) -> int:
    """Return how many orders of Meta are due; of many, fifty."""
    return len(_due(services))


def _due(services: Services) -> list[LinkOrder]:
    if services.settings.qr.provider == "none":
        return []
    with services.store.read() as tx:
        return tx.short_links.due(services.clock.now(), _PORTION)


def make_links(services: Services) -> int:
    """Do what is ordered of Meta; return how many orders came to an end.

    Each stands for itself. A fault of Meta's server or of a setting ends the run and costs no order
    an attempt; it is raised at the end.
    """
    waiting = _due(services)
    if not waiting:
        return 0
    with open_graph(services) as graph:
        linked = _all(_Round(services, graph), waiting)
    if linked.fault is not None:
        raise linked.fault
    return linked.done


def _all(turn: _Round, due: Iterable[LinkOrder]) -> Linked:
    linked = Linked()
    for order in due:
        if turn.services.stopping():
            break
        try:
            linked.done += _one(turn, order)
        except TryLaterError:
            raise  # the database: the next order would fare the same
        except MetaError as error:
            linked.fault = error
            break
        except PipelineError as error:
            # the request was changed meanwhile: the order is due again
            logs.event("flow.links", "failed", order=order.id, code=error.code)
        except Exception as error:  # noqa: BLE001 - one order never stops the others
            logs.event("flow.links", "failed", order=order.id, error=type(error).__name__)
            linked.fault = linked.fault or error
    return linked


def _one(turn: _Round, order: LinkOrder) -> bool:
    """Take one order as far as it goes now; return whether it came to an end."""
    run = turn.services.run
    task = run(partial(_claim, order.id))
    if task is None:
        return False
    try:
        if task.order.state is LinkState.DONE or _do(turn, task):
            return run(partial(_tell, task.order))
    except _NotPossible as answer:
        return run(partial(_refuse, task.order, str(answer)))
    except MetaError as error:
        return _failed(turn.services, task.order, error)
    return False


def _failed(services: Services, order: LinkOrder, error: MetaError) -> bool:
    """Keep what a failed call leaves of the order. Raises what concerns all orders."""
    logs.event("flow.links", "refused", order=order.id, code=error.code, call=error.call)
    passes = error.about is not About.ITEM or error.reason is Reason.RATE_LIMITED
    if not passes and not error.outcome_unknown:
        return services.run(partial(_refuse, order, error.code))
    services.run(partial(_put_off, order, error))
    if error.about is not About.ITEM:
        raise error
    return False


def _claim(order_id: str, work: Work) -> _Task | None:
    """Take the order in hand, unless another worker has it; drop it when nobody wants it."""
    order, record = _locked(work, order_id)
    if order is None or order.next_at is None or order.next_at > work.now:
        return None
    if order.state is LinkState.DONE:
        return _Task(order, "", wanted=True)
    is_still = is_wanted(work, record, order)
    if not is_still and order.state is LinkState.WANTED:
        work.tx.short_links.save(_ended(work, order, LinkState.DROPPED))
        return None
    taken = replace(order, attempt=order.attempt + 1, next_at=work.now + _CLAIM)
    work.tx.short_links.save(taken)
    found = wanted(work, record) if record is not None else None
    return _Task(taken, found.text if found and is_still else "", is_still)


def _locked(work: Work, order_id: str) -> tuple[LinkOrder | None, RequestRecord | None]:
    """Return order and request as they are now: the number is locked first, as in decisions."""
    seen = work.tx.short_links.get(order_id)
    if seen is None:
        return None, None
    work.tx.numbers.lock(seen.number)
    record = work.tx.requests.lock(seen.request_id)
    return work.tx.short_links.lock(order_id), record


def _mine(work: Work, order: LinkOrder) -> tuple[LinkOrder | None, RequestRecord | None]:
    """Return the order as it is now, and its request; None when another worker has it."""
    now, record = _locked(work, order.id)
    is_mine = now is not None and now.attempt == order.attempt and now.unfinished
    return now if is_mine else None, record


def _do(turn: _Round, task: _Task) -> bool:
    """Bring about at Meta what is ordered, or find that it is so already; tell whether it is.

    Raises _NotPossible and MetaError.
    """
    order, run = task.order, turn.services.run
    number_id = turn.number_id(order.number)
    links = turn.graph.short_links(number_id)
    others = run(partial(_of_others, order))
    found, is_so = _as_listed(others, order, links)
    if is_so:
        return run(partial(_done, order, found))
    if not task.wanted:
        # what was asked did not come about, and nobody wants it any more
        run(partial(_drop, order))
        return False
    _check(order, links, task.text)
    same = tuple(link.code for link in links if text_digest(link.text) == order.sha256)
    if not run(partial(_ask, order, same)):
        return False
    try:
        made = _ask_meta(turn.graph, number_id, order, task.text)
    except MetaError as error:
        if not error.outcome_unknown:
            run(partial(_not_asked, order))
        raise
    return run(partial(_done, order, made))


def _as_listed(
    others: frozenset[str], order: LinkOrder, links: tuple[ShortLink, ...]
) -> tuple[ShortLink | None, bool]:
    """Return the link of ``order`` in Meta's list, and whether all is there as it was ordered.

    Of an order that never was asked for, only a text that is right already is.
    """
    asked = order.state is LinkState.ASKED
    if order.action is LinkAction.NEW:
        not_ours = others | set(order.before)
        mine = [
            link
            for link in links
            if link.code not in not_ours and text_digest(link.text) == order.sha256
        ]
        return (mine[0], True) if asked and mine else (None, False)
    found = next((link for link in links if link.code == order.code), None)
    if order.action is LinkAction.DELETE:
        return None, asked and found is None
    return found, found is not None and text_digest(found.text) == order.sha256


def _check(order: LinkOrder, links: tuple[ShortLink, ...], text: str) -> None:
    """Refuse what Meta would refuse. Raises _NotPossible."""
    if order.action is LinkAction.NEW:
        if len(links) >= MOST_LINKS:
            raise _NotPossible("link_limit")
    elif all(link.code != order.code for link in links):
        raise _NotPossible("link_code_unknown")
    if order.action is not LinkAction.DELETE and not 0 < len(text) <= LINK_TEXT_LENGTH:
        raise _NotPossible("link_text_length")


def _ask_meta(graph: Graph, number_id: str, order: LinkOrder, text: str) -> ShortLink | None:
    match order.action:
        case LinkAction.NEW:
            return graph.create_link(number_id, text)
        case LinkAction.UPDATE:
            return graph.update_link(number_id, order.code, text)
        case LinkAction.DELETE:
            graph.delete_link(number_id, order.code)
            return None


def _of_others(order: LinkOrder, work: Work) -> frozenset[str]:
    """Return the codes that other orders of the number have brought about."""
    rows = work.tx.short_links.of_number(order.number)
    return frozenset(row.code for row in rows if row.id != order.id and row.code)


def _ask(order: LinkOrder, same: tuple[str, ...], work: Work) -> bool:
    """Record that Meta is asked now, and tell whether it may be.

    ``same`` are the codes that type in the same text already. Orders of a number for one text take
    turns, or Meta's list could not tell their links apart.
    """
    now, record = _mine(work, order)
    if now is None:
        return False
    if not is_wanted(work, record, now):
        work.tx.short_links.save(replace(now, next_at=work.now))
        return False
    if _has_twin(work, now):
        work.tx.short_links.save(replace(now, next_at=work.now + _TURN))
        return False
    asked = replace(now, state=LinkState.ASKED, asked_at=work.now, before=same)
    work.tx.short_links.save(asked)
    return True


def _has_twin(work: Work, order: LinkOrder) -> bool:
    rows = work.tx.short_links.of_number(order.number)
    return any(
        row.id != order.id and row.state is LinkState.ASKED and row.sha256 == order.sha256
        for row in rows
    )


def _not_asked(order: LinkOrder, work: Work) -> None:
    """Record that Meta did nothing of what it was asked for."""
    now, _ = _mine(work, order)
    if now is not None:
        work.tx.short_links.save(replace(now, state=LinkState.WANTED))


def _put_off(order: LinkOrder, error: MetaError, work: Work) -> None:
    """Wait with the order; where Meta may have done it, until its list can tell."""
    now, _ = _mine(work, order)
    if now is None:
        return
    wait = waits.META_DOWN.wait_after(max(1, now.attempt))
    if now.state is LinkState.ASKED:
        wait = max(wait, _SETTLES_AFTER)
    wait = max(wait, error.retry_after or wait)
    work.tx.short_links.save(replace(now, next_at=work.now + wait))


def _drop(order: LinkOrder, work: Work) -> None:
    now, _ = _mine(work, order)
    if now is not None:
        work.tx.short_links.save(_ended(work, now, LinkState.DROPPED))


def _ended(work: Work, order: LinkOrder, state: LinkState, reason: str = "") -> LinkOrder:
    return replace(order, state=state, reason=reason, ended_at=work.now, next_at=None)


def _refuse(order: LinkOrder, reason: str, work: Work) -> bool:
    """Record that it cannot be done, and let the request go to staff with the reason."""
    now, record = _mine(work, order)
    if now is None:
        return False
    refused = _ended(work, now, LinkState.REFUSED, reason)
    work.tx.short_links.save(refused)
    if is_wanted(work, record, now):
        _go_on(work, record, refused)
    return True


def _done(order: LinkOrder, link: ShortLink | None, work: Work) -> bool:
    """Record that all is at Meta as it was ordered, before anybody is told of it."""
    now, _ = _mine(work, order)
    if now is None:
        return False
    code, url = (link.code, link.url) if link else (now.code, "")
    done = _ended(work, now, LinkState.DONE)
    work.tx.short_links.save(replace(done, code=code, url=url, next_at=work.now))
    return True


def _tell(order: LinkOrder, work: Work) -> bool:
    """Let the request go on with what was done; staff hear of what nobody waits for any more."""
    now, record = _locked(work, order.id)
    if now is None or now.state is not LinkState.DONE or now.next_at is None:
        return False
    work.tx.short_links.save(replace(now, next_at=None))
    _go_on(work, record, now)
    return True


def _go_on(work: Work, record: RequestRecord | None, order: LinkOrder) -> None:
    if record is None or record.status is not Status.MAKING:
        alert(work, "link_not_wanted", record.reference if record else "", order.code)
        return
    follow = what_follows(work, record)
    if follow is not None:
        apply_event(work, record, follow[0], Trigger(), follow[1])

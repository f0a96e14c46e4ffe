"""Ask Meta once a batch about all numbers that requests wait for, and do what follows.

Meta is asked outside of every transaction; what it said is applied in one, on the request as it is
then. One list answers for all numbers; a number is asked about alone only for its certificate.
Every step can be repeated: what a killed process was told is asked again.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from pipeline import logs
from pipeline.errors import PipelineError, RefusedError, TryLaterError
from pipeline.flow.answers.revisions import answer_that_counts
from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle import meta_faults, second
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.meta_askings import (
    DONE,
    PERHAPS,
    begin_asking,
    end_asking,
    outcome_of,
)
from pipeline.flow.lifecycle.meta_certificate import take
from pipeline.flow.lifecycle.meta_word import (
    WATCHED,
    Finding,
    Waiting,
    finding,
    looked,
    not_looked,
)
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work, waits
from pipeline.meta.api import Graph, MetaNumber
from pipeline.meta.errors import About, MetaError, Reason
from pipeline.model.request import Actor, Event, Status
from pipeline.store.faults import blames_nothing
from pipeline.store.meta_records import Asked, AskingRecord, MetaNumberRecord
from pipeline.store.records import RequestRecord
from pipeline.tracks.catalogue import TRACKS

#: So many requests of each status are looked at in a batch, and written in one transaction.
_MOST = 500
_PORTION = 50
#: What is due so soon is looked at with the rest: one list tells of all.
_SOON = timedelta(minutes=5)
#: The answer that Meta reviews.
_NAME = "display_name"
#: So many certificates are fetched, and numbers added, in a batch; and it takes no longer than so.
_MOST_CALLS = 50
_LONGEST_SECONDS = 60.0
#: So often a number may be approved and have no certificate, before staff are told.
_LOOKS_WITHOUT = 3


@dataclass
class Polled:
    """What one round came to; ``fault`` is why it ended early."""

    events: int = 0
    issued: int = 0
    fault: PipelineError | None = None

    @property
    def of_meta(self) -> bool:
        """Whether Meta is at fault, or how we ask it."""
        return isinstance(self.fault, MetaError)


@dataclass
class _Round:
    """One round under way, with what the list leaves to be asked number by number."""

    services: Services
    graph: Graph
    polled: Polled = field(default_factory=Polled)
    #: with how often the last fetches of the number have failed: who failed comes last
    fetch: list[tuple[int, RequestRecord]] = field(default_factory=list)
    add: list[RequestRecord] = field(default_factory=list)
    #: what failed at one number and is no fault of it nor of Meta
    faults: list[Exception] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Whether others have waited long enough for this round."""
        long = time.monotonic() - self.began > _LONGEST_SECONDS
        return long or self.services.stopping()


def is_due(services: Services) -> bool:
    """Whether Meta is to be asked now: a number is due, and Meta is not let rest."""
    now = services.clock.now()
    with services.store.read() as tx:
        return not meta_faults.rests(tx, now) and tx.meta_numbers.is_due(WATCHED, now)


def poll(services: Services, graph: Graph) -> Polled:
    """Ask Meta about the numbers of all requests that wait for it, when one of them is due.

    A number that fails stops no other. A fault of Meta or of a setting ends the round and is
    returned: no request has lost an attempt by it. So is the first fault of ours that kept a
    certificate waiting (a clock that is behind); what is no PipelineError is raised at the end.
    """
    this = _Round(services, graph)
    try:
        if is_due(services):
            _ask(this)
            meta_faults.answered(services)
    except MetaError as error:
        this.polled.fault = error
        meta_faults.failed(services, error)
    for fault in this.faults[:1]:
        if not isinstance(fault, PipelineError):
            raise fault
        this.polled.fault = this.polled.fault or fault
    return this.polled


def fetch_now(services: Services, graph: Graph, record: RequestRecord) -> None:
    """Fetch the certificate of one request that staff want at once.

    Raises RefusedError with the code of why it cannot be had, or MetaError.
    """
    at = services.clock.now()
    number = graph.find_number(record.number)
    if number is None:
        raise RefusedError("meta_number_missing", reference=record.reference, number=record.number)
    take(services, record, graph.number(number.id), at)


def _ask(this: _Round) -> None:
    at = this.services.clock.now()
    # read before Meta is asked: what changes meanwhile has another version, and waits
    with this.services.store.read() as tx:
        watched = tx.meta_numbers.watched(WATCHED, at + _SOON, _MOST)
    # a number may stand in the list again after it was deleted or moved away
    shown = {
        number.e164: number
        for number in sorted(this.graph.numbers(), key=lambda one: not one.status.gone)
    }
    # in one order, so that two workers never wait for each other
    watched.sort(key=lambda record: (record.number, record.id))
    while watched:
        del watched[: _apply_portion(this, watched[:_PORTION], shown, at)]
    this.fetch.sort(key=lambda wanted: wanted[0])
    for _, record in this.fetch[:_MOST_CALLS]:
        if this.over:
            return
        _fetch_safely(this, record, shown[record.number])
    for record in this.add[:_MOST_CALLS]:
        if this.over:
            return
        _add(this, record)


def _apply_portion(
    this: _Round, portion: list[RequestRecord], shown: Mapping[str, MetaNumber], at: datetime
) -> int:
    """Apply what Meta said to the first of ``portion``; return to how many.

    One that fails is told and stops no other.
    """

    def change(work: Work) -> list[tuple[RequestRecord, Finding]]:
        done: list[tuple[RequestRecord, Finding]] = []
        for one in portion:
            if done and work.keeps_others_waiting:
                break
            done.append(_judge_safely(work, one, shown.get(one.number), at))
        return done

    applied = this.services.run(change)
    for record, found in applied:
        this.polled.events += found.event is not None
        if found.fetch:
            this.fetch.append((found.stumbles, record))
        if found.add:
            this.add.append(record)
    return len(applied)


def _judge_safely(
    work: Work, record: RequestRecord, number: MetaNumber | None, at: datetime
) -> tuple[RequestRecord, Finding]:
    try:
        with work.tx.savepoint():
            return _judge(work, record, number, at)
    except TryLaterError:
        raise
    except Exception as error:
        if blames_nothing(error):
            raise
        code = error.code if isinstance(error, RefusedError) else type(error).__name__
        logs.event("flow.meta", "refused", code=code, reference=record.reference)
        known = not_looked(work.tx.meta_numbers.get(record.number), at)
        _tell(work, known, record, "due_work_refused", code)
        return record, Finding()


def _judge(
    work: Work, read: RequestRecord, number: MetaNumber | None, at: datetime
) -> tuple[RequestRecord, Finding]:
    """Apply what Meta said of one request; return it as it is then, and what is left to do."""
    work.tx.numbers.lock(read.number)
    record = work.tx.requests.lock(read.id)
    known = work.tx.meta_numbers.get(read.number)
    if record is None or record.number != read.number:
        return read, Finding()
    if record.state.version != read.state.version:
        work.tx.meta_numbers.wake(read.number, at)
        return read, Finding()
    if second.waits(work, record):
        record = second.stop(work, record)
    if number is None:
        known, found = not_looked(known, at), _missing(work, record)
    else:
        known = looked(known, number, at)
        found = finding(_waiting(work, record), number, known)
    _tell(work, known, record, found.tell, settled=not found.fetch)
    found = replace(found, stumbles=known.stumbles)
    if found.event is None:
        return record, found
    changed = apply_event(work, record, Event(found.event, Actor.META, work.now), Trigger())
    work.tx.meta_numbers.wake(record.number, at)
    wanted = changed.status in WATCHED and changed.state.certificate_wanted_at is not None
    wanted = wanted and not second.waits(work, changed)
    return changed, replace(found, fetch=wanted)


def _missing(work: Work, record: RequestRecord) -> Finding:
    """Return what it means that the account lacks the number; nothing before the call of a move."""
    if record.status is Status.SLOT_AGREED:
        return Finding()
    if _may_add(work.services, record):
        return Finding(add=True)
    return Finding(tell="meta_number_missing")


def _waiting(work: Work, record: RequestRecord) -> Waiting:
    live = work.tx.certificates.live_of_request(record.id)
    verifying = False
    if record.status is Status.SLOT_AGREED:
        codes = work.tx.meta_askings.of_request(record.id, Asked.VERIFY_CODE)
        open_ones = [one for one in codes if one.outcome in PERHAPS]
        verifying = any(one.at >= record.state.entered_at for one in open_ones)
    name = answer_that_counts(work.tx, record, _NAME) if record.status is Status.NAME_REVIEW else ""
    state = record.state
    if second.waits(work, record):
        state = replace(state, certificate_wanted_at=None)  # until then nothing is fetched
    issued_at = live.issued_at if live else None
    of_meta = live is not None and live.issuer is work.services.issuer.issuer
    return Waiting(state, name, issued_at, of_meta, verifying)


def _tell(
    work: Work,
    known: MetaNumberRecord,
    record: RequestRecord,
    code: str,
    detail: str = "",
    *,
    settled: bool = True,
) -> None:
    """Keep what is known of a number; tell staff what is new about one request, each thing once.

    It is told again when it was ``settled`` in between: a look found nothing to tell.
    """
    mine = f"{record.reference} {code} {detail}".strip()
    told = known.told
    if code and mine not in told:
        alert(work, code, record.reference, detail)
        told = (*told, mine)
    elif not code and settled:
        told = tuple(one for one in told if not one.startswith(f"{record.reference} "))
    work.tx.meta_numbers.put(replace(known, told=told))


# numbers that the account lacks


def _may_add(services: Services, record: RequestRecord) -> bool:
    """Whether the number is added by us: the name of a new one is reviewed from then on.

    One that moves is added in its call, by who is there.
    """
    new = record.status in {Status.NAME_REVIEW, Status.APPROVED}
    moves = TRACKS[record.state.track].moves_number
    return services.settings.meta.add_numbers and new and not moves


def _add(this: _Round, record: RequestRecord) -> None:
    """Add a number to the account; the line before it tells a later round of a killed one."""
    begun = this.services.run(partial(_begin_adding, record))
    if begun is None:
        return
    asking, name = begun
    try:
        number_id = this.graph.add_number(record.number, name)
    except MetaError as error:
        end_asking(this.services, asking, outcome_of(error))
        if error.about is not About.ITEM:
            raise
        _tell_item(this.services, record, "meta_not_added", error)
        return
    end_asking(this.services, asking, DONE)
    this.services.run(partial(_added, record, number_id))


def _begin_adding(record: RequestRecord, work: Work) -> tuple[AskingRecord, str] | None:
    work.tx.numbers.lock(record.number)
    lately = work.now - waits.META_ADDING
    under_way = work.tx.meta_askings.since(record.number, Asked.ADD, lately)
    if any(one.outcome in PERHAPS for one in under_way):
        return None  # the list may not have it yet
    name = answer_that_counts(work.tx, record, _NAME)
    return begin_asking(work, record, Asked.ADD), name


def _added(record: RequestRecord, number_id: str, work: Work) -> None:
    work.tx.numbers.lock(record.number)
    known = work.tx.meta_numbers.get(record.number)
    # it was not there before, and so had no certificate
    added = replace(known, meta_id=number_id, next_at=work.now, failures=0, without_at=work.now)
    work.tx.meta_numbers.put(added)


# certificates


def _fetch_safely(this: _Round, record: RequestRecord, listed: MetaNumber) -> None:
    """Fetch one certificate; what fails at it alone stops no other, and is kept in ``faults``."""
    try:
        _fetch(this, record, listed)
    except (MetaError, TryLaterError):
        raise  # Meta or the database: the next number would fare the same
    except Exception as error:  # noqa: BLE001 - one certificate never stops the others
        code = error.code if isinstance(error, PipelineError) else type(error).__name__
        logs.event("flow.meta", "failed", code=code, reference=record.reference)
        this.faults.append(error)
        this.services.run(partial(_stumbled, record))


def _fetch(this: _Round, record: RequestRecord, listed: MetaNumber) -> None:
    at = this.services.clock.now()
    try:
        number = this.graph.number(listed.id)
        taken = take(this.services, record, number, at)
        this.polled.issued += taken
        if not taken:
            this.services.run(lambda work: work.tx.meta_numbers.wake(record.number, at))
    except MetaError as error:
        # an answer about one number that nobody can read says nothing of the others
        mine = error.about is About.ITEM or error.reason is Reason.UNREADABLE
        if not mine:
            this.services.run(partial(_stumbled, record))
            raise
        _tell_item(this.services, record, "meta_not_fetched", error)
    except RefusedError as error:
        failure = str(error.params.get("failure", ""))
        told = (error.code, failure)
        if not error.code.startswith("meta_"):  # a rule of ours
            told = ("certificate_not_issued", error.code)
        this.services.run(partial(_not_taken, record, *told))


def _stumbled(record: RequestRecord, work: Work) -> None:
    """Let the others come first in the next round; Meta may fail at this number alone."""
    work.tx.numbers.lock(record.number)
    known = work.tx.meta_numbers.get(record.number)
    work.tx.meta_numbers.put(replace(known, stumbles=known.stumbles + 1, next_at=work.now))


def _not_taken(record: RequestRecord, code: str, detail: str, work: Work) -> None:
    work.tx.numbers.lock(record.number)
    known = work.tx.meta_numbers.get(record.number)
    known = replace(known, stumbles=known.stumbles + 1)
    if code == "meta_certificate_missing" and known.stumbles < _LOOKS_WITHOUT:
        work.tx.meta_numbers.put(known)  # it may take Meta a while to make it
    else:
        _tell(work, known, record, code, detail)


def _tell_item(services: Services, record: RequestRecord, code: str, error: MetaError) -> None:
    """Tell staff why Meta refuses this number; it is asked about again later and later."""

    def change(work: Work) -> None:
        work.tx.numbers.lock(record.number)
        known = not_looked(work.tx.meta_numbers.get(record.number), work.now)
        known = replace(known, stumbles=known.stumbles + 1)
        _tell(work, known, record, code, error.code)

    logs.event("flow.meta", "refused", code=error.code, reference=record.reference)
    services.run(change)

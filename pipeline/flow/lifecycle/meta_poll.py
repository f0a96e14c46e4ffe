"""Ask Meta once a batch about all numbers that requests wait for, and do what follows.

Meta is asked outside of every transaction; what it said is applied in one, on the request as it is
then. One list answers for all numbers; a number is asked about alone only for its certificate.
Every step can be repeated: what a killed process was told is asked again.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from pipeline import logs
from pipeline.errors import PipelineError, RefusedError, TryLaterError
from pipeline.flow.answers.revisions import latest_accepted
from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.meta_certificate import take
from pipeline.flow.lifecycle.meta_word import (
    WATCHED,
    Asked,
    Finding,
    finding,
    looked,
    not_looked,
)
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work, waits
from pipeline.meta.api import Graph, MetaNumber
from pipeline.meta.errors import About, MetaError
from pipeline.model.identifiers import new_id
from pipeline.model.request import Actor, Event, Status
from pipeline.store.faults import blames_nothing
from pipeline.store.meta_records import AskingRecord, MetaNumberRecord
from pipeline.store.meta_records import Asked as AskedFor
from pipeline.store.records import RequestRecord

#: So many requests of each status are looked at in a batch, and written in one transaction.
_MOST = 500
_PORTION = 50
#: So many certificates are fetched, and numbers added, in a batch; and it takes no longer than so.
_MOST_CALLS = 50
_LONGEST_SECONDS = 60.0
#: Under these names the memory keeps when Meta is asked again, and which fault staff know of.
_REST = "meta_rest"
_FAULT = "meta_fault"
#: So often a number may be approved and have no certificate, before staff are told.
_LOOKS_WITHOUT = 3
#: So many rounds in a row that Meta did not answer are told: about half an hour.
_LASTS = 5
#: What came of a code that may have been right: the number tells.
OPEN_OUTCOMES = frozenset({"", "unknown", "verified"})


@dataclass
class Polled:
    """What one round came to; ``fault`` is why it ended early."""

    events: int = 0
    issued: int = 0
    fault: PipelineError | None = None


@dataclass
class _Round:
    """One round under way, with what the list leaves to be asked number by number."""

    services: Services
    graph: Graph
    polled: Polled = field(default_factory=Polled)
    fetch: list[RequestRecord] = field(default_factory=list)
    add: list[RequestRecord] = field(default_factory=list)
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
        rest = tx.memory.get(_REST)
        until = rest.get("until") if isinstance(rest, dict) else None
        if isinstance(until, str) and datetime.fromisoformat(until) > now:
            return False
        return tx.meta_numbers.is_due(WATCHED, now)


def poll(services: Services, graph: Graph) -> Polled:
    """Ask Meta about the numbers of all requests that wait for it, when one of them is due.

    A number that fails stops no other. A fault of Meta or of a setting ends the round and is
    returned: no request has lost an attempt by it.
    """
    this = _Round(services, graph)
    try:
        if is_due(services):
            _ask(this)
            _good(services)
    except MetaError as error:
        this.polled.fault = error
        _rest(services, error)
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
    shown = {number.e164: number for number in this.graph.numbers()}
    with this.services.store.read() as tx:
        watched = tx.meta_numbers.watched(WATCHED, _MOST)
    # in one order, so that two workers never wait for each other
    watched.sort(key=lambda record: (record.number, record.id))
    for begin in range(0, len(watched), _PORTION):
        portion = watched[begin : begin + _PORTION]
        _apply_portion(this, portion, shown, at)
    for record in this.add[:_MOST_CALLS]:
        if this.over:
            return
        _add(this, record)
    for record in this.fetch[:_MOST_CALLS]:
        if this.over:
            return
        _fetch(this, record, shown[record.number])


def _apply_portion(
    this: _Round, portion: list[RequestRecord], shown: Mapping[str, MetaNumber], at: datetime
) -> None:
    """Apply what Meta said to some requests; one that fails is told and stops no other."""

    def change(work: Work) -> list[tuple[RequestRecord, Finding]]:
        return [(one, _judge_safely(work, one, shown.get(one.number), at)) for one in portion]

    for record, found in this.services.run(change):
        this.polled.events += found.event is not None
        if found.fetch:
            this.fetch.append(record)
        if found.tell == "meta_number_missing" and _may_add(this.services, record):
            this.add.append(record)


def _judge_safely(
    work: Work, record: RequestRecord, number: MetaNumber | None, at: datetime
) -> Finding:
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
        return Finding()


def _judge(work: Work, read: RequestRecord, number: MetaNumber | None, at: datetime) -> Finding:
    """Apply what Meta said of one request; return it, empty when the request has changed."""
    work.tx.numbers.lock(read.number)
    record = work.tx.requests.lock(read.id)
    known = work.tx.meta_numbers.get(read.number)
    if record is None or record.number != read.number:
        return Finding()
    if record.state.version != read.state.version:
        work.tx.meta_numbers.wake(read.number, at)
        return Finding()
    if number is None:
        found = _missing(record)
        known = not_looked(known, at)
    else:
        known = looked(known, number, at)
        found = finding(_asked(work, record), number, known)
    quiet = found.tell == "meta_number_missing" and _may_add(work.services, record)
    _tell(work, known, record, "" if quiet else found.tell)
    if found.event is not None:
        event = Event(found.event, Actor.META, work.now)
        apply_event(work, record, event, Trigger())
        work.tx.meta_numbers.wake(record.number, at)
    return found


def _missing(record: RequestRecord) -> Finding:
    """Return what it means that the account lacks the number: before the call of a move, nothing."""
    expected = record.status is not Status.SLOT_AGREED
    return Finding(tell="meta_number_missing" if expected else "")


def _asked(work: Work, record: RequestRecord) -> Asked:
    live = work.tx.certificates.live_of_request(record.id)
    verifying = False
    if record.status is Status.SLOT_AGREED:
        codes = work.tx.meta_askings.of_request(record.id, AskedFor.VERIFY_CODE)
        open_ones = [one for one in codes if one.outcome in OPEN_OUTCOMES]
        verifying = any(one.at >= record.state.entered_at for one in open_ones)
    name = display_name(work, record) if record.status is Status.NAME_REVIEW else ""
    return Asked(record.state, name, live.issued_at if live else None, verifying)


def display_name(work: Work, record: RequestRecord) -> str:
    """Return the display name of the answers that count; empty when none was asked for."""
    revision = latest_accepted(work.tx, record)
    values = {reading.field: reading.value for reading in revision.readings} if revision else {}
    return values.get("display_name") or ""


def _tell(
    work: Work, known: MetaNumberRecord, record: RequestRecord, code: str, detail: str = ""
) -> None:
    """Keep what is known of a number; tell staff what is new about one request, each thing once."""
    mine = " ".join((record.reference, code, detail)).strip()
    others = tuple(one for one in known.told if not one.startswith(f"{record.reference} "))
    if code and mine not in known.told:
        alert(work, code, record.reference, detail)
    told = (*others, mine) if code else others
    work.tx.meta_numbers.put(replace(known, told=told))


# numbers that the account lacks


def _may_add(services: Services, record: RequestRecord) -> bool:
    """Whether the number is added by us: the name of a new one is reviewed from then on.

    One that moves is added in its call, by who is there.
    """
    new = record.status in {Status.NAME_REVIEW, Status.APPROVED}
    return services.settings.meta.add_numbers and new and not _moves(record)


def _moves(record: RequestRecord) -> bool:
    from pipeline.tracks.catalogue import TRACKS  # noqa: PLC0415 - one property

    return TRACKS[record.state.track].moves_number


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
    end_asking(this.services, asking, "done")
    this.services.run(partial(_added, record, number_id))


def _begin_adding(record: RequestRecord, work: Work) -> tuple[AskingRecord, str] | None:
    work.tx.numbers.lock(record.number)
    lately = work.now - waits.META_ADDING
    under_way = work.tx.meta_askings.since(record.number, AskedFor.ADD, lately)
    if any(one.outcome in {"", "unknown", "done"} for one in under_way):
        return None  # the list may not have it yet
    name = display_name(work, record)
    return begin_asking(work, record, AskedFor.ADD), name


def _added(record: RequestRecord, number_id: str, work: Work) -> None:
    work.tx.numbers.lock(record.number)
    known = work.tx.meta_numbers.get(record.number)
    # it was not there before, and so had no certificate
    added = replace(known, meta_id=number_id, next_at=work.now, failures=0, without_at=work.now)
    work.tx.meta_numbers.put(added)


def begin_asking(
    work: Work, record: RequestRecord, what: AskedFor, who: str = ""
) -> AskingRecord:
    """Add the line about what is asked next; commit it before Meta is asked."""
    asking = AskingRecord(new_id(), record.number, record.id, what, work.now, who)
    work.tx.meta_askings.begin(asking)
    return asking


def end_asking(services: Services, asking: AskingRecord, outcome: str) -> None:
    """Write what came of it."""
    services.run(lambda work: work.tx.meta_askings.end(asking.id, outcome))


def outcome_of(error: MetaError) -> str:
    """Return the outcome of a call that failed: what Meta never got counts for nothing."""
    if error.outcome_unknown:
        return "unknown"
    return "not_sent" if error.about is About.SERVER else error.reason.value


# certificates


def _fetch(this: _Round, record: RequestRecord, listed: MetaNumber) -> None:
    at = this.services.clock.now()
    try:
        number = this.graph.number(listed.id)
        taken = take(this.services, record, number, at)
        this.polled.issued += taken
        if not taken:
            this.services.run(lambda work: work.tx.meta_numbers.wake(record.number, at))
    except MetaError as error:
        if error.about is not About.ITEM:
            raise
        _tell_item(this.services, record, "meta_not_fetched", error)
    except RefusedError as error:
        failure = str(error.params.get("failure", ""))
        named = error.code.startswith("meta_")
        code = error.code if named else "certificate_not_issued"
        detail = failure if named else error.code
        this.services.run(partial(_not_taken, record, code, detail))


def _not_taken(record: RequestRecord, code: str, detail: str, work: Work) -> None:
    work.tx.numbers.lock(record.number)
    known = work.tx.meta_numbers.get(record.number)
    if code == "meta_no_certificate" and known.looks < _LOOKS_WITHOUT:
        return  # it may take Meta a while to make it
    _tell(work, known, record, code, detail)



def _tell_item(services: Services, record: RequestRecord, code: str, error: MetaError) -> None:
    """Tell staff why Meta refuses this number; it is asked about again later and later."""

    def change(work: Work) -> None:
        work.tx.numbers.lock(record.number)
        known = not_looked(work.tx.meta_numbers.get(record.number), work.now)
        _tell(work, known, record, code, error.code)

    logs.event("flow.meta", "refused", code=error.code, reference=record.reference)
    services.run(change)


# faults of Meta and of settings


def _rest(services: Services, error: MetaError) -> None:
    """Let Meta rest when it is at fault; tell staff once of a fault that lasts."""

    def change(work: Work) -> None:
        rest = work.tx.memory.get(_REST, to_change=True)
        failures = rest.get("failures") if isinstance(rest, dict) else 0
        failures = failures + 1 if isinstance(failures, int) else 1
        wait = waits.META_DOWN.wait_after(failures)
        if error.retry_after is not None:
            wait = max(wait, min(error.retry_after, timedelta(days=1)))
        setting = error.about is About.SETTING
        until = work.now if setting else work.now + wait
        work.tx.memory.put(_REST, {"until": until.isoformat(), "failures": failures})
        if (setting or failures >= _LASTS) and work.tx.memory.get(_FAULT) != error.code:
            work.tx.memory.put(_FAULT, error.code)
            alert(work, "meta_setting" if setting else "meta_down", "", error.code)

    logs.event("flow.meta", "fault", code=error.code, about=error.about.value)
    services.run(change)



def _good(services: Services) -> None:
    """Forget the faults: Meta has answered."""
    with services.store.read() as tx:
        marked = [key for key in (_REST, _FAULT) if tx.memory.get(key) is not None]
    if marked:
        services.run(partial(_forget, marked))


def _forget(keys: Iterable[str], work: Work) -> None:
    for key in keys:
        work.tx.memory.forget(key)

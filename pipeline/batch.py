"""One scheduled run: lease, receive, due work, deliver, housekeep, summary, exit code."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import TypeVar

from pipeline import logs
from pipeline.errors import ExitCode, PipelineError
from pipeline.flow.connections import open_courier, open_graph, open_mailbox
from pipeline.flow.inbound import fetch as intake
from pipeline.flow.inbound import mail_files as files
from pipeline.flow.inbound import withheld
from pipeline.flow.inbound.fetch import NewMail
from pipeline.flow.inbound.move import Moves, move_processed
from pipeline.flow.inbound.plan import plan
from pipeline.flow.inbound.process import Processed, process
from pipeline.flow.inbound.reconcile import reconcile as compare
from pipeline.flow.inbound.refetch import fetch_anew
from pipeline.flow.lifecycle import meta_poll, short_links
from pipeline.flow.lifecycle.due import run_due
from pipeline.flow.lifecycle.issuance import issue_pending
from pipeline.flow.outgoing.alerts import queue_digest
from pipeline.flow.outgoing.deliver import Delivered, deliver
from pipeline.flow.outgoing.late import tell_late_certificates
from pipeline.flow.services import Services
from pipeline.flow.upkeep.housekeep import housekeep
from pipeline.flow.upkeep.lease import shown_as_running
from pipeline.flow.upkeep.revocation_lists import keep_lists_current
from pipeline.flow.upkeep.silenced import alert_silenced, on_one_list, too_many_unknown
from pipeline.flow.views.metrics.exposition import keep_textfile
from pipeline.flow.views.plan import Plan
from pipeline.flow.views.reconcile import Reconciliation
from pipeline.mailbox.protocol import Mailbox
from pipeline.model.message import Attachment
from pipeline.store.process_records import RunRecord


class Stage(StrEnum):
    """The stages of a batch, for progress."""

    RECEIVING = "receiving"
    DUE = "due_work"
    SENDING = "sending"


Progress = Callable[[Stage, int], None]
T = TypeVar("T")

#: Errors of a server that is down, and its name in the summary.
_UNREACHABLE = {
    "mailbox_unreachable": "mailbox",
    "scanner_unreachable": "scanner",
    "mailbox_move_refused": "mailbox",
    "storage_unwritable": "storage",
    "courier_unreachable": "courier",
    "courier_host_unknown": "courier",
    "mailbox_host_unknown": "mailbox",
    "database_unreachable": "database",
    "database_host_unknown": "database",
    "database_busy": "database",
    "meta_unreachable": "meta",
    "meta_slow": "meta",
    "meta_server": "meta",
    "meta_unreadable": "meta",
    "meta_rate_limited": "meta",
}
#: Due work is done after so many portions of new mail, and at the end; mail is sent after each.
_DUE_EVERY = 5
_FORESEEN = frozenset({ExitCode.CONFIGURATION, ExitCode.TRY_LATER})
_WORST_FIRST = (
    ExitCode.BUG,
    ExitCode.CONFIGURATION,
    ExitCode.TRY_LATER,
    ExitCode.UNFINISHED,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What stopped one stage; the other stages ran.

    ``error`` is None for an unexpected one: ``kind`` is its type then, ``mark`` its id in the log.
    """

    stage: str
    error: PipelineError | None
    kind: str
    mark: str = ""

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of this failure alone; what no stage may raise is a bug."""
        code = self.error.exit_code if self.error is not None else ExitCode.BUG
        return code if code in _FORESEEN else ExitCode.BUG

    @property
    def server(self) -> str:
        """The server that was down, or empty when it was something else."""
        return _UNREACHABLE.get(self.error.code, "") if self.error is not None else ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What one batch did; ``unreachable`` names a server that was down.

    ``linked`` are orders for short links. ``withheld`` mails are on the server, which does not
    deliver them. ``one_list`` is the mailing list that most of the last mails came through.
    """

    fetched: int = 0
    processed: int = 0
    deferred: int = 0
    quarantined: int = 0
    moved: int = 0
    due: int = 0
    issued: int = 0
    linked: int = 0
    sent: int = 0
    put_off: int = 0
    failed: int = 0
    in_doubt: int = 0
    withheld: int = 0
    unreachable: str = ""
    silenced: bool = False
    one_list: str = ""
    failures: tuple[Failure, ...] = ()

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """The numbers by name."""
        named = ((item.name, getattr(self, item.name)) for item in fields(self))
        return tuple((name, value) for name, value in named if type(value) is int)

    @property
    def did_something(self) -> bool:
        """Whether anything was done or tried."""
        messages = self.fetched + self.processed + self.deferred + self.quarantined + self.moved
        requests = self.due + self.issued + self.linked
        return messages + requests + self.sent + self.put_off + self.failed + self.in_doubt > 0

    @property
    def exit_code(self) -> ExitCode:
        """The worst exit code: a bug before configuration before try-later before unfinished."""
        codes = {failure.exit_code for failure in self.failures}
        if self.silenced:
            codes.add(ExitCode.CONFIGURATION)
        if self.quarantined + self.failed + self.in_doubt + self.withheld:
            codes.add(ExitCode.UNFINISHED)
        return next((code for code in _WORST_FIRST if code in codes), ExitCode.DONE)


@dataclass
class _Run:
    """One batch under way: each stage for itself, so that one that fails stops no other."""

    services: Services
    progress: Progress
    fetched: int = 0
    processed: Processed = field(default_factory=Processed)
    moves: Moves = field(default_factory=Moves)
    withheld: int = 0
    due: int = 0
    issued: int = 0
    linked: int = 0
    sendings: list[Delivered] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    over: bool = False

    def stage(self, name: str, work: Callable[[], T], otherwise: T) -> T:
        """Return what ``work`` returns, or ``otherwise`` when it fails.

        Without a database, or with a damaged one, nothing more is tried; nor when this process is
        to end.
        """
        if self.over or self.services.stopping():
            return otherwise
        try:
            return work()
        except PipelineError as error:
            if error.code.startswith("database_"):
                self.over = True
            self.failed(name, error)
        except Exception as error:  # noqa: BLE001 - kept for the exit code, the other stages run
            mark = logs.unknown(f"batch.{name}", error)
            self.failures.append(Failure(name, None, type(error).__name__, mark))
        return otherwise

    def failed(self, name: str, error: PipelineError) -> None:
        """Keep what stopped the stage ``name``; the same error of two stages is told once."""
        logs.event("batch", "stage_failed", stage=name, code=error.code)
        if error.args not in [known.error.args for known in self.failures if known.error]:
            self.failures.append(Failure(name, error, type(error).__name__))

    @property
    def unreachable(self) -> str:
        """The server that was down, by the error of a stage."""
        return next((failure.server for failure in self.failures if failure.server), "")


def run_batch(services: Services, progress: Progress = lambda _stage, _done: None) -> Summary:
    """Run one batch. Two at the same time share the work and double nothing.

    Raises TryLaterError when the database does not answer at all, and ConfigurationError when the
    key of the reply tokens cannot be used: every mail in and out needs it, so nothing is begun.
    """
    services.read_keys_again()
    began_at, begin = services.clock.now(), time.monotonic()
    with shown_as_running(services) as done:
        run = _Run(services, progress)
        _receive(run)
        _due(run)
        _ask_meta(run)
        run.stage("lists", lambda: keep_lists_current(services), False)  # noqa: FBT003 - the value
        silenced = run.stage("check", lambda: _silenced(services), False)  # noqa: FBT003 - the value
        one_list = run.stage("check", lambda: on_one_list(services), "")
        run.stage("check", lambda: tell_late_certificates(services), 0)
        run.stage("digest", lambda: queue_digest(services), 0)
        _deliver(run)
        run.stage("housekeep", lambda: housekeep(services), None)
        summary = Summary(
            fetched=run.fetched,
            processed=run.processed.processed,
            deferred=run.processed.deferred,
            quarantined=run.processed.quarantined,
            moved=run.moves.moved,
            due=run.due,
            issued=run.issued,
            linked=run.linked,
            sent=sum(sending.sent for sending in run.sendings),
            put_off=sum(sending.deferred for sending in run.sendings),
            failed=sum(sending.failed for sending in run.sendings),
            in_doubt=sum(sending.in_doubt for sending in run.sendings),
            withheld=run.withheld,
            unreachable=run.unreachable,
            silenced=silenced,
            one_list=one_list,
            failures=tuple(run.failures),
        )
        level = logging.INFO if summary.did_something else logging.DEBUG
        logs.event("batch", "done", level, **dict(summary.counts))
        done.append(_told(summary, began_at, services.clock.now(), time.monotonic() - begin))
    keep_textfile(services)
    return summary


def _told(summary: Summary, began_at: datetime, ended_at: datetime, seconds: float) -> RunRecord:
    """Return what is remembered of a batch: numbers and codes."""
    return RunRecord(
        began_at,
        ended_at,
        round(seconds, 3),
        int(summary.exit_code),
        tuple((name, count) for name, count in summary.counts if count),
        tuple(
            (failure.stage, failure.error.code if failure.error else failure.kind)
            for failure in summary.failures
        ),
    )


def plan_batch(services: Services) -> Plan:
    """Say what a batch would do now; nothing is changed, on the server or in the state."""
    return plan(services)


def inject(services: Services, mails: Sequence[bytes]) -> int:
    """Put raw mails into the ledger for the next batch; return how many were new."""
    return intake.inject(services, mails)


def decide(services: Services) -> None:
    """Decide what is in the ledger now, without looking into the mailbox."""
    while process(services) != Processed():
        pass


def reconcile(services: Services, *, mend: bool = False) -> Reconciliation:
    """Set the server against the ledger; ``mend`` puts right what is beyond doubt."""
    return compare(services, mend=mend)


def mail_files(services: Services, message: str) -> tuple[Attachment, ...]:
    """Return the files of a message of the ledger, as :func:`files.mail_files` does."""
    return files.mail_files(services, message)


def _receive(run: _Run) -> None:
    """Fetch, process and move, portion by portion; what is in the ledger needs no mailbox."""
    run.stage("receive", lambda: _fetch_all(run), None)
    run.stage("process", lambda: _process_all(run), None)


def _fetch_all(run: _Run) -> None:
    services = run.services
    with open_mailbox(services) as mailbox:
        run.processed += run.stage("refetch", lambda: fetch_anew(services, mailbox), Processed())
        new_mail = NewMail(services, mailbox)
        portions = 0
        while not run.over and not services.stopping() and new_mail.more():
            if portions:
                _take_turns(run, portions)
            run.fetched += new_mail.portion()
            _settle(run, mailbox)
            portions += 1
        if new_mail.fault is not None:
            run.failed("move", new_mail.fault)
        quarantined = run.stage("receive", lambda: withheld.fetch_withheld(services, mailbox), 0)
        run.processed += Processed(quarantined=quarantined)
        _settle(run, mailbox)
        run.withheld = run.stage("receive", lambda: withheld.waiting(services, mailbox), 0)


def _settle(run: _Run, mailbox: Mailbox) -> None:
    """Process what is in the ledger, and move it on the server."""
    run.stage("process", lambda: _process_all(run), None)
    run.stage("move", lambda: move_processed(run.services, mailbox, run.moves), None)


def _take_turns(run: _Run, portions: int) -> None:
    """Let nobody wait for an answer, or for what is due, until all new mail is in."""
    if portions % _DUE_EVERY == 0:
        _due(run)
    if run.stage("send", lambda: _to_send(run.services), 0):
        # receipts wait until all new mail is decided: proven senders are answered before them
        _deliver(run, with_receipts=False)


def _due(run: _Run) -> None:
    services = run.services
    run.due += run.stage("due", lambda: run_due(services), 0)
    run.issued += run.stage("issue", lambda: issue_pending(services), 0)
    run.progress(Stage.DUE, run.due)


def _ask_meta(run: _Run) -> None:
    """Ask Meta what is due; what waits to be sent goes first, for Meta may be slow."""
    services = run.services
    polls = services.issuer.fetches and run.stage("meta", lambda: meta_poll.is_due(services), 0)
    links = run.stage("links", lambda: short_links.due(services), 0)
    if (polls or links) and run.stage("send", lambda: _to_send(services), 0):
        _deliver(run, with_receipts=False)
    nothing = meta_poll.Polled()
    polled = run.stage("meta", lambda: _poll(services), nothing) if polls else nothing
    run.due, run.issued = run.due + polled.events, run.issued + polled.issued
    if polled.fault is not None:
        run.failed("meta", polled.fault)
    if links and not polled.of_meta:
        run.linked += run.stage("links", lambda: short_links.make_links(services), 0)


def _poll(services: Services) -> meta_poll.Polled:
    with open_graph(services) as graph:
        return meta_poll.poll(services, graph)


def _deliver(run: _Run, *, with_receipts: bool = True) -> None:
    if any(sending.fault for sending in run.sendings):
        return  # a fault ends sending for the run
    send = partial(_send, run, with_receipts=with_receipts)
    delivered = run.stage("send", send, Delivered())
    for fault in (delivered.fault, delivered.archive_fault):
        if fault is not None:
            run.failed("send", fault)
    run.sendings.append(delivered)
    run.progress(Stage.SENDING, sum(sending.sent for sending in run.sendings))


def _to_send(services: Services) -> int:
    with services.store.read() as tx:
        return tx.outbox.waiting(services.clock.now(), receipts=False)


def _process_all(run: _Run) -> None:
    while not run.services.stopping() and (portion := process(run.services)) != Processed():
        run.processed += portion
        if portion.fault is not None:
            run.failed("process", portion.fault)
        run.progress(Stage.RECEIVING, run.processed.processed)


def _silenced(services: Services) -> bool:
    silenced = too_many_unknown(services)
    if silenced:
        alert_silenced(services)
    return silenced


def _send(run: _Run, *, with_receipts: bool) -> Delivered:
    with open_courier(run.services) as (courier, archive):
        return deliver(run.services, courier, archive, with_receipts=with_receipts, tried=run.tried)

"""``pipeline run``: one batch; ``pipeline watch``: one after another."""

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from pipeline.cli.context import settings
from pipeline.cli.output import print_json, print_lines, tell_lines
from pipeline.clock import SystemClock
from pipeline.collector import loading
from pipeline.ping import pinged
from pipeline.signals import StopNowError, stop_on_signals
from pipeline.systemd import Manager
from pipeline.wording import console as words
from pipeline.wording.instants import told

if TYPE_CHECKING:
    from pipeline.batch import Failure, Summary


@click.command("run")
@click.option("--dry-run", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def run(*, dry_run: bool, as_json: bool) -> int:
    """Receive, check, decide what is due, send, housekeep; once."""
    with loading():
        from pipeline.batch import Stage, plan_batch, run_batch  # noqa: PLC0415 - slow to import
        from pipeline.flow.services import open_services, open_to_look  # noqa: PLC0415

    found = settings()
    if dry_run:
        from pipeline.cli.pages.plan_page import tell_plan  # noqa: PLC0415 - only here

        with open_to_look(found, SystemClock()) as opened:
            return tell_plan(plan_batch(opened), found.team.time_zone, as_json=as_json)

    def progress(stage: Stage, done: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{words.word(stage.value)} {done}", nl=False, err=True)

    with pinged(found.ping) as ending:
        with open_services(found, SystemClock(), make=True) as opened:
            summary = run_batch(opened, progress)
        ending.code = summary.exit_code
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    if as_json:
        print_json(summary)
    else:
        print_lines(words.word("batch_done", **dict(summary.counts)))
    _tell(summary)
    return summary.exit_code


def _tell(summary: "Summary") -> None:
    """Say on standard error what stopped a stage."""
    for failure in summary.failures:
        tell_lines(_explained(failure))
    if summary.silenced:
        tell_lines(words.word("silenced"))
    if summary.one_list:
        tell_lines(words.word("one_list", name=summary.one_list))


def _explained(failure: "Failure") -> str:
    if failure.error is None:
        return words.word("unknown_error", kind=failure.kind, mark=failure.mark)
    return words.explain(failure.error)


@click.command("watch")
def watch() -> None:
    """Run one batch after another, until SIGTERM, SIGHUP or SIGINT."""
    manager = Manager()
    try:
        with stop_on_signals() as stop:
            with loading():
                from pipeline.flow.services import open_services  # noqa: PLC0415 - slow to import
                from pipeline.watch import watch as run_batches  # noqa: PLC0415

            found = settings()
            teller = _Teller(manager, found.team.time_zone)
            run_batches(
                lambda: open_services(found, SystemClock(), make=True), stop, manager, teller
            )
    except StopNowError:
        pass  # asked to end; what was broken off is taken up by the next start
    finally:
        manager.close()


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells of batches on standard output, of troubles on standard error, and the manager."""

    manager: Manager
    zone: str

    def started(self) -> None:
        """Tell that the watch has begun."""
        tell_lines(words.word("watch_started"))
        self.manager.status(words.word("watch_waiting"))

    def done(self, summary: "Summary", at: datetime) -> None:
        """Tell what a batch did."""
        counts = words.word("batch_done", **dict(summary.counts))
        print_lines(f"{told(at, self.zone)}: {counts}")
        sys.stdout.flush()
        self.manager.status(words.word("watch_last", at=told(at, self.zone), counts=counts))

    def failing(self, failure: "Failure") -> None:
        """Tell what goes wrong from now on."""
        explained = _explained(failure)
        tell_lines(explained)
        self.manager.status(explained)

    def recovered(self, failure: "Failure") -> None:
        """Tell that what went wrong works again."""
        self._over(_explained(failure).partition("\n")[0])

    def silenced(self, *, begins: bool) -> None:
        """Tell that most senders are unknown from now on, or no more."""
        if begins:
            tell_lines(words.word("silenced"))
        else:
            self._over(words.word("silenced"))

    def _over(self, what: str) -> None:
        text = words.word("watch_recovered", what=what)
        tell_lines(text)
        self.manager.status(text)

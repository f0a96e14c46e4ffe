"""``pipeline run``: one batch."""

import sys
from typing import TYPE_CHECKING

import click

from pipeline.cli.context import settings
from pipeline.cli.output import print_json, print_lines, tell_lines
from pipeline.clock import SystemClock
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.batch import Summary


@click.command("run")
@click.option("--dry-run", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def run(*, dry_run: bool, as_json: bool) -> int:
    """Receive, check, decide what is due, send, housekeep; once."""
    from pipeline.batch import Stage, plan_batch, run_batch  # noqa: PLC0415 - slow to import
    from pipeline.flow.services import open_services, open_to_look  # noqa: PLC0415

    found = settings()
    if dry_run:
        from pipeline.cli.pages.plan_page import tell_plan  # noqa: PLC0415 - only here

        with open_to_look(found, SystemClock()) as opened:
            return tell_plan(plan_batch(opened), found.team.time_zone, as_json=as_json)
    with open_services(found, SystemClock(), make=True) as opened:

        def progress(stage: Stage, done: int) -> None:
            if sys.stderr.isatty():
                click.echo(f"\r\x1b[K{words.word(stage.value)} {done}", nl=False, err=True)

        summary = run_batch(opened, progress)
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
        if failure.error is None:
            told = words.word("unknown_error", kind=failure.kind, mark=failure.mark)
            tell_lines(told)
        else:
            tell_lines(words.explain(failure.error))
    if summary.silenced:
        tell_lines(words.word("silenced"))

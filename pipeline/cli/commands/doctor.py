"""``pipeline doctor``: check everything and say how to fix it."""

from typing import TYPE_CHECKING

import click

from pipeline import logs
from pipeline.cli.context import named_places
from pipeline.cli.opened import os_user
from pipeline.cli.output import print_json, print_lines, print_paragraphs
from pipeline.clock import SystemClock
from pipeline.config import Settings, look
from pipeline.errors import ConfigurationError, ExitCode, PipelineError, TryLaterError
from pipeline.flow.services import open_services
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.flow.views.doctor import Finding


@click.command("doctor")
@click.option("--mend", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--json", "as_json", is_flag=True)
def doctor(*, mend: bool, name: str | None, as_json: bool) -> int:
    """Check settings, state, mailbox, courier, PDF making, authority and issuer."""
    findings = _findings(name or os_user() if mend else "")
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            state = words.status_word(finding.state)
            print_lines(f"[{state}] {words.word('check_' + finding.check)}", rest="    ")
            if finding.error is not None:
                print_paragraphs(words.explain(finding.error), "    ")
            elif finding.word:
                print_paragraphs(words.word(finding.word, **dict(finding.values)), "    ")
    bad = [finding.error for finding in findings if finding.state == "bad"]
    if not bad:
        return ExitCode.DONE
    passes = all(isinstance(error, TryLaterError) for error in bad)
    return ExitCode.TRY_LATER if passes else ExitCode.CONFIGURATION


def _findings(mender: str) -> "list[Finding]":
    """Return what is wrong with the settings; and, when they can be used, all other checks.

    ``mender`` is who has rows woken that wait too long; empty: nothing is changed.
    """
    from pipeline.flow.views.doctor import examine  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.doctor.settings import settings_findings, unreadable  # noqa: PLC0415

    try:
        found = look(*named_places())
    except ConfigurationError as error:
        return [unreadable(error)]
    logs.configure(found.settings.logs.level, as_json=found.settings.logs.json_lines)
    findings = settings_findings(found)
    if found.faults:
        return findings
    done = _mended(found.settings, mender) if mender else None
    findings += examine(found.settings)
    if done is None:
        return findings
    return [
        done if finding.check == done.check and finding.state == "good" else finding
        for finding in findings
    ]


def _mended(settings: Settings, who: str) -> "Finding | None":
    """Wake what waits too long; None: there was nothing, or the state cannot be opened."""
    from pipeline.flow.staff.wake import wake  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.doctor import woken  # noqa: PLC0415

    try:
        with open_services(settings, SystemClock()) as opened:
            done = wake(opened, who)
    except PipelineError:
        return None  # the checks tell what is wrong
    return woken(done) if done.total else None

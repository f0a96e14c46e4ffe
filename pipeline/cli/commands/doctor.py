"""``pipeline doctor``: check everything and say how to fix it."""

from typing import TYPE_CHECKING

import click

from pipeline import logs
from pipeline.cli.context import named_places
from pipeline.cli.output import print_json, print_lines, print_paragraphs
from pipeline.config import look
from pipeline.errors import ConfigurationError, ExitCode, TryLaterError
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.flow.views.doctor import Finding


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True)
def doctor(*, as_json: bool) -> int:
    """Check settings, state, mailbox, courier, PDF making, authority and issuer."""
    findings = _findings()
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


def _findings() -> "list[Finding]":
    """Return what is wrong with the settings; and, when they can be used, all other checks."""
    from pipeline.flow.views.doctor import examine  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.doctor_settings import settings_findings, unreadable  # noqa: PLC0415

    try:
        found = look(*named_places())
    except ConfigurationError as error:
        return [unreadable(error)]
    logs.configure(found.settings.logs.level, as_json=found.settings.logs.json_lines)
    findings = settings_findings(found)
    return findings if found.faults else [*findings, *examine(found.settings)]

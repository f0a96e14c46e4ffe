"""``pipeline doctor``: check everything and say how to fix it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pipeline import logs
from pipeline.cli.context import named_places
from pipeline.cli.opened import os_user
from pipeline.cli.output import print_json, print_lines, print_paragraphs
from pipeline.config import look
from pipeline.errors import ConfigurationError, ExitCode, TryLaterError, UsageError
from pipeline.wording import console as words

if TYPE_CHECKING:
    from pipeline.flow.views.doctor import Finding


@click.command("doctor")
@click.option("--only", "only", multiple=True)
@click.option("--mend", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--json", "as_json", is_flag=True)
def doctor(only: tuple[str, ...], name: str | None, *, mend: bool, as_json: bool) -> int:
    """Check settings, state, mailbox, courier, PDF making, authority and issuer."""
    findings = _findings(only, name or os_user() if mend else "")
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


def _findings(only: Sequence[str], mender: str) -> "list[Finding]":
    """Return what is wrong with the settings; and, when they can be used, the checks ``only``.

    No name in ``only`` means all of them. ``mender`` is who has mended what can be; empty: nothing
    is changed. Raises UsageError ``check_unknown``.
    """
    from pipeline.flow.staff.mend.mend import mend  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.doctor import NAMES, examine  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.doctor.settings import settings_findings, unreadable  # noqa: PLC0415

    unknown = [check for check in only if check not in NAMES]
    if unknown:
        raise UsageError("check_unknown", check=unknown[0], checks=", ".join(NAMES))
    try:
        found = look(*named_places())
    except ConfigurationError as error:
        return [unreadable(error)]
    logs.configure(found.settings.logs.level, as_json=found.settings.logs.json_lines)
    if found.faults:
        return settings_findings(found)
    done = mend(found.settings, found.sources.path, mender) if mender else []
    wanted = only or NAMES
    findings = [one for one in settings_findings(found) if "settings" in wanted or one.error]
    findings += examine(found.settings, wanted)
    mended = {one.check: one for one in done}
    return [mended.get(one.check, one) if one.state == "good" else one for one in findings]

"""``pipeline doctor``: check everything and say how to fix it."""

import click

from pipeline.cli import words
from pipeline.cli.context import settings
from pipeline.cli.output import print_json
from pipeline.errors import ExitCode, TryLaterError


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True)
def doctor(*, as_json: bool) -> int:
    """Check settings, state, mailbox, courier, PDF making, authority and issuer."""
    from pipeline.flow.doctor import examine  # noqa: PLC0415 - slow to import

    findings = examine(settings())
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            click.echo(
                f"[{words.status_word(finding.state)}] {words.word('check_' + finding.check)}"
            )
            if finding.error is not None:
                click.echo("    " + words.explain(finding.error).replace("\n", "\n    "))
            elif finding.word:
                click.echo("    " + words.word(finding.word, **dict(finding.values)))
    bad = [finding.error for finding in findings if finding.state == "bad"]
    if not bad:
        return ExitCode.DONE
    passes = all(isinstance(error, TryLaterError) for error in bad)
    return ExitCode.TRY_LATER if passes else ExitCode.CONFIGURATION

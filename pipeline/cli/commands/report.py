"""``pipeline report``: every request as a page worth looking at."""

from pathlib import Path

import click

from pipeline.cli.context import services as open_for_command
from pipeline.flow.views.report import report_page, write_report


@click.command("report")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="report.html")
def report(out: Path) -> None:
    """Write a page with every request: how it came, what was read, decided, and mailed."""
    with open_for_command() as services:
        if str(out) == "-":
            click.echo(report_page(services), nl=False)
            return
        write_report(services, out)
    click.echo(str(out))

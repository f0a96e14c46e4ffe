"""``pipeline export``: all requests, or all lines of the audit, as a table to take along."""

from pathlib import Path

import click

from pipeline.cli.opened import services
from pipeline.cli.output import print_lines
from pipeline.wording import console as words

_TO = click.option("--to", type=click.Path(dir_okay=False, path_type=Path), required=True)


@click.command("requests")
@_TO
def requests(to: Path) -> None:
    """Write a line for each request that there ever was."""
    from pipeline.cli.table_files import write_table  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.lists.audit import every_request  # noqa: PLC0415
    from pipeline.flow.views.lists.tables import request_lines  # noqa: PLC0415

    with services() as opened:
        zone = opened.settings.team.time_zone
        written = write_table(to, request_lines(every_request(opened.store), zone))
    print_lines(words.counted("exported", written))


@click.command("audit")
@_TO
def audit(to: Path) -> None:
    """Write every line of the histories and of the log of staff."""
    from pipeline.cli.table_files import write_table  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.lists.audit import audit_rows  # noqa: PLC0415
    from pipeline.flow.views.lists.tables import audit_lines  # noqa: PLC0415

    with services() as opened:
        written = write_table(to, audit_lines(audit_rows(opened.store)))
    print_lines(words.counted("exported_lines", written))

"""``pipeline privacy``: hand out all that is held of a person, or erase it."""

from pathlib import Path

import click

from pipeline.cli.opened import os_user, services
from pipeline.cli.output import print_json, print_lines
from pipeline.wording import console as words

_AS = click.option("--as", "name", default=None)
_JSON = click.option("--json", "as_json", is_flag=True)


@click.command("export")
@click.argument("address")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), required=True)
@_AS
@_JSON
def export(address: str, to: Path, name: str | None, *, as_json: bool) -> None:
    """Write mails, answers, notes, files and certificates without their text into a ZIP file."""
    from pipeline.cli.files import new_file  # noqa: PLC0415 - slow to import
    from pipeline.cli.pages.erasure import print_counts  # noqa: PLC0415
    from pipeline.flow.staff.privacy.export import export_person  # noqa: PLC0415

    with services() as opened, new_file(to) as file:
        extent = export_person(opened, address, name or os_user(), file)
    if as_json:
        print_json({"file": to, "extent": extent})
        return
    print_counts(extent)
    print_lines(words.word("privacy_written", path=str(to)))


@click.command("erase")
@click.argument("address")
@click.option("--yes", is_flag=True)
@_AS
@_JSON
def erase(address: str, name: str | None, *, yes: bool, as_json: bool) -> None:
    """Say what would be erased; with ``--yes`` erase it for good."""
    from pipeline.cli.pages.erasure import print_extent  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff.privacy.erase import erase_person, preview_person  # noqa: PLC0415

    with services() as opened:
        if yes:
            extent = erase_person(opened, address, name or os_user())
        else:
            extent = preview_person(opened, address)
    print_extent(extent, as_json=as_json, done=yes)

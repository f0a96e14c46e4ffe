"""``pipeline request erase``: take all personal data out of a request that has ended."""

import click

from pipeline.cli.deciding import refuse_cut
from pipeline.cli.opened import one_request, os_user, services


@click.command("erase")
@click.argument("reference")
@click.option("--yes", is_flag=True)
@click.option("--as", "name", default=None)
@click.option("--json", "as_json", is_flag=True)
def erase(reference: str, name: str | None, *, yes: bool, as_json: bool) -> None:
    """Say what would be erased; with ``--yes`` erase it for good."""
    from pipeline.cli.pages.erasure import print_extent  # noqa: PLC0415 - slow to import
    from pipeline.flow.staff.privacy.erase import erase_request, preview_request  # noqa: PLC0415

    with services() as opened:
        with opened.store.read() as tx:
            record = one_request(tx, reference)
        if yes:
            refuse_cut(reference, record)
            extent = erase_request(opened, record, name or os_user())
        else:
            extent = preview_request(opened, record)
    print_extent(extent, as_json=as_json, done=yes)

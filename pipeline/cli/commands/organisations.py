"""``pipeline organisation``: which mail domains are one organisation each."""

import click

from pipeline.cli.opened import os_user, services
from pipeline.cli.output import print_json, print_table
from pipeline.wording import console as words


@click.command("add")
@click.argument("domain")
@click.option("--as", "name", default=None)
def add(domain: str, name: str | None) -> None:
    """Record that a mail domain is one organisation."""
    from pipeline.flow.staff.organisations import add_organisation  # noqa: PLC0415 - slow to import
    from pipeline.flow.views.lists.number_file import read_domain  # noqa: PLC0415

    read = read_domain(domain)
    with services(make=True) as opened:
        record = add_organisation(opened, read, name or os_user())
    click.echo(words.word("organisation_added", domain=record.domain))


@click.command("remove")
@click.argument("domain")
@click.option("--as", "name", default=None)
def remove(domain: str, name: str | None) -> None:
    """Record that a mail domain is no organisation any more."""
    from pipeline.flow.staff.organisations import remove_organisation  # noqa: PLC0415
    from pipeline.flow.views.lists.number_file import read_domain  # noqa: PLC0415

    read = read_domain(domain)
    with services() as opened:
        record = remove_organisation(opened, read, name or os_user())
    click.echo(words.word("organisation_removed", domain=record.domain))


@click.command("list")
@click.option("--all", "everything", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def list_organisations(*, everything: bool, as_json: bool) -> None:
    """Print the mail domains that are known as organisations."""
    with services() as opened, opened.store.read() as tx:
        rows = tx.organisations.list(removed=everything)
    if as_json:
        print_json(rows)
        return
    print_table(
        [words.word(key) for key in ("organisation", "since", "said_by", "removed")],
        [
            [
                row.domain,
                row.added_at.date().isoformat(),
                row.added_by,
                f"{row.removed_at.date().isoformat()} {row.removed_by}" if row.removed_at else "",
            ]
            for row in rows
        ],
    )

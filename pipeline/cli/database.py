"""``pipeline db``: the state of the database's schema."""

from typing import TYPE_CHECKING

import click

from pipeline.cli import words
from pipeline.cli.context import settings
from pipeline.cli.output import print_json

if TYPE_CHECKING:
    from pipeline.store.unit_of_work import Store


def _open() -> "Store":
    from pipeline.store.unit_of_work import Store  # noqa: PLC0415 - slow to import

    found = settings()
    found.home().mkdir(mode=0o700, parents=True, exist_ok=True)
    return Store.open(
        found.database_url(),
        mailbox_id=found.store.mailbox_id,
        blobs=found.home() / "blobs",
        create=True,
        check=False,
    )


@click.command("status")
@click.option("--json", "as_json", is_flag=True)
def status(*, as_json: bool) -> None:
    """Print whether the schema is empty, current, old or newer than this programme."""
    store = _open()
    state = store.schema_state()
    store.close()
    if as_json:
        print_json({"schema": state})
    else:
        click.echo(words.status_word(f"schema_{state}"))


@click.command("migrate")
def migrate() -> None:
    """Bring the schema up to date."""
    store = _open()
    store.migrate()
    store.close()
    click.echo(words.status_word("schema_current"))

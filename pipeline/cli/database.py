"""``pipeline db``: the state of the database's schema."""

from typing import TYPE_CHECKING

import click

from pipeline.cli import words
from pipeline.cli.context import settings
from pipeline.cli.output import print_json
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.store.unit_of_work import Store


def _open(*, create: bool) -> "Store":
    from pipeline.store.unit_of_work import Store  # noqa: PLC0415 - slow to import

    found = settings()
    if create:
        found.home().mkdir(mode=0o700, parents=True, exist_ok=True)
    return Store.open(
        found.database_url(),
        mailbox_id=found.store.mailbox_id,
        blobs=found.home() / "blobs",
        create=create,
        check=False,
    )


@click.command("status")
@click.option("--json", "as_json", is_flag=True)
def status(*, as_json: bool) -> None:
    """Print whether the schema is empty, current, old or newer than this programme.

    Raises ConfigurationError ``database_STATE`` after that when no other command could work on it.
    """
    with _open(create=False) as store:
        state = store.schema_state()
        if as_json:
            print_json({"schema": state})
        else:
            click.echo(words.status_word(f"schema_{state}"))
        if state != "current":
            raise ConfigurationError(f"database_{state}", where=store.where)
        if not store.is_sound():
            raise ConfigurationError("database_damaged", where=store.where)


@click.command("migrate")
def migrate() -> None:
    """Bring the schema up to date."""
    with _open(create=True) as store:
        store.migrate()
    click.echo(words.status_word("schema_current"))

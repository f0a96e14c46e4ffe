"""``pipeline db``: the state of the database's schema."""

import click

from pipeline.cli.context import settings
from pipeline.cli.output import print_json
from pipeline.clock import SystemClock
from pipeline.errors import ConfigurationError
from pipeline.wording import console as words


@click.command("status")
@click.option("--json", "as_json", is_flag=True)
def status(*, as_json: bool) -> None:
    """Print whether the schema is empty, current, old or newer than this programme.

    Raises ConfigurationError ``database_STATE`` after that when no other command could work on it.
    """
    from pipeline.flow.services.state import open_database  # noqa: PLC0415 - slow to import

    with open_database(settings()) as store:
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
    """Bring the schema up to date; in an empty folder, make all that the first use makes."""
    from pipeline.flow.services.state import migrate_database  # noqa: PLC0415 - slow to import

    migrate_database(settings(), SystemClock())
    click.echo(words.status_word("schema_current"))

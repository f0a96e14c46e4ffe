"""``pipeline db``: the state of the database's schema."""

from pathlib import Path

import click

from pipeline.cli.context import settings
from pipeline.cli.output import print_json, print_lines, print_table
from pipeline.clock import SystemClock
from pipeline.config import Settings
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
@click.option("--plan", "only_plan", is_flag=True)
@click.option("--no-backup", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def migrate(*, only_plan: bool, no_backup: bool, as_json: bool) -> None:
    """Bring the schema up to date; in an empty folder, make all that the first use makes.

    A database with tables is backed up before. Raises ConfigurationError ``migration_unsaved`` when
    the settings name no folder for that.
    """
    from pipeline.flow.services.state import migrate_database  # noqa: PLC0415 - slow to import

    configured = settings()
    if only_plan:
        _print_plan(configured, as_json=as_json)
        return
    made = None if no_backup else _backed_up(configured)
    migrate_database(configured, SystemClock())
    if as_json:
        print_json({"schema": "current", "backup": str(made) if made else None})
        return
    if made:
        print_lines(words.word("backup_made", path=made))
    click.echo(words.status_word("schema_current"))


def _print_plan(configured: Settings, *, as_json: bool) -> None:
    """Print the migrations that are missing, and how many rows their tables have now."""
    from pipeline.cli.commands.backups import backup_folder  # noqa: PLC0415 - as above
    from pipeline.flow.services.state import open_database  # noqa: PLC0415 - slow to import
    from pipeline.store.migrate import steps_after  # noqa: PLC0415 - as above

    with open_database(configured) as store:
        state = store.schema_state()
        if state not in {"current", "old"}:
            raise ConfigurationError(f"database_{state}", where=store.where)
        revision = store.revision()
        steps = steps_after(revision)
        rows = store.rows_of({table for step in steps for table in step.tables})
    if as_json:
        listed = [{"revision": step.revision, "tables": step.tables} for step in steps]
        print_json({"revision": revision, "steps": listed, "rows": rows})
        return
    if not steps:
        click.echo(words.status_word("schema_current"))
        return
    told = [
        (step.revision, table, f"{rows[table]:,}" if table in rows else words.word("table_new"))
        for step in steps
        for table in step.tables
    ]
    print_table(
        [words.word(f"migration_{name}") for name in ("revision", "table", "rows")],
        told,
        keep=(0, 1),
    )
    folder = backup_folder(configured)
    told_of = "migration_backup" if folder else "migration_no_backup"
    print_lines(words.word(told_of, folder=folder))


def _backed_up(configured: Settings) -> Path | None:
    """Make a backup of a database whose tables are old; return it, or None where none is needed."""
    from pipeline.cli.commands.backups import backup_folder, made_in  # noqa: PLC0415 - slow to import
    from pipeline.flow.services.state import is_used, open_database  # noqa: PLC0415 - as above

    if not is_used(configured):
        return None
    with open_database(configured) as store:
        if store.schema_state() != "old":
            return None
        folder = backup_folder(configured)
        if folder is None:
            raise ConfigurationError("migration_unsaved", where=store.where)
        return made_in(folder, store, configured).path

"""The tables that the migrations make are the tables that the programme works with."""

from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from pipeline.store import Store
from pipeline.store.engine import open_engine
from pipeline.store.migrate import configuration
from pipeline.store.migrations import REVISIONS
from pipeline.store.schema.columns import metadata
from pipeline.store.schema.document import schema_document

_POSTGRESQL = """
        SELECT table_name, column_name, ordinal_position, data_type, is_nullable, collation_name,
               column_default
          FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> 'alembic_version';
        SELECT indexname, indexdef FROM pg_indexes
         WHERE schemaname = 'public' AND tablename <> 'alembic_version';
        SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace
           AND conrelid <> coalesce(to_regclass('alembic_version'), 0);
        SELECT relname, reloptions::text FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
           AND relname <> 'alembic_version'
"""


def _sqlite(connection: sa.Connection) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
    )
    for name in names.scalars().all():
        for part in ("table_info", "foreign_key_list"):
            rows = connection.exec_driver_sql(f"PRAGMA {part}({name})")
            found |= {(name, part, *row) for row in rows}
    indexes = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    )
    kinds = connection.exec_driver_sql("SELECT name, wr FROM pragma_table_list")
    found |= {("without rowid", *row) for row in kinds if row[0] != "alembic_version"}
    return found | {(row[0], row[1]) for row in indexes}


def _postgresql(connection: sa.Connection) -> set[tuple[object, ...]]:
    statements = _POSTGRESQL.split(";")
    return {
        tuple(row)
        for statement in statements
        for row in connection.exec_driver_sql(statement).all()
    }


def _tables(url: str) -> set[tuple[object, ...]]:
    engine = open_engine(url, create=True)
    try:
        with engine.connect() as connection:
            sqlite = connection.dialect.name == "sqlite"
            return _sqlite(connection) if sqlite else _postgresql(connection)
    finally:
        engine.dispose()


def test_migrations_make_the_tables_of_the_programme(
    two_urls: tuple[str, str], tmp_path: Path
) -> None:
    migrated, made = two_urls
    Store.open(migrated, mailbox_id="m", blobs=tmp_path).close()
    engine = open_engine(made, create=True)
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()
    assert _tables(migrated) == _tables(made)
    assert len(_tables(made)) > 200


def test_revisions_are_named_in_their_order() -> None:
    script = ScriptDirectory.from_config(configuration())
    found = [revision.revision for revision in script.walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


def test_migrate_again_changes_nothing(two_urls: tuple[str, str], tmp_path: Path) -> None:
    url, _ = two_urls
    with Store.open(url, mailbox_id="m", blobs=tmp_path, check=False) as store:
        assert store.schema_state() == "empty"
        store.migrate()
        before = _tables(url)
        store.migrate()
        assert store.schema_state() == "current"
    assert _tables(url) == before


def test_every_key_and_index_begins_with_the_mailbox() -> None:
    for table in metadata.tables.values():
        columns = [table.primary_key.columns.values(), *[list(i.columns) for i in table.indexes]]
        assert {found[0].name for found in columns} == {"mailbox_id"}


def test_nothing_runs_inside_the_database(two_urls: tuple[str, str], tmp_path: Path) -> None:
    url, _ = two_urls
    Store.open(url, mailbox_id="m", blobs=tmp_path).close()
    engine = open_engine(url, create=False)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            statement = "SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"
        else:
            statement = (
                "SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)"
                " + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)"
                " + (SELECT count(*) FROM pg_class WHERE relkind = 'S')"
            )
        assert connection.exec_driver_sql(statement).scalar() == 0
    engine.dispose()


def test_document_shows_the_tables_as_they_are() -> None:
    page = Path(__file__).parents[2] / "docs" / "schema.md"
    assert page.read_text(encoding="utf-8") == schema_document()

"""Copies of rows in the database of a benchmark, on either engine: many requests in a minute."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing

import psycopg

from pipeline.flow.services import Services
from pipeline.store.schema.columns import metadata


def no_bytes(services: Services) -> str:
    """Return how the engine writes bytes that were purged."""
    return "''::bytea" if services.settings.store.url else "x''"


def copy_rows(
    services: Services,
    table: str,
    values: Mapping[str, str],
    count: int,
    which: str = "true",
) -> None:
    """Copy one row of ``table`` so many times; ``values`` are what differs, by ``n.i``."""
    names = metadata.tables[table].columns.keys()
    chosen = ", ".join(values.get(name, f"one.{name}") for name in names)
    execute(
        services,
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        f" INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} FROM n,"
        f" (SELECT * FROM {table} WHERE {which} LIMIT 1) AS one",
    )


def execute(services: Services, *statements: str) -> None:
    """Run statements beside the program, each committed."""
    url = services.settings.store.url
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())
    else:
        path = services.settings.home() / "requests.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()


def analyze(services: Services) -> None:
    """Let the engine count what was copied, as it does by itself after a while."""
    execute(services, "VACUUM ANALYZE" if services.settings.store.url else "ANALYZE")

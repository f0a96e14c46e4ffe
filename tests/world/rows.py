"""All rows of a database, to be compared."""

from typing import Any

import sqlalchemy as sa

import pipeline.store.schema.undo
import pipeline.store.transaction  # noqa: F401 - both name all tables
from pipeline.store.schema.columns import metadata
from pipeline.store.unit_of_work import Store

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


def all_rows(store: Store) -> Rows:
    """Return the rows of each table by their keys."""
    found: Rows = {}
    with store.read() as tx:
        for table in metadata.sorted_tables:
            if table.name == "searched":  # made from the others by the next batch
                continue
            names = [column.name for column in table.primary_key]
            rows = tx.context.connection.execute(sa.select(table)).mappings()
            found[table.name] = {tuple(row[name] for name in names): dict(row) for row in rows}
    return found

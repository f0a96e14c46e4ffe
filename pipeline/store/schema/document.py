"""The schema as a page of the operator's guide; made from the tables, never by hand."""

import sqlalchemy as sa

from pipeline.store.schema import mail_and_requests as schema
from pipeline.store.schema.columns import metadata

_DIALECT: sa.Dialect = sa.make_url("postgresql+psycopg://").get_dialect()()


def schema_document() -> str:
    """Return ``docs/schema.md``: each table with its columns, keys and indexes."""
    intro = (schema.__doc__ or "").strip()
    parts = [f"# Schema\n\n{intro}\n"]
    parts.extend(_table(metadata.tables[name]) for name in sorted(metadata.tables))
    return "\n".join(parts)


def _table(table: sa.Table) -> str:
    lines = [f"## {table.name}\n", "| column | type | may be NULL |", "|---|---|---|"]
    for column in table.columns:
        written = str(sa.schema.CreateColumn(column).compile(dialect=_DIALECT))
        kind = written.removeprefix(f"{column.name} ").removesuffix(" NOT NULL")
        lines.append(f"| {column.name} | {kind} | {'yes' if column.nullable else ''} |")
    keys = ", ".join(column.name for column in table.primary_key.columns)
    lines += ["", f"Primary key: {keys}", ""]
    lines += [
        f"- refers to {key.referred_table.name} by {', '.join(key.column_keys)}"
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
    ]
    lines += [_index(index) for index in sorted(table.indexes, key=lambda index: str(index.name))]
    return "\n".join(lines) + "\n"


def _index(index: sa.Index) -> str:
    columns = ", ".join(column.name for column in index.columns)
    partial = index.info.get("sqlite")
    where = f" where {partial['where']}" if partial else ""
    return f"- {'unique' if index.unique else 'index'} {index.name}: {columns}{where}"

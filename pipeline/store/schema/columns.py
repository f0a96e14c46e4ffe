"""The kinds of columns and indexes that the tables are made of."""

from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.answers_dictionary import MISSES
from pipeline.store.schema.packed import PackedJsonOf, PackedText
from pipeline.store.schema.types import (
    DigestKey,
    DigestText,
    EnumText,
    FreeText,
    JsonOf,
    KeyText,
    UtcDateTime,
)

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_SHORT = 60  # characters: packed names take less

#: Storage of the busy tables on PostgreSQL: room for updates on the page, early vacuum.
BUSY: dict[str, Any] = {
    "info": {
        "postgresql": {
            "with": {
                "fillfactor": 70,
                "autovacuum_vacuum_threshold": 2000,
                "autovacuum_vacuum_scale_factor": 0,
            }
        }
    }
}

#: Storage of a table of short rows on SQLite: in the tree of its key, without a second one.
NARROW: dict[str, Any] = {"info": {"sqlite": {"with_rowid": False}}}


@sa.event.listens_for(metadata, "before_create")
def _give_engines_their_options(target: sa.MetaData, *_: object, **__: object) -> None:
    """Give the tables and indexes that are to be made what one engine alone knows of them.

    Until then it stands in ``info``: SQLAlchemy would import both engines to check it, and a
    command needs one of them.
    """
    for table in target.tables.values():
        made: list[sa.Table | sa.Index] = [table, *table.indexes]
        for item in made:
            for engine, options in item.info.items():
                item.dialect_options[engine].update(options)


def mailbox() -> sa.Column[str]:
    """Return the column that leads every key."""
    return sa.Column("mailbox_id", KeyText, primary_key=True)


def own_key(name: str = "id") -> sa.Column[str]:
    """Return a column of the primary key."""
    return sa.Column(name, KeyText, primary_key=True)


def text(name: str) -> sa.Column[str]:
    """Return a column of text that nobody searches by."""
    return sa.Column(name, FreeText, nullable=False)


def key(name: str, *, optional: bool = False) -> sa.Column[str]:
    """Return a column of text that stands in an index."""
    return sa.Column(name, KeyText, nullable=optional)


def digest(name: str, *, indexed: bool = True) -> sa.Column[str]:
    """Return a column of SHA-256 digests."""
    return sa.Column(name, DigestKey if indexed else DigestText, nullable=False)


def instant(name: str, *, optional: bool = True) -> sa.Column[Any]:
    """Return a column of instants; they are optional unless told otherwise."""
    return sa.Column(name, UtcDateTime, nullable=optional)


def choice(name: str, kind: Any, *, optional: bool = False) -> sa.Column[Any]:
    """Return a column of the members of an enum."""
    return sa.Column(name, EnumText(kind), nullable=optional)


def number(name: str) -> sa.Column[int]:
    """Return a column of whole numbers."""
    return sa.Column(name, sa.BigInteger, nullable=False)


def flag(name: str) -> sa.Column[bool]:
    """Return a column of truth values."""
    return sa.Column(name, sa.Boolean, nullable=False)


def json_of(name: str, kind: Any, *, optional: bool = False) -> sa.Column[Any]:
    """Return a column of values of the type ``kind``, as JSON."""
    return sa.Column(name, JsonOf(kind), nullable=optional)


def packed_text(name: str) -> sa.Column[str]:
    """Return a column of long text that nobody searches by."""
    return sa.Column(name, PackedText, nullable=False)


def packed_json_of(name: str, kind: Any) -> sa.Column[Any]:
    """Return a column of long values of the type ``kind``, as JSON."""
    return sa.Column(name, PackedJsonOf(kind), nullable=False)


def misses(name: str) -> sa.Column[Any]:
    """Return a column of the names of rules that did not match."""
    return sa.Column(name, PackedJsonOf(tuple[str, ...], MISSES, _SHORT), nullable=False)


def more() -> sa.Column[Any]:
    """Return the column for those fields of a record that no statement looks at, as JSON."""
    return sa.Column("more", sa.JSON, nullable=False)


def work_index(table: str, column: str, *lead: str, name: str = "") -> sa.Index:
    """Return the partial index of a nullable column of open work."""
    return sa.Index(
        f"ix_{table}_{name or column}",
        "mailbox_id",
        *lead,
        column,
        "id",
        info=_partial(f"{column} IS NOT NULL"),
    )


def index(table: str, *columns: str, where: str = "", unique: bool = False) -> sa.Index:
    """Return an index that ``mailbox_id`` leads; ``where`` makes it partial."""
    return sa.Index(
        f"{'uq' if unique else 'ix'}_{table}_{'_'.join(columns)}",
        "mailbox_id",
        *columns,
        unique=unique,
        info=_partial(where) if where else {},
    )


def _partial(where: str) -> dict[str, Any]:
    return {engine: {"where": sa.text(where)} for engine in ("sqlite", "postgresql")}


def refers(table: str, column: str) -> sa.ForeignKeyConstraint:
    """Return the foreign key of ``column`` into the ids of ``table``."""
    return sa.ForeignKeyConstraint(["mailbox_id", column], [f"{table}.mailbox_id", f"{table}.id"])

"""The table of what is searched in requests, and the index of its words on each engine.

The index is made of tokens of our own (:mod:`pipeline.store.search.folding`). SQLite has it in a
table of FTS5 without texts, PostgreSQL in a column with a GIN index; neither needs an extension.
"""

from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.columns import (
    index,
    mailbox,
    metadata,
    own_key,
    packed_text,
    refers,
)


class Words(sa.types.UserDefinedType[str]):
    """The tokens of a text on PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type."""
        return "TSVECTOR"


#: What is searched in a request. ``waits`` (1 or nothing): its texts have changed since. ``doc`` is
#: its row in the index of SQLite, in the order of the requests.
searched = sa.Table(
    "searched",
    metadata,
    mailbox(),
    own_key("request_id"),
    sa.Column("waits", sa.BigInteger),
    sa.Column("doc", sa.BigInteger),
    packed_text("text"),
    sa.Column("words", sa.Text().with_variant(Words(), "postgresql")),
    refers("requests", "request_id"),
    index("searched", "request_id", where="waits IS NOT NULL"),
)

#: What the engines have of their own; a migration made them where the tables are older.
_WORDS_OF_SQLITE = (
    "CREATE VIRTUAL TABLE searched_words USING fts5"
    "(words, content='', columnsize=0, detail='none', tokenize='ascii')"
)
OF_SQLITE = (
    "CREATE UNIQUE INDEX uq_searched_doc ON searched (doc) WHERE doc IS NOT NULL",
    _WORDS_OF_SQLITE,
)
OF_POSTGRESQL = ("CREATE INDEX ix_searched_words ON searched USING gin (words)",)


@sa.event.listens_for(searched, "after_create")
def _give_engine_its_index(_table: sa.Table, connection: sa.Connection, **_: Any) -> None:
    own = OF_SQLITE if connection.dialect.name == "sqlite" else OF_POSTGRESQL
    for statement in own:
        connection.exec_driver_sql(statement)

"""A small memory of plain JSON values: what was detected, when the last run was."""

import sqlalchemy as sa

from pipeline.store.schema.upkeep import memory
from pipeline.store.tables.rows import Context

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None


class Memory:
    """The rows of ``memory``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def get(self, key: str) -> JsonValue:
        """Return the value of ``key``, or None."""
        statement = sa.select(memory.c.value).where(
            memory.c.mailbox_id == self._context.mailbox_id, memory.c.key == key
        )
        value: JsonValue = self._context.connection.execute(statement).scalar()
        return value

    def put(self, key: str, value: JsonValue) -> None:
        """Remember ``value`` under ``key``."""
        statement = self._context.upsert(memory).values(
            mailbox_id=self._context.mailbox_id, key=key, value=value
        )
        self._context.connection.execute(
            statement.on_conflict_do_update(
                index_elements=[memory.c.mailbox_id, memory.c.key],
                set_={"value": statement.excluded.value},
            )
        )

    def forget(self, key: str) -> None:
        """Remove ``key``."""
        self._context.connection.execute(
            sa.delete(memory).where(
                memory.c.mailbox_id == self._context.mailbox_id, memory.c.key == key
            )
        )

"""A small memory of plain JSON values: digests of the keys, when the last batch ended."""

from datetime import datetime

import sqlalchemy as sa

from pipeline.store.schema.upkeep import memory
from pipeline.store.tables.rows import Context

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None

_LAST_BATCH = "last_batch"


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

    def batch_ended(self, at: datetime) -> None:
        """Remember that a batch ended ``at`` (aware)."""
        self.put(_LAST_BATCH, at.isoformat())

    def last_batch(self) -> datetime | None:
        """Return when a batch last ended (aware), or None before the first."""
        value = self.get(_LAST_BATCH)
        return datetime.fromisoformat(value) if isinstance(value, str) else None

    def forget(self, key: str) -> None:
        """Remove ``key``."""
        self._context.connection.execute(
            sa.delete(memory).where(
                memory.c.mailbox_id == self._context.mailbox_id, memory.c.key == key
            )
        )

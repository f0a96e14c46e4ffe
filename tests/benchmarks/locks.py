"""How long transactions that write keep others out: the longest, and all of them together."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from pipeline.store.unit_of_work import Store


@dataclass
class Held:
    """How long each write transaction was open: seconds of the clock, and of our processor.

    On a busy machine the clock also counts the work of others.
    """

    seconds: list[tuple[float, float]] = field(default_factory=list)

    def __str__(self) -> str:
        wall = max((one for one, _ in self.seconds), default=0.0) * 1000
        processor = max((one for _, one in self.seconds), default=0.0) * 1000
        return (
            f"longest of {len(self.seconds)} write transactions {wall:.0f} ms"
            f" (processor {processor:.0f} ms)"
        )


@contextmanager
def held(store: Store) -> Iterator[Held]:
    """Measure the write transactions of ``store``, from BEGIN to the end of COMMIT or ROLLBACK."""
    engine, found = store._engine, Held()
    began: dict[int, tuple[float, float]] = {}

    def begin(connection: sa.Connection) -> None:
        # our own listener comes first: it waits for the lock
        if not connection.get_execution_options().get("pipeline_read_only", False):
            began[id(connection.connection.dbapi_connection)] = _now()

    def ended(do: Any) -> Any:
        def end(connection: Any) -> None:
            do(connection)
            begin_at = began.pop(id(connection.dbapi_connection), None)
            if begin_at is not None:
                wall, processor = _now()
                found.seconds.append((wall - begin_at[0], processor - begin_at[1]))

        return end

    dialect: Any = engine.dialect
    dialect.do_commit, dialect.do_rollback = ended(dialect.do_commit), ended(dialect.do_rollback)
    event.listen(engine, "begin", begin)
    try:
        yield found
    finally:
        event.remove(engine, "begin", begin)
        del dialect.do_commit, dialect.do_rollback


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.thread_time()

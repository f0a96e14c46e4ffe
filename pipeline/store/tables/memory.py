"""A small memory of plain JSON values: digests of the keys, the last batches."""

from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median_low

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.process_records import RunRecord, RunTotals
from pipeline.store.schema.plain import from_plain, to_plain
from pipeline.store.schema.upkeep import memory

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None

_LAST_BATCH = "last_batch"
_BATCH_GAPS = "batch_gaps"
_RUNS = "runs"
_TOTALS = "run_totals"
#: So many lines of batches are kept.
_MOST_RUNS = 30
#: So many gaps are kept, and so many tell what is usual.
_GAPS = 7
_ENOUGH_GAPS = 3


class Memory:
    """The rows of ``memory``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def get(self, key: str, *, to_change: bool = False) -> JsonValue:
        """Return the value of ``key``, or None; ``to_change`` locks it on PostgreSQL."""
        statement = sa.select(memory.c.value).where(
            memory.c.mailbox_id == self._context.mailbox_id, memory.c.key == key
        )
        if to_change:
            statement = statement.with_for_update()
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
        """Remember that a batch ended ``at`` (aware), and how long after the one before it."""
        last = self.last_batch()
        if last is not None and at > last:
            gaps = [*self._gaps(), (at - last).total_seconds()]
            self.put(_BATCH_GAPS, list(gaps[-_GAPS:]))
        self.put(_LAST_BATCH, at.isoformat())

    def ran(self, run: RunRecord) -> None:
        """Remember a batch; those that had nothing to do, one after another, are one line."""
        totals = self.run_totals(to_change=True).with_run(run)
        self.put(_TOTALS, to_plain(totals))
        runs = list(self.runs())
        if runs and run.idle and runs[0].idle:
            last = runs.pop(0)
            run = replace(run, began_at=last.began_at, times=last.times + run.times)
        self.put(_RUNS, to_plain((run, *runs[: _MOST_RUNS - 1])))

    def runs(self) -> tuple[RunRecord, ...]:
        """Return the last batches, the newest first."""
        found: tuple[RunRecord, ...] = from_plain(tuple[RunRecord, ...], self.get(_RUNS) or [])
        return found

    def run_totals(self, *, to_change: bool = False) -> RunTotals:
        """Return what all batches were and did together."""
        found: RunTotals = from_plain(RunTotals, self.get(_TOTALS, to_change=to_change) or {})
        return found

    def usual_gap(self) -> timedelta | None:
        """Return how long after each other batches end (the median), or None: not known yet."""
        gaps = self._gaps()
        return timedelta(seconds=median_low(gaps)) if len(gaps) >= _ENOUGH_GAPS else None

    def _gaps(self) -> list[float]:
        value = self.get(_BATCH_GAPS)
        kept = value if isinstance(value, list) else []
        return [gap for gap in kept if isinstance(gap, int | float)]

    def last_batch(self) -> datetime | None:
        """Return when a batch last ended (aware), or None before the first."""
        value = self.get(_LAST_BATCH)
        return datetime.fromisoformat(value) if isinstance(value, str) else None

    def forget(self, key: str) -> bool:
        """Remove ``key``; False when it was not there. Of two transactions one removes it."""
        removed = sa.delete(memory).where(
            memory.c.mailbox_id == self._context.mailbox_id, memory.c.key == key
        )
        return self._context.connection.execute(removed).rowcount == 1

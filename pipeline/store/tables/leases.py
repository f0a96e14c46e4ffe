"""The leases: who may do a named piece of work, and until when."""

from datetime import datetime

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.process_records import LeaseRecord
from pipeline.store.schema.upkeep import leases
from pipeline.store.tables.rows import Mapper, Rows

_MAPPER = Mapper(LeaseRecord, leases)
_Found = list[LeaseRecord]


#: The leases of workers that do a batch begin so.
BATCH = "batch:"
_AFTER_BATCH = "batch;"


class Leases(Rows[LeaseRecord]):
    """The rows of ``leases``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, leases, _MAPPER)

    def acquire(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take the lease when it is free, over, or ours; False when another one holds it.

        One that ends later than two whole leases from now was written by a clock that ran ahead:
        it counts as over, else a worker that is gone would block the work until then.
        """
        record = LeaseRecord(name=name, owner=owner, acquired_at=now, until=until)
        longest = until + (until - now)
        statement = self._context.upsert(leases).values(**self._values(record))
        taken = statement.on_conflict_do_update(
            index_elements=[leases.c.mailbox_id, leases.c.name],
            set_={"owner": owner, "acquired_at": now, "until": until},
            where=sa.or_(leases.c.until <= now, leases.c.until > longest, leases.c.owner == owner),
        )
        return self._execute(taken).rowcount == 1

    def renew(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Prolong a lease that we still hold; False when it is over or another's."""
        return (
            self._update(
                leases.c.name == name,
                leases.c.owner == owner,
                leases.c.until > now,
                until=until,
            )
            == 1
        )

    def release(self, name: str, owner: str) -> bool:
        """Give the lease back; False when we do not hold it."""
        return self._delete(leases.c.name == name, leases.c.owner == owner) == 1

    def has_over(self, now: datetime) -> bool:
        """Whether a lease is over that nobody gave back."""
        return self._execute(self._select(leases.c.until <= now).limit(1)).first() is not None

    def sweep(self, now: datetime) -> int:
        """Remove the leases that are over: their workers are gone; return how many."""
        return self._delete(leases.c.until <= now)

    def working(self, now: datetime) -> int:
        """Return how many workers do a batch."""
        live = sa.select(sa.func.count()).where(
            self._mine(), leases.c.name >= BATCH, leases.c.name < _AFTER_BATCH, leases.c.until > now
        )
        return int(self._execute(live).scalar_one())

    def beyond(self, latest: datetime) -> int:
        """Return how many leases end after ``latest``."""
        count = sa.select(sa.func.count()).select_from(leases)
        return int(self._execute(count.where(self._mine(), leases.c.until > latest)).scalar_one())

    def remove_beyond(self, latest: datetime) -> int:
        """Remove the leases that end after ``latest``; return how many."""
        return self._delete(leases.c.until > latest)

    def list(self) -> _Found:
        """Return all leases by name, also those that are over."""
        return self._all(self._select().order_by(leases.c.name))

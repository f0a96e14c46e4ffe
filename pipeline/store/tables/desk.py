"""Who has taken which request, and which ones sleep until when."""

from pipeline.store.context import Context
from pipeline.store.schema.upkeep import desk
from pipeline.store.staff_records import DeskRecord
from pipeline.store.statements import Statement, param
from pipeline.store.tables.rows import Mapper, Rows

_MAPPER = Mapper(DeskRecord, desk)
_GET = Statement(lambda: _MAPPER.mine(desk.c.request_id == param("request_id")))


class Desk(Rows[DeskRecord]):
    """The rows of ``desk``; a request that nobody has touched has none."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, desk, _MAPPER)

    def get(self, request_id: str) -> DeskRecord:
        """Return who has a request."""
        return self._one(_GET, request_id=request_id) or DeskRecord(request_id)

    def set(self, record: DeskRecord) -> None:
        """Write who has a request."""
        values = self._mapper.values(record)
        statement = self._context.upsert(desk).values(**self._values(record))
        self._execute(
            statement.on_conflict_do_update(
                index_elements=[desk.c.mailbox_id, desk.c.request_id],
                set_={name: value for name, value in values.items() if name != "request_id"},
            )
        )

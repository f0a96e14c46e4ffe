"""The outbox, mails that were refused: counted, excused, and looked for by their class."""

from collections.abc import Iterable
from datetime import datetime

from pipeline.model.notice import MailPriority
from pipeline.store.records import OutboxRecord, OutboxState
from pipeline.store.schema.mail_and_requests import outbox
from pipeline.store.tables.in_doubt import InDoubt


class Refused(InDoubt):
    """What is kept of the refusals of a mail, and mails that wait for too long."""

    def refused(
        self, outbox_id: str, attempt: int, next_at: datetime, error: str, since: datetime
    ) -> bool:
        """Record a refusal of this mail that may pass; ``since`` is when the first of them came."""
        return self._claimed(
            outbox_id,
            attempt,
            state=OutboxState.QUEUED,
            next_at=next_at,
            claimed_until=None,
            intended_at=None,
            last_error=error,
            refusals=outbox.c.refusals + 1,
            refused_since=since,
        )

    def excuse(self, ids: Iterable[str]) -> None:
        """Forget the refusals of mails that were not to blame for them."""
        self._update(outbox.c.id.in_(list(ids)), refusals=0, refused_since=None)

    def in_state(self, state: OutboxState, limit: int, after: str = "") -> list[OutboxRecord]:
        """Return mails in ``state`` that need a person, by id, from behind the id ``after``."""
        found = self._select(
            outbox.c.attention_since.is_not(None), outbox.c.state == state, outbox.c.id > after
        )
        return self._all(found.order_by(outbox.c.id).limit(limit))

    def waiting_since(
        self, before: datetime, priority: MailPriority, limit: int
    ) -> list[OutboxRecord]:
        """Return mails of ``priority`` that wait to be sent and were made before ``before``."""
        found = self._select(
            outbox.c.priority == priority,
            outbox.c.next_at.is_not(None),
            outbox.c.created_at < before,
        )
        return self._all(found.order_by(outbox.c.next_at, outbox.c.id).limit(limit))

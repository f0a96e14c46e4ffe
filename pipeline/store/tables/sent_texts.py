"""What we sent on the thread of a request, as digests: kept as long as the request lives."""

import sqlalchemy as sa

from pipeline.store.schema.mail_and_requests import sent_texts
from pipeline.store.tables.rows import Context

_MOST = 60


class SentTexts:
    """The rows of ``sent_texts``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def insert(self, request_id: str, outbox_id: str, digests: bytes) -> None:
        """Keep the digests of a mail on the thread of a request."""
        values = {
            "mailbox_id": self._context.mailbox_id,
            "request_id": request_id,
            "outbox_id": outbox_id,
            "digests": digests,
        }
        self._context.connection.execute(sa.insert(sent_texts), values)

    def list(self, request_id: str) -> tuple[bytes, ...]:
        """Return the digests of the newest mails of a request, oldest first."""
        statement = (
            sa.select(sent_texts.c.digests)
            .where(
                sent_texts.c.mailbox_id == self._context.mailbox_id,
                sent_texts.c.request_id == request_id,
            )
            .order_by(sent_texts.c.outbox_id.desc())
            .limit(_MOST)
        )
        newest = self._context.connection.execute(statement).scalars().all()
        return tuple(reversed(newest))

"""What we sent on the thread of a request, as digests: kept as long as the request lives."""

import sqlalchemy as sa

from pipeline.store.schema.mail_and_requests import outbox, outbox_requests, sent_texts
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

    def without(self, request_id: str) -> tuple[bytes, ...]:
        """Return the mails of a request that have no digests and still their bytes, oldest first.

        They went out before digests were kept.
        """
        known = sa.exists().where(
            sent_texts.c.mailbox_id == outbox_requests.c.mailbox_id,
            sent_texts.c.request_id == outbox_requests.c.request_id,
            sent_texts.c.outbox_id == outbox_requests.c.outbox_id,
        )
        statement = (
            sa.select(outbox.c.content)
            .join(
                outbox_requests,
                sa.and_(
                    outbox_requests.c.mailbox_id == outbox.c.mailbox_id,
                    outbox_requests.c.outbox_id == outbox.c.id,
                ),
            )
            .where(
                outbox_requests.c.mailbox_id == self._context.mailbox_id,
                outbox_requests.c.request_id == request_id,
                sa.func.length(outbox.c.content) > 0,
                ~known,
            )
            .order_by(outbox.c.id)
            .limit(_MOST)
        )
        return tuple(self._context.connection.execute(statement).scalars())

"""The outbox: mails in doubt (claim, looks, copy), and mails that were refused or wait too long."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from pipeline.model.notice import MailPriority
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.schema.mail_and_requests import outbox
from pipeline.store.tables.rows import Rows


class InDoubt(Rows[OutboxRecord]):
    """What is done with a mail while nobody knows whether its server took it."""

    def renew(self, outbox_id: str, attempt: int, until: datetime) -> bool:
        """Prolong the claim of a mail whose server has not answered yet; False when it was lost."""
        return self._claimed(outbox_id, attempt, next_at=until, claimed_until=until)

    def stay_in_doubt(
        self, outbox_id: str, attempt: int, next_at: datetime, look_until: datetime | None, why: str
    ) -> bool:
        """Leave a claimed mail in doubt until ``next_at``; False when the claim was lost."""
        return self._claimed(
            outbox_id,
            attempt,
            next_at=next_at,
            claimed_until=next_at,
            look_until=look_until,
            last_error=why,
        )

    def uncount(self, outbox_id: str, attempt: int) -> bool:
        """Count the attempt of a claim as none: nobody was asked to take the mail."""
        mine = (outbox.c.id == outbox_id, outbox.c.attempt == attempt)
        return self._update(*mine, attempt=attempt - 1) == 1

    def copied(self, message_id: str, at: datetime) -> bool:
        """Record that our own copy of a mail came in, so that its server took it.

        It matters only of a mail that may have gone out for the first time: whoever has it in hand
        will know. False when it matters not.
        """
        open_to_doubt = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.IN_DOUBT)
        return (
            self._update(
                outbox.c.message_id == message_id,
                outbox.c.state.in_(open_to_doubt),
                outbox.c.sent_at.is_(None),
                outbox.c.copied_at.is_(None),
                copied_at=at,
            )
            == 1
        )

    def settle(self, outbox_id: str, *, sent_at: datetime) -> bool:
        """Record that a mail in doubt had in fact gone out (found in the archive)."""
        return (
            self._update(
                outbox.c.id == outbox_id,
                outbox.c.state == OutboxState.IN_DOUBT,
                state=OutboxState.SENT,
                sent_at=sent_at,
                attention_since=None,
                kept_since=sent_at,
            )
            == 1
        )

    def _claimed(
        self, outbox_id: str, attempt: int, *also: sa.ColumnElement[bool], **values: object
    ) -> bool:
        """Change a mail that is being sent under ``attempt``; False when the claim was lost."""
        return (
            self._update(
                outbox.c.id == outbox_id,
                outbox.c.state == OutboxState.SENDING,
                outbox.c.attempt == attempt,
                *also,
                **values,
            )
            == 1
        )


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

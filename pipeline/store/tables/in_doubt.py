"""The outbox: mails in hand (claim, intent, end), in doubt, refused, or waiting for too long."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model.notice import MailPriority
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.schema.mail_and_requests import outbox
from pipeline.store.tables.rows import Context, Mapper, Rows

_ATTENTION = frozenset({OutboxState.FAILED, OutboxState.IN_DOUBT, OutboxState.BOUNCED})
FINISHED = frozenset(
    {OutboxState.SENT, OutboxState.FAILED, OutboxState.CANCELLED, OutboxState.BOUNCED}
)


def _derived(record: OutboxRecord) -> dict[str, object]:
    return {
        "kept_since": record.created_at if record.state in FINISHED else None,
        "attention_since": record.created_at if record.state in _ATTENTION else None,
    }


MAPPER = Mapper(OutboxRecord, outbox, _derived)
#: Id and attempt number of a mail in hand.
Claim = tuple[str, int]


# built once: building a statement costs more than running it
_OF_MAILBOX = outbox.c.mailbox_id == sa.bindparam("of_mailbox")
_OF_MAILS = outbox.c.id.in_(sa.bindparam("of_mails", expanding=True))
_IN_HAND = sa.update(outbox).where(
    _OF_MAILBOX,
    _OF_MAILS,
    outbox.c.state == OutboxState.SENDING,
    outbox.c.attempt == sa.bindparam("of_attempt"),
)
_DUE = (
    MAPPER.select.where(
        _OF_MAILBOX,
        outbox.c.next_at.is_not(None),
        outbox.c.next_at <= sa.bindparam("now"),
        outbox.c.priority == sa.bindparam("of_priority"),
        outbox.c.state.in_([OutboxState.QUEUED, OutboxState.SENDING]),
    )
    .order_by(outbox.c.next_at, outbox.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    sa.update(outbox)
    .where(_OF_MAILBOX, _OF_MAILS)
    .values(
        state=OutboxState.SENDING,
        attempt=outbox.c.attempt + 1,
        claimed_by=sa.bindparam("owner"),
        claimed_until=sa.bindparam("until"),
        next_at=sa.bindparam("until"),
    )
)
_INTEND = (
    _IN_HAND.where(outbox.c.copied_at.is_(None))
    .values(
        intended_at=sa.bindparam("at"),
        look_until=None,
        claimed_until=sa.bindparam("until"),
        next_at=sa.bindparam("until"),
    )
    .returning(outbox.c.id)
)
_NOT_TRIED = _IN_HAND.values(
    state=OutboxState.QUEUED,
    attempt=outbox.c.attempt - 1,
    next_at=sa.bindparam("at"),
    claimed_until=None,
    intended_at=None,
).returning(outbox.c.id)
_UNINTEND = _IN_HAND.values(intended_at=None).returning(outbox.c.id)
_RENEW = _IN_HAND.values(
    next_at=sa.bindparam("until"), claimed_until=sa.bindparam("until")
).returning(outbox.c.id)
_SENT = _IN_HAND.values(
    state=OutboxState.SENT,
    sent_at=sa.bindparam("at"),
    next_at=None,
    claimed_until=None,
    intended_at=None,
    last_error="",
    kept_since=sa.bindparam("at"),
).returning(outbox.c.id)


class InHand(Rows[OutboxRecord]):
    """What a worker does with the mails that it has claimed."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, outbox, MAPPER)

    def claim(
        self,
        now: datetime,
        limit: int,
        owner: str,
        until: datetime,
        priorities: Iterable[MailPriority] = MailPriority,
    ) -> list[OutboxRecord]:
        """Take mails to send: queued ones that are due, and sending ones whose lease is over.

        Those of the first of ``priorities`` come first. Each gets the next attempt number, which
        all later calls must carry. One that comes back with ``intended_at`` was being sent when its
        worker vanished: it is in doubt.
        """
        due: list[OutboxRecord] = []
        for priority in priorities:
            # one statement each: the rows come in the order of the index, and none is sorted
            values = {"now": now, "of_priority": priority, "most": limit - len(due)}
            due += self._read(_DUE, values)
            if len(due) >= limit:
                break
        if not due:
            return []
        values = {"of_mails": [mail.id for mail in due], "owner": owner, "until": until}
        self._execute(_CLAIM, self._of_mailbox(values))
        return [
            replace(
                mail,
                state=OutboxState.SENDING,
                attempt=mail.attempt + 1,
                claimed_by=owner,
                claimed_until=until,
                next_at=until,
            )
            for mail in due
        ]

    def intend(self, claims: Iterable[Claim], at: datetime, until: datetime) -> set[str]:
        """Record that the bytes of mails go out now; return the ids of those that may.

        Not those whose claim was lost, nor those of which our own copy has come in meanwhile.
        ``until`` prolongs the lease, so that it covers them however long the ones before took.
        """
        return self._in_hand(_INTEND, claims, at=at, until=until)

    def unintend(self, claims: Iterable[Claim]) -> set[str]:
        """Take back the intent to send mails that nobody was asked to take; return their ids.

        They stay claimed, and are not in doubt.
        """
        return self._in_hand(_UNINTEND, claims)

    def not_tried(self, claims: Iterable[Claim], next_at: datetime) -> set[str]:
        """Give mails back that nobody was asked to take, whatever was intended; return their ids.

        It costs no attempt. Of a mail that was in doubt before its claim, use :meth:`unclaim`.
        """
        return self._in_hand(_NOT_TRIED, claims, at=next_at)

    def unclaim(self, outbox_id: str, attempt: int, next_at: datetime) -> bool:
        """Give a claimed mail back that nobody was asked to take; it costs no attempt.

        False when the claim was lost, or the mail is in doubt: that one keeps its claim, so that
        nobody takes it for a mail that was never tried.
        """
        return (
            self._update(
                outbox.c.id == outbox_id,
                outbox.c.state == OutboxState.SENDING,
                outbox.c.attempt == attempt,
                outbox.c.intended_at.is_(None),
                state=OutboxState.QUEUED,
                next_at=next_at,
                claimed_until=None,
                attempt=attempt - 1,
            )
            == 1
        )

    def renew(self, claims: Iterable[Claim], until: datetime) -> set[str]:
        """Prolong the claims of mails that are being sent; return the ids of those not lost."""
        return self._in_hand(_RENEW, claims, until=until)

    def sent(self, claims: Iterable[Claim], at: datetime) -> set[str]:
        """Record that the server took mails; return the ids of those whose claim was not lost."""
        return self._in_hand(_SENT, claims, at=at)

    def _in_hand(
        self, statement: sa.Executable, claims: Iterable[Claim], **values: object
    ) -> set[str]:
        """Change mails that are being sent under their attempts; return the ids of those."""
        by_attempt: defaultdict[int, list[str]] = defaultdict(list)
        for outbox_id, attempt in claims:
            by_attempt[attempt].append(outbox_id)
        changed: set[str] = set()
        for attempt, ids in by_attempt.items():
            of = self._of_mailbox({"of_mails": ids, "of_attempt": attempt})
            changed.update(self._execute(statement, {**values, **of}).scalars())
        return changed

    def _read(self, statement: sa.Executable, values: dict[str, Any]) -> list[OutboxRecord]:
        return [
            self._mapper.record(row) for row in self._execute(statement, self._of_mailbox(values))
        ]

    def _of_mailbox(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"of_mailbox": self._context.mailbox_id, **values}

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


class InDoubt(InHand):
    """What is done with a mail while nobody knows whether its server took it."""

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

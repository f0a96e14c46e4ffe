"""The outbox: mails in hand (claim, intent, end), in doubt, refused, or waiting for too long."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model.notice import MailPriority
from pipeline.store.context import Context
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.schema.mail_and_requests import outbox
from pipeline.store.statements import Condition, OfSeveral, Statement, param
from pipeline.store.tables.rows import Mapper, Rows, due_first, of_mailbox

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


def _due() -> sa.Select[Any]:
    states = (OutboxState.QUEUED, OutboxState.SENDING)
    open_to_us = sa.or_(*(outbox.c.state == state for state in states))
    return due_first(MAPPER, outbox.c.next_at, outbox.c.priority == param("due"), open_to_us)


def _taking(mails: Condition, **more: object) -> sa.Update:
    changed = sa.update(outbox).where(of_mailbox(outbox), mails)
    values = {
        "state": OutboxState.SENDING,
        "attempt": outbox.c.attempt + 1,
        "claimed_by": param("owner"),
        "claimed_until": param("until"),
        "next_at": param("until"),
    }
    return _setting(changed, {**values, **more})


def _in_hand(mails: Condition, *also: Condition, **values: object) -> sa.Update:
    """Return the change of mails that are being sent under an attempt; it gives their ids."""
    changed = sa.update(outbox).where(
        of_mailbox(outbox),
        mails,
        outbox.c.state == OutboxState.SENDING,
        outbox.c.attempt == param("under"),
        *also,
    )
    return _setting(changed, values)


def _setting(changed: sa.Update, values: Mapping[str, object]) -> sa.Update:
    """Set columns to constants, parameters and expressions; the ids of the mails are given."""
    return changed.values(
        {
            name: value
            if isinstance(value, sa.ColumnElement)
            else sa.literal(value, outbox.c[name].type)
            for name, value in values.items()
        }
    ).returning(outbox.c.id)


def _of_mails(build: Callable[[Condition], sa.Update]) -> OfSeveral:
    return OfSeveral(outbox.c.id, build)


_DUE = Statement(_due, lock="skip")
_TAKE = _of_mails(_taking)
_TAKE_AND_INTEND = _of_mails(lambda mails: _taking(mails, intended_at=param("at")))
_INTEND = _of_mails(
    lambda mails: _in_hand(
        mails,
        outbox.c.copied_at.is_(None),
        intended_at=param("at"),
        look_until=None,
        claimed_until=param("until"),
        next_at=param("until"),
    )
)
_NOT_TRIED = _of_mails(
    lambda mails: _in_hand(
        mails,
        state=OutboxState.QUEUED,
        attempt=outbox.c.attempt - 1,
        next_at=param("at"),
        claimed_until=None,
        intended_at=None,
    )
)
_RENEW = _of_mails(
    lambda mails: _in_hand(mails, next_at=param("until"), claimed_until=param("until"))
)
_SENT = _of_mails(
    lambda mails: _in_hand(
        mails,
        state=OutboxState.SENT,
        sent_at=param("at"),
        next_at=None,
        claimed_until=None,
        intended_at=None,
        last_error="",
        kept_since=param("at"),
    )
)


class InHand(Rows[OutboxRecord]):
    """What a worker does with the mails that it has claimed."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, outbox, MAPPER)

    def due(self, now: datetime, limit: int, priority: MailPriority) -> list[OutboxRecord]:
        """Return mails to send: queued ones that are due, and sending ones whose lease is over.

        They are locked, so that the transaction may take them.
        """
        # of one priority: the rows come in the order of the index, and none is sorted
        return self._found(_DUE, now=now, due=priority, most=limit)

    def take(
        self,
        mails: Collection[OutboxRecord],
        owner: str,
        until: datetime,
        *,
        intended_at: datetime | None = None,
    ) -> list[OutboxRecord]:
        """Claim mails that are due; return them with the attempt number of all later calls.

        ``intended_at``: their bytes go out now. One that has it already was being sent when its
        worker vanished: it is in doubt.
        """
        if not mails:
            return []
        ids = [mail.id for mail in mails]
        if intended_at is None:
            self._context.of_several(_TAKE, ids, owner=owner, until=until)
        else:
            self._context.of_several(
                _TAKE_AND_INTEND, ids, owner=owner, until=until, at=intended_at
            )
        return [
            replace(
                mail,
                state=OutboxState.SENDING,
                attempt=mail.attempt + 1,
                claimed_by=owner,
                claimed_until=until,
                next_at=until,
                intended_at=intended_at or mail.intended_at,
            )
            for mail in mails
        ]

    def intend(self, claims: Iterable[Claim], at: datetime, until: datetime) -> set[str]:
        """Record that the bytes of claimed mails go out now; return the ids of those that may.

        Not those whose claim was lost, nor those of which our own copy has come in meanwhile.
        ``until`` prolongs the lease, so that it covers them however long the ones before took.
        """
        return self._in_hand(_INTEND, claims, at=at, until=until)

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

    def _in_hand(self, statement: OfSeveral, claims: Iterable[Claim], **values: object) -> set[str]:
        """Change mails that are being sent under their attempts; return the ids of those."""
        by_attempt: defaultdict[int, list[str]] = defaultdict(list)
        for outbox_id, attempt in claims:
            by_attempt[attempt].append(outbox_id)
        changed: set[str] = set()
        for attempt, ids in by_attempt.items():
            rows = self._context.of_several(statement, ids, under=attempt, **values)
            changed.update(outbox_id for (outbox_id,) in rows)
        return changed

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

    def doubt_all(self, at: datetime) -> int:
        """Put all mails that wait or are being sent in doubt; return how many.

        For a database that was put back from a copy: each may have gone out since.
        """
        return self._update(
            outbox.c.state.in_((OutboxState.QUEUED, OutboxState.SENDING)),
            state=OutboxState.SENDING,
            next_at=at,
            claimed_until=at,
            claimed_by="",
            intended_at=at,
            look_until=None,
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

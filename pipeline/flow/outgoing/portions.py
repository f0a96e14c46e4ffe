"""Portions: how many mails are intended at once, and which of them may go out now.

The intents of a portion are one commit, and what a crash leaves in doubt is the portion. So it is
as large as what the server takes in a moment, and no larger than ``courier.portion``: where a mail
takes longer than a commit, each has its own.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.flow.outgoing import doubt, receipts
from pipeline.flow.outgoing.budgets import Hour
from pipeline.flow.outgoing.doubt import Archive
from pipeline.flow.outgoing.ledger import take_back
from pipeline.flow.outgoing.results import MOMENT
from pipeline.flow.outgoing.stale import note_taken_back, overtaken
from pipeline.flow.services import Services, Work
from pipeline.store.outbox_records import OutboxRecord

_RENEWED_AFTER = timedelta(minutes=1)


class SkipReason(StrEnum):
    """Why a claimed mail was not handed over."""

    CLAIM_LOST = "claim_lost"
    PROMISE_PASSED = "promise_passed"
    OUT_OF_DATE = "out_of_date"
    OVER_CAP = "over_cap"
    OVER_SHARE = "over_share"
    LOOKED_FOR = "looked_for"


@dataclass(slots=True)
class Portion:
    """The mails of a portion that go out now, and why others do not."""

    going: list[OutboxRecord] = field(default_factory=list)
    skipped: list[tuple[OutboxRecord, SkipReason]] = field(default_factory=list)


def largest(services: Services, archive: Archive | None) -> int:
    """Return how many mails a portion has at most.

    Where staff would have to look at each mail in doubt it is one, unless the setting says else.
    """
    courier = services.settings.courier
    if "portion" not in courier.model_fields_set and doubt.is_for_staff(services, archive):
        return 1
    return courier.portion


class Pace:
    """How many mails the server takes in a moment: first one is tried, then twice as many each."""

    def __init__(self, most: int) -> None:
        self.size = 1
        self._most = most
        self._begun = (0.0, 0.0)
        self._in_time = 0

    def begin(self) -> None:
        """Begin a portion."""
        self._begun = (time.monotonic(), time.time())
        self._in_time = 0

    def is_over(self) -> bool:
        """Whether the moment of this portion has passed.

        A machine that slept meanwhile tells it by its other clock.
        """
        return time.monotonic() - self._begun[0] >= MOMENT or time.time() - self._begun[1] >= MOMENT

    def count(self) -> None:
        """Count a mail that was handed over."""
        self._in_time += not self.is_over()

    def end(self) -> None:
        """End the portion, and learn from it."""
        if self.is_over():
            self.size = max(1, min(self._in_time, self._most))
        else:
            self.size = max(self.size, min(2 * self._in_time, self._most))

    def one_by_one(self) -> None:
        """Begin with one mail again."""
        self.size = 1


def is_doubtful(mail: OutboxRecord) -> bool:
    """Tell whether a mail may have gone out before it was claimed."""
    return mail.intended_at is not None or mail.copied_at is not None


def give_back(work: Work, mails: Sequence[OutboxRecord]) -> int:
    """Give claimed mails back that nobody was asked to take; return how many.

    What was intended now is known not to have happened. One that was in doubt before stays so.
    """
    plain = [(mail.id, mail.attempt) for mail in mails if not is_doubtful(mail)]
    done = len(work.tx.outbox.not_tried(plain, work.now))
    return done + sum(
        work.tx.outbox.unclaim(mail.id, mail.attempt, work.now)
        for mail in mails
        if is_doubtful(mail)
    )


def intend(
    work: Work, mails: Sequence[OutboxRecord], put_off: Sequence[OutboxRecord] = ()
) -> Portion:
    """Record which of ``mails`` go out now, their leases renewed, and why the others do not.

    ``put_off`` were intended before, and are not to go out with these.
    """
    if put_off:
        work.tx.outbox.unintend([(mail.id, mail.attempt) for mail in put_off])
    now, portion = work.now, Portion()
    hour, budgets = Hour(work, mails), receipts.Budgets(work)
    for mail in mails:
        reason = _hindered(work, mail, hour, budgets)
        if reason is None:
            hour.take(mail)
            budgets.take(mail)
            portion.going.append(mail)
        else:
            portion.skipped.append((mail, reason))
    until = now + timedelta(seconds=work.services.settings.limits.lease_seconds)
    mine = work.tx.outbox.intend([(mail.id, mail.attempt) for mail in portion.going], now, until)
    if len(mine) < len(portion.going):
        lost = [mail for mail in portion.going if mail.id not in mine]
        portion.skipped += [(mail, SkipReason.CLAIM_LOST) for mail in lost]
        portion.going = [mail for mail in portion.going if mail.id in mine]
    return portion


def _hindered(
    work: Work, mail: OutboxRecord, hour: Hour, budgets: receipts.Budgets
) -> SkipReason | None:
    """Return why ``mail`` does not go out now, and write what becomes of it; None: it does."""
    now = work.now
    if overtaken(work.tx, mail, now):
        done = work.tx.outbox.overtaken(mail.id, mail.attempt, now)
        if not done:
            return SkipReason.CLAIM_LOST
        take_back(work, mail)
        note_taken_back(work, mail)
        return SkipReason.OUT_OF_DATE
    doubtful = mail.intended_at is not None
    if mail.promise_at is not None and mail.promise_at <= now and not doubtful:
        # it is written anew by the next batch
        return _later(work, mail, now + _RENEWED_AFTER, SkipReason.PROMISE_PASSED)
    if hour.room <= 0 or not budgets.has_room(mail):
        # another worker used it up; in doubt it keeps its claim, and comes back when that ends
        return _later(work, mail, now, SkipReason.OVER_CAP)
    turn = None if doubtful else hour.turn_of(mail)
    return None if turn is None else _later(work, mail, turn, SkipReason.OVER_SHARE)


def _later(work: Work, mail: OutboxRecord, at: datetime, reason: SkipReason) -> SkipReason:
    if is_doubtful(mail):
        work.tx.outbox.unclaim(mail.id, mail.attempt, at)
    else:
        work.tx.outbox.not_tried([(mail.id, mail.attempt)], at)
    return reason

"""Portions: how many mails are intended at once, and which of them may go out now.

The intents of a portion are one commit, and what a crash leaves in doubt is the portion. So it is
as large as what the server takes in a moment, and no larger than ``courier.portion``: where a mail
takes longer than a commit, each has its own.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline import logs
from pipeline.clock import Clock
from pipeline.flow.outgoing import doubt, receipts
from pipeline.flow.outgoing.budgets import Hour
from pipeline.flow.outgoing.doubt import Archive
from pipeline.flow.outgoing.late import outdated
from pipeline.flow.outgoing.ledger import take_back
from pipeline.flow.outgoing.poll import Poll
from pipeline.flow.outgoing.results import MOMENT
from pipeline.flow.outgoing.stale import note_taken_back, overtaken
from pipeline.flow.services import Services, Work, waits
from pipeline.flow.services.restored import may_have_gone
from pipeline.store.outbox_records import OutboxRecord

_RENEWED_AFTER = timedelta(minutes=1)


class SkipReason(StrEnum):
    """Why a claimed mail was not handed over."""

    CLAIM_LOST = "claim_lost"
    PROMISE_PASSED = "promise_passed"
    DATE_PASSED = "date_passed"
    OUT_OF_DATE = "out_of_date"
    OVER_CAP = "over_cap"
    OVER_SHARE = "over_share"
    LOOKED_FOR = "looked_for"


@dataclass(slots=True)
class Portion:
    """Claimed mails: those whose bytes go out now, those in doubt, and why others do not go out."""

    going: list[OutboxRecord] = field(default_factory=list)
    doubtful: list[OutboxRecord] = field(default_factory=list)
    skipped: list[SkipReason] = field(default_factory=list)


def largest(services: Services, archive: Archive | None) -> int:
    """Return how many mails a portion has at most.

    Where staff would have to look at each mail in doubt it is one, unless the setting says else.
    """
    courier = services.settings.courier
    if "portion" not in courier.given and doubt.is_for_staff(services, archive):
        return 1
    return courier.portion


class Pace:
    """How many mails the server takes in a moment: first one is tried, then twice as many each."""

    def __init__(self, most: int, clock: Clock) -> None:
        self.size = 1
        self._most = most
        self._clock = clock
        self._in_time = 0
        self.begin()

    def begin(self) -> None:
        """Begin a portion."""
        self._end = time.monotonic() + MOMENT
        self._end_by_clock = self._clock.now() + timedelta(seconds=MOMENT)
        self._in_time = 0

    def is_over(self) -> bool:
        """Whether the moment of this portion has passed.

        A machine that slept meanwhile tells it by its other clock.
        """
        return time.monotonic() >= self._end or self._clock.now() >= self._end_by_clock

    def count(self) -> None:
        """Count a mail that was handed over."""
        self._in_time += not self.is_over()

    def end(self) -> None:
        """End the portion, and learn from it."""
        if self.is_over():
            self.size = max(1, self._in_time)
        else:
            self.size = max(self.size, min(2 * self._in_time, self._most))


def is_doubtful(mail: OutboxRecord) -> bool:
    """Tell whether a mail may have gone out before it was claimed."""
    return mail.intended_at is not None or mail.copied_at is not None


def take(
    work: Work, poll: Poll, most: int, tried: Collection[str], left: Sequence[OutboxRecord] = ()
) -> Portion | None:
    """Claim the next mails, at most so many, and record that they go out; None: none is due.

    ``tried`` ones wait for the next run. ``left`` are those of the portion before that nobody was
    asked to take.
    """
    give_back(work, left)
    hour = Hour(work)
    limits = work.services.settings.limits
    most = min(most, limits.batch, hour.room)
    mails = poll.due(work, most) if most > 0 else []
    if not mails:
        return None
    hour.look_up(mails)
    until = work.now + timedelta(seconds=limits.lease_seconds)
    portion, going, doubtful = Portion(), [], []
    restored = work.services.restored
    for mail in mails:
        if mail.id in tried or is_doubtful(mail) or may_have_gone(work.tx, restored, mail):
            doubtful.append(mail)
        elif hindered := _hindered(work, mail, hour):
            (claimed,) = work.tx.outbox.take([mail], work.services.worker, until)
            portion.skipped.append(_skip(work, claimed, *hindered))
        else:
            hour.choose(mail)
            going.append(mail)
    mine = work.services.worker, until
    portion.going = work.tx.outbox.take(going, *mine, intended_at=work.now)
    for mail in work.tx.outbox.take(doubtful, *mine):
        if mail.id in tried:
            _not_again(work, mail)
        else:
            portion.doubtful.append(mail)
    poll.put_off_rest(work, mails)
    return portion


def give_back(work: Work, mails: Sequence[OutboxRecord]) -> None:
    """Give mails of a portion back that nobody was asked to take: they are not in doubt."""
    if mails:
        work.tx.outbox.not_tried([(mail.id, mail.attempt) for mail in mails], work.now)


def send_again(work: Work, mail: OutboxRecord) -> SkipReason | None:
    """Record that a claimed mail in doubt goes out again, or return why it does not."""
    if overtaken(work.tx, mail, work.now):
        return _skip(work, mail, SkipReason.OUT_OF_DATE, None)
    if Hour(work).room <= 0 or receipts.over_budget(work, mail):
        # it keeps its claim, and comes back when that ends
        return _skip(work, mail, SkipReason.OVER_CAP, work.now)
    until = work.now + timedelta(seconds=work.services.settings.limits.lease_seconds)
    mine = work.tx.outbox.intend([(mail.id, mail.attempt)], work.now, until)
    return None if mine else SkipReason.CLAIM_LOST


def _hindered(
    work: Work, mail: OutboxRecord, hour: Hour
) -> tuple[SkipReason, datetime | None] | None:
    """Return why ``mail`` does not go out now, and when it may (None: never); None: it does."""
    if overtaken(work.tx, mail, work.now):
        return SkipReason.OUT_OF_DATE, None
    if mail.promise_at is not None and mail.promise_at <= work.now:
        # it is written anew by the next batch
        return SkipReason.PROMISE_PASSED, work.now + _RENEWED_AFTER
    if (record := outdated(work, mail)) is not None:
        work.tx.requests.reschedule(record.id, work.now)
        return SkipReason.DATE_PASSED, work.now + _RENEWED_AFTER
    turn = hour.turn_of(mail)
    return None if turn is None else (SkipReason.OVER_SHARE, turn)


def _skip(work: Work, mail: OutboxRecord, reason: SkipReason, at: datetime | None) -> SkipReason:
    """Write that a claimed mail does not go out before ``at`` (None: never)."""
    logs.event("flow.deliver", reason.value, outbox=mail.id, notice=mail.notice.value)
    if at is not None:
        work.tx.outbox.unclaim(mail.id, mail.attempt, at)
    elif work.tx.outbox.overtaken(mail.id, mail.attempt, work.now):
        take_back(work, mail)
        note_taken_back(work, mail)
    else:
        return SkipReason.CLAIM_LOST
    return reason


def _not_again(work: Work, mail: OutboxRecord) -> None:
    """Leave a mail that was tried in this run to the next one; it costs no attempt."""
    later = work.now + waits.SENDING.wait_after(1)
    if not work.tx.outbox.unclaim(mail.id, mail.attempt, later):
        doubt.look_on(work, mail, mail.look_until)

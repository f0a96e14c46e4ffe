"""Which mails come next: class after class, the first ones first, within the budgets."""

import time

from pipeline.flow.outgoing import receipts
from pipeline.flow.outgoing.results import MOMENT, TO_STAFF
from pipeline.flow.services import Work, pause
from pipeline.model.notice import MailPriority
from pipeline.store.outbox_records import OutboxRecord

#: What has no budget but the cap of all mail.
_ALWAYS = tuple(one for one in MailPriority if one not in receipts.PRIORITIES)


class Poll:
    """Finds the mails that are due, with receipts or without.

    What ends sending for a while, and classes with nothing in them, are looked up once a moment:
    where each mail is a portion, they would cost more than the mail.
    """

    def __init__(self, *, with_receipts: bool) -> None:
        self.with_receipts = with_receipts
        self._begun: float | None = None
        self._classes: list[MailPriority] = []

    def due(self, work: Work, most: int) -> list[OutboxRecord]:
        """Return at most so many mails, which are not claimed yet."""
        now = time.monotonic()
        if self._begun is not None and now < self._begun + MOMENT:
            found = self._found(work, most)
            if found:
                return found
        self._begin(work, now)
        return self._found(work, most)

    def put_off_rest(self, work: Work, mails: list[OutboxRecord]) -> None:
        """Let receipts wait for which ``mails``, which are claimed, have left no room."""
        for priority in {mail.priority for mail in mails}.intersection(receipts.PRIORITIES):
            taken = sum(mail.priority is priority for mail in mails)
            if taken >= receipts.room(work, priority):
                receipts.put_off(work, priority)

    def _begin(self, work: Work, now: float) -> None:
        self._begun = now
        if pause.refusals(work.tx).paused_at is not None:
            self._classes = list(TO_STAFF)
            return
        self._classes = list(_ALWAYS)
        if self.with_receipts and work.tx.outbox.any_due(receipts.PRIORITIES, work.now):
            self._classes += receipts.PRIORITIES

    def _found(self, work: Work, most: int) -> list[OutboxRecord]:
        mails: list[OutboxRecord] = []
        for priority in tuple(self._classes):
            room = most - len(mails)
            if room <= 0:
                break
            if priority in receipts.PRIORITIES:
                room = min(room, receipts.room(work, priority))
                if room <= 0:
                    receipts.put_off(work, priority)
            found = work.tx.outbox.due(work.now, room, priority) if room > 0 else []
            if len(found) < room or not found:
                self._classes.remove(priority)
            mails += found
        return mails

"""How much of our mail one mailbox can cause, whatever writes from there.

A responder that answers each of our mails, in a mail without any sign, meets a limit wherever it
could make us write again: caps on direct answers, on the requests that words alone can open, and a
share of the hour. Sub-addresses (RFC 5233) are one mailbox here, so that a name of its own for each
mail wins nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work
from pipeline.model.notice import NoticeName
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import RequestRecord
from pipeline.store.tables.counters import Window

#: Staff are told so many times a day of one mailbox; a loop is seen by then.
_TOLD = 5
#: So many forms a day without a readable number are answered: a team's worth, and no loop's.
_NUMBERLESS = 10
#: One mailbox gets this part of the hourly cap; the rest of an hour is for others.
_SHARE = 10
#: Counts all mail that went out.
_ALL = "mail:hour"
#: A return address signed with BATV (``prvs=tag=user``), or rewritten by SRS for a forwarder.
_SIGNED = re.compile(r"(?:prvs|btv1)=[^=@]{1,64}=(?=[^@])", re.IGNORECASE)
#: Mails that no incoming mail can cause, or that must not wait.
_NOT_SHARED = frozenset(
    {
        NoticeName.STAFF_ALERT,
        NoticeName.CERTIFICATE_ISSUED,
        NoticeName.CERTIFICATE_REISSUED,
        NoticeName.CERTIFICATE_REMINDER,
        NoticeName.CERTIFICATE_EXPIRED,
        NoticeName.CERTIFICATE_REVOKED,
    }
)


def mailbox_of(address: str) -> str:
    """Return what names the mailbox of ``address``: in lower case, without tag and signature."""
    local, _, domain = address.strip().lower().rpartition("@")
    plain = _SIGNED.sub("", local, count=1) if local.startswith(("prvs=", "btv1=")) else local
    return f"{plain.partition('+')[0] or plain}@{domain}"


def over_answer_cap(work: Work, address: str, record: RequestRecord, message_row: str) -> bool:
    """Count a direct answer; return whether sender or request had enough for a day."""
    limits = work.services.settings.courier
    today = _day(work.now)
    of_sender = f"answers:sender:{mailbox_of(address)}"
    of_request = f"answers:request:{record.id}"
    counts = work.tx.counters.add_to_each([of_sender, of_request], today)
    over = max(
        counts[of_sender] - limits.sender_daily_cap, counts[of_request] - limits.request_daily_cap
    )
    if 0 < over <= _TOLD:
        alert(work, "answers_capped", record.reference, message_row)
    return over > 0


def over_opening_cap(work: Work, address: str, message_row: str) -> bool:
    """Count a request that words alone open; return whether the mailbox has opened enough.

    Enough are as many a day as answers, or as many that are open: each has reminders of its own,
    and a responder would open further ones with what it writes to them.
    """
    cap = work.services.settings.courier.sender_daily_cap
    opened = work.tx.counters.add(f"opened:sender:{mailbox_of(address)}", _day(work.now))
    wordy = [
        record
        for record in work.tx.requests.of_sender(address)
        if record.form is None and not record.state.ended
    ]
    over = opened > cap or len(wordy) >= cap
    if over and opened <= cap + _TOLD:
        alert(work, "answers_capped", "", message_row)
    return over


def over_numberless_cap(work: Work, address: str, message_row: str) -> bool:
    """Count a form without a readable number; return whether the mailbox sent enough for a day.

    Nothing tells two of them apart but the address, which a program may change with each mail.
    """
    sent = work.tx.counters.add(f"numberless:sender:{mailbox_of(address)}", _day(work.now))
    over = sent - _NUMBERLESS
    if 0 < over <= _TOLD:
        alert(work, "answers_capped", "", message_row)
    return over > 0


class Hour:
    """What may still go out in this hour, of all mail and to each mailbox.

    It counts down as mails are chosen, before they are written down as sent.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._start = _hour(work.now)
        self._cap = work.services.settings.courier.hourly_cap
        self._sent = Counter(work.tx.counters.values([_ALL], self._start))

    @property
    def room(self) -> int:
        """How many mails may still go out."""
        return self._cap - self._sent[_ALL]

    @property
    def _share(self) -> int:
        return max(1, self._cap // _SHARE)

    def look_up(self, mails: Sequence[OutboxRecord]) -> None:
        """Learn what went out to the mailboxes of ``mails``, which are to be chosen from."""
        if self._sent[_ALL] + len(mails) > self._share:  # else no mailbox can have had its share
            shared = {_to(mail) for mail in mails if mail.notice not in _NOT_SHARED}
            self._sent.update(self._work.tx.counters.values(shared, self._start))

    def choose(self, mail: OutboxRecord) -> None:
        """Count a mail that goes out."""
        self._sent.update(_counted(mail))

    def turn_of(self, mail: OutboxRecord) -> datetime | None:
        """Return the hour in which ``mail`` may go out; None: its mailbox has room in this one.

        Nothing is dropped: what is too much for one hour is spread over the next ones, in its
        order.
        """
        share = self._share
        if mail.notice in _NOT_SHARED or self._sent[_to(mail)] < share:
            return None
        waiting = self._work.tx.counters.add(_waits(mail), self._start)
        return self._start + timedelta(hours=1 + (waiting - 1) // share)


def amounts(work: Work, mail: OutboxRecord) -> Iterable[Window]:
    """Return the counters of a mail that went out."""
    return ((key, _hour(work.now)) for key in _counted(mail))


def _counted(mail: OutboxRecord) -> tuple[str, str]:
    return _ALL, _to(mail)


def _to(mail: OutboxRecord) -> str:
    return f"mail:to:{mailbox_of(mail.recipient)}"


def _waits(mail: OutboxRecord) -> str:
    return f"mail:waits:{mailbox_of(mail.recipient)}"


def _day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)

"""Mails in doubt: a worker vanished, or the line broke, while the server was taking the mail.

Nobody knows then whether it went out. ``courier.in_doubt`` says what happens: ``hold`` leaves it to
staff, ``resend`` sends it again with the same Message-ID. ``auto`` and ``verify`` look for our own
copy first, where ``courier.archive`` makes one, and differ where a missing copy proves nothing:
``auto`` sends again, ``verify`` leaves it to staff. With ``archive = "bcc"`` the copy is there if
and only if the server took the mail, but it may be under way: it is looked for some minutes, and
as long as our mailbox cannot be read, before the mail goes out again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work, waits
from pipeline.store.outbox_records import OutboxRecord

#: Why a mail is in doubt that no worker has said anything of.
VANISHED = "worker_vanished"
#: A mail in doubt is looked for so often.
LOOKED_FOR_EVERY = timedelta(minutes=1)


class Archive(Protocol):
    """Keeps a copy of each sent mail, and knows which mails went out."""

    @property
    def is_complete(self) -> bool:
        """Whether a mail without a copy, once time has passed, was not taken by the server."""

    def __call__(self, raw: bytes) -> None:
        """Keep a copy."""

    def holds(self, message_id: str) -> bool:
        """Return whether the mail with the Message-ID went out, as far as the archive knows."""


class Fate(StrEnum):
    """What becomes of a mail in doubt now."""

    WENT_OUT = "went_out"
    SEND_AGAIN = "send_again"
    LOOK_AGAIN = "look_again"
    FOR_STAFF = "for_staff"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The fate of a mail in doubt; until ``look_until`` it is looked for.

    ``fault``: why the archive could not be asked.
    """

    fate: Fate
    look_until: datetime | None = None
    fault: PipelineError | None = None


def judge(services: Services, archive: Archive | None, mail: OutboxRecord) -> Judgement:
    """Say what becomes of ``mail``, which comes back while it is in doubt."""
    setting = services.settings.courier.in_doubt
    if mail.copied_at is not None:
        return Judgement(Fate.WENT_OUT)
    if setting == "resend":
        return Judgement(Fate.SEND_AGAIN)
    if setting == "hold" or mail.sent_at is not None:
        # one that went out before may have left its copy then
        return Judgement(Fate.FOR_STAFF)
    if archive is None:
        return _unproven(services)
    return _looked(services, archive, mail)


def _looked(services: Services, archive: Archive, mail: OutboxRecord) -> Judgement:
    """Say what follows from a look into the archive."""
    later = services.clock.now() + looked_for(services)
    try:
        if archive.holds(mail.message_id):
            return Judgement(Fate.WENT_OUT)
    except PipelineError as error:
        # what was on its way to our mailbox meanwhile is waited for anew
        return Judgement(Fate.LOOK_AGAIN, later, error)
    if not archive.is_complete:
        return _unproven(services)
    until = mail.look_until or later
    if services.clock.now() < until:
        return Judgement(Fate.LOOK_AGAIN, until)
    return Judgement(Fate.SEND_AGAIN)


def _unproven(services: Services) -> Judgement:
    """Say what follows where a missing copy proves nothing.

    After a restore that leaves it to staff: many mails may have gone out since the backup.
    """
    careful = services.settings.courier.in_doubt == "verify" or services.restored is not None
    return Judgement(Fate.FOR_STAFF if careful else Fate.SEND_AGAIN)


def is_for_staff(services: Services, archive: Archive | None) -> bool:
    """Tell whether each mail in doubt waits for staff, if its copy is not found."""
    setting = services.settings.courier.in_doubt
    proven = archive is not None and archive.is_complete
    return setting == "hold" or (setting == "verify" and not proven)


def looked_for(services: Services) -> timedelta:
    """Return how long a mail in doubt is looked for."""
    return timedelta(minutes=services.settings.courier.look_minutes)


def tell_of_archive(services: Services, code: str, error: PipelineError) -> None:
    """Tell staff once a day that the archive keeps nothing, or cannot be read.

    Not once a batch: the mail that tells it would itself be the next that is not archived.
    """
    logs.event("flow.deliver", code, code=error.code)
    today = services.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)

    def change(work: Work) -> None:
        if work.tx.counters.add(f"alert:{code}", today) == 1:
            alert(work, code, "", error.code)

    services.run(change)


def broke_off(work: Work, archive: Archive | None, mail: OutboxRecord, why: str) -> bool:
    """Leave a mail whose line broke at the final dot in doubt; False when it is for staff."""
    setting = work.services.settings.courier.in_doubt
    unproven = setting == "verify" and archive is None
    if setting == "hold" or unproven or mail.attempt >= waits.DOUBTS:
        return False
    now = work.now
    if setting != "resend" and archive is not None and archive.is_complete:
        next_at, until = now + LOOKED_FOR_EVERY, now + looked_for(work.services)
    else:
        next_at, until = now + waits.SENDING.wait_after(mail.attempt), None
    work.tx.outbox.stay_in_doubt(mail.id, mail.attempt, next_at, until, why)
    return True


def look_on(work: Work, mail: OutboxRecord, until: datetime | None) -> None:
    """Let ``mail`` be looked for again soon; that costs it no attempt."""
    soon = work.now + LOOKED_FOR_EVERY
    why = mail.last_error or VANISHED
    if work.tx.outbox.stay_in_doubt(mail.id, mail.attempt, soon, until, why):
        work.tx.outbox.uncount(mail.id, mail.attempt)

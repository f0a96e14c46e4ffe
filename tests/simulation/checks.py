"""What has to be true of all mails that went out, whatever happened."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model.notice import NoticeName, Saying
from pipeline.model.request import RequestState, Status
from pipeline.notifications.view import View
from pipeline.notifications.words import words_of
from pipeline.tracks.promises import MOST_DELAYS, saying_of
from tests.simulation.facts import Written

#: Words that say that a file is with the mail; in Japanese the customer may be asked to attach one.
_ATTACHED = {
    "en": re.compile(r"\b(?:attached|enclosed)\b", re.IGNORECASE),
    "ja": re.compile(r"(?<!返信に)添付(?!して(?:ご返信|お送り|ください))"),
    "de": re.compile(r"\b[Aa]nhang\b|\b(?:angehängt|beigefügt|anbei)", re.IGNORECASE),
}
#: What the customer is asked to do with a file of theirs.
_ASKED_FOR = re.compile(r"\bwith (?:it|the form|your form) attached\b|\battached to your reply\b")
_REMINDERS = frozenset(
    {
        NoticeName.CORRECTION_REMINDER,
        NoticeName.READINESS_CHECK,
        NoticeName.CERTIFICATE_REMINDER,
        NoticeName.INTEGRATION_REMINDER,
    }
)


@dataclass(frozen=True)
class Mail:
    """A mail that went out, with the state of its request as it was then.

    ``state`` is None where nobody looked at it. ``also`` are all requests that it tells of.
    """

    notice: NoticeName
    variant: str
    sent_at: datetime
    to_requester: bool
    also: tuple[str, ...]
    written: Written
    state: RequestState | None = None

    def __str__(self) -> str:
        facts = self.written.facts
        return f"{facts.reference} {self.notice}:{self.variant} ({facts.status}) {self.sent_at}"

    @property
    def saying(self) -> Saying:
        """What it does to an open promise."""
        return saying_of(self.notice, self.variant) if self.to_requester else Saying.LEAVES

    @property
    def promise(self) -> datetime | None:
        """The date by which it says that we write."""
        return self.written.facts.promise_at if self.written.composed.promised else None

    def says(self, what: str) -> bool:
        """Tell whether the date ``what`` of its view stands in its text."""
        view = View(self.written.facts, words_of(self.written.composed.language))
        shown = getattr(view, what)
        return bool(shown) and _folded(shown) in _folded(self.written.composed.text)


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text)


def untrue_dates(mail: Mail) -> Iterator[str]:
    """Yield what is wrong with the dates that ``mail`` names."""
    facts = mail.written.facts
    if mail.promise is not None and mail.promise <= mail.sent_at:
        yield f"{mail}: promises {mail.promise}"
    missed = mail.notice is NoticeName.CLOSED_NO_RESPONSE  # it tells the date that was missed
    if facts.due_at is None or missed or not mail.says("due"):
        return
    if facts.due_at <= mail.sent_at:
        yield f"{mail}: due {facts.due_at}"
    ahead = [slot.start for slot in facts.slots if slot.start > facts.now]
    if facts.status is Status.SLOT_PROPOSED and ahead:
        first = min(ahead)
        if facts.due_at > first:
            yield f"{mail}: due {facts.due_at} after the slot {first}"
    live = facts.status is Status.CERTIFICATE_ISSUED and facts.certificate is not None
    if live and facts.certificate and facts.due_at > facts.certificate.expires_at:
        yield f"{mail}: due {facts.due_at} after the certificate"


def untrue_enclosures(mail: Mail) -> Iterator[str]:
    """Yield what is wrong with what ``mail`` says of its files."""
    composed = mail.written.composed
    between = "" if composed.language == "ja" else " "
    body = _ASKED_FOR.sub("", re.sub(r"\s+", between, composed.body))
    said = _ATTACHED[composed.language].search(body)
    if bool(said) != bool(mail.written.files):
        yield f"{mail} {composed.language}: says {said and said[0]!r}, has {mail.written.files}"


def contradictions(mail: Mail) -> Iterator[str]:
    """Yield where ``mail`` does not fit the state of its request when it went out."""
    if mail.state is None:
        return
    shown = mail.state.shown
    if mail.notice in _REMINDERS and shown.ended:
        yield f"{mail}: a reminder after {shown.status}"
    says_it = mail.to_requester and mail.notice is not NoticeName.ANSWER
    if mail.notice is NoticeName.DUPLICATE and shown.entered_at >= mail.written.facts.now:
        return  # the customer asked, and wrote again before the answer was out
    if mail.written.facts.certificate_ordered and shown.status is Status.CERTIFICATE_ISSUED:
        return  # it says that a certificate follows, which was issued in the same batch
    if says_it and mail.written.facts.status is not shown.status:
        yield f"{mail}: the request is {shown.status}"


def broken_promises(
    mails: Iterable[Mail],
    ended: Mapping[str, datetime],
    until: datetime,
    by: Callable[[datetime], datetime],
) -> Iterator[str]:
    """Yield each date by which we said that we write, and neither wrote nor said ``delayed``.

    A request that ended before its date owes no mail (``ended``); what is later than ``until`` is
    still to come. After two mails that put it off it is staff who know. ``by`` says until when the
    mail of a promised date has to be out.
    """
    threads: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        for reference in mail.also:
            threads[reference].append(mail)
    for reference, thread in threads.items():
        delays = 0
        for place, mail in enumerate(thread):
            if mail.saying.settles:
                delays = 0
            elif mail.saying is Saying.PUTS_OFF:
                delays += 1
            promise = mail.promise
            if promise is None or by(promise) >= until:
                continue
            if reference in ended and ended[reference] <= by(promise):
                continue
            later = thread[place + 1 :]
            kept = any(
                other.sent_at <= by(promise)
                and (other.saying.settles or other.saying is Saying.PUTS_OFF)
                for other in later
            )
            if not kept and delays < MOST_DELAYS:
                yield f"{reference} {mail}: promised {promise}, then {[str(m) for m in later[:2]]}"


def doubled_reminders(mails: Iterable[Mail]) -> Iterator[str]:
    """Yield two reminders of one thing that came within a day."""
    last: dict[tuple[str, NoticeName], Mail] = {}
    for mail in mails:
        if mail.notice not in _REMINDERS:
            continue
        key = (mail.written.facts.reference, mail.notice)
        before = last.get(key)
        if before is not None and mail.sent_at - before.sent_at < timedelta(hours=20):
            yield f"{mail}: and {before}"
        last[key] = mail

"""The facts of a notice as a template sees them: in words, in the customer's zone."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import unquote

from markupsafe import Markup

from pipeline.model.form import FileFormat, FormKind
from pipeline.model.request import Move, Status, Track
from pipeline.notifications import dates
from pipeline.notifications.asked import LETTERS, Asked
from pipeline.notifications.digest import LineView, days_between
from pipeline.notifications.seal import Glued, Link, Mailbox, Number, Promised, Whole
from pipeline.tracks.moves import is_told_done, move_in, next_on_journey

#: What is said of a number already by the name of who runs WhatsApp on it.
_SAID_BY_A_NAME = frozenset({"business_platform", "unknown"})
#: The references that a subject has room for.
_NAMED_IN_SUBJECT = 2


def _promised(date: str) -> str:
    return Promised(date) if date else ""


@dataclass(frozen=True, slots=True)
class RequestView:
    """One of the requests that a mail tells of, as a template writes it."""

    reference: str
    number: str
    file_name: str


@dataclass(frozen=True)
class View(Asked):
    """What the templates may write: ``{{ v.due }}``, ``{{ v.number }}`` …; empty: not known."""

    def _instant(self, instant: datetime | None) -> str:
        if instant is None:
            return ""
        return Glued(dates.full_instant(instant, self.facts.zone, self.words))

    def _deadline(self, instant: datetime | None) -> str:
        if instant is None:
            return ""
        return self._instant(dates.before_midnight(instant, self.facts.zone))

    def _short(self, instant: datetime | None) -> str:
        """Return a date for a subject; the body has it in full."""
        if instant is None:
            return ""
        last = dates.before_midnight(instant, self.facts.zone)
        return dates.short_date(dates.in_zone(last, self.facts.zone).date(), self.words)

    def _date(self, day: date | None) -> str:
        return "" if day is None else Glued(dates.full_date(day, self.words))

    # who and what

    @property
    def reference(self) -> str:
        """The reference."""
        return Whole(self.facts.reference)

    @property
    def number(self) -> str:
        """The number in international writing."""
        return Number(self.facts.number_shown or self.facts.number)

    @property
    def other_number(self) -> str:
        """The second spelling of a doubtful number."""
        return Number(self.facts.other_number)

    @property
    def e164(self) -> str:
        """The number in E.164."""
        return Number(self.facts.number)

    @property
    def known_number(self) -> str:
        """The number, or numbers, that a mail without a form told."""
        return Number(self.words.text("layout", "list_separator").join(self.facts.known_numbers))

    @property
    def known_use(self) -> str:
        """Who has run WhatsApp on it, as the customer named them, and what was said of it.

        Words that contradict each other are all told. A name says the platform already.
        """
        named = self.facts.known_providers
        uses = [use for use in self.facts.known_uses if not (named and use in _SAID_BY_A_NAME)]
        told = (*named, *(self.words.text("known_use", use) for use in uses))
        return self.words.text("layout", "list_separator").join(told)

    @property
    def track(self) -> str:
        """The word for the track."""
        return self.words.text("track", self.facts.track)

    @property
    def track_with_article(self) -> str:
        """What kind of request it is, as it stands in a sentence."""
        return self.words.text("track_with_article", self.facts.track)

    @property
    def request(self) -> str:
        """What was asked for, in a few words."""
        return self.words.text("request", self.facts.form or self.facts.track)

    @property
    def request_of_track(self) -> str:
        """What the track is for, in a few words."""
        return self.words.text("request", self.facts.track)

    @property
    def form(self) -> str:
        """The name of the form; of the track's form when no form is known; else empty."""
        return self.words.text("form", self.facts.form or self.facts.track)

    @property
    def suggested_form(self) -> str:
        """The name of the suggested form, or empty."""
        return self.words.text("form", self.facts.suggestion) if self.facts.suggestion else ""

    def form_file(self, kind: str) -> str:
        """Return the name of the blank form that goes out with a notice."""
        suffix = FileFormat.XLSX.value
        return Glued(f"{FormKind(kind).value}_{self.words.language}.{suffix}")

    @property
    def mailbox(self) -> str:
        """The address that requests are sent to."""
        return Mailbox(self.facts.mailbox)

    # when

    @property
    def now(self) -> str:
        """The present instant."""
        return self._instant(self.facts.now)

    @property
    def received(self) -> str:
        """When the form arrived."""
        return self._instant(self.facts.received_at)

    @property
    def due(self) -> str:
        """The customer's deadline."""
        return self._deadline(self.facts.due_at)

    @property
    def due_day(self) -> str:
        """The customer's deadline, for a subject."""
        return self._short(self.facts.due_at)

    @property
    def promise(self) -> str:
        """Our deadline."""
        return _promised(self._deadline(self.facts.promise_at))

    @property
    def promise_day(self) -> str:
        """Our deadline, for a subject."""
        return _promised(self._short(self.facts.promise_at))

    @property
    def old_promise(self) -> str:
        """The deadline of ours that has passed."""
        return self._deadline(self.facts.old_promise_at)

    @property
    def second_received(self) -> str:
        """When the second of two differing forms arrived."""
        return self._instant(self.facts.second_received_at)

    @property
    def undo_until(self) -> str:
        """Until when a reply undoes it."""
        return self._deadline(self.facts.undo_until)

    @property
    def approval_ends(self) -> str:
        """When the approval lapses, when that is before the customer is ready; else empty."""
        ends, ready = self.facts.approval_ends_at, self.facts.ready_date
        if ends is None or ready is None:
            return ""
        last = dates.before_midnight(ends, self.facts.zone)
        last_day = dates.in_zone(last, self.facts.zone).date()
        return self._date(last_day) if ready > last_day else ""

    @property
    def ready_date(self) -> str:
        """The date from which the customer is ready."""
        return self._date(self.facts.ready_date)

    @property
    def active_since(self) -> str:
        """Since when the number is active."""
        return self._date(self.facts.active_since)

    @property
    def ready_date_has_come(self) -> bool:
        """Whether the customer's ready date is today or over."""
        today = dates.in_zone(self.facts.now, self.facts.zone).date()
        return self.facts.ready_date is not None and self.facts.ready_date <= today

    @property
    def deleted(self) -> str:
        """When the integration is deleted."""
        return self._deadline(self.facts.deleted_at)

    @property
    def deleted_day(self) -> str:
        """When the integration is deleted, for a subject."""
        return self._short(self.facts.deleted_at)

    # the certificate

    @property
    def expires(self) -> str:
        """When the certificate expires."""
        certificate = self.facts.certificate
        return self._deadline(certificate.expires_at if certificate else None)

    @property
    def expires_short(self) -> str:
        """When the certificate expires, for a subject."""
        if self.facts.certificate is None:
            return ""
        last = dates.before_midnight(self.facts.certificate.expires_at, self.facts.zone)
        return dates.short_instant(last, self.facts.zone, self.words)

    @property
    def revoked_because(self) -> str:
        """The code of why the certificate was cancelled, or empty."""
        known = self.words.section("revoked")
        certificate = self.facts.certificate
        candidates = (self.facts.reason, certificate.reason if certificate else "")
        return next((code for code in candidates if code in known), "")

    @property
    def certificate_over(self) -> bool:
        """Whether the certificate has expired by itself, so that there was none to cancel."""
        certificate = self.facts.certificate
        return certificate is not None and certificate.expires_at <= self.facts.now

    @property
    def days_left(self) -> int:
        """The days until the certificate expires, at least 1."""
        return max(1, self.facts.certificate.days_left) if self.facts.certificate else 1

    # steps, slots, lists

    @property
    def done_step(self) -> str:
        """The step that is over, when it was a step of the track."""
        before = self.facts.previous_status
        return self.step(before) if before and is_told_done(self.facts.track, before) else ""

    @property
    def next_step(self) -> str:
        """The step after the present one, when it is known."""
        return self.step(
            self.facts.next_status or next_on_journey(self.facts.track, self.facts.status)
        )

    @property
    def is_metas_move(self) -> bool:
        """Whether Meta decides how long it takes."""
        return move_in(self.facts.status) is Move.META

    @property
    def asks_again(self) -> bool:
        """Whether a request that is open again waits for something that was asked before."""
        asked = self.facts.status is not Status.AWAITING_READINESS or self.ready_date_has_come
        return self.waits_for_customer and asked and not self.facts.certificate_ordered

    @property
    def headline(self) -> str:
        """What a change of the status means, for a subject."""
        return self.words.text("headline", self.facts.status, self.words.text("headline", "other"))

    @property
    def digest(self) -> tuple[LineView, ...]:
        """The lines of a staff alert."""
        return tuple(
            LineView(line, self.words, self.facts.zone) for line in self.facts.digest.lines
        )

    @property
    def waits_longest(self) -> str:
        """The reference of the request that has waited longest for staff, or empty."""
        return Glued(self.facts.digest.longest)

    @property
    def longest_days(self) -> int:
        """For how many days it has waited."""
        since = self.facts.digest.longest_since
        return days_between(since, self.facts.now, self.facts.zone) if since else 0

    def rejected(self, part: str) -> Markup:
        """Return why (``why``) or what now (``next``); Markdown of ours, not a value."""
        reasons = self.words.section("rejected")
        other = "other_qr" if self.facts.track is Track.QR else "other"
        reason = reasons.get(self.facts.reason) or reasons[other]
        return Markup(str(reason[part]).strip())  # noqa: S704 - a template, not a value

    def step(self, status: Status | None) -> str:
        """Return the words for ``status``, or empty."""
        return self.words.text("step", status) if status else ""

    def word(self, section: str, key: str) -> str:
        """Return a shared word."""
        return self.words.text(section, key)

    @property
    def slots(self) -> tuple[tuple[str, str], ...]:
        """The offered hours that have not begun, each with its letter, which it keeps."""
        return tuple(
            (letter, Glued(dates.span(slot.start, slot.end, self.facts.zone, self.words)))
            for letter, slot in zip(LETTERS, self.facts.slots, strict=False)
            if slot.start > self.facts.now
        )

    @property
    def slot(self) -> str:
        """The agreed hour."""
        slot = self.facts.slot
        if slot is None:
            return ""
        return Glued(dates.span(slot.start, slot.end, self.facts.zone, self.words))

    @property
    def slot_short(self) -> str:
        """The agreed hour, for a subject."""
        if self.facts.slot is None:
            return ""
        return dates.short_instant(self.facts.slot.start, self.facts.zone, self.words)

    @property
    def own_lines(self) -> tuple[str, ...]:
        """The text that staff wrote, line by line, without blank lines."""
        return tuple(line for line in self.facts.own_words.splitlines() if line.strip())

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """The attached files, each with what it is for (empty: not said)."""
        return tuple((Glued(name), self._use(name)) for name in self.facts.files)

    def _use(self, name: str) -> str:
        stem, _, ending = name.lower().rpartition(".")
        by_ending = self.words.text("file_use", ending)
        return self.words.text("file_use", f"{ending}_{stem.partition('_')[0]}", by_ending)

    @property
    def requests(self) -> tuple[RequestView, ...]:
        """The requests of the forms of one message, when there are several."""
        return tuple(
            RequestView(Whole(one.reference), Number(one.number), one.file_name)
            for one in self.facts.requests
        )

    @property
    def certificate_follows(self) -> bool:
        """Whether a request of the mail leads to a certificate."""
        tracks = [one.track for one in self.facts.requests] or [self.facts.track]
        return any(track is not Track.QR for track in tracks)

    @property
    def references(self) -> str:
        """The references of all requests, for a subject; of more than two the first."""
        found = [one.reference for one in self.facts.requests] or [self.facts.reference]
        shown = found if len(found) <= _NAMED_IN_SUBJECT else found[:1]
        return self.words.text("layout", "list_separator").join(shown)

    @property
    def other_reference(self) -> str:
        """The reference of the request that this one is about."""
        return Whole(self.facts.other_reference)

    @property
    def chat_link(self) -> str:
        """The click-to-chat link; without one of its own, the plain link to the number."""
        digits = self.facts.number.removeprefix("+")
        return Link(self.facts.chat_link or (f"https://wa.me/{digits}" if digits else ""))

    @property
    def chat_text(self) -> str:
        """The words that the chat link types in, or empty."""
        return " ".join(unquote(self.facts.chat_link.partition("?text=")[2]).split())

    @property
    def short_link(self) -> str:
        """Meta's short link."""
        return Link(self.facts.short_link)

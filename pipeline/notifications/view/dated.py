"""When something is or was, as a template writes it: deadlines, promises, hours, a certificate."""

from dataclasses import dataclass
from datetime import date, datetime

from pipeline.notifications import dates
from pipeline.notifications.seal import Glued, Promised
from pipeline.notifications.view.asked import LETTERS, Asked


def _promised(date: str) -> str:
    return Promised(date) if date else ""


@dataclass(frozen=True)
class Dated(Asked):
    """The part of the view that is about when; a date is full in the body, short in a subject."""

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
    def no_deadline(self) -> bool:
        """Whether nothing is to be done by a date: none lies ahead, and none has passed."""
        return self.facts.due_at is None and not self.facts.due_passed

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
        if certificate is None or certificate.reason in self.words.section("revoked"):
            return False
        return certificate.expires_at <= self.facts.now

    @property
    def certificate_usable(self) -> bool:
        """Whether a certificate that was sent is still valid: nobody cancelled it."""
        certificate = self.facts.certificate
        return (
            certificate is not None
            and not certificate.reason
            and certificate.expires_at > self.facts.now
        )

    @property
    def days_left(self) -> int:
        """The days until the certificate expires, at least 1."""
        return max(1, self.facts.certificate.days_left) if self.facts.certificate else 1

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

"""The lines of a staff alert as a template writes them, in words of the team's language."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.digest import DigestLine
from pipeline.model.request import Status
from pipeline.notifications import dates
from pipeline.notifications.seal import Glued, Own
from pipeline.notifications.words import Words


@dataclass(frozen=True, slots=True)
class LineView:
    """One line in words; empty: not known."""

    line: DigestLine
    words: Words
    zone: str

    @property
    def reference(self) -> str:
        """The reference."""
        return Glued(self.line.reference)

    @property
    def what(self) -> str:
        """What happened; the code itself when there are no words."""
        return self.words.text("alert", self.line.code, self.line.code)

    @property
    def why(self) -> str:
        """Why it happened; in general where a reason has no words."""
        reason = self.line.reason
        if not reason:
            return ""
        return self.words.text("reason", reason) or self.words.text("reason", "other")

    @property
    def detail(self) -> str:
        """A name or an id, as it is; a reason without words by its code."""
        known = self.words.section("reason")
        return self.line.detail or (self.line.reason if self.line.reason not in known else "")

    @property
    def more(self) -> str:
        """How many further alerts of the kind there are."""
        return str(self.line.more or "")

    @property
    def step(self) -> str:
        """The step that the request is at."""
        return step_for_staff(self.line.status, self.words)

    @property
    def since(self) -> str:
        """The day since when it is at that step."""
        if self.line.since is None:
            return ""
        day = dates.in_zone(self.line.since, self.zone).date()
        return Glued(dates.short_date(day, self.words))

    @property
    def command(self) -> str:
        """What to type."""
        return Own(self.line.command)


def step_for_staff(status: Status | None, words: Words) -> str:
    """Return the words for ``status`` as staff read them, or empty."""
    if status is None:
        return ""
    return words.text("staff_step", status) or words.text("step", status)


def days_between(since: datetime, now: datetime, zone: str) -> int:
    """Return how many days of the calendar in ``zone`` lie between two instants."""
    return (dates.in_zone(now, zone).date() - dates.in_zone(since, zone).date()).days

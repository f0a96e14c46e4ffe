"""Time is passed in: every room gets a clock, none asks the wall."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant as an aware datetime in UTC."""

    def now(self) -> datetime:
        """Return the present instant (aware, UTC)."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the present instant (aware, UTC)."""
        return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is moved; for stories and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant that was set last (aware, UTC)."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Move the clock to ``instant`` (aware)."""
        self._now = instant.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move the clock forward by ``by``."""
        self._now += by

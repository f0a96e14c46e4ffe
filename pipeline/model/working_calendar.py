"""Working days of a country: weekends and public holidays."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Container

_SATURDAY = 5


@dataclass(frozen=True)
class WorkingCalendar:
    """The working days of ``country`` (ISO 3166 alpha-2), kept in the time zone ``zone`` (IANA).

    Without a country all days are working days but weekends.
    """

    country: str
    zone: str

    @cached_property
    def _holidays(self) -> "Container[date]":
        if not self.country:
            return frozenset()
        import holidays  # noqa: PLC0415 - slow to import, used where it is needed

        try:
            return holidays.country_holidays(self.country)
        except NotImplementedError:  # nobody lists the holidays of this country
            return frozenset()

    def is_working_day(self, day: date) -> bool:
        """Return whether people work on ``day``."""
        return day.weekday() < _SATURDAY and day not in self._holidays

    def on_or_after(self, day: date) -> date:
        """Return ``day``, or the next working day after it."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def add(self, day: date, working_days: int) -> date:
        """Return the day that lies ``working_days`` working days after ``day``."""
        for _ in range(working_days):
            day = self.on_or_after(day + timedelta(days=1))
        return day

    def before(self, day: date) -> date:
        """Return the last working day before ``day``."""
        day -= timedelta(days=1)
        while not self.is_working_day(day):
            day -= timedelta(days=1)
        return day

    def count(self, first: date, last: date) -> int:
        """Return the number of working days from ``first`` to ``last``, both included."""
        days = (last - first).days + 1
        return sum(self.is_working_day(first + timedelta(days=index)) for index in range(days))

    def local_date(self, instant: datetime) -> date:
        """Return the date of ``instant`` (aware) in this calendar's zone."""
        return instant.astimezone(ZoneInfo(self.zone)).date()


def at_hour(day: date, hour: int, zone: str) -> datetime:
    """Return the aware instant of ``hour`` o'clock on ``day`` in ``zone`` (IANA)."""
    return datetime.combine(day, time(hour), ZoneInfo(zone))

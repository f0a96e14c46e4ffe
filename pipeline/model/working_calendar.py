"""Working days of a country: weekends and public holidays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Container

_SATURDAY = 5
#: The hours of a working day in the team's zone; the day ends when deadlines do.
OPENS, CLOSES = 9, 18


@dataclass(frozen=True)
class WorkingCalendar:
    """The working days of ``country`` (ISO 3166 alpha-2), kept in the time zone ``zone`` (IANA).

    Without a country all days are working days but weekends.
    """

    country: str
    zone: str

    @cached_property
    def _holidays(self) -> "Container[date]":
        return _public_holidays(self.country) if self.country else frozenset()

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

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how much of the team's working hours lies between two instants (aware)."""
        if end <= start:
            return timedelta()
        first, last = self.local_date(start), self.local_date(end)
        whole = self.count(first, last) * timedelta(hours=CLOSES - OPENS)
        return whole - self._hours(first, until=start) - self._hours(last, since=end)

    def _hours(
        self, day: date, *, until: datetime | None = None, since: datetime | None = None
    ) -> timedelta:
        """Return the working hours of ``day`` up to an instant in it, or from one on."""
        if not self.is_working_day(day):
            return timedelta()
        opens, closes = at_hour(day, OPENS, self.zone), at_hour(day, CLOSES, self.zone)
        begin = opens if since is None else min(max(since, opens), closes)
        end = closes if until is None else min(max(until, opens), closes)
        return end.astimezone(UTC) - begin.astimezone(UTC)

    def local_date(self, instant: datetime) -> date:
        """Return the date of ``instant`` (aware) in this calendar's zone."""
        return instant.astimezone(ZoneInfo(self.zone)).date()


def at_hour(day: date, hour: int, zone: str) -> datetime:
    """Return the aware instant of ``hour`` o'clock on ``day`` in ``zone`` (IANA)."""
    return datetime.combine(day, time(hour), ZoneInfo(zone))


def _public_holidays(country: str) -> "Container[date]":
    """Return the public holidays of ``country``, none where nobody lists them.

    The module of the country is loaded by its file: to import it loads those of all 250 countries
    (``holidays.countries``), which takes longer than all else that the first message needs.
    """
    from holidays import registry  # noqa: PLC0415 - slow to import, used where it is needed

    names = {
        code: (name, entity)
        for name, (entity, *codes) in registry.COUNTRIES.items()
        for code in codes
    }
    if country not in names:
        return frozenset()
    name, entity = names[country]
    file = Path(registry.__file__).parent / "countries" / f"{name}.py"
    spec: Any = spec_from_file_location(f"holidays.countries.{name}", file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    holidays: Container[date] = getattr(module, entity)()
    return holidays

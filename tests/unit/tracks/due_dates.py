"""Instants in the zones of customers and team, and what is due at them."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipeline.model.request import RequestState
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.tracks.deadlines import deadlines, due
from tests.unit.tracks.rows import POLICY

TOKYO = "Asia/Tokyo"
JAPAN = WorkingCalendar("JP", TOKYO)
GERMANY = WorkingCalendar("DE", "Europe/Berlin")
AMERICA = WorkingCalendar("US", "America/New_York")


def at(
    year: int, month: int, day: int, hour: int = 18, minute: int = 0, zone: str = TOKYO
) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))


# 24 November 2026 is a Tuesday; the 23rd is a holiday in Japan.
TUESDAY = at(2026, 11, 24, 10, 12)


def entered(instant: datetime, state: RequestState) -> RequestState:
    return replace(state, entered_at=instant.astimezone(UTC))


def listed(
    state: RequestState, zone: str = TOKYO, team: WorkingCalendar = JAPAN
) -> dict[str, datetime]:
    found = deadlines(state, POLICY, customer_zone=zone, team=team)
    return {item.key: item.at for item in found}


def now_due(state: RequestState, now: datetime, *done: str) -> list[str]:
    found = due(state, done, now, POLICY, customer_zone=TOKYO, team=JAPAN)
    return [item.key for item in found]

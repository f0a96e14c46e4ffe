"""The working days of a country, as the package of holidays knows them."""

import subprocess
import sys
from datetime import date, timedelta

import holidays
import pytest

from pipeline.model.working_calendar import WorkingCalendar

_FIRST = date(2026, 1, 1)
_DAYS = [_FIRST + timedelta(days=day) for day in range(730)]
_ASKED = """
import sys
from datetime import date
from pipeline.model.working_calendar import WorkingCalendar
assert not WorkingCalendar("JP", "Asia/Tokyo").is_working_day(date(2026, 1, 1))
print(sum(name.startswith("holidays.countries") for name in sys.modules))
"""


@pytest.mark.parametrize("country", ["JP", "DE", "AX", "US"])
def test_the_holidays_are_those_of_the_package(country: str) -> None:
    calendar = WorkingCalendar(country, "UTC")
    known = holidays.country_holidays(country)
    assert any(day.weekday() < 5 and day in known for day in _DAYS)
    assert [calendar.is_working_day(day) for day in _DAYS] == [
        day.weekday() < 5 and day not in known for day in _DAYS
    ]


@pytest.mark.parametrize("country", ["", "XX"])
def test_nobody_lists_the_holidays_of_some_countries(country: str) -> None:
    assert WorkingCalendar(country, "UTC").is_working_day(_FIRST)


def test_no_other_country_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASKED], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "0"

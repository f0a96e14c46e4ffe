from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.certificates.expiry import created_at_of_day, days_left, expires_at, is_valid
from pipeline.errors import ConfigurationError
from tests.drawn import drawn


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (_utc(2026, 11, 24, 5, 30), _utc(2026, 12, 1, 5, 30)),
        (_utc(2026, 12, 28, 23, 59, 59), _utc(2027, 1, 4, 23, 59, 59)),
        (_utc(2028, 2, 22, 12), _utc(2028, 2, 29, 12)),
        (_utc(2028, 2, 29, 12), _utc(2028, 3, 7, 12)),
        (_utc(2027, 2, 22, 12), _utc(2027, 3, 1, 12)),
    ],
)
def test_expiry_in_utc_is_exactly_168_hours_later(created: datetime, expected: datetime) -> None:
    assert expires_at(created) == expected
    assert expires_at(created) - created == timedelta(hours=168)


@pytest.mark.parametrize(
    ("zone", "created", "hours"),
    [
        # Germany sets its clocks forward on 29 March 2026 and back on 25 October 2026.
        ("Europe/Berlin", _utc(2026, 3, 26, 12), 167),
        ("Europe/Berlin", _utc(2026, 10, 22, 12), 169),
        ("Asia/Tokyo", _utc(2026, 3, 26, 12), 168),
        ("Australia/Lord_Howe", _utc(2026, 3, 31, 12), 168.5),
    ],
)
def test_expiry_in_a_zone_keeps_the_wall_clock_time(
    zone: str, created: datetime, hours: float
) -> None:
    local = created.replace(tzinfo=ZoneInfo(zone))  # the same figures on that zone's clock
    expires = expires_at(local, zone)
    assert expires.tzinfo is UTC
    assert expires.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC) == created + timedelta(days=7)
    assert expires - local.astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "created", "expected"),
    [
        # fourteen hours ahead of UTC, and eleven behind it
        ("Pacific/Kiritimati", _utc(2026, 12, 28, 10), _utc(2027, 1, 4, 10)),
        ("Pacific/Pago_Pago", _utc(2026, 12, 28, 10), _utc(2027, 1, 4, 10)),
        # Samoa had no 30 December 2011: the seventh day comes after 144 hours
        ("Pacific/Apia", _utc(2011, 12, 25, 12), _utc(2011, 12, 31, 12)),
        # Berlin, into summer time over the end of a leap February, and out of it
        ("Europe/Berlin", _utc(2028, 3, 23, 11), _utc(2028, 3, 30, 10)),
        ("Europe/Berlin", _utc(2028, 10, 26, 10), _utc(2028, 11, 2, 11)),
    ],
)
def test_expiry_across_date_lines_and_changes_of_the_clocks(
    zone: str, created: datetime, expected: datetime
) -> None:
    assert expires_at(created, zone) == expected


def test_expiry_at_a_wall_clock_time_that_is_skipped_counts_with_the_offset_before() -> None:
    created = datetime(2026, 3, 22, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert expires_at(created, "Europe/Berlin") == _utc(2026, 3, 29, 1, 30)


def test_expiry_at_a_wall_clock_time_that_comes_twice_is_the_first() -> None:
    created = datetime(2026, 10, 18, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert expires_at(created, "Europe/Berlin") == _utc(2026, 10, 25, 0, 30)


def test_expiry_of_the_second_of_two_equal_times_keeps_the_wall_clock_time() -> None:
    created = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin"))
    assert expires_at(created, "Europe/Berlin") == _utc(2026, 11, 1, 1, 30)


def test_creation_of_a_day_is_its_first_instant() -> None:
    assert created_at_of_day(date(2026, 11, 24), "Asia/Tokyo") == _utc(2026, 11, 23, 15)


def test_creation_of_a_day_without_midnight_is_when_the_day_begins() -> None:
    # Chile's clocks went from 24:00 on 5 September 2026 straight to 01:00.
    assert created_at_of_day(date(2026, 9, 6), "America/Santiago") == _utc(2026, 9, 6, 4)


def test_validity_ends_at_the_instant_of_expiry() -> None:
    expires = _utc(2026, 12, 1, 5, 30)
    assert is_valid(expires, expires - timedelta(microseconds=1)) is True
    assert is_valid(expires, expires) is False


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=7), 7),
        (timedelta(days=3), 3),
        (timedelta(days=2, minutes=1), 3),
        (timedelta(seconds=1), 1),
        (timedelta(0), 0),
        (-timedelta(days=2), 0),
    ],
)
def test_days_left_counts_a_started_day(left: timedelta, days: int) -> None:
    now = _utc(2026, 11, 24)
    assert days_left(now + left, now) == days


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_zone_is_a_configuration_error(zone: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        expires_at(_utc(2026, 1, 1), zone)
    assert caught.value.code == "time_zone_unknown"


@drawn(60, 300, database=None)
@given(
    created=st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive, the zone is given apart
    zone=st.timezone_keys(allow_prefix=False),
)
def test_expiry_in_any_zone_is_seven_days_on_the_wall_or_in_a_gap(
    created: datetime, zone: str
) -> None:
    place = ZoneInfo(zone)
    local = created.astimezone(place)
    expires = expires_at(created, zone)
    wall = (local + timedelta(days=7)).replace(fold=0)
    exists = wall.astimezone(UTC).astimezone(place).replace(fold=0) == wall
    if exists:
        assert expires.astimezone(place).replace(fold=0) == wall
    # Where the wall clock never shows that time, the change of the clock decides, within a day.
    assert abs(expires - created - timedelta(days=7)) <= timedelta(hours=24)

"""When a certificate was created, as staff type it."""

from datetime import UTC, date, datetime

import click
import pytest

from pipeline.cli.commands.certificates import Creation


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-05-01", date(2026, 5, 1)),
        ("2026-05-01T00:00", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01 00:00:00", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T09:30", datetime(2026, 5, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_midnight_that_is_typed_is_an_instant_and_no_day(typed: str, meant: date) -> None:
    found = Creation().convert(typed, None, None)
    assert (type(found), found) == (type(meant), meant)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(click.BadParameter):
        Creation().convert("yesterday", None, None)

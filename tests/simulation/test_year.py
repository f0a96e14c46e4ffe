"""A year of requests: what was promised is kept, and no mail says what is not so."""

from datetime import UTC, datetime

import pytest

from tests.simulation.driver import Year
from tests.simulation.years import SECTIONS, faults, lived
from tests.world.fixtures import MakeWorld
from tests.world.world import World


def _check(year: Year, least: int) -> None:
    found = faults(year)
    assert not found, "\n".join([*found, str(year.refused), str(year.misfortune)])
    assert len(year.mails) >= least


def test_some_requests_of_three_months(make_world: MakeWorld) -> None:
    _check(lived(make_world(**SECTIONS), 7, 9, 100, misfortune=True), 25)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_year_of_two_hundred_requests(make_world: MakeWorld, seed: int) -> None:
    year = lived(make_world(**SECTIONS), seed, 200)
    _check(year, 900)
    assert any(mail.notice.value == "delayed" for mail in year.mails)
    assert year.until > datetime(2027, 11, 1, tzinfo=UTC)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_year_of_misfortune(any_world: World, seed: int) -> None:
    _check(lived(any_world, seed, 40, misfortune=True), 150)

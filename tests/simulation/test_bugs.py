"""Bugs that are put in on purpose are found: the rules of the years can fail."""

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.years import SECTIONS, faults, lived
from tests.world.fixtures import MakeWorld

#: Within so many years each has to be found.
_YEARS = 20
_PEOPLE = 40


@pytest.mark.long
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found(make_world: MakeWorld, bug: str) -> None:
    for seed in range(1, _YEARS + 1):
        with BUGS[bug]():
            try:
                found = faults(lived(make_world(**SECTIONS), seed, _PEOPLE, misfortune=True))
            except AssertionError as error:  # a batch failed that had no reason to
                found = [str(error)]
        if found:
            print(f"{bug}: found in year {seed}: {found[0]}")  # noqa: T201 - what it found
            return
    pytest.fail(f"{bug}: {_YEARS} years passed, and nobody noticed")

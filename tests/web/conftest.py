"""A world with a console, and people in front of it."""

from collections.abc import Iterator

import pytest

from pipeline.flow.staff.people import passwords
from tests.world.console import Staff
from tests.world.fixtures import any_world, guard, make_world, postgresql, prepared, world
from tests.world.poison import deadly
from tests.world.world import World

__all__ = [
    "any_world",
    "deadly",
    "guard",
    "make_world",
    "postgresql",
    "prepared",
    "staff",
    "world",
]


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no good hash."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=8, rounds=1, lanes=1))


@pytest.fixture
def staff(world: World) -> Iterator[Staff]:
    """The console of the world."""
    at_work = Staff(world.services)
    yield at_work
    at_work.console.previews.close()

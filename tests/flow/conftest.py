"""The worlds for the tests of the flow."""

from tests.world.fixtures import any_world, empty_sqlite, guard, make_world, postgresql, world
from tests.world.poison import deadly

__all__ = [
    "any_world",
    "deadly",
    "empty_sqlite",
    "guard",
    "make_world",
    "postgresql",
    "world",
]

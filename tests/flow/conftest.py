"""The worlds for the tests of the flow."""

from tests.world.fixtures import any_world, guard, make_world, postgresql, prepared, world
from tests.world.poison import deadly

__all__ = [
    "any_world",
    "deadly",
    "guard",
    "make_world",
    "postgresql",
    "prepared",
    "world",
]

"""The worlds for the simulated year."""

from tests.world.fixtures import guard, make_world, postgresql, prepared, world

__all__ = ["guard", "make_world", "postgresql", "prepared", "world"]

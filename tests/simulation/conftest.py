"""The worlds for the simulated year."""

from tests.world.fixtures import empty_sqlite, guard, make_world, postgresql, world

__all__ = ["empty_sqlite", "guard", "make_world", "postgresql", "world"]

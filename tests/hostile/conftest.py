"""The world for a whole mailbox of hostile mail."""

from tests.world.fixtures import empty_sqlite, guard, make_world, world
from tests.world.poison import deadly

__all__ = ["deadly", "empty_sqlite", "guard", "make_world", "world"]

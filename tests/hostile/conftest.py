"""The world for a whole mailbox of hostile mail."""

from tests.world.fixtures import guard, make_world, prepared, world
from tests.world.poison import deadly

__all__ = ["deadly", "guard", "make_world", "prepared", "world"]

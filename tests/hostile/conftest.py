"""The world of the flow's tests, for a whole mailbox of hostile mail."""

from tests.flow.conftest import empty_sqlite, guard, make_world, world

__all__ = ["empty_sqlite", "guard", "make_world", "world"]

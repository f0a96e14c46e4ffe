"""A world with a folder of backups, and the state that one of them is put back to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config import Settings
from pipeline.flow.services import open_services
from pipeline.flow.upkeep.backup.create import Created, State, create
from pipeline.flow.upkeep.backup.restore import PutBack, restore
from pipeline.flow.upkeep.backup.verify import Verified, verify
from tests.world.world import World

PASSPHRASE = b"a passphrase of many words"


def server_of(world: World) -> str:
    """Return the URL of the server of a world's database; empty: it is a file."""
    return world.services.settings.store.url


def back_up(world: World, folder: Path, *, with_keys: bool = True) -> Created:
    """Make a backup in ``folder``."""
    state = State(world.services.store, world.services.settings, b"{}")
    return create(state, folder, world.clock, PASSPHRASE if with_keys else None)


def check(world: World, made: Created) -> Verified:
    """Check a backup as the command does."""
    return verify(made.path, server_of(world), PASSPHRASE)


def put_back(
    world: World, made: Created, home: Path, url: str = "", *, with_keys: bool = True
) -> PutBack:
    """Put a backup back into ``home`` (and the database ``url``)."""
    passphrase = PASSPHRASE if with_keys else None
    return restore(made.path, home, world.clock, url, passphrase)


def settings_there(world: World, home: Path, url: str = "") -> Settings:
    """Return the settings of ``world`` for the state in ``home``, with the same mailbox.

    What goes out goes into a Maildir of its own: one that has a mail already takes it once.
    """
    settings = world.services.settings
    return settings.model_copy(
        update={
            "store": settings.store.model_copy(update={"home": home, "url": url}),
            "mailbox": settings.mailbox.model_copy(
                update={"path": settings.below_home(settings.mailbox.path)}
            ),
        }
    )


@contextmanager
def world_there(world: World, home: Path, url: str = "") -> Iterator[World]:
    """Open the state in ``home`` in the place of that of ``world``."""
    with open_services(settings_there(world, home, url), world.clock) as services:
        yield World(services, world.clock, world.customer)

"""The world for faults inside one process."""

from collections.abc import Callable, Iterator

import pytest

from pipeline.config import MailboxSettings, Section
from tests.servers.lines import closed_port
from tests.world.command_line import english
from tests.world.fixtures import MakeWorld, guard, make_world, postgresql, prepared
from tests.world.settings import ADDRESS
from tests.world.world import World

__all__ = ["english", "guard", "make_world", "postgresql", "prepared"]

OpenBox = Callable[..., World]


@pytest.fixture
def open_box(make_world: MakeWorld) -> OpenBox:
    """Open a world whose staff get no mail, so that all mail is the customers'.

    The keywords replace sections of the settings.
    """

    def make(**sections: Section) -> World:
        box: World = make_world(team={"alert_to": ""})
        box.change(**sections)
        return box

    return make


@pytest.fixture
def box(open_box: OpenBox) -> World:
    """Return a world with a Maildir on both sides."""
    return open_box()


@pytest.fixture
def mailbox_down() -> Iterator[MailboxSettings]:
    """Settings of a mailbox whose server does not answer."""
    with closed_port() as port:
        yield MailboxSettings(
            kind="imap", address=ADDRESS, host="127.0.0.1", port=port, encryption="none", user="box"
        )

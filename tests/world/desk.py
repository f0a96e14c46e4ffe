"""Staff at the command line of a whole small world, on the world's own clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import clock
from tests.world.command_line import Call, Called, caller
from tests.world.settings import STAFF, write_settings
from tests.world.world import World


@dataclass(frozen=True, slots=True)
class Desk:
    """A world, and the command line on its database."""

    world: World
    call: Call

    def do(self, *arguments: str) -> Called:
        """Call the command line; it has to succeed."""
        called = self.call(*arguments)
        assert called.code == 0, called.err
        return called

    def refused(self, *arguments: str) -> str:
        """Call the command line; it has to refuse. Return what it says."""
        called = self.call(*arguments)
        assert (called.code, called.out) == (6, ""), called
        return called.err


MakeDesk = Callable[..., Desk]


@pytest.fixture
def make_desk(
    make_world: Callable[..., World],
    tmp_path: Path,
    english: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> MakeDesk:
    """Make a world with a command line; the keywords are sections of the settings."""

    def make(**sections: Mapping[str, object]) -> Desk:
        world = make_world(**sections)
        folder = tmp_path / "desk"
        folder.mkdir()
        (folder / "state").symlink_to(world.home)
        team = {"alert_to": STAFF, **sections.pop("team", {})}
        write_settings(folder / "pipeline.toml", team=team, **sections)
        monkeypatch.setattr(clock.SystemClock, "now", lambda _: world.clock.now())
        return Desk(world, caller(folder, capsys))

    return make


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """A world with a command line, on SQLite."""
    return make_desk()

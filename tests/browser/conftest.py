"""One Chromium and one served console for all tests here; each test takes its own requests."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pipeline.flow.staff.people import passwords
from tests.browser.console import Running, crowded, storied
from tests.browser.people import Browsers, chromium
from tests.servers.needed import skip_without

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Chromium, without a window."""
    skip_without(shutil.which("chromium"), "chromium")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def cheap_passwords() -> Iterator[None]:
    """Wait for no good hash."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", passwords.Cost(memory_kib=8, rounds=1, lanes=1))
        yield


@pytest.fixture(scope="session")
def console(cheap_passwords: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The console of the quick tests."""
    with crowded(tmp_path_factory.mktemp("console")) as served:
        yield served


@pytest.fixture(scope="session")
def story(cheap_passwords: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The console with the story of the demo: every track, nearly every state."""
    with storied(tmp_path_factory.mktemp("story") / "demo") as served:
        yield served


@pytest.fixture
def browsers(browser: "Browser", console: Running) -> Iterator[Browsers]:
    """Make people; in the end no browser may have complained of anything."""
    made = Browsers(browser, console)
    yield made
    assert made.close() == []


@pytest.fixture
def readers(browser: "Browser", story: Running) -> Iterator[Browsers]:
    """Make people in front of the story; in the end no browser may have complained."""
    made = Browsers(browser, story)
    yield made
    assert made.close() == []

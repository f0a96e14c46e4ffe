"""A fake of Meta for each test, and a client that does not sleep."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.clock import SettableClock
from pipeline.config import MetaSettings
from pipeline.meta.api import Graph
from pipeline.meta.client import open_graph
from tests.servers.meta import FakeMeta, fake_meta

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture
def meta(clock: SettableClock) -> Iterator[FakeMeta]:
    with fake_meta(clock=clock) as running:
        yield running
    assert running.breaches == []


@pytest.fixture
def settings(meta: FakeMeta, tmp_path: Path) -> MetaSettings:
    return meta.settings(tmp_path)


@pytest.fixture
def pauses() -> list[float]:
    """What the client would have slept."""
    return []


@pytest.fixture
def graph(settings: MetaSettings, clock: SettableClock, pauses: list[float]) -> Iterator[Graph]:
    with open_graph(settings, clock, pauses.append) as opened:
        yield opened

"""What the benchmarks share: services in a folder of their own."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.flow.services import Services, open_services
from tests.benchmarks.measuring import MEASURED
from tests.benchmarks.table import PAGE, written
from tests.world.settings import settings_of

OpenServices = Callable[..., Services]


@pytest.fixture
def services_in() -> Iterator[OpenServices]:
    """Open services with their state in a folder."""
    with ExitStack() as stack:

        def make(folder: Path, url: str = "") -> Services:
            courier = {"hourly_cap": 1_000_000, "undo_seconds": 0}
            settings = settings_of(folder, courier=courier, store={"url": url})
            return stack.enter_context(open_services(settings, SystemClock(), make=True))

        yield make


def pytest_sessionfinish() -> None:
    """Write what was measured into the documentation, where ``BENCH_WRITE`` asks for it."""
    if MEASURED and os.environ.get("BENCH_WRITE"):
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), MEASURED), encoding="utf-8")

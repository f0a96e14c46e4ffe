"""What the benchmarks share: services in a folder of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.flow.services import Services, open_services
from tests.world.settings import settings_of

OpenServices = Callable[[Path], Services]


@pytest.fixture
def services_in() -> Iterator[OpenServices]:
    """Open services with their state in a folder."""
    with ExitStack() as stack:

        def make(folder: Path) -> Services:
            courier = {"hourly_cap": 1_000_000, "undo_seconds": 0}
            settings = settings_of(folder, courier=courier)
            return stack.enter_context(open_services(settings, SystemClock(), make=True))

        yield make

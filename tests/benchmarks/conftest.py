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
from tests.servers.needed import skip_without
from tests.servers.postgresql import new_database, postgresql_programs, running_postgresql
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


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.postgresql)])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """Give the name of an engine, and the URLs of two databases of it."""
    if request.param == "SQLite":
        yield request.param, ["", ""]
        return
    skip_without(postgresql_programs(), "PostgreSQL")
    with running_postgresql(tmp_path) as url:
        yield request.param, [new_database(url), new_database(url)]


def pytest_sessionfinish() -> None:
    """Write what was measured into the documentation, where ``BENCH_WRITE`` asks for it."""
    if MEASURED and os.environ.get("BENCH_WRITE"):
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), MEASURED), encoding="utf-8")

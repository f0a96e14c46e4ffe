"""For all tests: what is not installed is no skip where CI=true; one PostgreSQL for a session."""

import gc
import os
from collections.abc import Callable, Generator, Iterator

import pytest

from tests.servers.needed import skip_without
from tests.servers.postgresql import new_database, postgresql_programs, running_postgresql


def pytest_collection_finish() -> None:
    """Leave what was collected to itself: it lives to the end, and each look at it takes time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (
        os.environ.get("CI") == "true"
        and report.skipped
        and "not installed" in str(report.longrepr)
    ):
        report.outcome = "failed"
        report.longrepr = f"CI has to install it: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the database ``postgres`` of a server of our own."""
    skip_without(postgresql_programs(), "PostgreSQL")
    with running_postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture
def new_postgresql(postgresql_url: str) -> Callable[[], str]:
    """Make one more database without tables and return its URL."""
    return lambda: new_database(postgresql_url)

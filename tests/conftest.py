"""For all tests: what is not installed is no skip where CI=true; one PostgreSQL for a session."""

import gc
import os
from collections.abc import Callable, Generator, Iterator

import pytest

from tests import drawn
from tests.servers.needed import skip_without
from tests.servers.postgresql import new_database, postgresql_programs, running_postgresql


def pytest_configure(config: pytest.Config) -> None:
    """Let Hypothesis draw many examples where the long tests are asked for."""
    drawn.many_wanted = config.option.markexpr == "long"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take what draws many examples among the long tests, beside its few in every run."""
    for item in items if drawn.many_wanted else ():
        if item.get_closest_marker("drawn"):
            item.add_marker("long")


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

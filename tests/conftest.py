"""For all tests: where CI=true, a program that is not installed is a failure, not a skip."""

import os
from collections.abc import Generator

import pytest


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

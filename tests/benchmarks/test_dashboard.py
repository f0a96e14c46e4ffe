"""What the figures of a year cost when many requests are finished.

``BENCH_REQUESTS`` says how many (100,000; the requirement is about 1,000,000).
"""

import os
from pathlib import Path

import pytest

from pipeline.flow.services import Services
from pipeline.flow.views.dashboard.page import figures
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import medians, show, spent, tell
from tests.benchmarks.test_many_finished import with_finished

_FEW = 3_000
_MANY = int(os.environ.get("BENCH_REQUESTS", "100000"))


@pytest.mark.benchmark
def test_figures_of_a_year(services_in: OpenServices, tmp_path: Path) -> None:
    few = with_finished(services_in, tmp_path / "few", _FEW)
    many = with_finished(services_in, tmp_path / "many", _MANY)

    def year(services: Services) -> int:
        found = figures(services, 365)
        assert found.sample == _FEW
        return found.received

    assert year(many) == _MANY + 1
    ours, floor = medians(lambda: year(many), lambda: year(few), rounds=5)
    show(f"figures of a year over {_MANY} finished requests", ours, floor, f"over {_FEW}")
    tell(f"processor: {spent(lambda: year(many)).processor * 1000:.0f} ms")

"""First uses of a state folder: two at the same moment, and one that is killed half-way."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_CHECKOUT = Path(__file__).parents[2]


def _ask(*arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.first_uses", *arguments],
        cwd=_CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
        timeout=1800,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("count", [6, pytest.param(300, marks=pytest.mark.long)])
def test_two_first_uses_at_once_find_the_same_keys(tmp_path: Path, count: int) -> None:
    assert _ask("pairs", str(tmp_path), str(count)) == []


@pytest.mark.parametrize("every", [23, pytest.param(1, marks=pytest.mark.long)])
def test_a_killed_first_use_is_finished_by_the_next(tmp_path: Path, every: int) -> None:
    """Each write of the first use is a moment to be killed before, and one after it."""
    killed, wrong = _ask("kills", str(tmp_path), str(every))
    assert wrong == []
    assert killed > 100 / every

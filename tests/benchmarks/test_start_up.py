"""How long the command takes to say its version and its help."""

import subprocess
import sys

import pytest

from tests.benchmarks.measuring import medians, show

_OURS = "import sys; from pipeline.cli import main; main(sys.argv[1:])"


def _python(code: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL, timeout=60
    )


@pytest.mark.benchmark
@pytest.mark.parametrize(
    ("option", "floor", "against"),
    [
        ("--version", "pass", "the bare interpreter"),
        ("--version", "import click", "an interpreter that imports click"),
        ("--help", "import click", "an interpreter that imports click"),
    ],
)
def test_start_up(option: str, floor: str, against: str) -> None:
    ours, bare = medians(lambda: _python(_OURS, option), lambda: _python(floor), rounds=11)
    show(f"pipeline {option}", ours, bare, against)

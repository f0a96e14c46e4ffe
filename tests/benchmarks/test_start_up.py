"""How long the command takes to say its version and its help."""

from pathlib import Path

import pytest

from tests.benchmarks.measuring import medians, python, show

_OURS = "import sys; from pipeline.cli import main; main(sys.argv[1:])"


@pytest.mark.benchmark
@pytest.mark.parametrize(
    ("option", "floor", "against"),
    [
        ("--version", "pass", "the bare interpreter"),
        ("--version", "import click", "an interpreter that imports click"),
        ("--help", "import click", "an interpreter that imports click"),
    ],
)
def test_start_up(option: str, floor: str, against: str, tmp_path: Path) -> None:
    ours, bare = medians(
        lambda: python(tmp_path, _OURS, option), lambda: python(tmp_path, floor), rounds=11
    )
    show(f"pipeline {option}", ours, bare, against)

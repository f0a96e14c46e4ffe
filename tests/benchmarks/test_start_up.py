"""What it costs to start a command: processor time, against an interpreter with its libraries.

Both sides are whole processes, in turns. ``BENCH_REQUESTS`` says how many requests the large
database has (1,000,000 without it); the small one has twelve.
"""

import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.batch import run_batch
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import show
from tests.benchmarks.test_many_finished import with_finished
from tests.world.crowd import form_mail
from tests.world.settings import write_settings
from tests.world.world import deliver

_OURS = "import sys; from pipeline.cli import main; main(sys.argv[1:])"
_FEW = 12
_MANY = int(os.environ.get("BENCH_REQUESTS", "1000000"))
_CLICK = "import click"
_SETTINGS = "import pydantic, click"
_DATABASE = "import sqlalchemy, pydantic, click"
_ROUNDS = 15

Call = Callable[[str, tuple[str, ...]], float]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Run code in a new interpreter; return the processor seconds of that process."""
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode"),  # a machine in use has it
    }

    def called(code: str, arguments: tuple[str, ...]) -> float:
        nowhere = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
        command = [sys.executable, "-c", code, *arguments]
        child = os.posix_spawn(sys.executable, command, environment, file_actions=[nowhere])
        _, status, used = os.wait4(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, arguments
        return used.ru_utime + used.ru_stime

    return called


def _compare(call: Call, what: str, arguments: tuple[str, ...], floor: str) -> None:
    call(_OURS, arguments)
    call(floor, ())
    pairs = [(call(_OURS, arguments), call(floor, ())) for _ in range(_ROUNDS)]
    ours, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
    show(f"start-up of {what}", ours, bare, f"an interpreter: {floor}")


@pytest.mark.benchmark
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_programme_alone(option: str, call: Call) -> None:
    _compare(call, f"pipeline {option}", (option,), _CLICK)


@pytest.mark.benchmark
@pytest.mark.parametrize("command", ["config check", "form list"])
def test_a_command_without_a_database(command: str, call: Call, tmp_path: Path) -> None:
    options = ("--config", str(write_settings(tmp_path / "pipeline.toml")))
    _compare(call, f"pipeline {command}", (*options, *command.split()), _SETTINGS)


@pytest.mark.benchmark
def test_a_look_at_the_database(services_in: OpenServices, call: Call, tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    services = services_in(few)
    write_settings(few / "pipeline.toml")
    deliver(services, *(form_mail(number) for number in range(_FEW)))
    run_batch(services)
    with_finished(services_in, many, _MANY)
    for folder, count in ((few, _FEW), (many, _MANY)):
        options = ("--config", str(folder / "pipeline.toml"), "--home", str(folder))
        for command in ("status", "queue"):
            what = f"pipeline {command}, {count:,} requests"
            _compare(call, what, (*options, command), _DATABASE)

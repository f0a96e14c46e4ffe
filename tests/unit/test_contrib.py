"""The units for systemd fit the commands that they start."""

import configparser
import re
from pathlib import Path

import pytest

from pipeline.cli import command_paths
from pipeline.errors import ExitCode

CONTRIB = Path(__file__).parents[2] / "contrib"
_STOP_SECONDS = 5
#: Of each unit: the least time of its watchdog in minutes, and the codes that do not pass.
UNITS = {
    # an answer of a mail server may take 10 minutes (RFC 5321, 4.5.3.2)
    "watch": (11, [ExitCode.CONFIGURATION]),
    "console": (1, [ExitCode.USAGE, ExitCode.CONFIGURATION]),
}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_fits_the_command(name: str) -> None:
    least, lasting = UNITS[name]
    unit = configparser.ConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string((CONTRIB / f"whatsapp-requests-{name}.service").read_text(encoding="utf-8"))
    service = unit["Service"]
    program, *arguments = service["ExecStart"].split()
    assert Path(program).is_absolute()
    assert Path(program).name == "pipeline"
    assert tuple(arguments) in command_paths()
    assert service["Type"] == "notify"
    minutes = re.fullmatch(r"(\d+)min", service["WatchdogSec"])
    assert minutes is not None
    assert int(minutes[1]) >= least
    assert int(service["TimeoutStopSec"]) > _STOP_SECONDS
    assert service["RestartPreventExitStatus"].split() == [str(code.value) for code in lasting]
    assert service["KillMode"] == "mixed"


def test_each_unit_is_looked_at() -> None:
    assert {path.stem.rpartition("-")[2] for path in CONTRIB.iterdir()} == set(UNITS)

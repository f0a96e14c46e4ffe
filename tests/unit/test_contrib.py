"""The units for systemd fit the commands that they start."""

import configparser
import re
import shutil
import subprocess
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


def test_backup_unit_and_its_timer_fit_the_commands() -> None:
    lines = (CONTRIB / "whatsapp-requests-backup.service").read_text(encoding="utf-8").splitlines()
    settings = [line.partition("=")[::2] for line in lines if not line.startswith("#")]
    started = [value.split() for name, value in settings if name == "ExecStart"]
    assert [tuple(words[1:3]) for words in started] == [("backup", "create"), ("backup", "verify")]
    assert {tuple(words[1:3]) for words in started} <= set(command_paths())
    assert all(Path(words[0]).name == "pipeline" for words in started)
    # only a unit of this type runs several commands, one after the other
    assert ("Type", "oneshot") in settings
    timer = (CONTRIB / "whatsapp-requests-backup.timer").read_text(encoding="utf-8")
    assert "Persistent=true" in timer
    assert "OnCalendar=*-*-* " in timer


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze not there")
@pytest.mark.parametrize("kind", ["service", "timer"])
def test_systemd_understands_the_backup_unit(kind: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", str(CONTRIB / f"whatsapp-requests-backup.{kind}")],
        capture_output=True,
        text=True,
        check=False,
    )
    # that the program is not installed at its usual place here is no fault of the unit
    said = [line for line in done.stderr.splitlines() if "whatsapp-requests" in line]
    assert [line for line in said if "is not executable" not in line] == []


def test_each_unit_is_looked_at() -> None:
    named = {path.stem.rpartition("-")[2] for path in CONTRIB.iterdir()}
    assert named == {*UNITS, "backup"}

"""The unit for systemd fits the command that it starts."""

import configparser
import re
from pathlib import Path

from pipeline.cli import command_paths
from pipeline.errors import ExitCode

UNIT = Path(__file__).parents[2] / "contrib" / "whatsapp-requests-watch.service"
_STOP_SECONDS = 5


def test_the_unit_of_watch_fits_the_command() -> None:
    unit = configparser.ConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    service = unit["Service"]
    program, *arguments = service["ExecStart"].split()
    assert Path(program).is_absolute()
    assert Path(program).name == "pipeline"
    assert tuple(arguments) in command_paths()
    assert service["Type"] == "notify"
    minutes = re.fullmatch(r"(\d+)min", service["WatchdogSec"])
    assert minutes is not None
    assert int(minutes[1]) > 10, "an answer of a mail server may take so long (RFC 5321, 4.5.3.2)"
    assert int(service["TimeoutStopSec"]) > _STOP_SECONDS
    assert service["RestartPreventExitStatus"] == str(ExitCode.CONFIGURATION.value)
    assert service["KillMode"] == "mixed"

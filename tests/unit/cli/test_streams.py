"""Streams that are closed or full change no exit code, and leave no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

_START = "import sys; from pipeline.cli import main; sys.argv[0] = 'pipeline'; main()"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("version >&-", 0),
        ("version <&- >&- 2>&-", 0),
        ("doctor >&-", 0),
        ("nonsense 2>/dev/full", 2),
        ("request show XX 2>/dev/full", 5),
        ("version >/dev/full", 4),
        ("version >/dev/full 2>/dev/full", 4),
    ],
)
def test_closed_and_full_streams_keep_the_exit_code(
    empty_home: Path, command: str, code: int
) -> None:
    options = f"--config {empty_home}/pipeline.toml --home {empty_home}/state"
    done = subprocess.run(
        f'"$PYTHON" -c "$START" {options} {command}',
        shell=True,
        env={"PYTHON": sys.executable, "START": _START, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert "lost sys.stderr" not in done.stderr


def test_closed_input_asks_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        '"$PYTHON" -c "$START" init <&-',
        shell=True,
        cwd=tmp_path,
        env={"PYTHON": sys.executable, "START": _START, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode not in {1, 130}, done.stderr

"""kill -9 of ``backup create`` and ``backup restore`` at their steps, a batch running meanwhile."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.flow.upkeep.backup.folder import backups_in
from pipeline.flow.upkeep.backup.verify import verify
from tests.faults.backup_steps import PASSPHRASE
from tests.faults.killing import Killing, killing

_SEED = 20261130
_ROOT = Path(__file__).parents[2]


def test_killed_backups_and_restores_look_whole_never(tmp_path: Path) -> None:
    _kill_and_look(tmp_path, mails=2, stride=7)


@pytest.mark.long
def test_killed_backups_and_restores_look_whole_never_long(tmp_path: Path) -> None:
    _kill_and_look(tmp_path, mails=20, stride=1)


def _kill_and_look(folder: Path, *, mails: int, stride: int) -> None:
    with killing(folder, _SEED) as state:
        state.deliver(mails)
        assert state.call("run") == 0
        state.deliver(mails)
        batch = state.begin("run")
        assert _kills(state, "create", stride) > 4
        assert batch.wait(120) == 0
        (made,) = backups_in(folder / "backups")
        found = verify(made, "", PASSPHRASE)
        assert mails <= found.blobs <= 2 * mails
        assert _kills(state, "restore", stride) > 4
        assert state.call("run") == 0
        assert len(state.messages()) == 2 * mails


def _kills(state: Killing, what: str, stride: int) -> int:
    """Run the program that kills; return how often it did."""
    paths = [state.folder / name for name in ("pipeline.toml", "backups", "there")]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.backup_steps", what, *map(str, paths), str(stride)],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    kills: int = json.loads(done.stdout)["kills"]
    return kills

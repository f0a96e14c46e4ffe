"""``pipeline backup``: what it says, how it ends, and that an unfinished state is of no use."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.world.command_line import Call, caller

#: A command of each kind: it looks, changes, makes, or needs the keys.
COMMANDS = (
    *("status", "queue", "run", "run --dry-run", "db status", "db migrate", "report --json"),
    *("request show WA-7K3M9Q4M", "outbox list", "quarantine list", "number list", "user list"),
    *("authority show", "token rotate", "mail list", "mail reconcile", "certificate list"),
    *("backup create --to copies", "backup settle", "organisation list"),
)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("a passphrase of many words\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def _elsewhere(home: Path, capsys: pytest.CaptureFixture[str], state: Path) -> Call:
    """Return a way to call the command line on another state folder."""
    folder = state.parent / f"settings_of_{state.name}"
    folder.mkdir()
    shutil.copy(home / "pipeline.toml", folder)
    (folder / "state").symlink_to(state)
    return caller(folder, capsys)


def test_backup_is_made_checked_and_told_of(
    pipeline: Call, home: Path, tmp_path: Path, secret: Path
) -> None:
    assert "no backup yet" in pipeline("status").out
    folder = tmp_path / "backups"
    with_keys = ("--to", str(folder), "--with-keys", "--passphrase-file", str(secret))
    made = pipeline("backup", "create", *with_keys, "--json")
    assert made.code == 0
    path = Path(made.json()["path"])
    assert made.json()["with_keys"]
    assert "none was checked yet" in " ".join(pipeline("status").out.split())
    checked = pipeline("backup", "verify", str(path), "--passphrase-file", str(secret))
    assert (checked.code, checked.err) == (0, "")
    assert "the passphrase opens them" in checked.out
    status = pipeline("status", "--json").json()["backup"]
    assert status["made"]["file"] == status["whole"]["file"] == path.name
    assert [
        (row["state"], row["word"])
        for row in pipeline("doctor", "--json").json()
        if row["check"] == "backup"
    ] == [("good", "backup_fine")]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    broken = pipeline("backup", "verify", str(path))
    assert broken.code == 4
    assert "is damaged" in broken.err
    assert "found it damaged" in " ".join(pipeline("status").out.split())


def test_restored_state_waits_to_be_settled(
    pipeline: Call,
    home: Path,
    tmp_path: Path,
    secret: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with_keys = ("--with-keys", "--passphrase-file", str(secret), "--json")
    made = pipeline("backup", "create", "--to", str(tmp_path / "backups"), *with_keys).json()
    there = tmp_path / "there"
    known = ("--passphrase-file", str(secret))
    assert pipeline("backup", "restore", made["path"], "--into", str(there), *known).code == 0
    assert pipeline("backup", "restore", made["path"], "--into", str(there), *known).code == 6
    restored = _elsewhere(home, capsys, there)
    assert "put back from a backup" in restored("status").out
    found = {row["check"]: row for row in restored("doctor", "--json").json()}
    assert found["restored"]["error"] is not None
    assert restored("backup", "settle").code == 0
    assert restored("backup", "settle").code == 6
    assert restored("status", "--json").json()["restored"] is None
    kept = json.loads((there / "settings.json").read_text(encoding="utf-8"))
    assert kept["team"]["country"] == "DE"


@pytest.mark.parametrize("command", COMMANDS)
def test_unfinished_restore_is_refused_by_every_command(
    pipeline: Call, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (home / "state" / "restore-unfinished").touch()
    before = sorted(path.name for path in (home / "state").iterdir())
    called = pipeline(*command.split())
    assert called.code == 4, called
    assert "stopped midway" in called.err
    assert sorted(path.name for path in (home / "state").iterdir()) == before


def test_what_cannot_be_done_says_why(
    pipeline: Call, home: Path, tmp_path: Path, secret: Path
) -> None:
    assert pipeline("backup", "create").code == 2
    to = ("backup", "create", "--to", str(tmp_path / "backups"))
    assert "no terminal" in pipeline(*to, "--with-keys").err
    secret.write_text("short\n", encoding="utf-8")
    short = pipeline(*to, "--with-keys", "--passphrase-file", str(secret))
    assert (short.code, "too short" in short.err) == (4, True)
    assert pipeline("backup", "verify", str(tmp_path / "none")).code == 5
    (tmp_path / "file").write_bytes(b"x")
    assert pipeline("backup", "create", "--to", str(tmp_path / "file" / "in")).code == 4
    if os.geteuid() == 0:
        return
    (tmp_path / "shut").mkdir(mode=0o500)
    assert pipeline("backup", "create", "--to", str(tmp_path / "shut" / "in")).code == 4


def test_backup_is_checked_where_there_is_no_state(
    pipeline: Call, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = pipeline("backup", "create", "--to", str(tmp_path / "backups"), "--json").json()
    elsewhere = _elsewhere(home, capsys, tmp_path / "nothing")
    checked = elsewhere("backup", "verify", made["path"], "--json")
    assert (checked.code, checked.json()["remembered"]) == (0, False)
    assert not (tmp_path / "nothing").exists()

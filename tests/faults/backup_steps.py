"""Backups that are killed (kill -9) at each of their steps on the disk, one child for each step.

Run as a program, so that a child has the threads and the connections of nobody else.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.clock import SystemClock
from pipeline.config import Settings, load
from pipeline.errors import ConfigurationError
from pipeline.flow.services import open_services
from pipeline.flow.services.state import open_database, open_store
from pipeline.flow.upkeep.backup.archive import Archive
from pipeline.flow.upkeep.backup.create import State, create
from pipeline.flow.upkeep.backup.folder import backups_in
from pipeline.flow.upkeep.backup.restore import restore

PASSPHRASE = b"a passphrase of many words"
#: What changes a folder, as Python tells it (PEP 578) right before.
_EVENTS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod"}


def _kill_at(step: int, below: Path) -> None:
    """Kill this process right before its step of that number on the disk below a folder."""
    left = [step]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        named = arguments[0] if arguments else None
        if (event in _EVENTS or opened) and str(named).startswith(str(below)):
            count()

    sys.addaudithook(hook)
    flush = os.fsync

    def fsync(fd: Any) -> None:
        count()
        flush(fd)

    os.fsync = fsync


def _killed(step: int, below: Path, work: Callable[[], object]) -> bool:
    """Do ``work`` in a child that is killed at ``step``; False when it ended before."""
    child = os.fork()
    if child == 0:
        _kill_at(step, below)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}, status
    return status == signal.SIGKILL


def _create(settings: Settings, folder: Path) -> None:
    with open_database(settings) as store:
        create(State(store, settings, b"{}"), folder, SystemClock(), PASSPHRASE)


def kill_creating(settings: Settings, folder: Path, stride: int) -> int:
    """Kill ``create`` at its steps; each backup with a name is whole. Return how often."""
    kills = 0
    while _killed(1 + kills * stride, folder, lambda: _create(settings, folder)):
        kills += 1
        for path in backups_in(folder) if folder.is_dir() else ():
            found = Archive(path)
            assert all((folder / "blobs" / name[:2] / name).exists() for name, _ in found.lines())
            path.unlink()
    left = {path.name for path in folder.iterdir()} - {".lock", "blobs"}
    assert len(left) == 1, left
    return kills


def kill_restoring(settings: Settings, path: Path, home: Path, stride: int) -> int:
    """Kill ``restore`` at its steps; what is left is refused, or whole. Return how often."""
    there = settings.model_copy(update={"store": settings.store.model_copy(update={"home": home})})
    kills = 0
    while _killed(
        1 + kills * stride, home, lambda: restore(path, home, SystemClock(), "", PASSPHRASE)
    ):
        kills += 1
        assert _is_refused(there) or _is_whole(there)
        shutil.rmtree(home, ignore_errors=True)
    assert _is_whole(there)
    return kills


def _is_refused(settings: Settings) -> bool:
    try:
        open_store(settings, SystemClock(), make=False).close()
    except ConfigurationError as error:
        return error.code in {"restore_unfinished", "state_none"}
    return False


def _is_whole(settings: Settings) -> bool:
    with open_services(settings, SystemClock()) as services:
        assert services.restored is not None
        _ = services.token_keys, services.authority
        with services.store.read() as tx:
            rows = tx.messages.list("all", 1000)
        return all(services.blobs.get(row.sha256) for row in rows)


def _main(what: str, configuration: str, folder: str, home: str, stride: str) -> None:
    settings = load(Path(configuration))
    if what == "create":
        kills = kill_creating(settings, Path(folder), int(stride))
    else:
        kills = kill_restoring(settings, backups_in(Path(folder))[0], Path(home), int(stride))
    sys.stdout.write(json.dumps({"kills": kills}))


if __name__ == "__main__":
    _main(*sys.argv[1:])

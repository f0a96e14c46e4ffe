"""A programme that uses new state folders for the first time: two at once, or killed half-way.

It imports everything once and forks for each use, so that hundreds of first uses take seconds:
``python -m tests.faults.first_uses pairs|kills FOLDER COUNT [FIRST]`` prints one JSON line.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from pipeline.certificates.authority import Authority
from pipeline.clock import SystemClock
from pipeline.flow.services import open_services
from tests.world.settings import settings_of

#: What writes, of all that a first use does through Python; SQLite's statements come beside them.
_WRITERS = ("open", "mkdir", "fsync", "replace", "rename", "unlink", "ftruncate", "link")


def use(home: Path) -> dict[str, str]:
    """Open the services as ``pipeline run`` does, and tell the keys."""
    with open_services(settings_of(home), SystemClock(), make=True) as services:
        return {"token": services.token_key.hex(), "authority": services.authority.fingerprint}


def in_child(work: Callable[[], object]) -> Callable[[], Any]:
    """Start ``work`` in a child process; the returned call waits and gives its result or fate."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            told = json.dumps(work())
        except BaseException as error:  # noqa: BLE001 - told to the parent
            told = json.dumps(f"{type(error).__name__}: {error}")
        with os.fdopen(writing, "w") as pipe:
            pipe.write(told)
        os._exit(0)
    os.close(writing)

    def result() -> Any:
        with os.fdopen(reading) as pipe:
            text = pipe.read()
        _, status = os.waitpid(child, 0)
        return json.loads(text) if text else f"killed by {os.WTERMSIG(status)}"

    return result


def pairs(folder: Path, count: int) -> list[str]:
    """Let two processes use each of ``count`` new folders at once; return what differs."""
    wrong = []
    for number in range(count):
        home = folder / f"pair-{number}"
        go, start = os.pipe()

        def both(home: Path = home, go: int = go, start: int = start) -> dict[str, str]:
            os.close(start)
            os.read(go, 1)
            return use(home)

        started = [in_child(both), in_child(both)]
        os.close(start)  # the read of both ends now
        os.close(go)
        first, second = (wait() for wait in started)
        if first != second or not isinstance(first, dict):
            wrong.append(f"{home.name}: {first} / {second}")
    return wrong


def kills(folder: Path, every: int, first: int) -> tuple[int, list[str]]:
    """Kill a first use before and after each ``every``-th write; the next use has to finish it.

    Returns how many were killed, and what was wrong.
    """
    wrong: list[str] = []
    killed = 0
    moment = first
    while True:
        home = folder / f"kill-{moment}"
        fate = in_child(partial(_killed, home, moment))()
        if isinstance(fate, dict):
            return killed, wrong
        if fate != f"killed by {signal.SIGKILL.value}":
            wrong.append(f"{moment}: {fate}")
        killed += 1
        left = _left(home)
        after, again = in_child(partial(use, home))(), in_child(partial(use, home))()
        if not isinstance(after, dict) or after != again:
            wrong.append(f"{moment}: {after} / {again}")
        elif any(after[part] != value for part, value in left.items()):
            wrong.append(f"{moment}: {left} became {after}")
        moment += every


def _left(home: Path) -> dict[str, str]:
    """Return the keys that the killed one left whole; they have to be kept."""
    left = {}
    if (home / "token.key").exists():
        left["token"] = (home / "token.key").read_bytes().hex()
    if (home / "authority" / "authority.crt").exists():
        left["authority"] = Authority.open(home / "authority", passphrase=None).fingerprint
    return left


def _killed(home: Path, moment: int) -> dict[str, str]:
    with _dying_at(moment):
        return use(home)


@contextmanager
def _dying_at(moment: int) -> Iterator[None]:
    """Kill this process at the ``moment``-th instant before or after a write."""
    seen = 0

    def instant() -> None:
        nonlocal seen
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            writes = real is not opens or (len(arguments) > 1 and bool(arguments[1] & os.O_CREAT))
            if writes:
                instant()
            result = real(*arguments, **named)
            if writes:
                instant()
            return result

        return call

    opens = os.open
    for name in _WRITERS:
        setattr(os, name, watched(getattr(os, name)))

    @event.listens_for(sa.Engine, "before_cursor_execute")
    def statement(*_: object) -> None:
        instant()

    @event.listens_for(sa.Engine, "commit")
    def commit(*_: object) -> None:
        instant()

    yield


def main() -> None:
    what, folder, count, *more = sys.argv[1:]
    if what == "pairs":
        print(json.dumps(pairs(Path(folder), int(count))))  # noqa: T201 - the result
    else:
        print(json.dumps(kills(Path(folder), int(count), int(more[0]) if more else 0)))  # noqa: T201


if __name__ == "__main__":
    main()

"""``kill -9`` at a step that the test chooses: each statement, commit, signature and file."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import event

from pipeline.certificates.authority import Authority
from pipeline.flow.services import Services

#: What the audit of the interpreter tells of files (PEP 578).
_ON_FILES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.chmod"})
_WRITES = os.O_WRONLY | os.O_RDWR
_VERB = re.compile(r"\s*(\w+)(?:\s+(?:INTO|FROM)?\s*(\w+))?")
_OF_LITTLE_COST = ("commit", "signed", "os.rename")
_FAILED = 70

Action = Callable[[], object]


@dataclass
class _Steps:
    """Counts the steps of a child, and ends it at the one that is wanted."""

    wanted: int
    names: list[str]

    def step(self, name: str) -> None:
        if len(self.names) == self.wanted:
            os.kill(os.getpid(), signal.SIGKILL)
        self.names.append(name)


def _watch(steps: _Steps, services: Services) -> None:
    """Make each thing that another process, or the next one, could see a step."""
    engine = services.store._engine

    def statement(_connection: object, _cursor: object, text: str, *_: object) -> None:
        verb = _VERB.match(text)
        steps.step(" ".join(word for word in (verb.groups() if verb else ()) if word))

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", lambda _connection: steps.step("commit"))

    def audit(name: str, arguments: tuple[object, ...]) -> None:
        if name in _ON_FILES:
            steps.step(name)
        elif name == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
            steps.step("open")

    sys.addaudithook(audit)
    for method in ("sign", "sign_revocation_list"):
        _around(steps, method)


def _around(steps: _Steps, method: str) -> None:
    """Make the moments before and after a signature steps of their own."""
    real = getattr(Authority, method)

    def signed(self: Authority, *arguments: object) -> object:
        steps.step("to be signed")
        made = real(self, *arguments)
        steps.step("signed")
        return made

    setattr(Authority, method, signed)


def begun(action: Action) -> int:
    """Run ``action`` in a child process; return its id."""
    child = os.fork()
    if child:
        return child
    try:
        action()
    except BaseException as error:  # noqa: BLE001 - a child must not go on as the test itself
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(_FAILED)
    os._exit(0)


def ended(child: int) -> int:
    """Wait for a child; return its exit code, or the number of its signal below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def steps_of(services: Services, action: Action, folder: Path) -> list[str]:
    """Return the names of all steps of ``action``, which a child does to its end."""
    found = folder / "steps"

    def listed() -> None:
        steps = _Steps(-1, [])
        _watch(steps, services)
        action()
        names = list(steps.names)
        found.write_text("\n".join(names), encoding="utf-8")

    services.store.close()  # a child shares no connection
    assert ended(begun(listed)) == 0
    return found.read_text(encoding="utf-8").splitlines()


def killed_at(services: Services, action: Action, step: int) -> bool:
    """Kill a child that does ``action`` at its ``step``; return whether it came so far."""

    def watched() -> None:
        _watch(_Steps(step, []), services)
        action()

    services.store.close()
    code = ended(begun(watched))
    assert code in {0, -signal.SIGKILL}, code
    return code != 0


def race(services: Services, actions: Iterable[Action]) -> list[int]:
    """Do ``actions`` at once, each in a process of its own; return their exit codes."""
    services.store.close()
    ready, go = os.pipe()

    def waiting(action: Action) -> None:
        os.close(go)
        os.read(ready, 1)  # returns when the test closes its end
        action()

    children = [begun(lambda action=action: waiting(action)) for action in actions]  # type: ignore[misc]
    os.close(ready)
    os.close(go)
    return [ended(child) for child in children]


def few(steps: Sequence[str]) -> list[int]:
    """Choose the steps that part what is durable: before and after commits and signatures."""
    found = {place for place, name in enumerate(steps) if name in _OF_LITTLE_COST}
    return sorted(found | {place + 1 for place in found if place + 1 < len(steps)})

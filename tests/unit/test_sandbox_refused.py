"""Kernels and containers that give less: reading goes on, and ``doctor`` says what is missing."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.guard import kernel, seccomp

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in seccomp._KNOWN,
    reason="the container is made with seccomp",
)

LANDLOCK = "landlock"
SECCOMP = "seccomp"


def become_container(refused: tuple[str, ...], number: int) -> None:
    """Refuse the system calls that locks are made with, as a container does."""
    calls = seccomp._KNOWN[os.uname().machine]
    answer = seccomp._returning(seccomp._REFUSE | number)
    program = seccomp._step(seccomp._LOAD, 0)
    if LANDLOCK in refused:
        program += b"".join(seccomp._when(444 + n, answer) for n in range(3))
    if SECCOMP in refused:
        program += seccomp._when(seccomp._numbers(calls.never)["seccomp"], answer)
        of_prctl = seccomp._if_one_of(0, (22,), seccomp._REFUSE | number, seccomp._ALLOW)
        program += seccomp._when(calls.prctl, of_prctl)
    kernel.refuse_new_privileges()
    seccomp.install(program + seccomp._returning(seccomp._ALLOW))


PROGRAM = """
import json, os, sys
from tests.unit.test_sandbox_refused import become_container
refused, number, home = json.loads(sys.argv[1])
become_container(tuple(refused), number)
from pathlib import Path
from pipeline.clock import SystemClock
from pipeline.config import MailboxSettings, Settings, StoreSettings
from pipeline.flow.inbound.child import read_message
from pipeline.flow.services import open_services
from pipeline.flow.views.doctor import servers
from pipeline.guard.escape import ways_out
from tests.hostile.making import good, good_pdf
from tests.world.mails import mail_of
settings = Settings(
    store=StoreSettings(home=Path(home)), mailbox=MailboxSettings(address="a@b.example")
)
with open_services(settings, SystemClock(), make=True) as services:
    found = servers.child(servers.Servers(services))
    forms = [
        len(services.guard.call(read_message, mail_of("form", content)).submissions)
        for content in (good(), good_pdf())
    ]
    out = services.guard.call(ways_out, home + "/bait", os.getpid())
print(json.dumps([found.state, found.word, dict(found.values), forms, out]))
"""


def in_container(home: Path, refused: tuple[str, ...], number: int) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps([refused, number, str(home)])],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    assert done.returncode == 0, done.stderr.decode()
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("refused", "number", "word", "out"),
    [
        ((LANDLOCK,), errno.EOPNOTSUPP, "child_without_landlock", ["read"]),
        ((SECCOMP,), errno.EPERM, "child_without_seccomp", ["network", "processes"]),
        (
            (LANDLOCK, SECCOMP),
            errno.ENOSYS,
            "child_open",
            ["read", "write", "network", "processes", "signals"],
        ),
    ],
)
def test_what_the_kernel_refuses_is_told_and_forms_are_read(
    tmp_path: Path, refused: tuple[str, ...], number: int, word: str, out: list[str]
) -> None:
    state, told, values, forms, ways = in_container(tmp_path / "state", refused, number)
    assert (state, told) == ("warn", word)
    for name in refused:
        assert values[name] == errno.errorcode[number]
    assert forms == [1, 1]
    if os.geteuid():  # who is not root has no more processes (RLIMIT_NPROC)
        out = [way for way in out if way != "processes"]
    assert ways == out

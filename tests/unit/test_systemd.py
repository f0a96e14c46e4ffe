"""The service manager is told by sd_notify(3), as often as its watchdog wants."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.systemd import Manager
from tests.world.pace import soon


@pytest.fixture(params=["path", "abstract"])
def heard(request: pytest.FixtureRequest) -> Iterator[tuple[str, socket.socket]]:
    """What NOTIFY_SOCKET says, and the socket that hears."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server,
    ):
        path = f"{folder}/notify"
        name = path if request.param == "path" else f"@{Path(folder).name}"
        server.bind(path if request.param == "path" else f"\0{name[1:]}")
        server.settimeout(5)
        yield name, server


def test_manager_hears_what_happens(heard: tuple[str, socket.socket]) -> None:
    name, server = heard
    environment = {"NOTIFY_SOCKET": name, "HOME": "/", "WATCHDOG_USEC": "4000000"}
    manager = Manager(environment)
    manager.ready()
    manager.status("two lines\nare one line to the manager\x0b")
    manager.alive()
    manager.alive()
    manager.stopping()
    manager.close()
    said = [server.recv(1000).decode() for _ in range(4)]
    status = "STATUS=two lines are one line to the manager"
    assert said == ["READY=1", status, "WATCHDOG=1", "STOPPING=1"]
    assert environment == {"HOME": "/"}


@pytest.mark.parametrize("seconds", [0.2, 60.0])
def test_watchdog_is_fed_at_less_than_half_of_its_time(
    heard: tuple[str, socket.socket], seconds: float
) -> None:
    microseconds = str(int(seconds * 1_000_000))
    manager = Manager({"NOTIFY_SOCKET": heard[0], "WATCHDOG_USEC": microseconds})
    assert 0 < manager.interval < seconds / 2
    manager.alive()
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        manager.alive()
    manager.close()
    heard[1].settimeout(0)
    count = 0
    try:
        while heard[1].recv(100) == b"WATCHDOG=1":
            count += 1
    except BlockingIOError:
        pass
    assert count == 1 if seconds == 60.0 else 4 <= count <= 8


@pytest.mark.parametrize(
    "watchdog",
    [
        {},
        {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": "٣"},
        {"WATCHDOG_USEC": "9" * 5000},
    ],
)
def test_watchdog_of_another_or_of_nobody_is_not_fed(watchdog: dict[str, str]) -> None:
    assert Manager(dict(watchdog)).interval == float("inf")


def test_watchdog_of_this_process_is_fed() -> None:
    manager = Manager({"WATCHDOG_USEC": "8000000", "WATCHDOG_PID": str(os.getpid())})
    assert manager.interval == 2


@pytest.mark.parametrize("name", ["", "/nowhere/at/all", "@nobody", "vsock:2:1", "relative", "@"])
def test_manager_that_does_not_listen_is_no_fault(name: str) -> None:
    manager = Manager({"NOTIFY_SOCKET": name})
    manager.ready()
    manager.alive()
    manager.close()


def test_manager_that_does_not_read_stops_nothing(heard: tuple[str, socket.socket]) -> None:
    manager = Manager({"NOTIFY_SOCKET": heard[0]})
    begin = time.monotonic()
    for _ in range(2000):
        manager.status("x" * 300)
    manager.close()
    assert soon(time.monotonic() - begin, 2)

"""``pipeline serve`` as a process: how it begins, how it tells of itself, and how it ends."""

import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.flow.services import open_services
from pipeline.flow.staff.people import passwords, users
from pipeline.store.staff_records import Role
from tests.faults.serving import Place, is_gone, place
from tests.world.console import PASSWORD
from tests.world.pace import soon
from tests.world.settings import settings_of, write_settings

_END_SECONDS = 5.0
_MOST_MEGABYTES = 150


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no good hash."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=8, rounds=1, lanes=1))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Place]:
    """Return a place without a state."""
    write_settings(tmp_path / "pipeline.toml")
    with place(tmp_path) as found:
        yield found


@pytest.fixture
def console(empty: Place) -> Place:
    """Return a place with a state and a user."""
    with open_services(settings_of(empty.folder / "state"), SystemClock(), make=True) as services:
        users.add(services, "sato", Role.APPROVER, "test", password=PASSWORD)
    return empty


def _held_open(console: Place) -> socket.socket:
    """Return a connection in the middle of a request."""
    line = console.stack.enter_context(socket.create_connection(("127.0.0.1", console.port)))
    host = f"127.0.0.1:{console.port}"
    line.sendall(f"POST /login HTTP/1.1\r\nHost: {host}\r\nOrigin: {console.origin}\r\n".encode())
    line.sendall(b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nna")
    return line


def test_a_signal_ends_it_while_pages_are_open(console: Place) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind(f"{folder}/notify")
        manager.settimeout(30)
        console.environment = {"NOTIFY_SOCKET": f"{folder}/notify", "WATCHDOG_USEC": "400000"}
        process = console.serve()
        browser = console.browser("sato")
        assert browser.get("/q/needs-me").status_code == 200
        _held_open(console)
        told = {manager.recv(1000).partition(b" ")[0] for _ in range(4)}
        assert {b"READY=1", b"WATCHDOG=1"} <= told
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert soon(time.monotonic() - begin, _END_SECONDS)
        while manager.recv(1000) != b"STOPPING=1":
            pass
    assert is_gone(browser.client)
    assert console.log("serve").count("\n") == 1, "the address, and no word of the end"


def test_a_port_that_is_taken(console: Place) -> None:
    with socket.create_server(("127.0.0.1", console.port)):
        process = console.start("serve", "serve", "--bind", f"127.0.0.1:{console.port}")
        assert process.wait(60) == 75
    assert console.log("serve").startswith(
        f"The console cannot listen at 127.0.0.1:{console.port}: Address already in use.\n"
    )


def test_other_machines_need_a_name(console: Place) -> None:
    process = console.start("serve", "serve", "--bind", f"0.0.0.0:{console.port}")
    assert process.wait(60) == 2
    assert "console.base_url" in console.log("serve")


def test_without_a_state_there_is_nothing_to_serve(empty: Place) -> None:
    process = empty.start("serve", "serve", "--bind", f"127.0.0.1:{empty.port}")
    assert process.wait(60) == 4
    assert not (empty.folder / "state").exists()


@pytest.mark.long
def test_ten_thousand_pages_leave_nothing_behind(console: Place) -> None:
    """The second half of the pages takes no more memory than the first."""
    process = console.serve()
    _load(console, 2_000)
    first = _megabytes(process.pid)
    _load(console, 8_000)
    last = _megabytes(process.pid)
    assert last < _MOST_MEGABYTES
    assert last - first < 0.05 * first, (first, last)


def _load(console: Place, pages: int) -> None:
    """Load pages in four browsers at once."""
    failures: list[int] = []

    def visit() -> None:
        browser = console.browser("sato")
        paths = ("/q/needs-me", "/q/all", "/q/all?find=Shrub", "/help", "/counts", "/r/WA-NONE")
        for at in range(pages // 4):
            status = browser.get(paths[at % len(paths)]).status_code
            if status not in {200, 404}:
                failures.append(status)

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def _megabytes(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmRSS"))
    return int(kilobytes) / 1024

"""IMAP servers as programs: started until they greet, and stopped."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import Popen
from typing import Protocol

_START_SECONDS = 20


class ImapServer(Protocol):
    """A running server, with the password of its users."""

    @property
    def host(self) -> str:
        """Where it listens."""

    @property
    def port(self) -> int:
        """The port without TLS."""

    @property
    def password(self) -> str:
        """The password of the first user, or of all."""


def start(
    name: str,
    command: Sequence[str],
    port: int,
    logs: Sequence[Path],
    environment: Mapping[str, str] | None = None,
) -> Popen[bytes]:
    """Start an IMAP server and wait for its greeting on a port of the loopback.

    What it prints goes to the first of ``logs``. Raises RuntimeError with the logs where it ends,
    or does not greet within 20 s.
    """
    with logs[0].open("ab") as out:
        process = Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        _await_greeting(name, process, port, logs)
    except BaseException:
        stop(process)
        raise
    return process


def _await_greeting(name: str, process: Popen[bytes], port: int, logs: Sequence[Path]) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1) as peer,
        ):
            if peer.recv(100).startswith(b"* OK"):
                return
        time.sleep(0.05)
    said = "\n".join(path.read_text() for path in logs if path.exists())
    raise RuntimeError(f"{name} did not start: {said}")


def stop(process: Popen[bytes]) -> None:
    """End a program, by force where it takes more than 10 s."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

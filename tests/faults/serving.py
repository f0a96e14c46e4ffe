"""``pipeline serve`` and the commands beside it as real processes on one state."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from httpx2 import Client, TransportError

from tests.servers.opendkim import free_port
from tests.world.console import PASSWORD, Browser

_COMMAND = "from pipeline.cli import main; main()"
_START_SECONDS = 60.0


@dataclass
class Place:
    """A folder with ``pipeline.toml``, and the processes that work with it."""

    folder: Path
    stack: ExitStack
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def origin(self) -> str:
        """The address of the console."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a command; what is left of it is killed at the end."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, "--home", str(self.folder / "state"), *arguments],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.stack.callback(_end, process)
        return process

    def serve(self) -> "subprocess.Popen[bytes]":
        """Start the console; return when it takes connections."""
        process = self.start("serve", "serve", "--bind", f"127.0.0.1:{self.port}")
        end = time.monotonic() + _START_SECONDS
        while True:
            assert process.poll() is None, self.log("serve")
            assert time.monotonic() < end, "it never came"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return process

    def client(self) -> Client:
        """Return a client of the console that follows where it is led."""
        return self.stack.enter_context(
            Client(base_url=self.origin, follow_redirects=True, timeout=60, trust_env=False)
        )

    def browser(self, name: str) -> Browser:
        """Return the browser of ``name``, who is logged in."""
        return Browser(self.client(), origin=self.origin).log_in(name, PASSWORD)

    def log(self, name: str) -> str:
        """Return what a command wrote."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def logs(self) -> str:
        """Return what all commands wrote."""
        return "\n".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.log"))

    def _environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if name[:9] != "PIPELINE_"},
            "PIPELINE_CONFIG": str(self.folder / "pipeline.toml"),
            "PIPELINE_LANG": "en",
            **self.environment,
        }


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Give a folder to start commands in."""
    with ExitStack() as stack:
        yield Place(folder, stack)


def is_gone(client: Client) -> bool:
    """Whether nobody answers any more."""
    try:
        client.get("/healthz")
    except TransportError:
        return True
    return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()

"""A throw-away OpenDKIM that verifies: on a free loopback port, with its DNS in a file."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_PLACES = ("/usr/sbin/opendkim", "/usr/local/sbin/opendkim")
_START_SECONDS = 20


def opendkim_program() -> str | None:
    """Return the path of OpenDKIM, or None when it is not installed."""
    return shutil.which("opendkim") or next((p for p in _PLACES if Path(p).exists()), None)


@contextmanager
def running_opendkim(folder: Path, authserv_id: str, keys: Mapping[str, str]) -> Iterator[int]:
    """Run OpenDKIM as a filter and give its port.

    ``keys`` maps names such as ``s1._domainkey.example.com`` to their TXT records. Raises
    FileNotFoundError when OpenDKIM is not installed.
    """
    program = opendkim_program()
    if program is None:
        raise FileNotFoundError("opendkim")
    port = free_port()
    (folder / "keys").write_text("".join(f"{name} {txt}\n" for name, txt in keys.items()))
    config = folder / "opendkim.conf"
    config.write_text(f"""\
Mode v
Socket inet:{port}@127.0.0.1
AuthservID {authserv_id}
AlwaysAddARHeader yes
TestDNSData file:{folder}/keys
InternalHosts 192.0.2.1
ExternalIgnoreList 192.0.2.1
PeerList 192.0.2.1
Syslog no
Background no
AutoRestart no
UserID {"nobody" if os.getuid() == 0 else ""}
RequireSafeKeys no
""")
    with (folder / "opendkim.log").open("ab") as out:
        process = subprocess.Popen(
            [program, "-f", "-x", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        await_port(port, process, folder / "opendkim.log")
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_port(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the process listens. Raises RuntimeError with what it said when it does not."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    said = log.read_text(errors="replace") if log.exists() else ""
    raise RuntimeError(f"did not start: {said}")

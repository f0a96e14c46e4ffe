"""A throw-away PostgreSQL: its own cluster on a free loopback port, gone when the test ends."""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

_DEBIAN = Path("/usr/lib/postgresql")
_USERS = ("postgres", "nobody")
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "32MB",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_START_SECONDS = 30
_numbers = itertools.count()


def postgresql_programs() -> Path | None:
    """Return the folder with ``initdb`` and ``postgres`` of the newest version, or None."""
    folders = sorted(_DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    found = shutil.which("initdb")
    if found:
        folders.append(Path(found).parent)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextmanager
def running_postgresql(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """Run a cluster below ``folder`` and give the URL of its database ``postgres``.

    ``durable``: its commits reach the disk, as those of a server at work do.

    As root, everything runs as an unprivileged user, because PostgreSQL refuses root; where that
    user cannot enter ``folder``, the cluster lies in a temporary folder of its own. Raises
    FileNotFoundError when PostgreSQL is not installed.
    """
    programs = postgresql_programs()
    if programs is None:
        raise FileNotFoundError("initdb")
    user = _unprivileged_user()
    own = None
    if user is not None and not _anybody_may_enter(folder):
        folder = own = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        cluster = folder / "cluster"
        cluster.mkdir(mode=0o700)
        if user is not None:
            if own is not None:
                own.chmod(0o711)
            os.chown(cluster, user.pw_uid, user.pw_gid)
        with _server(programs, cluster, user, _DURABLE if durable else {}) as url:
            yield url
    finally:
        if own is not None:
            shutil.rmtree(own, ignore_errors=True)


def new_database(url: str, template: str = "template1") -> str:
    """Make one more database on the server of ``url`` and return its URL.

    It is a copy of ``template``: a name, or the URL of a database that nobody is connected to.
    """
    name = f"database_{next(_numbers)}"
    copied = template.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {copied}".encode())
    return url.rpartition("/")[0] + f"/{name}"


@contextmanager
def _server(
    programs: Path, cluster: Path, user: pwd.struct_passwd | None, more: Mapping[str, str]
) -> Iterator[str]:
    data = cluster / "data"
    as_user = _as(user)
    subprocess.run(
        [
            *as_user,
            str(programs / "initdb"),
            *["-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"],
            *["--locale", "C.UTF-8", "--no-sync"],
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=cluster,
    )
    port = _free_port()
    settings = {**_SETTINGS, **more} | {"port": str(port), "unix_socket_directories": str(cluster)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (cluster / "log").open("wb") as log:
        process = subprocess.Popen(
            [*as_user, str(programs / "postgres"), "-D", str(data), *options],
            stdout=log,
            stderr=log,
            cwd=cluster,
        )
        try:
            _wait(process, programs, port, cluster / "log")
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            # SIGINT is PostgreSQL's fast shutdown: it ends the sessions that are left
            process.send_signal(signal.SIGINT)
            process.wait(_START_SECONDS)


def _wait(process: subprocess.Popen[bytes], programs: Path, port: int, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        ready = subprocess.run(
            [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)], check=False
        )
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError(log.read_text(errors="replace"))


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Return the user to run as, or None when we are not root and run as ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _USERS if name in known)


def _as(user: pwd.struct_passwd | None) -> list[str]:
    if user is None:
        return []
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _anybody_may_enter(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in [folder, *folder.resolve().parents])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

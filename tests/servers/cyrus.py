"""A throw-away Cyrus IMAP: its own folder, a free loopback port, gone after the test.

Its folders hang below INBOX and are parted by a dot, which no other server of the tests does.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from imapclient import IMAPClient

from tests.servers.processes import start, stop

_PASSWORD = "secret"
_OWN = Path("/usr/lib/cyrus/bin")
# Debian's package of the IMAP server shuts Dovecot's out: tools/system-packages unpacks it here.
_IMAPD = (Path("/usr/local/lib/cyrus-imapd/imapd"), _OWN / "imapd")


@dataclass(frozen=True)
class Cyrus:
    """A running server, whose users all have the password ``secret``; ``admin`` may do all."""

    host: str
    port: int
    folder: Path
    restart: Callable[[], None]
    password: str = _PASSWORD

    def files(self, user: str, folder: str = "") -> list[Path]:
        """Return the files of the mails in a folder below a user's INBOX, first in first."""
        name = f"user.{user}.{folder}" if folder else f"user.{user}"
        said = self._do("mbpath", name)
        return sorted(
            Path(said.strip()).glob("[0-9]*."), key=lambda path: int(path.name.strip("."))
        )

    @contextmanager
    def admin(self) -> Iterator[IMAPClient]:
        """Be the administrator."""
        with IMAPClient(self.host, self.port, ssl=False) as client:
            client.login("admin", _PASSWORD)
            yield client

    def _do(self, program: str, *words: str) -> str:
        done = subprocess.run(
            [str(_OWN / program), "-C", str(self.folder / "imapd.conf"), *words],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout


def cyrus_program() -> Path | None:
    """Return the path of the IMAP server of Cyrus 3, or None where a part is not installed."""
    found = next((path for path in _IMAPD if path.exists()), None)
    whole = (_OWN / "master").exists() and shutil.which("saslpasswd2", path=_path())
    return found if whole else None


@contextmanager
def running_cyrus(users: Sequence[str]) -> Iterator[Cyrus]:
    """Run Cyrus with an empty INBOX for each user. Raises FileNotFoundError without Cyrus."""
    program = cyrus_program()
    if program is None:
        raise FileNotFoundError("cyrus-imapd")
    home = Path(tempfile.mkdtemp(prefix="cyrus-"))
    try:
        port = _write(home, program, users)
        running = [_start(home, port)]

        def restart() -> None:
            stop(running.pop())
            running.append(_start(home, port))

        try:
            server = Cyrus("127.0.0.1", port, home, restart)
            with server.admin() as admin:
                for user in users:
                    admin.create_folder(f"user.{user}")
            yield server
        finally:
            for process in running:
                stop(process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def _owner() -> pwd.struct_passwd:
    return pwd.getpwnam("cyrus") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def _write(home: Path, program: Path, users: Sequence[str]) -> int:
    """Write the settings, the passwords and the folders; return the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    for name in ("conf", "spool", "proc"):
        (home / name).mkdir()
    (home / "imapd.conf").write_text(f"""\
configdirectory: {home}/conf
proc_path: {home}/proc
mboxname_lockpath: {home}/conf/lock
defaultpartition: default
partition-default: {home}/spool
servername: localhost
admins: admin
cyrus_user: {_owner().pw_name}
allowplaintext: yes
altnamespace: no
unixhierarchysep: no
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {home}/sasldb2
sasl_mech_list: PLAIN
allowusermoves: yes
imapidlepoll: 1
maxlogins_per_user: 0
""")
    (home / "cyrus.conf").write_text(f"""\
START {{
  recover cmd="{_OWN}/ctl_cyrusdb -C {home}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{program} -C {home}/imapd.conf" listen="127.0.0.1:{port}" prefork=1
}}
EVENTS {{
}}
""")
    for user in ("admin", *users):
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-f", str(home / "sasldb2"), "-u", "localhost", user],
            input=_PASSWORD.encode(),
            env={"PATH": _path()},
            check=True,
            capture_output=True,
        )
    if os.getuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, _owner().pw_uid, _owner().pw_gid)
    return port


def _start(home: Path, port: int) -> Popen[bytes]:
    command = [str(_OWN / "master"), "-C", str(home / "imapd.conf")]
    command += ["-M", str(home / "cyrus.conf"), "-p", str(home / "master.pid")]
    environment = {"PATH": _path(), "CYRUS_USER": _owner().pw_name}
    return start("Cyrus", command, port, (home / "out",), environment)

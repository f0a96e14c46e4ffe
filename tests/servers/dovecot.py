"""A throw-away Dovecot: its own folder, a free loopback port, stopped and gone after the test."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from tests.servers.processes import start, stop
from tests.servers.tokens import Given, TokenServer, token_server

_WAIT_SECONDS = 20
_PLACES = ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/opt/homebrew/sbin/dovecot")


@dataclass(frozen=True)
class Dovecot:
    """A running server; ``user`` and ``password`` are the first of its users."""

    host: str
    port: int
    user: str
    password: str
    folder: Path
    tls_port: int
    ca_file: Path
    restart: Callable[[], None] = lambda: None

    def mail(self, user: str = "") -> Path:
        """Return the Maildir of a user."""
        return self.folder / "mail" / (user or self.user)

    def kick(self, user: str = "") -> None:
        """End all connections of a user, as a server does when a token expires.

        Waits for the server to know of one, and until none is left.
        """
        name, end = user or self.user, time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < end and name not in self._doveadm("kick", name):
            time.sleep(0.02)
        while time.monotonic() < end and name in self._doveadm("who", "-1", name):
            time.sleep(0.02)

    def _doveadm(self, *words: str) -> str:
        config = self.folder / "dovecot.conf"
        done = subprocess.run(
            ["doveadm", "-c", str(config), *words], check=False, capture_output=True, text=True
        )
        return done.stdout

    def forget_numbers(self, user: str = "") -> None:
        """Make the server give a new UIDVALIDITY, as after a restored backup."""
        shutil.rmtree(self.folder / "index" / (user or self.user))


def dovecot_program() -> str | None:
    """Return the path of Dovecot 2.3 (2.4 has other settings), or None when it is not installed."""
    found = shutil.which("dovecot") or next((p for p in _PLACES if Path(p).exists()), None)
    if found is None:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    return found if said.stdout.startswith("2.3.") else None


@contextmanager
def running_dovecot(
    folder: Path,
    users: Mapping[str, str] | None = None,
    *,
    tokens: Mapping[str, str] | None = None,
    identity: TokenServer | None = None,
    mechanisms: str = "xoauth2",
    capability: str = "",
    more: str = "",
) -> Iterator[Dovecot]:
    """Run Dovecot and give where it is.

    ``users`` maps names to passwords (default: one user ``requests``); ``tokens`` maps OAuth 2
    access tokens to user names, ``identity`` is asked about tokens in their place and
    ``mechanisms`` take them; ``capability`` replaces what the server says it can do; ``more`` is
    added to the configuration. Where an
    unprivileged user cannot enter ``folder``, a temporary folder is used. Raises
    FileNotFoundError when Dovecot is not installed.
    """
    program = dovecot_program()
    if program is None:
        raise FileNotFoundError("dovecot")
    known = dict(users or {"requests": "secret"})
    home = Path(tempfile.mkdtemp(prefix="dovecot-", dir=None if os.getuid() == 0 else folder))
    try:
        with _asked(identity, tokens or {}) as token_port:
            port, tls_port = _free_ports()
            config = _write(home, known, (port, tls_port, token_port), capability)
            config.write_text(config.read_text().replace("xoauth2", mechanisms))
            with config.open("a") as file:
                file.write(more)
            running = [_start(program, config, port, home)]

            def restart() -> None:
                stop(running.pop())
                running.append(_start(program, config, port, home))

            try:
                name, password = next(iter(known.items()))
                ca_file = home / "tls.crt"
                yield Dovecot("127.0.0.1", port, name, password, home, tls_port, ca_file, restart)
            finally:
                for process in running:
                    stop(process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _asked(identity: TokenServer | None, tokens: Mapping[str, str]) -> Iterator[int]:
    """Give the port of who is asked about tokens."""
    if identity is not None:
        yield identity.port
        return
    with token_server() as known:
        end = time.time() + 86_400
        known.given |= {token: Given(user, end) for token, user in tokens.items()}
        yield known.port


def _start(program: str, config: Path, port: int, home: Path) -> Popen[bytes]:
    logs = (home / "out", home / "log")
    return start("Dovecot", [program, "-F", "-c", str(config)], port, logs)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _write(home: Path, users: Mapping[str, str], ports: tuple[int, int, int], said: str) -> Path:
    root = os.getuid() == 0
    owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
    group = grp.getgrgid(owner.pw_gid).gr_name
    home.chmod(0o711)
    for name in ("mail", "index"):
        (home / name).mkdir()
        os.chown(home / name, owner.pw_uid, owner.pw_gid)
    (home / "users").write_text("".join(f"{u}:{{PLAIN}}{p}\n" for u, p in users.items()))
    _make_certificate(home)
    port, tls_port, token_port = ports
    (home / "oauth2").write_text(
        f"introspection_url = http://127.0.0.1:{token_port}/?token=\n"
        "introspection_mode = get\nusername_attribute = user\n"
        "active_attribute = active\nactive_value = true\nscope = mail\n"
    )
    own = (
        ""
        if root
        else (
            f"default_internal_user = {owner.pw_name}\ndefault_internal_group = {group}\n"
            f"default_login_user = {owner.pw_name}\n"
            "service anvil {\n  chroot =\n}\n"
        )
    )
    config = home / "dovecot.conf"
    config.write_text(f"""\
protocols = imap
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/tls.crt
ssl_key = <{home}/tls.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
auth_cache_size = 0
mail_location = maildir:{home}/mail/%u:INDEX={home}/index/%u:CONTROL={home}/index/%u
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
imap_idle_notify_interval = 10 secs
{f"imap_capability = {said}" if said else ""}
{own}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = {home}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={home}/mail/%u
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
""")
    return config


def _make_certificate(home: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", str(home / "tls.key"), "-out", str(home / "tls.crt"), "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
        check=True,
        capture_output=True,
    )  # fmt: skip

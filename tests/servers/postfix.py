"""A throw-away Postfix: own folders and settings, a free loopback port, one Maildir."""

import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.servers.opendkim import await_port, free_port

_MASTERS = ("/usr/lib/postfix/sbin/master", "/usr/libexec/postfix/master")
_QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming")
_SECONDS = 20
_SINKS = (
    "/usr/sbin/smtp-sink",
    "/usr/libexec/postfix/smtp-sink",
    "/usr/lib/postfix/sbin/smtp-sink",
)


@dataclass(frozen=True)
class Postfix:
    """A running server and the Maildir where it puts all mail."""

    port: int
    maildir: Path
    log: Path

    def deliver(self, raw: bytes, *, sender: str, recipient: str, helo: str) -> bytes:
        """Hand over a mail as a stranger does; return it as it was delivered."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname=helo) as client:
            client.sendmail(sender, [recipient], raw)
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            for path in (self.maildir / "new").glob("*"):
                stored = path.read_bytes()
                path.unlink()
                return stored
            time.sleep(0.02)
        raise RuntimeError(self.log.read_text(errors="replace") if self.log.exists() else "no mail")


def postfix_program() -> str | None:
    """Return the path of Postfix's master, or None where it cannot run (it needs root)."""
    found = next((path for path in _MASTERS if Path(path).exists()), None)
    return found if os.getuid() == 0 else None


@contextmanager
def running_postfix(
    host: str, domain: str, milter_port: int = 0, *, more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Postfix]:
    """Run Postfix as the server ``host`` of ``domain``, behind a filter, if there is one.

    Mail to other domains goes into the Maildir ``others`` beside the first. ``more`` are further
    parameters of main.cf.

    Raises FileNotFoundError when Postfix is not installed or we are not root.
    """
    program = postfix_program()
    if program is None:
        raise FileNotFoundError("postfix")
    home = Path(tempfile.mkdtemp(prefix="postfix-"))
    try:
        port = free_port()
        _make(home, host, domain, (port, milter_port), Path(program).parent)
        with (home / "etc" / "main.cf").open("a") as settings:
            settings.writelines(f"{name} = {value}\n" for name, value in more.items())
        process = subprocess.Popen(
            [program, "-c", str(home / "etc"), "-d"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await_port(port, process, home / "log")
            yield Postfix(port, home / "mail" / "requests", home / "log")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _make(home: Path, host: str, domain: str, ports: tuple[int, int], daemons: Path) -> None:
    owner, reader = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
    home.chmod(0o755)
    queue = home / "queue"
    for name in (*_QUEUES, "private", "saved", "trace", "maildrop", "public"):
        (queue / name).mkdir(parents=True, mode=0o700)
        os.chown(queue / name, owner.pw_uid, -1)
    (queue / "pid").mkdir()
    for name, user in (("data", owner), ("mail", reader)):
        (home / name).mkdir(mode=0o700)
        os.chown(home / name, user.pw_uid, user.pw_gid)
    (home / "etc").mkdir()
    port, milter_port = ports
    filters = f"smtpd_milters = inet:127.0.0.1:{milter_port}\nmilter_default_action = tempfail"
    filters = filters if milter_port else ""
    (home / "boxes").write_text(f"/@{re.escape(domain)}$/ requests/\n/./ others/\n")
    (home / "etc" / "main.cf").write_text(f"""\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {home}/data
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = {host}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = static:all
virtual_mailbox_maps = regexp:{home}/boxes
virtual_mailbox_base = {home}/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:{reader.pw_uid}
virtual_gid_maps = static:{reader.pw_gid}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
smtpd_peername_lookup = no
strict_rfc821_envelopes = no
{filters}
alias_maps =
alias_database =
maillog_file = {home}/log
maillog_file_prefixes = {home}
""")
    (home / "etc" / "master.cf").write_text(f"""\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
""")


def smtp_sink_program() -> str | None:
    """Return the path of Postfix's smtp-sink, or None where it is not installed."""
    return shutil.which("smtp-sink") or next((path for path in _SINKS if Path(path).exists()), None)


@contextmanager
def postfix_sink(*options: str) -> Iterator[int]:
    """Run Postfix's smtp-sink, which takes all mail and throws it away; give its port.

    ``options`` are those of its manual page, as ``-r RCPT`` for refusals. Raises FileNotFoundError
    when it is not installed.
    """
    program = smtp_sink_program()
    if program is None:
        raise FileNotFoundError("smtp-sink")
    port = free_port()
    as_user = ("-u", "nobody") if os.getuid() == 0 else ()
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(
            [program, *as_user, *options, f"127.0.0.1:{port}", "100"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            await_port(port, process, Path(log.name))
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def submission(certificate: Path, passwords: int) -> dict[str, str]:
    """Return the settings of a server that takes mail over STARTTLS from who logs in.

    ``passwords`` is the port of :func:`password_server`.
    """
    return {
        "smtpd_tls_security_level": "may",
        "smtpd_tls_chain_files": str(certificate),
        "smtpd_tls_auth_only": "yes",
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"inet:127.0.0.1:{passwords}",
        "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
    }


@contextmanager
def password_server(login: str) -> Iterator[int]:
    """Run what Postfix asks for passwords (Dovecot's authentication protocol 1.1); give its port.

    ``login`` is the one ``user:password`` that it knows.
    """
    opened: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    opened.append(client)
                    threading.Thread(target=_answer, args=(client, login), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            for line in (listener, *opened):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
                line.close()
            thread.join(5)


def _answer(client: socket.socket, login: str) -> None:
    with suppress(OSError), client.makefile("rb") as reader:
        hello = (
            "VERSION\t1\t1",
            "MECH\tPLAIN\tplaintext",
            "SPID\t1",
            "CUID\t1",
            "COOKIE\tabc",
            "DONE",
        )
        client.sendall("".join(f"{line}\n" for line in hello).encode())
        for raw in reader:
            words = raw.decode().rstrip("\n").split("\t")
            if words[0] != "AUTH":
                continue
            given = next(word[5:] for word in words if word.startswith("resp="))
            known = b64decode(given).split(b"\0")[1:] == login.encode().split(b":")
            client.sendall(f"{'OK' if known else 'FAIL'}\t{words[1]}\tuser=box\n".encode())

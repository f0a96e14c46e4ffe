"""One healthy installation on Dovecot and Postfix, made once and copied for each test."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from imapclient import IMAPClient

from pipeline.cli import run
from tests.doctor.installation import Installation, Sections
from tests.servers.certificates import make_certificate
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.needed import skip_without
from tests.servers.postfix import password_server, postfix_program, running_postfix, submission
from tests.servers.smtp import SmtpSink, smtp_sink
from tests.world.command_line import caller, english
from tests.world.fixtures import guard, one_child
from tests.world.settings import AUTHSERV, STAFF, write_settings

__all__ = ["english", "guard", "one_child"]

#: Users of the mail server; the last ones have a mail that shows something.
USERS = ("requests", "future", "judged", "empty")
_SAMPLES = Path(__file__).parents[2] / "samples" / "mails"
_MAILS = ("01-onboarding-ja-xlsx", "06-onboarding-with-errors", "13-auto-reply")
Install = Callable[[], Installation]


@pytest.fixture(autouse=True)
def speaking_english(english: None, one_child: None) -> None:
    """Speak English, and read strangers' bytes in one child."""


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "dovecot")
    folder = tmp_path_factory.mktemp("dovecot")
    with running_dovecot(folder, dict.fromkeys(USERS, "secret")) as running:
        yield running


@pytest.fixture(scope="session")
def sink() -> Iterator[SmtpSink]:
    """A server for mail out that refuses on demand."""
    with smtp_sink() as running:
        yield running


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture(scope="session")
def ports(certificate: Path, dovecot: Dovecot, sink: SmtpSink) -> Iterator[Mapping[str, int]]:
    """The ports of all servers; ``smtp`` is a Postfix with STARTTLS and a log-in."""
    skip_without(postfix_program(), "postfix")
    with password_server("box:secret") as port:
        more = submission(certificate, port)
        with running_postfix("mx.tree.example", "genesys.com", more=more) as postfix:
            yield {
                "imap": dovecot.port,
                "imaps": dovecot.tls_port,
                "smtp": postfix.port,
                "plain": sink.port,
                "nobody": 1,
            }


def _sections(folder: Path, ports: Mapping[str, int], certificate: Path) -> Sections:
    secret = {"file": str(folder / "password")}
    return {
        "mailbox": {
            "kind": "imap",
            "host": "127.0.0.1",
            "port": ports["imap"],
            "encryption": "none",
            "user": "requests",
            "password": secret,
            "timeout_seconds": 5,
        },
        "courier": {
            "kind": "smtp",
            "host": "127.0.0.1",
            "port": ports["smtp"],
            "user": "box",
            "password": secret,
            "ca_file": str(certificate),
            "archive_folder": "Sent",
            "undo_seconds": 0,
        },
        "sender": {"authserv_ids": [AUTHSERV]},
        "team": {"time_zone": "Europe/Berlin", "country": "DE", "alert_to": STAFF},
        "backup": {
            "folder": str(folder / "backups"),
            "passphrase": {"file": str(folder / "passphrase")},
        },
        "metrics": {"textfile": str(folder / "requests.prom")},
    }


def _write(folder: Path, sections: Sections) -> None:
    write_settings(folder / "pipeline.toml", **sections)
    (folder / "pipeline.toml").chmod(0o600)
    for name, text in (("password", "secret"), ("passphrase", "a passphrase of many words")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)


@pytest.fixture(scope="session")
def healthy(
    tmp_path_factory: pytest.TempPathFactory,
    ports: Mapping[str, int],
    certificate: Path,
    dovecot: Dovecot,
) -> Path:
    """The folder of an installation that has worked and was backed up."""
    folder = tmp_path_factory.mktemp("healthy")
    _write(folder, _sections(folder, ports, certificate))
    options = ["--config", str(folder / "pipeline.toml"), "--home", str(folder / "state")]
    with IMAPClient(dovecot.host, dovecot.port, ssl=False) as client:
        client.login("requests", "secret")
        for name in _MAILS:
            client.append("INBOX", (_SAMPLES / f"{name}.eml").read_bytes())
    assert run([*options, "run"]) == 0
    assert run([*options, "backup", "create", "--with-keys"]) == 0
    assert run([*options, "backup", "verify"]) == 0
    return folder


@pytest.fixture
def installation(
    healthy: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    dovecot: Dovecot,
    ports: Mapping[str, int],
    certificate: Path,
) -> Installation:
    """A copy of the healthy installation."""
    folder = shutil.copytree(healthy, tmp_path / "broken", symlinks=True)
    sections = _sections(folder, ports, certificate)
    _write(folder, sections)
    return Installation(folder, sections, caller(folder, capsys), dovecot, ports)

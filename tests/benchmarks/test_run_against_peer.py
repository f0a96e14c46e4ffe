"""A whole run, start-up included: 200 mails received and answered, against django-helpdesk.

A bare script that reads, keeps and answers the same mails shows how near to the peer any reader of
forms can come.
"""

import imaplib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from pipeline.clock import SystemClock
from pipeline.flow.services import open_services
from tests.benchmarks import bare_run
from tests.benchmarks.measuring import python, seconds, show, tell
from tests.benchmarks.peer import NotInstalledError, Peer, in_cache, installed
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.needed import skip_without
from tests.servers.postfix import postfix_sink, smtp_sink_program
from tests.world.crowd import form_mail
from tests.world.settings import settings_of, write_settings

_MAILS = int(os.environ.get("BENCH_RUN_MAILS", "200"))
_ROUNDS = 3
_BARE = "a bare script: fetch, guarded read, two commits, one sentence"
_COMMAND = "import sys; from pipeline.cli import main; main(sys.argv[1:])"


@pytest.mark.benchmark
def test_a_run_against_a_help_desk(tmp_path: Path) -> None:
    skip_without(dovecot_program(), "Dovecot")
    skip_without(smtp_sink_program(), "smtp-sink")
    try:
        interpreter = installed(in_cache())
    except NotInstalledError as error:
        tell(f"a run against django-helpdesk: it could not be installed ({error})")
        pytest.skip("django-helpdesk could not be installed")
    now = datetime.now(UTC)
    took = []
    users = {"ours": "secret", "peer": "secret", "bare": "secret"}
    with running_dovecot(tmp_path / "dovecot", users) as server, postfix_sink() as sink:
        ours = _prepared(tmp_path / "ours", server, sink)
        peer = Peer(interpreter, tmp_path / "peer", sink)
        peer.watches(server.host, server.port, "peer", users["peer"])
        bare = _bare(tmp_path / "bare", server, sink, users["bare"])
        for turn in range(_ROUNDS + 1):
            mails = [form_mail(turn * _MAILS + place, now) for place in range(_MAILS)]
            for user, password in users.items():
                _put(server, user, password, mails)
            took.append((seconds(ours), seconds(peer.gets_mail), seconds(bare)))
        assert peer.tickets() == _MAILS * (_ROUNDS + 1)
    spent, peers, bares = (median(side) for side in zip(*took[1:], strict=True))
    what = f"a run over {_MAILS} mails, received and answered"
    show(what, spent, peers, "django-helpdesk")
    show(what, spent, bares, _BARE)
    show(f"the same by {_BARE}", bares, peers, "django-helpdesk")


def _bare(folder: Path, server: Dovecot, sink: int, password: str) -> Callable[[], None]:
    """Return what runs the bare script once."""
    folder.mkdir()
    code = f"from {bare_run.__name__} import main; import sys; main(*sys.argv[1:])"
    mailbox = (server.host, str(server.port), "bare", password)
    return lambda: python(folder / "bytecode", code, *mailbox, str(sink), str(folder))


def _put(server: Dovecot, user: str, password: str, mails: list[bytes]) -> None:
    with imaplib.IMAP4(server.host, server.port) as client:
        client.login(user, password)
        for mail in mails:
            client.append("INBOX", "", "", mail)


def _prepared(folder: Path, server: Dovecot, sink: int) -> Callable[[], None]:
    """Set up a mailbox as an operator does; return what runs it once."""
    folder.mkdir()
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text("secret")
    sections: dict[str, dict[str, object]] = {
        "mailbox": {
            "kind": "imap",
            "host": server.host,
            "port": server.port,
            "encryption": "none",
            "user": "ours",
            "password": {"file": password},
        },
        "courier": {
            "kind": "smtp",
            "host": "127.0.0.1",
            "port": sink,
            "encryption": "none",
            "hourly_cap": 1_000_000,
        },
    }
    with open_services(settings_of(folder, **sections), SystemClock(), make=True):
        settings = write_settings(folder / "pipeline.toml", **sections)
    options = ["--config", str(settings), "--home", str(folder)]
    return lambda: python(folder / "bytecode", _COMMAND, *options, "run")

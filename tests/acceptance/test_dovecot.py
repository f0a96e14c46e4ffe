"""Two batches at the same time on one real mailbox: nothing is lost, nothing is doubled."""

import json
import subprocess
import sys
import tomllib
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from imapclient import IMAPClient

from pipeline.cli import run
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpSink, smtp_sink
from tests.world.customers import form
from tests.world.mails import stored
from tests.world.outbox import parsed
from tests.world.settings import AUTHSERV, write_settings
from tests.world.world import START

pytestmark = pytest.mark.dovecot

_MAILS = 25
_ONE = "one@firma.example"
_PIPELINE = Path(sys.executable).with_name("pipeline")


def _senders() -> list[str]:
    return [f"customer{number}@firma{number}.example" for number in range(_MAILS)]


def _mail(sender: str, number: int) -> bytes:
    """Return the mail of a proven sender with a good form for a number of its own."""
    phone = f"+8190123456{number:02}"
    file = form(phone_number=phone, phone_number_again=phone, contact_email=sender)
    return stored(sender, str(number), START, file)


def _password(folder: Path, server: Dovecot) -> Path:
    secret = folder / "password"
    secret.write_text(server.password)
    secret.chmod(0o600)
    return secret


def _settings(folder: Path, server: Dovecot, user: str, sink: SmtpSink, url: str) -> Path:
    plain = {"encryption": "none"}
    mailbox = {"kind": "imap", "host": server.host, "port": server.port, "user": user, **plain}
    return write_settings(
        folder / "pipeline.toml",
        store={"home": folder / "state", "url": url},
        mailbox={**mailbox, "password": {"file": _password(folder, server)}},
        courier={"kind": "smtp", "host": sink.host, "port": sink.port, **plain},
    )


def _connected(server: Dovecot, user: str) -> IMAPClient:
    client = IMAPClient(server.host, server.port, ssl=False)
    client.login(user, server.password)
    return client


def _deliver(server: Dovecot, user: str, *mails: bytes) -> None:
    with _connected(server, user) as client:
        for mail in mails:
            client.append("INBOX", mail)


def _start(config: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [str(_PIPELINE), "--config", str(config), "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finished(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = process.communicate(timeout=180)
    return process.returncode, out + err


def _folders(server: Dovecot, user: str) -> dict[str, int]:
    """Return how many mails each folder holds; empty ones are left out."""
    with _connected(server, user) as client:
        counts = {
            str(name): int(client.folder_status(name, ["MESSAGES"])[b"MESSAGES"])
            for _, _, name in client.list_folders()
        }
    return {name: count for name, count in counts.items() if count}


def _seen(server: Dovecot, user: str) -> int:
    """Return how many mails of the inbox bear the mark of having been read."""
    with _connected(server, user) as client:
        client.select_folder("INBOX", readonly=True)
        flags = client.get_flags(client.search()).values()
    return len([flag for flag in flags if b"\\Seen" in flag])


def test_two_batches_at_once_share_the_work_and_double_nothing(
    dovecot: Dovecot, mail_user: str, database_url: str, tmp_path: Path
) -> None:
    senders = _senders()
    _deliver(dovecot, mail_user, *map(_mail, senders, count()))
    with smtp_sink() as sink:
        config = _settings(tmp_path, dovecot, mail_user, sink, database_url)
        both = [_finished(process) for process in [_start(config), _start(config)]]
        last = _finished(_start(config))
        assert [code for code, _ in (*both, last)] == [0, 0, 0], (both, last)
        assert [said for _, said in (*both, last) if "locked" in said or "Traceback" in said] == []

        mails = [parsed(raw) for _, _, raw in sink.messages]
        recipients = Counter(address for _, to, _ in sink.messages for address in to)
        assert recipients == Counter(senders)
        assert len({str(mail["Message-ID"]) for mail in mails}) == _MAILS
        assert {str(mail["Subject"])[:8] for mail in mails} == {str(mails[0]["Subject"])[:8]}
    assert _folders(dovecot, mail_user) == {"Requests": _MAILS}
    listed = subprocess.run(
        [str(_PIPELINE), "--config", str(config), "queue", "all", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(listed.stdout)
    rows = rows if isinstance(rows, list) else rows["requests"]
    assert len({row["reference"] for row in rows}) == _MAILS
    assert Counter(row["status"] for row in rows) == {"policy_review": _MAILS}


def test_mail_stays_where_it_is_until_it_is_in_the_ledger(
    dovecot: Dovecot, mail_user: str, tmp_path: Path
) -> None:
    _deliver(dovecot, mail_user, _mail(_ONE, 1))
    with smtp_sink() as sink:
        config = _settings(tmp_path, dovecot, mail_user, sink, "")
        dry = subprocess.run(
            [str(_PIPELINE), "--config", str(config), "run", "--dry-run"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert dry.returncode == 0, dry.stderr
        assert _folders(dovecot, mail_user) == {"INBOX": 1}
        assert _seen(dovecot, mail_user) == 0
        assert _finished(_start(config))[0] == 0
        assert [to for _, to, _ in sink.messages] == [[_ONE]]


def test_mail_that_the_smtp_server_refuses_for_now_goes_out_later(
    dovecot: Dovecot, mail_user: str, tmp_path: Path
) -> None:
    _deliver(dovecot, mail_user, _mail(_ONE, 1))
    with smtp_sink() as sink:
        config = _settings(tmp_path, dovecot, mail_user, sink, "")
        sink.fail("rcpt", "451 4.3.0 later")
        assert _finished(_start(config))[0] == 0
        assert sink.messages == []
        assert _folders(dovecot, mail_user) == {"Requests": 1}


def test_mailbox_that_is_down_is_tried_later(dovecot: Dovecot, tmp_path: Path) -> None:
    with smtp_sink() as sink:
        config = _settings(tmp_path, dovecot, "requests0", sink, "")
        text = config.read_text().replace(f"port = {dovecot.port}", "port = 1")
        config.write_text(text)
        assert _finished(_start(config))[0] == 75


def test_wrong_password_is_a_configuration_error(dovecot: Dovecot, tmp_path: Path) -> None:
    with smtp_sink() as sink:
        config = _settings(tmp_path, dovecot, "requests0", sink, "")
        (tmp_path / "password").write_text("wrong")
        assert _finished(_start(config))[0] == 4


def test_dry_run_leaves_no_trace_on_the_server(
    dovecot: Dovecot, mail_user: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _deliver(dovecot, mail_user, *map(_mail, _senders()[:3], count()))
    with smtp_sink() as sink:
        config = _settings(tmp_path, dovecot, mail_user, sink, "")
        assert run(["--config", str(config), "run", "--dry-run", "--json"]) == 0
        planned = json.loads(capsys.readouterr().out)["mailbox"]
        assert (planned["total"], [mail["fate"] for mail in planned["first"]]) == (3, ["form"] * 3)
        assert _seen(dovecot, mail_user) == 0
        assert _folders(dovecot, mail_user) == {"INBOX": 3}
        assert sink.messages == []


@pytest.mark.parametrize("relays", [0, 2])
def test_init_logs_in_and_writes_who_judges_the_senders(
    dovecot: Dovecot, mail_user: str, tmp_path: Path, relays: int
) -> None:
    _password(tmp_path, dovecot)
    hop = b"Received: from a.genesys.example by b.genesys.example with ESMTP id 1; now\r\n"
    mails = [_mail(sender, number) for number, sender in enumerate(_senders()[:3])]
    _deliver(dovecot, mail_user, *(hop * relays + mail for mail in mails))
    with smtp_sink() as sink:
        options = {
            "out": str(tmp_path / "wa.toml"),
            "host": dovecot.host,
            "port": str(dovecot.port),
            "encryption": "none",
            "user": mail_user,
            "password-file": "password",
            "smtp-host": sink.host,
            "smtp-port": str(sink.port),
            "smtp-encryption": "none",
            "smtp-user": "-",
        }
        words = [part for name, value in options.items() for part in (f"--{name}", value)]
        done = subprocess.run(
            [str(_PIPELINE), "init", *words],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stderr
    written = tomllib.loads((tmp_path / "wa.toml").read_text(encoding="utf-8"))
    hops = {"inner_hops": relays} if relays else {}
    assert written["sender"] == {"authserv_ids": [AUTHSERV], **hops}
    assert written["mailbox"]["password"] == {"file": "password"}
    assert "user" not in written["courier"]

"""``mail reconcile``: a real server or a Maildir set against the ledger."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from pipeline.cli import run
from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.inbound.process import process
from pipeline.flow.services import Services, open_services
from pipeline.store.records import MessageRecord
from tests.servers.dovecot import Dovecot
from tests.world.mails import stored
from tests.world.settings import ADDRESS, AUTHSERV

_SETTINGS = """
[store]
home = {home}
[mailbox]
address = "{address}"
{server}
[sender]
authserv_ids = ["{authserv}"]
"""


def _mail(name: str) -> bytes:
    """Return an automatic answer: it is filed, and nobody answers it."""
    return b"Auto-Submitted: auto-replied\r\n" + stored(
        f"{name}@{name}.example", name, datetime.now(UTC)
    )


@dataclass
class Office:
    """A state folder, its mailbox, and the command line on both."""

    config: Path
    services: Services
    capsys: pytest.CaptureFixture[str]

    def call(self, *arguments: str) -> str:
        """Call the command line; return what it printed."""
        self.capsys.readouterr()
        assert run(["--config", str(self.config), *arguments]) == 0
        return self.capsys.readouterr().out

    def differences(self, *options: str) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
        """Return what ``mail reconcile`` found, and by name where each mail stands and belongs."""
        found = json.loads(self.call("mail", "reconcile", "--json", *options))
        named = {
            mail["message_id"].partition("@")[0].strip("<"): (
                mail["difference"],
                f"{mail['folder']} -> {mail['belongs']}",
            )
            for mail in found["differences"]
        }
        return found, named

    def deliver(self, *names: str, folder: str = "INBOX") -> None:
        """Put mails into the mailbox."""
        with open_mailbox(self.services) as mailbox:
            for name in names:
                mailbox.append(folder, _mail(name))

    def carry(self, name: str, source: str, target: str) -> None:
        """Move a mail as a person does."""
        with open_mailbox(self.services) as mailbox:
            assert mailbox.file_by_id(source, f"<{name}@{name}.example>", target)

    def decide(self) -> list[MessageRecord]:
        """Fetch and process, as a batch that is killed before it moves; return the new rows."""
        before = {row.id for row in self.rows()}
        with open_mailbox(self.services) as mailbox:
            fetch(self.services, mailbox)
        process(self.services)
        return [row for row in self.rows() if row.id not in before]

    def rows(self) -> list[MessageRecord]:
        """Return the ledger."""
        with self.services.store.read() as tx:
            return tx.messages.list("all", 100)


@pytest.fixture(params=["maildir", pytest.param("imap", marks=pytest.mark.dovecot)])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> "Any":
    server = 'kind = "maildir"'
    if request.param == "imap":
        server = _server(
            request.getfixturevalue("dovecot"), request.getfixturevalue("mail_user"), tmp_path
        )
    config = tmp_path / "pipeline.toml"
    home = json.dumps(str(tmp_path / "state"))
    config.write_text(
        _SETTINGS.format(home=home, address=ADDRESS, server=server, authserv=AUTHSERV)
    )
    settings = load(config, environment={})
    with open_services(settings, SystemClock(), make=True) as services:
        yield Office(config, services, capsys)


def _server(dovecot: Dovecot, user: str, folder: Path) -> str:
    secret = folder / "password"
    secret.write_text(dovecot.password)
    secret.chmod(0o600)
    return (
        f'kind = "imap"\nhost = "{dovecot.host}"\nport = {dovecot.port}\nencryption = "none"\n'
        f'user = "{user}"\npassword = {{ file = {json.dumps(str(secret))} }}'
    )


def test_server_and_ledger_that_agree(office: Office) -> None:
    office.deliver("one", "two")
    office.call("run")
    found, named = office.differences()
    assert named == {}
    (ignored,) = [one for one in found["folders"] if one["folder"] == "Ignored"]
    assert ignored == {
        "folder": "Ignored",
        "there": True,
        "on_server": 2,
        "expected": 2,
        "agreed": 2,
    }
    assert "agree" in office.call("mail", "reconcile")


def test_every_difference_is_told_and_only_what_is_safe_is_mended(office: Office) -> None:
    office.deliver("kept", "taken", "carried")
    office.call("run")
    office.carry("taken", "Ignored", "Archive")
    office.carry("carried", "Ignored", "Requests")
    office.deliver("foreign", folder="Held")
    office.deliver("pending", "returned")
    rows = {row.message_id: row for row in office.decide()}
    returned = rows["<returned@returned.example>"].id
    office.services.run(lambda work: work.tx.messages.moved(returned, work.now))
    office.deliver("new")

    wanted = {
        "taken": ("missing", " -> Ignored"),
        "carried": ("elsewhere", "Requests -> Ignored"),
        "foreign": ("not_in_ledger", "Held -> "),
        "pending": ("not_moved", "INBOX -> Ignored"),
        "returned": ("came_back", "INBOX -> Ignored"),
        "new": ("not_fetched", "INBOX -> "),
    }
    for _ in range(2):  # to look changes nothing
        found, named = office.differences()
        assert named == wanted
        assert (found["moved"], found["put_back"]) == (0, 0)
    table = office.call("mail", "reconcile")
    assert "In another folder than its outcome's" in " ".join(table.split())

    found, named = office.differences("--mend")
    assert (found["moved"], found["put_back"]) == (2, 1)
    assert named == {name: wanted[name] for name in ("taken", "carried", "foreign", "new")}
    assert [row.id for row in office.rows() if row.moved_at is None] == []


def test_mail_without_a_message_id_is_known_by_its_size(office: Office) -> None:
    raw = _mail("one").replace(b"Message-ID: <one@one.example>\r\n", b"")
    with open_mailbox(office.services) as mailbox:
        mailbox.append("INBOX", raw)
    office.call("run")
    found, _ = office.differences()
    assert found["differences"] == []
    with open_mailbox(office.services) as mailbox:
        mailbox.append("Ignored", raw + b"another line\r\n")
    found, _ = office.differences()
    assert [mail["difference"] for mail in found["differences"]] == ["not_in_ledger"]


def test_folder_that_was_numbered_anew_is_told(
    office: Office, request: pytest.FixtureRequest
) -> None:
    office.deliver("pending")
    office.decide()
    root = office.services.settings.below_home(office.services.settings.mailbox.path)
    if root.is_dir():
        (root / "pipeline-uids").unlink()
    else:
        time.sleep(1.1)  # a server takes the second for its new UIDVALIDITY
        request.getfixturevalue("dovecot").forget_numbers(office.services.settings.mailbox.user)
    _, named = office.differences()
    assert named == {"pending": ("numbered_anew", "INBOX -> Ignored")}


@pytest.mark.parametrize("office", ["imap"], indirect=True)
@pytest.mark.dovecot
def test_no_body_is_downloaded_and_nothing_is_marked_as_read(
    office: Office, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.deliver("one", "two")
    office.call("run")
    office.deliver("three")
    asked: list[str] = []
    real: Callable[..., Any] = IMAPClient.fetch

    def recorded(client: IMAPClient, uids: list[int], items: list[str]) -> Any:
        asked.extend(items)
        return real(client, uids, items)

    with monkeypatch.context() as patched:
        patched.setattr(IMAPClient, "fetch", recorded)
        office.differences()
    assert set(asked) == {"RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"}
    with IMAPClient(dovecot.host, dovecot.port, ssl=False) as client:
        client.login(office.services.settings.mailbox.user, dovecot.password)
        for folder in ("INBOX", "Ignored"):
            client.select_folder(folder, readonly=True)
            flags = client.get_flags(client.search()).values()
            assert [flag for flag in flags if b"\\Seen" in flag] == []


@pytest.mark.parametrize("office", ["imap"], indirect=True)
@pytest.mark.dovecot
def test_mail_that_the_server_cannot_read_hides_no_other(office: Office, dovecot: Dovecot) -> None:
    office.deliver("one", "two", "three", "four", folder="Held")
    user = office.services.settings.mailbox.user
    (path,) = [
        path
        for path in dovecot.mail(user).glob(".Held/*/*")
        if path.is_file() and b"<three@" in path.read_bytes()
    ]
    path.rename(path.with_name(path.name.partition(",S=")[0] + ",S=9999:2,"))
    for cache in (dovecot.folder / "index" / user).glob(".Held/dovecot.index*"):
        cache.unlink()
    found, named = office.differences()
    assert {"one", "two", "four"} <= named.keys()
    assert len(found["differences"]) == 4

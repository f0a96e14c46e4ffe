"""What only a server can do to us: refuse, break off, and watch what we change."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from imapclient import IMAPClient

from pipeline.errors import ConfigurationError, TryLaterError
from pipeline.mailbox.imap.mailbox import ImapAccess, ImapMailbox
from pipeline.tokens.ready import ReadyToken
from tests.servers.dovecot import Dovecot
from tests.unit.mailbox.conftest import access

pytestmark = pytest.mark.dovecot


def nothing_known(uidvalidity: int, uids: Sequence[int]) -> set[int]:
    return set()


@pytest.fixture
def settings(dovecot: Dovecot, numbers: Iterator[int]) -> ImapAccess:
    return access(dovecot, f"user{next(numbers)}")


@contextmanager
def watching(settings: ImapAccess) -> Iterator[IMAPClient]:
    """Look at the mailbox as another mail program does."""
    with IMAPClient(settings.host, settings.port, ssl=False) as client:
        client.login(settings.user, "secret")
        client.select_folder("INBOX", readonly=True)
        yield client


def test_imap_reading_changes_nothing_on_the_server(settings: ImapAccess) -> None:
    with ImapMailbox(settings) as mailbox:
        mailbox.append("INBOX", b"Subject: x\r\n\r\n")
        (found,) = mailbox.new_messages(nothing_known)
    with watching(settings) as client:
        flags = client.fetch([found.uid], ["FLAGS"])[found.uid][b"FLAGS"]
    assert set(flags) - {rb"\Recent"} == set()


def test_imap_filed_mail_stays_unread_for_staff(settings: ImapAccess) -> None:
    with ImapMailbox(settings) as mailbox:
        mailbox.append("INBOX", b"Subject: x\r\n\r\n")
        (found,) = mailbox.new_messages(nothing_known)
        mailbox.file("INBOX", found.uidvalidity, found.uid, "Processed")
    with watching(settings) as client:
        client.select_folder("Processed", readonly=True)
        (uid,) = client.search("UNSEEN")
        assert client.fetch([uid], ["RFC822.SIZE"])[uid][b"RFC822.SIZE"] == len(
            b"Subject: x\r\n\r\n"
        )


def test_imap_mail_marked_deleted_by_another_client_is_passed_over(settings: ImapAccess) -> None:
    with ImapMailbox(settings) as mailbox:
        mailbox.append("INBOX", b"Subject: x\r\n\r\n")
        (found,) = mailbox.new_messages(nothing_known)
        with watching(settings) as client:
            client.select_folder("INBOX")
            client.add_flags([found.uid], [rb"\Deleted"])
            assert mailbox.new_messages(nothing_known) == []


def test_imap_access_token_opens_the_mailbox(dovecot: Dovecot) -> None:
    settings = replace(
        access(dovecot, "user0"), password=None, bearer=ReadyToken(lambda: "good-token")
    )
    with ImapMailbox(settings) as mailbox:
        assert "INBOX" in mailbox.folders()


def test_imap_expired_token_is_a_matter_of_configuration(dovecot: Dovecot) -> None:
    settings = replace(
        access(dovecot, "user0"), password=None, bearer=ReadyToken(lambda: "old-token")
    )
    with ImapMailbox(settings) as mailbox, pytest.raises(ConfigurationError) as caught:
        mailbox.folders()
    assert caught.value.code == "token_ready_refused"


def test_imap_wrong_password_is_a_matter_of_configuration(settings: ImapAccess) -> None:
    mailbox = ImapMailbox(replace(settings, password=lambda: "wrong"))
    with mailbox, pytest.raises(ConfigurationError) as caught:
        mailbox.folders()
    assert caught.value.code == "mailbox_refused_login"
    assert "wrong" not in str(caught.value)


def test_imap_access_never_shows_its_secret(settings: ImapAccess) -> None:
    assert "secret" not in repr(settings)
    assert "lambda" not in repr(settings)


def test_imap_tls_with_the_operators_authority_works(dovecot: Dovecot) -> None:
    settings = replace(
        access(dovecot, "user0"),
        port=dovecot.tls_port,
        security="tls",
        ca_file=str(dovecot.ca_file),
    )
    with ImapMailbox(settings) as mailbox:
        assert "INBOX" in mailbox.folders()


def test_imap_starttls_with_the_operators_authority_works(dovecot: Dovecot) -> None:
    settings = replace(access(dovecot, "user0"), security="starttls", ca_file=str(dovecot.ca_file))
    with ImapMailbox(settings) as mailbox:
        assert "INBOX" in mailbox.folders()


def test_imap_unknown_certificate_is_refused(dovecot: Dovecot) -> None:
    settings = replace(access(dovecot, "user0"), port=dovecot.tls_port, security="tls")
    with ImapMailbox(settings) as mailbox, pytest.raises(ConfigurationError) as caught:
        mailbox.folders()
    assert caught.value.code == "mailbox_tls_refused"


def test_imap_plain_to_another_machine_is_refused_without_a_connection() -> None:
    settings = ImapAccess("a", "192.0.2.1", 143, "user", "plain", password=lambda: "secret")
    with ImapMailbox(settings) as mailbox, pytest.raises(ConfigurationError) as caught:
        mailbox.folders()
    assert caught.value.code == "mailbox_plain_not_loopback"


def test_imap_without_any_secret_is_refused(settings: ImapAccess) -> None:
    with (
        ImapMailbox(replace(settings, password=None)) as mailbox,
        pytest.raises(ConfigurationError) as caught,
    ):
        mailbox.folders()
    assert caught.value.code == "mailbox_no_secret"


def test_imap_server_down_is_try_later_and_works_again_later(settings: ImapAccess) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        mailbox = ImapMailbox(replace(settings, port=port))
        with mailbox, pytest.raises(TryLaterError) as caught:
            mailbox.new_messages(nothing_known)
    assert caught.value.code == "mailbox_unreachable"


class Breaker:
    """A go-between that cuts the line after some bytes from the server, for each connection."""

    def __init__(self, port: int, limits: list[int]) -> None:
        self._server = port
        self._limits = limits
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets = [self._listener]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        for limit in self._limits:
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._server))
            self._sockets += [client, server]
            for source, goal, most in ((client, server, 1 << 30), (server, client, limit)):
                thread = threading.Thread(target=self._copy, args=(source, goal, most))
                thread.start()
                self._threads.append(thread)

    @staticmethod
    def _copy(source: socket.socket, goal: socket.socket, most: int) -> None:
        left = most
        with suppress(OSError):
            while left > 0 and (piece := source.recv(min(4096, left))):
                goal.sendall(piece)
                left -= len(piece)
        for end in (source, goal):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for thread in self._threads:
            thread.join(10)
        for opened in self._sockets:
            opened.close()


def test_imap_line_cut_once_in_mid_fetch_costs_no_mail_and_no_run(
    settings: ImapAccess,
) -> None:
    raws = [b"Subject: %d\r\n\r\n" % number + b"y" * 20_000 + b"\r\n" for number in range(3)]
    with ImapMailbox(settings) as mailbox:
        for raw in raws:
            mailbox.append("INBOX", raw)
    breaker = Breaker(settings.port, [30_000, 1 << 30])
    try:
        with ImapMailbox(replace(settings, port=breaker.port)) as mailbox:
            found = mailbox.new_messages(nothing_known)
    finally:
        breaker.close()
    assert [message.raw for message in found] == raws

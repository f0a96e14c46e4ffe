"""Why an IMAP mailbox cannot be read: what passes is try later, the rest has to be corrected."""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from imapclient import IMAPClient

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.mailbox.imap.mailbox import ImapAccess, ImapMailbox
from pipeline.tokens.ready import ReadyToken
from tests.servers.certificates import make_certificate
from tests.servers.dovecot import Dovecot
from tests.servers.lines import HANG_UP, line_server, tls_port
from tests.unit.mailbox.conftest import access

_OK = "{tag} OK done"


def nothing_known(uidvalidity: int, uids: Sequence[int]) -> set[int]:
    return set()


def _capable(*names: str) -> dict[str, str]:
    """Return the answers of a server that says it can do ``names``."""
    said = " ".join(("IMAP4rev1", *names))
    return {"CAPABILITY": f"* CAPABILITY {said}\r\n{_OK}", "LOGOUT": f"* BYE\r\n{_OK}"}


def _access(port: int, **more: object) -> ImapAccess:
    plain = ImapAccess(
        "requests", "127.0.0.1", port, "box", "plain",
        password=lambda: "secret", timeout_seconds=2,
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def _told(settings: ImapAccess) -> tuple[type[PipelineError], str, str]:
    """Read the mailbox; return kind, code and params of the error that comes of it."""
    with ImapMailbox(settings) as mailbox, pytest.raises(PipelineError) as raised:
        mailbox.new_messages(nothing_known)
    params = str(raised.value.params)
    assert "secret" not in params
    return type(raised.value), raised.value.code, params


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ("NO [UNAVAILABLE] later", TryLaterError, "mailbox_unreachable"),
        ("NO [INUSE] another session", TryLaterError, "mailbox_unreachable"),
        ("NO [LIMIT] too many sessions", TryLaterError, "mailbox_unreachable"),
        ("NO [AUTHENTICATIONFAILED] wrong", ConfigurationError, "mailbox_refused_login"),
        ("NO [AUTHORIZATIONFAILED] not you", ConfigurationError, "mailbox_refused_login"),
        ("NO [EXPIRED] old", ConfigurationError, "mailbox_refused_login"),
        ("NO [PRIVACYREQUIRED] use TLS", ConfigurationError, "mailbox_refused_login"),
        ("NO [CONTACTADMIN] blocked", ConfigurationError, "mailbox_refused_login"),
        ("NO wrong", ConfigurationError, "mailbox_refused_login"),
    ],
)
def test_refused_log_in_is_told_by_its_response_code(
    answer: str, kind: type[PipelineError], code: str
) -> None:
    with line_server("* OK hi", {**_capable(), "LOGIN": "{tag} " + answer}) as port:
        found = _told(_access(port))
    assert found[:2] == (kind, code)
    assert answer.removeprefix("NO ") in found[2]


@pytest.mark.parametrize("answer", [HANG_UP, "* BYE [UNAVAILABLE] going down"])
def test_server_that_leaves_during_the_log_in_is_try_later(answer: str) -> None:
    with line_server("* OK hi", {**_capable(), "LOGIN": answer}) as port:
        assert _told(_access(port, timeout_seconds=0.3))[:2] == (
            TryLaterError,
            "mailbox_unreachable",
        )


def test_no_log_in_on_offer_is_a_setting() -> None:
    with line_server("* OK hi", _capable("LOGINDISABLED", "STARTTLS")) as port:
        assert _told(_access(port))[:2] == (ConfigurationError, "mailbox_no_login")


def test_no_log_in_with_a_token_on_offer_is_a_setting() -> None:
    with line_server("* OK hi", _capable("AUTH=PLAIN")) as port:
        settings = _access(port, password=None, bearer=ReadyToken(lambda: "secret"))
        assert _told(settings)[:2] == (ConfigurationError, "mailbox_no_login")


@pytest.mark.parametrize(
    "answers", [_capable(), {**_capable("STARTTLS"), "STARTTLS": "{tag} BAD no"}]
)
def test_no_encryption_on_offer_is_a_setting(answers: dict[str, str]) -> None:
    with line_server("* OK hi", answers) as port:
        found = _told(_access(port, security="starttls"))
    assert found[:2] == (ConfigurationError, "mailbox_no_tls")


@pytest.mark.parametrize("greeting", ["* BYE too busy", HANG_UP, None])
def test_server_that_does_not_begin_is_try_later(greeting: str | None) -> None:
    with line_server(greeting, {}) as port:
        found = _told(_access(port, timeout_seconds=0.3))
    assert found[:2] == (TryLaterError, "mailbox_unreachable")


def test_closed_port_and_unknown_name_are_try_later() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings = _access(closed.getsockname()[1])
        assert _told(settings)[:2] == (TryLaterError, "mailbox_unreachable")
    unknown = replace(settings, host="name.invalid", security="tls")
    assert _told(unknown)[:2] == (TryLaterError, "mailbox_host_unknown")


def test_password_that_no_server_can_be_told_is_a_setting() -> None:
    with line_server("* OK hi", _capable()) as port:
        settings = _access(port, password=lambda: "gehëim")
        assert _told(settings)[:2] == (ConfigurationError, "mailbox_refused_login")


@pytest.mark.parametrize("security", ["plain", "starttls"])
def test_plain_to_a_tls_port_is_a_setting(tmp_path: Path, security: str) -> None:
    with tls_port(make_certificate(tmp_path, "127.0.0.1")) as port:
        found = _told(_access(port, security=security, timeout_seconds=0.3))
    assert found[:2] == (ConfigurationError, "mailbox_encryption")


def test_expired_certificate_is_a_setting_with_its_reason(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1", days=-2)
    with tls_port(certificate) as port:
        found = _told(_access(port, security="tls", ca_file=str(certificate)))
    assert found[:2] == (ConfigurationError, "mailbox_tls_refused")
    assert "expired" in found[2]


def test_certificate_of_another_name_is_a_setting_with_its_reason(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    with tls_port(certificate) as port:
        settings = _access(port, security="tls", ca_file=str(certificate), host="localhost")
        found = _told(settings)
    assert found[:2] == (ConfigurationError, "mailbox_tls_refused")
    assert "localhost" in found[2]


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\0" * 50])
def test_file_of_authorities_that_is_none_is_a_setting(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    found = _told(_access(1, security="tls", ca_file=str(path)))
    assert found[:2] == (ConfigurationError, "mailbox_ca_file")
    assert str(path) in found[2]


@pytest.mark.dovecot
class TestDovecot:
    """What a real server says."""

    @pytest.fixture
    def settings(self, dovecot: Dovecot, numbers: Iterator[int]) -> ImapAccess:
        return access(dovecot, f"user{next(numbers)}")

    def test_missing_folder_is_told_with_those_that_are_there(self, settings: ImapAccess) -> None:
        with IMAPClient(settings.host, settings.port, ssl=False) as client:
            client.login(settings.user, "secret")
            client.create_folder("Anfragen")
        found = _told(replace(settings, folder="Anfrage"))
        assert found[:2] == (ConfigurationError, "mailbox_folder_missing")
        assert "'folder': 'Anfrage'" in found[2]
        assert "'folders': 'Anfragen, INBOX'" in found[2]

    def test_folder_that_cannot_be_made_is_told(self, settings: ImapAccess) -> None:
        with ImapMailbox(settings) as mailbox, pytest.raises(ConfigurationError) as refused:
            mailbox.append("x" * 300, b"Subject: x\r\n\r\n")
        assert refused.value.code == "mailbox_folder_not_made"

    def test_tls_to_the_plain_port_is_a_setting(self, settings: ImapAccess) -> None:
        found = _told(replace(settings, security="tls"))
        assert found[:2] == (ConfigurationError, "mailbox_encryption")

    def test_plain_to_the_tls_port_is_a_setting(
        self, settings: ImapAccess, dovecot: Dovecot
    ) -> None:
        found = _told(replace(settings, port=dovecot.tls_port, timeout_seconds=0.5))
        assert found[:2] == (ConfigurationError, "mailbox_encryption")

"""What hinders every mail is a fault, told by who can mend it; no mail is to blame for it."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.notifications.smtp import SmtpCourier, SmtpServer
from tests.servers.certificates import make_certificate, server_context
from tests.servers.lines import HANG_UP, line_server, tls_port
from tests.servers.smtp import SmtpSink, smtp_sink

MAIL = b"Subject: hello\r\nMessage-ID: <a@b>\r\n\r\nline\r\n"
US, THEM = "box@example.com", "aiko@example.jp"
_EHLO = {"EHLO": "250-here\r\n250 AUTH PLAIN LOGIN", "NOOP": "250 ok", "RSET": "250 ok",
         "QUIT": "221 bye"}  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture(scope="module")
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


@pytest.fixture(scope="module")
def safe_sink(certificate: Path) -> Iterator[SmtpSink]:
    """A server with STARTTLS that wants the user ``box`` with the password ``secret``."""
    with smtp_sink(tls=server_context(certificate), password="secret") as running:
        yield running


@pytest.fixture(scope="module")
def plain_sink() -> Iterator[SmtpSink]:
    with smtp_sink() as running:
        yield running


def _server(port: int, **more: object) -> SmtpServer:
    plain = SmtpServer("127.0.0.1", port, encryption="none", time_scale=0.01)
    return replace(plain, **more)  # type: ignore[arg-type]


def _fault(server: SmtpServer) -> tuple[type[PipelineError], str]:
    """Hand over one mail; return the fault that comes of it, which ``check`` has to find too."""
    courier = SmtpCourier(server)
    found = courier.deliver(MAIL, US, THEM)
    courier.close()
    assert found.kind is DeliveryKind.DEFERRED
    assert found.fault is not None
    assert "secret" not in f"{found.fault} {found.detail}"
    return type(found.fault), found.fault.code


def test_server_without_starttls_is_a_setting(plain_sink: SmtpSink) -> None:
    server = _server(plain_sink.port, encryption="starttls")
    assert _fault(server) == (ConfigurationError, "courier_no_tls")
    assert plain_sink.messages == []


def test_server_without_a_log_in_is_a_setting(plain_sink: SmtpSink) -> None:
    server = _server(plain_sink.port, user="box", password="secret")
    assert _fault(server) == (ConfigurationError, "courier_no_login")


def test_log_in_of_an_unknown_kind_is_a_setting() -> None:
    with line_server("220 here", {"EHLO": "250-here\r\n250 AUTH GSSAPI"}) as port:
        server = _server(port, user="box", password="secret")
        assert _fault(server) == (ConfigurationError, "courier_no_login")


@pytest.mark.parametrize("password", ["wrong", "pässwort"])
def test_wrong_password_is_a_setting(
    safe_sink: SmtpSink, trusting: ssl.SSLContext, password: str
) -> None:
    server = _server(
        safe_sink.port, encryption="starttls", user="box", password=password, tls=trusting
    )
    assert _fault(server) == (ConfigurationError, "courier_login")


def test_missing_log_in_is_a_setting(safe_sink: SmtpSink, trusting: ssl.SSLContext) -> None:
    server = _server(safe_sink.port, encryption="starttls", tls=trusting)
    assert _fault(server) == (ConfigurationError, "courier_login")


def test_unknown_certificate_is_a_setting(safe_sink: SmtpSink) -> None:
    server = _server(safe_sink.port, encryption="starttls")
    assert _fault(server) == (ConfigurationError, "courier_tls_refused")


def test_certificate_of_another_name_is_a_setting(
    safe_sink: SmtpSink, trusting: ssl.SSLContext
) -> None:
    server = _server(safe_sink.port, host="localhost", encryption="starttls", tls=trusting)
    found = SmtpCourier(server).check()
    assert isinstance(found.fault, ConfigurationError)
    assert found.fault.code == "courier_tls_refused"
    assert "localhost" in str(found.fault.params["reason"])


def test_tls_to_a_plain_port_is_a_setting(plain_sink: SmtpSink) -> None:
    server = _server(plain_sink.port, encryption="tls")
    assert _fault(server) == (ConfigurationError, "courier_encryption")


@pytest.mark.parametrize("encryption", ["starttls", "none"])
def test_plain_to_a_tls_port_is_a_setting(certificate: Path, encryption: str) -> None:
    with tls_port(certificate) as port:
        server = _server(port, encryption=encryption, time_scale=0.001)
        assert _fault(server) == (ConfigurationError, "courier_encryption")


@pytest.mark.parametrize(
    ("answers", "kind", "code"),
    [
        ({"AUTH": "535 5.7.8 bad credentials"}, ConfigurationError, "courier_login"),
        ({"AUTH": "534 5.7.9 too weak"}, ConfigurationError, "courier_login"),
        ({"AUTH": "538 5.7.11 needs encryption"}, ConfigurationError, "courier_login"),
        ({"AUTH": "454 4.7.0 not now"}, TryLaterError, "courier_unreachable"),
        ({"AUTH": "421 4.3.2 closing"}, TryLaterError, "courier_unreachable"),
        ({"AUTH": HANG_UP}, TryLaterError, "courier_unreachable"),
        ({"MAIL": "530 5.7.0 log in first"}, ConfigurationError, "courier_login"),
        ({"MAIL": "550 5.7.1 not yours"}, ConfigurationError, "courier_sender_refused"),
        ({"MAIL": "553 5.7.1 not yours"}, ConfigurationError, "courier_sender_refused"),
        ({"MAIL": "421 4.7.0 too many"}, TryLaterError, "courier_unreachable"),
        ({"RCPT": "421 4.7.0 too many"}, TryLaterError, "courier_unreachable"),
        ({"RCPT": "530 5.7.0 log in first"}, ConfigurationError, "courier_login"),
        ({"DATA": "421 4.7.0 too many"}, TryLaterError, "courier_unreachable"),
    ],
)
def test_answer_that_every_mail_would_get_is_a_fault(
    answers: Mapping[str, str], kind: type[PipelineError], code: str
) -> None:
    taken = {"AUTH": "235 ok", "MAIL": "250 ok", "RCPT": "250 ok"}
    with line_server("220 here", {**_EHLO, **taken, **answers}) as port:
        assert _fault(_server(port, user="box", password="secret")) == (kind, code)


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        ("554 5.3.2 no service", "courier_unreachable"),
        ("421 4.3.2 later", "courier_unreachable"),
        (HANG_UP, "courier_unreachable"),
        (None, "courier_unreachable"),
    ],
)
def test_server_that_does_not_begin_is_try_later(greeting: str | None, kind: str) -> None:
    with line_server(greeting, {}) as port:
        assert _fault(_server(port, time_scale=0.001)) == (TryLaterError, kind)


def test_silence_before_the_final_dot_is_try_later() -> None:
    with line_server("220 here", {**_EHLO, "MAIL": "250 ok"}) as port:
        assert _fault(_server(port, time_scale=0.001)) == (TryLaterError, "courier_unreachable")


def test_closed_port_and_unknown_name_are_try_later() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = _server(closed.getsockname()[1])
        assert _fault(server) == (TryLaterError, "courier_unreachable")
    unknown = replace(server, host="name.invalid", encryption="starttls")
    assert _fault(unknown) == (TryLaterError, "courier_host_unknown")


@pytest.mark.parametrize(
    "answers",
    [
        {"MAIL": "552 5.3.4 too big"},
        {"RCPT": "550 5.1.1 no such user"},
        {"RCPT": "250 ok", "DATA": "554 5.6.0 no"},
    ],
)
def test_refusal_of_one_mail_is_no_fault(answers: Mapping[str, str]) -> None:
    with line_server("220 here", {**_EHLO, "MAIL": "250 ok", **answers}) as port:
        courier = SmtpCourier(_server(port))
        found = courier.deliver(MAIL, US, THEM)
        courier.close()
    assert (found.kind, found.fault) == (DeliveryKind.FAILED, None)


def test_check_finds_the_same_fault(plain_sink: SmtpSink) -> None:
    found = SmtpCourier(_server(plain_sink.port, encryption="starttls")).check()
    assert found == Delivery(DeliveryKind.DEFERRED, "courier_no_tls")
    assert isinstance(found.fault, ConfigurationError)

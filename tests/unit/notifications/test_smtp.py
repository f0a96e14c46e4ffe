"""The SMTP courier against a real server on loopback."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.notifications.smtp import SmtpCourier, SmtpServer
from tests.servers.certificates import make_certificate, server_context
from tests.servers.smtp import SmtpSink, smtp_sink

MAIL = b"Subject: hello\r\nMessage-ID: <a@b>\r\n\r\nline\r\n.dot\r\n..two\r\nlast\r\n"
US, THEM = "box@example.com", "aiko@example.jp"


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with smtp_sink() as running:
        yield running


@pytest.fixture
def courier(sink: SmtpSink) -> Iterator[SmtpCourier]:
    made = SmtpCourier(SmtpServer(sink.host, sink.port, encryption="none"))
    yield made
    made.close()


def test_a_mail_arrives_byte_for_byte(sink: SmtpSink, courier: SmtpCourier) -> None:
    assert courier.deliver(MAIL, US, THEM) == Delivery(DeliveryKind.SENT, "250 taken")
    assert sink.messages == [(US, [THEM], MAIL)]


def test_a_batch_uses_one_connection(sink: SmtpSink, courier: SmtpCourier) -> None:
    kinds = [courier.deliver(MAIL, US, THEM).kind for _ in range(3)]
    assert kinds == [DeliveryKind.SENT] * 3
    assert (len(sink.messages), sink.connections) == (3, 1)


@pytest.mark.parametrize(
    ("moment", "answer", "kind"),
    [
        ("mail", "451 4.3.0 later", DeliveryKind.DEFERRED),
        ("rcpt", "451 4.3.0 later", DeliveryKind.DEFERRED),
        ("data", "451 4.3.0 later", DeliveryKind.DEFERRED),
        ("mail", "552 5.3.4 too big", DeliveryKind.FAILED),
        ("rcpt", "550 5.1.1 no such user", DeliveryKind.FAILED),
        ("data", "550 5.1.1 no such user", DeliveryKind.FAILED),
    ],
)
def test_a_refusal_is_temporary_or_permanent(
    sink: SmtpSink, courier: SmtpCourier, moment: str, answer: str, kind: DeliveryKind
) -> None:
    sink.fail(moment, answer)
    assert courier.deliver(MAIL, US, THEM) == Delivery(kind, answer)
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT
    assert len(sink.messages) == 1


@pytest.mark.parametrize("moment", ["mail", "rcpt"])
def test_a_line_that_breaks_before_the_final_dot_defers(
    sink: SmtpSink, courier: SmtpCourier, moment: str
) -> None:
    sink.fail(moment, None)
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.DEFERRED
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT


def test_a_line_that_breaks_after_the_final_dot_leaves_it_in_doubt(
    sink: SmtpSink, courier: SmtpCourier
) -> None:
    sink.fail("data", None)
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.IN_DOUBT
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT


def test_a_connection_that_died_between_two_mails_is_opened_again(
    sink: SmtpSink, courier: SmtpCourier
) -> None:
    courier.deliver(MAIL, US, THEM)
    assert courier._line is not None
    assert courier._line.sock is not None
    courier._line.sock.shutdown(socket.SHUT_RDWR)
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT
    assert sink.connections == 2


def test_an_international_domain_travels_as_a_labels(sink: SmtpSink, courier: SmtpCourier) -> None:
    assert courier.deliver(MAIL, US, "aiko@例え.jp").kind is DeliveryKind.SENT
    assert sink.messages[0][1] == ["aiko@xn--r8jz45g.jp"]


def test_an_international_local_part_goes_only_to_a_server_that_takes_it(
    sink: SmtpSink, courier: SmtpCourier
) -> None:
    assert courier.deliver(MAIL, US, "愛子@example.jp").kind is DeliveryKind.SENT
    assert sink.messages[0][1] == ["愛子@example.jp"]
    with smtp_sink(smtputf8=False) as old:
        refusing = SmtpCourier(SmtpServer(old.host, old.port, encryption="none"))
        assert refusing.deliver(MAIL, US, "愛子@example.jp") == Delivery(
            DeliveryKind.FAILED, "smtputf8_missing"
        )
        refusing.close()
        assert old.messages == []


def test_no_server_defers() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    courier = SmtpCourier(SmtpServer("127.0.0.1", port, encryption="none"))
    assert courier.deliver(MAIL, US, THEM) == Delivery(
        DeliveryKind.DEFERRED, "ConnectionRefusedError"
    )


def _serve_once(listener: socket.socket, script: list[tuple[bytes, bytes]]) -> None:
    """Answer each awaited line; an empty answer drops the line, and silence waits."""
    line, _ = listener.accept()
    with line, line.makefile("rb") as reader:
        line.sendall(b"220 here\r\n")
        for awaited, answer in script:
            while not reader.readline().upper().startswith(awaited):
                pass
            if not answer:
                return
            line.sendall(answer)


def test_a_line_that_breaks_in_the_middle_of_the_mail_defers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script = [
            (b"EHLO", b"250 here\r\n"),
            (b"MAIL", b"250 ok\r\n"),
            (b"RCPT", b"250 ok\r\n"),
            (b"DATA", b""),
        ]
        thread = threading.Thread(target=_serve_once, args=(listener, script))
        thread.start()
        server = SmtpServer("127.0.0.1", listener.getsockname()[1], "none")
        kind = SmtpCourier(server).deliver(MAIL, US, THEM).kind
        thread.join()
    assert kind is DeliveryKind.DEFERRED


def test_a_server_that_is_silent_after_the_final_dot_leaves_it_in_doubt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script = [
            (b"EHLO", b"250 here\r\n"),
            (b"MAIL", b"250 ok\r\n"),
            (b"RCPT", b"250 ok\r\n"),
            (b"DATA", b"354 go\r\n"),
            (b"NEVER", b""),
        ]
        thread = threading.Thread(target=_swallow, args=(listener, script))
        thread.start()
        server = SmtpServer("127.0.0.1", listener.getsockname()[1], "none", time_scale=0.0005)
        kind = SmtpCourier(server).deliver(MAIL, US, THEM).kind
        thread.join()
    assert kind is DeliveryKind.IN_DOUBT


def _swallow(listener: socket.socket, script: list[tuple[bytes, bytes]]) -> None:
    line, _ = listener.accept()
    with line, line.makefile("rb") as reader:
        line.sendall(b"220 here\r\n")
        for awaited, answer in script:
            for got in reader:
                if got.upper().startswith(awaited):
                    line.sendall(answer)
                    break


def test_mail_never_crosses_a_network_in_the_clear() -> None:
    with pytest.raises(ConfigurationError) as raised:
        SmtpCourier(SmtpServer("mail.example.com", 25, encryption="none"))
    assert raised.value.code == "smtp_plain_not_local"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, "127.0.0.1")


def test_starttls_and_a_password(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    with smtp_sink(tls=server_context(certificate), password="secret") as sink:
        courier = SmtpCourier(
            SmtpServer(sink.host, sink.port, "starttls", "box", "secret", 1, trusting)
        )
        assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT
        courier.close()
        wrong = SmtpCourier(
            SmtpServer(sink.host, sink.port, "starttls", "box", "guess", 1, trusting)
        )
        refused = wrong.deliver(MAIL, US, THEM)
        assert (refused.kind, refused.detail[:3]) == (DeliveryKind.DEFERRED, "535")
        assert len(sink.messages) == 1


def test_a_server_whose_certificate_is_unknown_gets_nothing(certificate: Path) -> None:
    with smtp_sink(tls=server_context(certificate)) as sink:
        courier = SmtpCourier(SmtpServer(sink.host, sink.port, "starttls"))
        assert courier.deliver(MAIL, US, THEM) == Delivery(
            DeliveryKind.DEFERRED, "SSLCertVerificationError"
        )
        assert sink.messages == []


def test_a_server_without_starttls_gets_nothing(sink: SmtpSink) -> None:
    courier = SmtpCourier(SmtpServer(sink.host, sink.port, "starttls"))
    assert courier.deliver(MAIL, US, THEM) == Delivery(DeliveryKind.DEFERRED, "courier_no_tls")
    assert sink.messages == []


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(SmtpServer("127.0.0.1", password="secret"))

"""Mail out that logs in with a token: a server that asks the identity server about each of them."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.clock import SettableClock
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.services.tokens import AlertOnce, StoreShelf
from pipeline.notifications.courier import DeliveryKind
from pipeline.notifications.smtp import SmtpCourier, SmtpServer
from pipeline.sasl import Bearer
from pipeline.store.unit_of_work import Store
from pipeline.tokens.endpoint import Client, EndpointSource
from pipeline.tokens.keeper import TokenKeeper
from pipeline.tokens.ready import ReadyToken
from pipeline.tokens.transport import Transport
from tests.servers.certificates import server_context
from tests.servers.lines import line_server
from tests.servers.mechanisms import TokenMechanisms
from tests.servers.smtp import SmtpSink, smtp_sink
from tests.servers.tokens import TokenServer, token_server

MAIL = b"Subject: hello\r\nMessage-ID: <a@b>\r\n\r\nline\r\n"
US, THEM = "box@example.com", "aiko@example.jp"


@pytest.fixture(scope="module")
def identity_server() -> Iterator[TokenServer]:
    with token_server() as running:
        yield running


@pytest.fixture
def identity(identity_server: TokenServer) -> TokenServer:
    identity_server.user, identity_server.mode = "box", "good"
    identity_server.given, identity_server.asked = {}, []
    return identity_server


@pytest.fixture(params=["XOAUTH2", "OAUTHBEARER"])
def mechanisms(request: pytest.FixtureRequest, identity: TokenServer) -> TokenMechanisms:
    made = TokenMechanisms(identity)
    other = "OAUTHBEARER" if request.param == "XOAUTH2" else "XOAUTH2"
    setattr(made, f"auth_{other}", None)
    return made


@pytest.fixture
def sink(mechanisms: TokenMechanisms, certificate: Path) -> Iterator[SmtpSink]:
    with smtp_sink(tls=server_context(certificate), mechanisms=mechanisms) as running:
        yield running


def _server(sink: SmtpSink, certificate: Path, bearer: Bearer) -> SmtpServer:
    trusting = ssl.create_default_context(cafile=str(certificate))
    return SmtpServer(sink.host, sink.port, user="box", tls=trusting, bearer=bearer)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 11, 28, 12, 0, tzinfo=UTC))


@pytest.fixture
def keeper(identity: TokenServer, clock: SettableClock, store: Store) -> TokenKeeper:
    source = EndpointSource(
        identity.url, Client("client", identity.secret), "x", Transport(seconds=2)
    )
    watch = AlertOnce(store, clock)
    return TokenKeeper(
        lambda: source, clock, shelf=StoreShelf(store, clock), watch=watch, seconds=2
    )


@pytest.fixture
def courier(sink: SmtpSink, keeper: TokenKeeper, certificate: Path) -> Iterator[SmtpCourier]:
    made = SmtpCourier(_server(sink, certificate, keeper))
    yield made
    made.close()


def test_good_token_lets_mail_out(courier: SmtpCourier, sink: SmtpSink) -> None:
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT
    greetings = sink.connections
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT
    assert (len(sink.messages), sink.connections) == (2, greetings)


def test_token_that_expired_in_mid_run_is_replaced(
    courier: SmtpCourier, sink: SmtpSink, identity: TokenServer, clock: SettableClock
) -> None:
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT
    identity.revoke()
    clock.advance(timedelta(hours=1))
    sink.fail("mail", None)  # the server drops the line that was used before
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT
    assert len(identity.asked) == 2


def test_revoked_token_is_asked_for_anew_once(
    courier: SmtpCourier, keeper: TokenKeeper, identity: TokenServer, mechanisms: TokenMechanisms
) -> None:
    keeper.token()
    identity.revoke()
    assert courier.deliver(MAIL, US, THEM).kind is DeliveryKind.SENT
    assert (len(identity.asked), len(mechanisms.answers)) == (2, 1)


def test_token_of_another_mailbox_is_told(
    courier: SmtpCourier, identity: TokenServer, store: Store, sink: SmtpSink
) -> None:
    identity.user = "somebody"
    for _ in range(2):
        found = courier.deliver(MAIL, US, THEM)
        assert found.kind is DeliveryKind.DEFERRED
        assert isinstance(found.fault, ConfigurationError)
        assert found.fault.code == "token_useless"
        assert "535" in str(found.fault.params["reason"])
        assert "hush" not in f"{found.fault}{found.detail}"
    with store.read() as tx:
        assert [alert.detail for alert in tx.alerts.list()] == ["127.0.0.1 token_useless"]
    assert sink.messages == []


def test_endpoint_down_defers_and_blames_no_mail(
    courier: SmtpCourier, identity: TokenServer
) -> None:
    identity.mode = "down"
    found = courier.deliver(MAIL, US, THEM)
    assert found.kind is DeliveryKind.DEFERRED
    assert isinstance(found.fault, TryLaterError)
    assert found.fault.code == "token_endpoint_down"


def test_long_token_is_sent_on_a_line_of_its_own(
    sink: SmtpSink, identity: TokenServer, mechanisms: TokenMechanisms, certificate: Path
) -> None:
    """RFC 5321, 4.5.3.1.4: a command has 512 octets at most; tokens of Microsoft have 2,000."""
    short = identity.give()
    long = "y" * 360
    identity.given[long] = identity.given[short]
    for token in (short, long):
        courier = SmtpCourier(_server(sink, certificate, ReadyToken([token].pop)))
        assert courier.check().kind is DeliveryKind.SENT
        courier.close()
    assert [len(words) for words in mechanisms.words] == [2, 1]


@pytest.mark.parametrize(
    ("answers", "kind", "code"),
    [
        ({"EHLO": "250-x\r\n250 AUTH PLAIN LOGIN"}, ConfigurationError, "courier_no_login"),
        ({"AUTH": "535 5.7.3 Authentication unsuccessful"}, ConfigurationError,
         "token_ready_refused"),
        ({"AUTH": "535 5.7.139 SmtpClientAuthentication is disabled"}, ConfigurationError,
         "token_ready_refused"),
        ({"AUTH": "454 4.7.0 Temporary authentication failure"}, TryLaterError,
         "courier_unreachable"),
        ({"AUTH": "421 4.7.0 later"}, TryLaterError, "courier_unreachable"),
        ({"AUTH": "334 abcde"}, TryLaterError, "courier_unreachable"),
    ],
)  # fmt: skip
def test_what_only_other_servers_say(
    answers: dict[str, str], kind: type[PipelineError], code: str
) -> None:
    said = {"EHLO": "250-x\r\n250 AUTH XOAUTH2", "QUIT": "221 bye", "NOOP": "250 ok"}
    with line_server("220 here", {**said, **answers}) as port:
        bearer = ReadyToken(lambda: "hush")
        server = SmtpServer("127.0.0.1", port, "none", user="box", bearer=bearer)
        found = SmtpCourier(server).check()
    assert found.fault is not None
    assert (isinstance(found.fault, kind), found.fault.code) == (True, code)

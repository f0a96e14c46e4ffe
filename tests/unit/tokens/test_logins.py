"""Log-ins with tokens to a real Dovecot that asks the identity server about each of them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest

from pipeline.clock import SystemClock
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.services.tokens import AlertOnce, StoreShelf
from pipeline.mailbox.imap.mailbox import ImapAccess, ImapMailbox
from pipeline.store.unit_of_work import Store
from pipeline.tokens.endpoint import Client, EndpointSource
from pipeline.tokens.keeper import TokenKeeper
from pipeline.tokens.ready import ReadyToken
from pipeline.tokens.transport import Transport
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.lines import line_server
from tests.servers.needed import skip_without
from tests.servers.tokens import TokenServer, token_server

pytestmark = pytest.mark.dovecot


def nothing_known(uidvalidity: int, uids: Sequence[int]) -> set[int]:
    return set()


@pytest.fixture(scope="module")
def shared() -> Iterator[TokenServer]:
    with token_server() as running:
        yield running


@pytest.fixture(
    scope="module",
    params=["xoauth2", "oauthbearer"],
)
def dovecot(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared: TokenServer
) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "Dovecot")
    folder = tmp_path_factory.mktemp("dovecot")
    with running_dovecot(folder, identity=shared, mechanisms=request.param) as server:
        yield server


@pytest.fixture
def identity(shared: TokenServer) -> TokenServer:
    """Return the server with its defaults, and no token given out."""
    fresh = TokenServer(user="requests")
    for name in ("user", "lifetime", "scope", "mode", "introspecting", "refresh_token", "asked",
                 "given", "used"):  # fmt: skip
        setattr(shared, name, getattr(fresh, name))
    return shared


def _keeper(identity: TokenServer, store: Store, *, rotates: bool = False) -> TokenKeeper:
    source = EndpointSource(
        url=identity.url,
        client=Client("client", identity.secret),
        identity="endpoint:x",
        transport=Transport(seconds=2),
        refresh_token=identity.refresh_token if rotates else "",
        rotates=rotates,
    )
    clock = SystemClock()
    watch = AlertOnce(store, clock)
    return TokenKeeper(
        lambda: source, clock, shelf=StoreShelf(store, clock), watch=watch, seconds=2
    )


@pytest.fixture
def keeper(identity: TokenServer, store: Store) -> TokenKeeper:
    return _keeper(identity, store)


def _access(dovecot: Dovecot, keeper: TokenKeeper, user: str = "requests") -> ImapAccess:
    return ImapAccess("box", dovecot.host, dovecot.port, user, "plain", bearer=keeper)


@pytest.fixture
def mailbox(dovecot: Dovecot, keeper: TokenKeeper) -> Iterator[ImapMailbox]:
    with ImapMailbox(_access(dovecot, keeper)) as opened:
        yield opened


@contextmanager
def failing(kind: type[PipelineError], code: str) -> Iterator[None]:
    with pytest.raises(PipelineError) as raised:
        yield
    assert (isinstance(raised.value, kind), raised.value.code) == (True, code)
    assert "hush" not in str(raised.value)


def alerts(store: Store) -> list[str]:
    with store.read() as tx:
        return [alert.detail for alert in tx.alerts.list()]


def test_good_token_opens_the_mailbox(mailbox: ImapMailbox, store: Store) -> None:
    assert "INBOX" in mailbox.folders()
    assert alerts(store) == []


def test_token_that_expires_in_mid_run_is_replaced_for_the_new_connection(
    mailbox: ImapMailbox, dovecot: Dovecot, identity: TokenServer, keeper: TokenKeeper
) -> None:
    mailbox.append("INBOX", b"Subject: x\r\n\r\n")
    first = keeper.token()
    identity.given[first].until = 0
    dovecot.kick()
    assert [mail.size for mail in mailbox.new_messages(nothing_known)] == [14]
    assert keeper.token() != first
    assert len(identity.asked) == 2


def test_token_near_its_end_is_replaced_before_the_server_says_so(
    dovecot: Dovecot, identity: TokenServer, store: Store
) -> None:
    identity.lifetime = 0.4
    keeper = _keeper(identity, store)
    for _ in range(2):
        with ImapMailbox(_access(dovecot, keeper)) as mailbox:
            assert "INBOX" in mailbox.folders()
        identity.given[keeper.current().access_token].until = 0
        identity.lifetime = 3600
        keeper.source.transport.last = None  # type: ignore[attr-defined]
    assert all(asked.form["grant_type"] == "client_credentials" for asked in identity.asked)


def test_revoked_token_is_asked_for_anew_once(
    mailbox: ImapMailbox, identity: TokenServer, keeper: TokenKeeper, store: Store
) -> None:
    keeper.token()
    identity.revoke()
    assert "INBOX" in mailbox.folders()
    assert len(identity.asked) == 2
    assert alerts(store) == []


def test_account_that_was_revoked_is_told_after_one_more_try(
    mailbox: ImapMailbox, identity: TokenServer, store: Store, dovecot: Dovecot
) -> None:
    identity.user = ""  # every token of now is for nobody
    for _ in range(2):
        with failing(ConfigurationError, "token_useless"):
            mailbox.folders()
    assert alerts(store) == ["127.0.0.1 token_useless"]
    identity.user = "requests"
    assert "INBOX" in mailbox.folders()
    identity.revoke()
    identity.user = ""
    dovecot.kick()
    with failing(ConfigurationError, "token_useless"):
        mailbox.new_messages(nothing_known)
    assert len(alerts(store)) == 2


@pytest.mark.parametrize(("user", "scope"), [("somebody", "mail"), ("requests", "calendar")])
def test_token_of_another_mailbox_or_scope_is_told(
    mailbox: ImapMailbox, identity: TokenServer, user: str, scope: str
) -> None:
    identity.user, identity.scope = user, scope
    with failing(ConfigurationError, "token_useless"):
        mailbox.folders()
    assert len(identity.asked) == 2


@pytest.mark.parametrize("mode", ["down", "busy", "hang_up", "garbage", "huge", "slow"])
def test_endpoint_that_gives_nothing_now_is_try_later(
    dovecot: Dovecot, identity: TokenServer, store: Store, mode: str
) -> None:
    code = "token_answer" if mode in {"garbage", "huge"} else "token_endpoint_down"
    identity.mode = mode
    keeper = _keeper(identity, store)
    keeper.source.transport.seconds = 0.5  # type: ignore[attr-defined]
    with ImapMailbox(_access(dovecot, keeper)) as mailbox, failing(TryLaterError, code):
        mailbox.folders()
    identity.mode = "good"
    with ImapMailbox(_access(dovecot, _keeper(identity, store))) as mailbox:
        assert "INBOX" in mailbox.folders()
    assert alerts(store) == []


def test_mail_server_that_cannot_ask_about_the_token_is_try_later(
    mailbox: ImapMailbox, identity: TokenServer, store: Store
) -> None:
    identity.introspecting = False
    with failing(TryLaterError, "mailbox_unreachable"):
        mailbox.folders()
    assert len(identity.asked) == 1  # it is not the token's fault
    assert alerts(store) == []


def test_refresh_token_is_replaced_from_run_to_run(
    dovecot: Dovecot, identity: TokenServer, store: Store
) -> None:
    for _ in range(3):
        with ImapMailbox(_access(dovecot, _keeper(identity, store, rotates=True))) as mailbox:
            assert "INBOX" in mailbox.folders()
        identity.revoke()
    assert [asked.form["refresh_token"] for asked in identity.asked] == [
        "hush-refresh-0",
        "hush-refresh-1",
        "hush-refresh-2",
    ]


def test_ready_token_is_read_again_when_it_was_refused(
    dovecot: Dovecot, identity: TokenServer
) -> None:
    tokens = ["hush-old", identity.give()]
    bearer = ReadyToken(lambda: tokens.pop(0) if len(tokens) > 1 else tokens[0])
    access = ImapAccess("box", dovecot.host, dovecot.port, "requests", "plain", bearer=bearer)
    with ImapMailbox(access) as mailbox:
        assert "INBOX" in mailbox.folders()
    identity.revoke()
    with ImapMailbox(access) as mailbox, failing(ConfigurationError, "token_ready_refused"):
        mailbox.folders()


_OK = "{tag} OK done"


class _Bearer(ReadyToken):
    """A token of which there is always another one."""

    def __init__(self) -> None:
        super().__init__(lambda: "hush")
        self.count = 0

    def another(self, refused: str) -> str | None:
        self.count += 1
        return f"hush-{self.count}"


@pytest.mark.parametrize(
    ("answers", "kind", "code"),
    [
        # Exchange: the token is good, the app may not open this mailbox
        ({"LIST": "{tag} BAD User is authenticated but not connected."}, ConfigurationError,
         "token_ready_refused"),
        ({"AUTHENTICATE": "{tag} NO AUTHENTICATE failed."}, ConfigurationError,
         "token_ready_refused"),
        ({"AUTHENTICATE": "{tag} NO [UNAVAILABLE] later"}, TryLaterError, "mailbox_unreachable"),
        ({"AUTHENTICATE": "* BYE going down"}, TryLaterError, "mailbox_unreachable"),
        ({"AUTHENTICATE": "+ abcde"}, TryLaterError, "mailbox_unreachable"),
    ],
)  # fmt: skip
def test_what_only_other_servers_say(
    answers: dict[str, str], kind: type[PipelineError], code: str
) -> None:
    said = {"CAPABILITY": f"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n{_OK}", "AUTHENTICATE": "+ ",
            "DXNLCJ": "{begun} OK done", "LIST": f'* LIST () "/" ""\r\n{_OK}'}  # fmt: skip
    with ExitStack() as stack:
        port = stack.enter_context(line_server("* OK hi", {**said, **answers}))
        bearer = _Bearer()
        access = ImapAccess(
            "box", "127.0.0.1", port, "box", "plain", bearer=bearer, timeout_seconds=2
        )
        mailbox = stack.enter_context(ImapMailbox(access))
        with failing(kind, code):
            mailbox.folders()
    assert bearer.count == (1 if kind is ConfigurationError else 0)

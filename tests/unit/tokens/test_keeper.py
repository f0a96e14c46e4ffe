"""Tokens are kept as long as they hold, asked for by one at a time, and none is lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.clock import SettableClock
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.services.tokens import AlertOnce, StoreShelf, Unwatched
from pipeline.store.unit_of_work import Store
from pipeline.tokens.endpoint import Client, EndpointSource
from pipeline.tokens.keeper import KeptToken, TokenKeeper
from pipeline.tokens.transport import Transport
from tests.servers.tokens import TokenServer

_START = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(_START)


class Bench:
    """One worker: a keeper with everything around it."""

    def __init__(
        self, server: TokenServer, clock: SettableClock, store: Store | None, *, rotates: bool
    ) -> None:
        self.source = EndpointSource(
            url=server.url,
            client=Client("client", server.secret),
            identity="endpoint:x",
            transport=Transport(seconds=5),
            refresh_token="hush-refresh-0" if rotates else "",
            rotates=rotates,
        )
        shelf = StoreShelf(store, clock) if store else None
        watch = AlertOnce(store, clock) if store else Unwatched()
        self.keeper = TokenKeeper(lambda: self.source, clock, shelf=shelf, watch=watch, seconds=5)


def alerts(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        return [(alert.code, alert.detail) for alert in tx.alerts.list()]


def _code(keeper: TokenKeeper) -> str:
    with pytest.raises(PipelineError) as raised:
        keeper.token()
    return raised.value.code


def test_token_is_asked_for_once_while_it_holds(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    one = Bench(identity, clock, store, rotates=False)
    first = one.keeper.token()
    clock.advance(timedelta(minutes=54))
    assert one.keeper.token() == first
    # another run of the programme finds it
    assert Bench(identity, clock, store, rotates=False).keeper.token() == first
    assert len(identity.asked) == 1


def test_token_is_replaced_before_it_expires(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    one = Bench(identity, clock, store, rotates=False)
    first = one.keeper.token()
    clock.advance(timedelta(minutes=55, seconds=1))
    second = one.keeper.token()
    assert second != first
    assert one.keeper.current().expires_at == clock.now() + timedelta(hours=1)


def test_short_token_is_used_for_half_of_its_life(
    identity: TokenServer, clock: SettableClock
) -> None:
    identity.lifetime = 60
    one = Bench(identity, clock, None, rotates=False)
    first = one.keeper.token()
    clock.advance(timedelta(seconds=29))
    assert one.keeper.token() == first
    clock.advance(timedelta(seconds=2))
    assert one.keeper.token() != first


def test_token_without_an_end_is_used_until_it_is_refused(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    identity.lifetime = None
    one = Bench(identity, clock, store, rotates=False)
    first = one.keeper.token()
    clock.advance(timedelta(days=3))
    assert one.keeper.token() == first
    second = one.keeper.another(first)
    assert second not in {first, None}
    assert one.keeper.token() == second


def test_token_of_a_clock_that_ran_ahead_is_not_used() -> None:
    kept = KeptToken("a", "", _START + timedelta(days=9), _START + timedelta(days=8))
    assert not kept.holds(_START)


def test_refresh_token_that_was_replaced_outlives_the_run(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    for _ in range(4):
        Bench(identity, clock, store, rotates=True).keeper.token()
        clock.advance(timedelta(hours=1))
    sent = [asked.form["refresh_token"] for asked in identity.asked]
    assert sent == [f"hush-refresh-{number}" for number in range(4)]


def test_answer_without_a_refresh_token_leaves_the_old_one(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    one = Bench(identity, clock, store, rotates=True)
    one.keeper.token()
    identity.keep_refresh_token = True
    for _ in range(2):
        clock.advance(timedelta(hours=1))
        one.keeper.token()
    sent = [asked.form["refresh_token"] for asked in identity.asked]
    assert sent == ["hush-refresh-0", "hush-refresh-1", "hush-refresh-1"]


def test_workers_at_once_use_a_refresh_token_once(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    """The second use of a refresh token would end them all."""
    together = threading.Barrier(4)

    def work(_: int) -> str:
        keeper = Bench(identity, clock, store, rotates=True).keeper
        together.wait()
        return keeper.token()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(work, range(4)))
    assert len(found) == 1
    assert len(identity.asked) == 1
    clock.advance(timedelta(hours=1))
    assert Bench(identity, clock, store, rotates=True).keeper.token() not in found


def test_worker_whose_refresh_token_was_used_reads_again(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    """Its turn had run out, so that another one asked meanwhile."""
    slow = Bench(identity, clock, store, rotates=True)
    other = Bench(identity, clock, store, rotates=True)
    request = slow.source.request
    done: list[str] = []

    def late(refresh_token: str) -> object:
        if not done:
            clock.advance(timedelta(minutes=2))
            done.append(other.keeper.token())
            # and this server is strict about what was used, but ends nothing
            identity.used.clear()
        return request(refresh_token)

    slow.source.request = late  # type: ignore[assignment,method-assign]
    assert slow.keeper.token() == done[0]


def test_worker_whose_refresh_token_was_used_goes_on_with_the_newest(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    slow = Bench(identity, clock, store, rotates=True)
    other = Bench(identity, clock, store, rotates=True)
    request = slow.source.request
    done: list[str] = []

    def late(refresh_token: str) -> object:
        if not done:
            clock.advance(timedelta(minutes=2))
            done.append(other.keeper.token())
            clock.advance(timedelta(hours=2))
            identity.used.clear()
        return request(refresh_token)

    slow.source.request = late  # type: ignore[assignment,method-assign]
    assert slow.keeper.token() not in done
    with store.read() as tx:
        kept = tx.tokens.get("endpoint:x")
    assert kept is not None
    assert kept.refresh_token == identity.refresh_token


def test_turn_that_never_comes_is_try_later(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    shelf, other = StoreShelf(store, clock), StoreShelf(store, clock)
    with shelf.turn("x", timedelta(seconds=0.5)):
        with pytest.raises(TryLaterError) as raised, other.turn("x", timedelta(seconds=0.3)):
            pass
        assert raised.value.code == "token_busy"
        with other.turn("y", timedelta(seconds=1)):
            pass
    with other.turn("x", timedelta(seconds=1)):
        pass


def test_older_answer_takes_no_newer_one_away(store: Store, clock: SettableClock) -> None:
    shelf = StoreShelf(store, clock)
    newer = KeptToken("b", "r2", None, _START + timedelta(seconds=5))
    shelf.keep("x", newer)
    shelf.keep("x", KeptToken("a", "r1", None, _START))
    assert shelf.read("x") == newer


def test_refresh_token_is_not_tried_where_it_cannot_be_kept(
    identity: TokenServer, clock: SettableClock
) -> None:
    one = Bench(identity, clock, None, rotates=True)
    assert _code(one.keeper) == "token_no_state"
    assert identity.asked == []


def test_endpoint_that_failed_is_left_alone_for_a_while(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    one = Bench(identity, clock, store, rotates=False)
    identity.mode = "busy"
    assert _code(one.keeper) == "token_endpoint_down"
    clock.advance(timedelta(seconds=119))
    assert _code(one.keeper) == "token_endpoint_down"
    assert len(identity.asked) == 1
    identity.mode = "good"
    clock.advance(timedelta(seconds=2))
    assert one.keeper.token()


def test_token_that_holds_is_used_while_the_endpoint_is_down(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    first = Bench(identity, clock, store, rotates=False).keeper.token()
    identity.mode = "down"
    clock.advance(timedelta(minutes=30))
    assert Bench(identity, clock, store, rotates=False).keeper.token() == first


def test_staff_are_told_once_and_again_after_it_was_good(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    def failed() -> None:
        keeper = Bench(identity, clock, store, rotates=False).keeper
        assert _code(keeper) == "token_client"

    identity.mode = "invalid_client"
    failed()
    clock.advance(timedelta(minutes=5))
    failed()
    assert alerts(store) == [("login_failed", "token_client")]
    identity.mode = "good"
    keeper = Bench(identity, clock, store, rotates=False).keeper
    assert keeper.token()
    keeper.accepted("imap.example")
    identity.mode = "invalid_client"
    clock.advance(timedelta(hours=1))
    failed()
    assert alerts(store) == [("login_failed", "token_client")] * 2


def test_server_down_alerts_nobody(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    identity.mode = "down"
    assert _code(Bench(identity, clock, store, rotates=False).keeper) == "token_endpoint_down"
    assert alerts(store) == []


def test_refusals_of_two_servers_are_told_apart(
    identity: TokenServer, clock: SettableClock, store: Store
) -> None:
    keeper = Bench(identity, clock, store, rotates=False).keeper
    for _ in range(3):
        keeper.accepted("imap.example")
        told = keeper.refused("smtp.example", "box", "535 no")
        assert isinstance(told, ConfigurationError)
    assert alerts(store) == [("login_failed", "smtp.example token_useless")]


def test_nothing_that_is_kept_shows_a_token(store: Store, clock: SettableClock) -> None:
    kept = KeptToken("hush-a", "hush-r", None, _START)
    StoreShelf(store, clock).keep("x", kept)
    with store.read() as tx:
        assert "hush" not in f"{kept!r}{tx.tokens.get('x')!r}"

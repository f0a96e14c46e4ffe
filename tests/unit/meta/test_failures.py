"""Every failure at every call: the reason, whose fault it is, and how often Meta was asked."""

import io
import json
import logging
import socket
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import logs
from pipeline.clock import SystemClock
from pipeline.meta.api import Graph
from pipeline.meta.client import open_graph
from pipeline.meta.errors import About, MetaError, Reason
from tests.servers.meta import FakeMeta, fake_meta
from tests.servers.meta_failures import FAILURES
from tests.unit.meta.calls import CALLS, CODE, OWNERSHIP, PIN, READS
from tests.world.pace import soon

SLOW = ("slow", "drip", "drip_headers", "informed")
SERVER = ("500", "502", "503")
LINE = ("hang_up", "reset", "cut", "huge_headers")
UNREADABLE = ("html", "broken_json", "list", "number", "null", "empty", "wrong_types", "huge",
              "gzip_bomb", "gzip", "deep_json", "not_utf8")  # fmt: skip
QUICK = {
    **dict.fromkeys(SERVER, Reason.SERVER),
    **dict.fromkeys(LINE, Reason.UNREACHABLE),
    **dict.fromkeys(UNREADABLE, Reason.UNREADABLE),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[FakeMeta]:
    with fake_meta() as running:
        running.account.add("+493012345600").links[CODE] = "Hi"
        yield running


@pytest.fixture
def server(shared: FakeMeta) -> FakeMeta:
    shared.reload()
    return shared


@pytest.fixture(scope="module")
def client(shared: FakeMeta, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    settings = shared.settings(tmp_path_factory.mktemp("token"), timeout_seconds=60)
    with open_graph(settings, SystemClock(), lambda _: None) as opened:
        yield opened


@pytest.fixture(scope="module")
def hurried(shared: FakeMeta, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """A client that waits for half a second alone."""
    settings = shared.settings(tmp_path_factory.mktemp("token"))
    settings = settings.model_copy(update={"timeout_seconds": 0.5})
    with open_graph(settings, SystemClock(), lambda _: None) as opened:
        yield opened


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the programme logs, to the last line."""
    stream = io.StringIO()
    room = logging.getLogger("pipeline")
    before = (room.handlers[:], room.level, room.propagate)
    logs.configure("debug", stream)
    yield stream
    room.handlers[:], room.propagate = before[0], before[2]
    room.setLevel(before[1])


def id_of(server: FakeMeta) -> str:
    return next(iter(server.account.numbers))


def failing(graph: Graph, server: FakeMeta, name: str) -> MetaError:
    with pytest.raises(MetaError) as caught:
        CALLS[name][1](graph, id_of(server))
    return caught.value


def test_every_failure_of_the_fake_is_tried() -> None:
    assert {*SLOW, *QUICK, "redirect", "html_404"} == FAILURES


@pytest.mark.parametrize("kind", QUICK)
@pytest.mark.parametrize("name", CALLS)
def test_a_failure_has_its_reason_and_writes_are_made_once(
    client: Graph, server: FakeMeta, name: str, kind: str
) -> None:
    called = CALLS[name][0]
    server.fail(called, kind, times=9)
    error = failing(client, server, name)
    assert (error.reason, error.about, error.call) == (QUICK[kind], About.SERVER, name)
    assert error.code == f"meta_{error.reason}"
    assert error.outcome_unknown is (name not in READS)
    again = name in READS and kind not in UNREADABLE
    assert len(server.calls(called)) == (3 if again else 1)


@pytest.mark.parametrize("kind", SLOW)
@pytest.mark.parametrize("name", CALLS)
def test_a_slow_answer_ends_however_its_bytes_come(
    hurried: Graph, server: FakeMeta, name: str, kind: str
) -> None:
    server.fail(CALLS[name][0], kind, times=9)
    begin = time.monotonic()
    error = failing(hurried, server, name)
    assert soon(time.monotonic() - begin, 20)
    assert (error.reason, error.about) == (Reason.SLOW, About.SERVER)
    assert error.outcome_unknown is (name not in READS)


@pytest.mark.parametrize("name", CALLS)
def test_no_redirect_is_followed(client: Graph, server: FakeMeta, name: str) -> None:
    server.fail(CALLS[name][0], "redirect")
    error = failing(client, server, name)
    assert (error.reason, error.about) == (Reason.ADDRESS, About.SETTING)
    assert len(server.calls()) == 1
    assert not error.outcome_unknown


@pytest.mark.parametrize("name", CALLS)
def test_another_page_in_place_of_meta(client: Graph, server: FakeMeta, name: str) -> None:
    server.fail(CALLS[name][0], "html_404")
    error = failing(client, server, name)
    of_account = name in {"numbers", "find_number", "add_number"}
    assert error.reason is (Reason.ADDRESS if of_account else Reason.UNREADABLE)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_a_token_that_has_ended_is_a_fault_of_a_setting(
    client: Graph, server: FakeMeta, name: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "token_state", state)
    error = failing(client, server, name)
    assert (error.reason, error.about, error.exit_code) == (Reason.TOKEN, About.SETTING, 4)
    assert (error.graph_code, error.subcode) == (190, 463 if state == "expired" else 460)
    assert len(server.calls()) == 1


@pytest.mark.parametrize("name", CALLS)
def test_a_rate_limit_names_its_end_and_nothing_was_done(
    client: Graph, server: FakeMeta, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "budget", 0)
    error = failing(client, server, name)
    assert (error.reason, error.about, error.exit_code) == (
        Reason.RATE_LIMITED,
        About.SERVER,
        75,
    )
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() == 17 * 60
    assert not error.outcome_unknown
    assert len(server.calls()) == 1


def test_reads_wait_between_tries_and_then_succeed(
    graph: Graph, meta: FakeMeta, pauses: list[float]
) -> None:
    meta.account.add("+14155550100")
    meta.fail("numbers", "503")
    meta.fail("numbers", "hang_up")
    assert len(graph.numbers()) == 1
    assert pauses == [0.5, 1.0]


def test_who_names_a_time_to_wait_is_not_asked_again(
    graph: Graph, meta: FakeMeta, pauses: list[float]
) -> None:
    meta.fail("numbers", "503", headers={"Retry-After": "120"})
    with pytest.raises(MetaError) as busy:
        graph.numbers()
    assert busy.value.retry_after is not None
    assert busy.value.retry_after.total_seconds() == 120
    assert pauses == []


@pytest.mark.parametrize("kind", ["cut", "hang_up", "reset", "500", "empty"])
def test_a_lost_answer_leaves_a_link_that_the_list_shows(
    client: Graph, server: FakeMeta, kind: str
) -> None:
    server.fail("create_link", kind, done=True)
    with pytest.raises(MetaError) as lost:
        client.create_link(id_of(server), f"made in spite of {kind}")
    assert lost.value.outcome_unknown
    made = [link.text for link in client.short_links(id_of(server))]
    assert made.count(f"made in spite of {kind}") == 1


def test_a_line_that_was_closed_meanwhile_costs_no_write(
    client: Graph, server: FakeMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "hangs_up", True)
    for turn in range(10):
        client.create_link(id_of(server), f"turn {turn}")
        assert len(client.numbers()) == 1
    made = [asked.body["prefilled_message"] for asked in server.calls("create_link")]
    assert made == [f"turn {turn}" for turn in range(10)]


def test_nobody_listens(tmp_path: Path, server: FakeMeta) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings = server.settings(tmp_path, base_url=nowhere)
        with open_graph(settings, SystemClock(), lambda _: None) as graph:
            for name in ("numbers", "create_link"):
                error = failing(graph, server, name)
                assert (error.reason, error.about) == (Reason.UNREACHABLE, About.SERVER)
                # no line, so nothing was sent
                assert not error.outcome_unknown


def test_a_list_that_never_ends_is_cut(
    client: Graph, server: FakeMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursors: dict[str, Any] = {"paging": {"cursors": {"after": "same"}, "next": "https://x"}}

    def page(items: object, query: object) -> object:
        return type(answered)({"data": [{"id": "1"}], **cursors})

    answered = server.account.answer("numbers", [], {}, None)
    monkeypatch.setattr(server.account, "_page", page)
    with pytest.raises(MetaError) as endless:
        client.numbers()
    assert endless.value.reason is Reason.UNREADABLE
    assert len(server.calls("numbers")) == 2


def test_one_unreadable_number_hides_no_other(client: Graph, server: FakeMeta) -> None:
    odd = server.account.add("+493012345699", "odd")
    server.account.numbers.pop(odd.id)
    odd.id = "../../me"
    try:
        server.account.numbers = {odd.id: odd, **server.account.numbers}
        assert [number.id for number in client.numbers()] == list(server.account.numbers)[1:]
    finally:
        server.account.numbers.pop(odd.id)


@pytest.mark.parametrize("number_id", ["", "1/../2", "12a", "１２", "1" * 40, "1?fields=x"])
def test_what_is_no_id_is_sent_nowhere(client: Graph, server: FakeMeta, number_id: str) -> None:
    for _, made in CALLS.values():
        if made in {CALLS[name][1] for name in ("numbers", "find_number", "add_number")}:
            continue
        with pytest.raises(MetaError) as refused:
            made(client, number_id)
        assert refused.value.reason is Reason.NOT_FOUND
    assert server.calls() == []


@pytest.mark.parametrize("code", ["", "abcdefghijklmn", "ABCDEFGHIJKLM1/", "../ABCDEFGHIJK"])
def test_what_is_no_code_of_a_link_is_sent_nowhere(
    client: Graph, server: FakeMeta, code: str
) -> None:
    for work in (lambda: client.delete_link("1", code), lambda: client.update_link("1", code, "x")):
        with pytest.raises(MetaError) as refused:
            work()
        assert refused.value.reason is Reason.NOT_FOUND
    assert server.calls() == []


@pytest.mark.parametrize("name", CALLS)
def test_no_secret_is_in_logs_errors_or_tracebacks(
    client: Graph,
    server: FakeMeta,
    name: str,
    caplog: pytest.LogCaptureFixture,
    written: io.StringIO,
) -> None:
    sent = {"verify_code": OWNERSHIP, "register": PIN}.get(name, server.token)
    caplog.set_level(logging.DEBUG)
    for kind in (190, 100, "500", "reset", "html"):
        said = f"Malformed access token {server.token} or {sent}"
        server.fail(CALLS[name][0], kind, times=9, message=said)
        error = failing(client, server, name)
        server.reload()
        plain = "".join(traceback.format_exception(error))
        # the frames of the test hold what it sends; those of the programme must not hold the token
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        inside = [frame for frame in told.stack if "/pipeline/meta/" in frame.filename]
        assert inside
        values = " ".join(str(value) for frame in inside for value in (frame.locals or {}).values())
        assert server.token not in values
        for text in (str(error), repr(error), repr(error.params), plain, repr(client)):
            assert server.token not in text
            assert sent not in text
        if kind == 190:
            assert "…" in str(error)
    assert "asked" in written.getvalue()
    for secret in (server.token, sent):
        assert secret not in caplog.text + written.getvalue()


def test_what_meta_says_is_one_short_line(client: Graph, server: FakeMeta) -> None:
    said = "line\r\nline\u202e \x1b[31m" + "long " * 200
    server.fail("number", 100, message=json.loads(json.dumps(said)))
    error = failing(client, server, "number")
    shown = str(error.params["said"])
    assert shown.startswith("HTTP 400, code 100: ")
    assert shown.isprintable()
    assert len(shown) < 240

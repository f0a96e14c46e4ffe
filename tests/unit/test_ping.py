"""A monitor is told of each run; a ping that fails fails nothing, and takes little time."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.config import PingSettings, Secret
from pipeline.errors import ConfigurationError, ExitCode, TryLaterError
from pipeline.ping import pinged
from pipeline.signals import StopNowError
from tests.servers.monitor import Monitor, running_monitor
from tests.world.command_line import caller, english
from tests.world.pace import soon
from tests.world.settings import write_settings

__all__ = ["english"]


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    with running_monitor() as server:
        yield server


def settings(tmp_path: Path, url: str, seconds: int = 3) -> PingSettings:
    file = tmp_path / "ping"
    file.write_text(url + "\n")
    file.chmod(0o600)
    return PingSettings(url=Secret(file=file), timeout_seconds=seconds)


@pytest.mark.parametrize(
    ("code", "end"),
    [(ExitCode.DONE, ""), (ExitCode.UNFINISHED, "/3"), (ExitCode.TRY_LATER, "/log")],
)
def test_begin_and_end_of_a_run_are_told(
    monitor: Monitor, tmp_path: Path, code: ExitCode, end: str
) -> None:
    with pinged(settings(tmp_path, monitor.url + "/")) as ending:
        assert monitor.heard == ["/start"]
        ending.code = code
    assert monitor.heard == ["/start", end]


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (ConfigurationError("config_none"), "/4"),
        (TryLaterError("database_busy"), "/log"),
        (RuntimeError("planted"), "/1"),
        (KeyboardInterrupt(), "/130"),
    ],
)
def test_run_that_breaks_off_is_told_too(
    monitor: Monitor, tmp_path: Path, error: BaseException, end: str
) -> None:
    with pytest.raises(type(error)), pinged(settings(tmp_path, monitor.url)):
        raise error
    assert monitor.heard == ["/start", end]


@pytest.mark.parametrize("way", ["signal", "said"])
def test_run_that_is_broken_off_because_the_process_ends_is_no_failure(
    monitor: Monitor, tmp_path: Path, way: str
) -> None:
    with suppress(StopNowError), pinged(settings(tmp_path, monitor.url)) as ending:
        if way == "signal":
            raise StopNowError
        ending.code = None
    assert monitor.heard == ["/start"]


def test_without_a_url_nobody_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="pipeline"), pinged(PingSettings()):
        pass
    assert caplog.records == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/secret", "http://monitor.example/s", "nonsense"]
)
def test_ping_that_cannot_be_sent_is_logged_without_its_url(
    tmp_path: Path, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING", logger="pipeline"), pinged(settings(tmp_path, url)):
        pass
    assert caplog.records != []
    for record in caplog.records:
        assert (record.name, record.getMessage()) == ("pipeline.ping", "not_sent")
        assert "secret" not in str(vars(record))


def test_url_that_cannot_be_read_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level("WARNING", logger="pipeline"),
        pinged(PingSettings(url=Secret(file=tmp_path / "nowhere"))),
    ):
        pass
    assert [vars(record)["facts"] for record in caplog.records] == [{"code": "secret_unreadable"}]


def test_answer_that_is_no_yes_is_logged(
    monitor: Monitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monitor.status = 404
    with caplog.at_level("WARNING", logger="pipeline"), pinged(settings(tmp_path, monitor.url)):
        pass
    assert [vars(record)["facts"]["code"] for record in caplog.records] == ["http_404"] * 2


def test_silent_monitor_keeps_no_run_waiting(
    monitor: Monitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monitor.waits.clear()
    begin = time.monotonic()
    with (
        caplog.at_level("WARNING", logger="pipeline"),
        pinged(settings(tmp_path, monitor.url, seconds=1)),
    ):
        pass
    assert soon(time.monotonic() - begin, 4)
    assert [vars(record)["facts"]["code"] for record in caplog.records] == ["slow"] * 2


@pytest.mark.usefixtures("english")
def test_each_run_pings_whatever_comes_of_it(
    monitor: Monitor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path, monitor.url)
    write_settings(tmp_path / "pipeline.toml", ping={"url": {"file": "ping"}})
    call = caller(tmp_path, capsys)
    assert call("run").code == 0
    assert monitor.heard == ["/start", ""]
    monitor.status = 500
    assert call("run").code == 0
    monitor.status = 200
    (tmp_path / "state" / "requests.sqlite3").write_bytes(b"no database at all" * 100)
    monitor.heard.clear()
    assert call("run").code == 4
    assert monitor.heard == ["/start", "/4"]

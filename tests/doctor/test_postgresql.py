"""The same on PostgreSQL, which has a clock of its own and no log that grows beside it."""

import shutil
from collections.abc import Callable
from datetime import timedelta

import pytest

from pipeline.clock import SettableClock
from pipeline.flow.views import doctor
from tests.doctor.installation import Installation
from tests.doctor.test_broken import found, quick


@pytest.fixture
def on_server(installation: Installation, new_postgresql: Callable[[], str]) -> Installation:
    """An installation whose database is on a server, and has nothing in it yet."""
    shutil.rmtree(installation.home)
    installation.set("store", url=new_postgresql())
    assert installation.call("db", "migrate", "--no-backup").code == 0
    return installation


def test_a_clock_that_is_ahead_is_found(
    on_server: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("--only", "clock", "--only", "log")
    assert found(on_server.call("doctor", *asked)) == {}
    ahead = SettableClock(on_server.now + timedelta(hours=1))
    monkeypatch.setattr(doctor, "SystemClock", lambda: ahead)
    called = on_server.call("doctor", *asked)
    state, said = found(called)["clock"]
    assert (called.code, state) == (4, "bad")
    assert "seconds ahead of postgresql" in said
    assert "timedatectl" in said
    assert set(found(called)) == {"clock"}


def test_keys_of_another_installation_are_found(on_server: Installation) -> None:
    shutil.rmtree(on_server.home)
    called = quick(on_server)
    assert (called.code, found(called)["database"][0]) == (4, "bad")
    assert "keys" in found(called)["database"][1]

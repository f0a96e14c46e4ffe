"""``pipeline user``: who may log in to the console."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from pipeline.flow.staff.people import passwords
from tests.unit.cli.conftest import Call
from tests.world.command_line import Called

PASSWORD = "kumo no ue no hito"
Send = Callable[..., Called]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hash cost next to nothing."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=8, rounds=1, lanes=1))


@pytest.fixture
def send(fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Call the command line with bytes on its standard input."""

    def sent(content: bytes, *arguments: str) -> Called:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return fresh_pipeline("user", *arguments)

    return sent


def _add(send: Send, name: str = "Sato", role: str = "admin") -> Called:
    line = f"{PASSWORD}\n".encode()
    return send(line, "add", name, "--role", role, "--display", "佐藤", "--password-stdin")


def test_users_are_added_changed_and_listed(send: Send) -> None:
    assert send(b"", "list").out.startswith("Nobody may log in yet.")
    assert _add(send).out == "sato may log in now, as admin.\n"
    assert send(b"", "add", "mori", "--role", "viewer", "--no-password").code == 0
    assert "has the role reviewer now" in send(b"", "role", "MORI", "reviewer").out
    assert send(b"", "disable", "mori").code == 0
    found = {row["name"]: row for row in send(b"", "list", "--json").json()}
    assert [found["sato"][key] for key in ("display", "role", "has_password")] == [
        *("佐藤", "admin", True)
    ]
    assert found["mori"]["role"] == "reviewer"
    assert found["mori"]["disabled_at"]
    shown = send(b"", "list")
    assert "disabled" in shown.out
    assert "argon2" not in shown.out + str(found)
    assert send(b"", "enable", "mori").out == "mori may log in again, as reviewer.\n"
    assert "logs in through the proxy only" in send(b"", "list").out
    assert (
        send(
            "雨の日は傘を二本持って出かける\r\n".encode(), "password", "sato", "--password-stdin"
        ).code
        == 0
    )
    log = send(b"", "log", "--json", "--limit", "2").json()
    assert [row["what"] for row in log] == ["password_set", "user_enabled"]
    assert "User enabled" in send(b"", "log").out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "fewer than 12"),
        (b"\n", "fewer than 12"),
        (b"passwordpassword", "can be guessed"),
        (b"kumo no ue\nno hito\n", "line break"),
        (b"kumo no ue no hito \xff", "not UTF-8"),
        (b"x" * 9000, "more than 1024"),
    ],
)
def test_a_password_that_cannot_be_is_refused_and_not_shown(
    send: Send, content: bytes, said: str
) -> None:
    called = send(content, "add", "sato", "--role", "admin", "--password-stdin")
    assert (called.code, called.out) == (6, "")
    assert said in called.err
    assert not content.strip() or content.decode("latin-1") not in called.err
    assert send(b"", "list", "--json").json() == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "mori", "--role", "admin"), 2, "no terminal"),
        (("add", "mori", "--role", "admin", "--no-password", "--password-stdin"), 2, "contradict"),
        (("add", "mori", "--role", "boss", "--no-password"), 2, "--role"),
        (("add", "\u202eotas", "--role", "viewer", "--no-password"), 2, "cannot be the name"),
        (("add", "s\u0430to", "--role", "viewer", "--no-password"), 2, "another script"),
        (("add", "SATO", "--role", "viewer", "--no-password"), 6, "is a user sato"),
        (("disable", "sato"), 6, "the last admin"),
        (("role", "sato", "viewer"), 6, "the last admin"),
        (("disable", "nobody"), 5, "no user nobody"),
        (("password", "nobody", "--password-stdin"), 5, "no user nobody"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    send: Send, arguments: tuple[str, ...], code: int, said: str
) -> None:
    _add(send)
    before = send(b"", "list", "--json").out
    called = send(b"", *arguments)
    assert (called.code, said in called.err) == (code, True), called.err
    assert "\u202e" not in called.err
    assert send(b"", "list", "--json").out == before


@pytest.mark.parametrize(("second", "code"), [(PASSWORD, 0), ("another one, typed wrong", 2)])
def test_a_terminal_is_asked_twice_without_an_echo(
    fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch, second: str, code: int
) -> None:
    answers = iter([PASSWORD, second])
    hidden: list[bool] = []

    def prompt(_text: str, *, hide_input: bool, err: bool) -> str:
        hidden.append(hide_input and err)
        return next(answers)

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "prompt", prompt)
    called = fresh_pipeline("user", "add", "sato", "--role", "admin")
    assert (called.code, hidden) == (code, [True, True])
    assert PASSWORD not in called.out + called.err


def test_no_password_is_kept_in_the_clear(send: Send, empty_home: Path) -> None:
    _add(send)
    for path in (empty_home / "state").rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes()

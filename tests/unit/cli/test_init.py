"""``pipeline init``: with options alone, with a terminal, and with servers that refuse."""

import os
import pty
import socketserver
import stat
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pipeline.cli import run
from pipeline.cli.pages.interview import to_toml

Init = Callable[..., tuple[int, str, str]]


@pytest.fixture
def init(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Init:
    """Call ``pipeline init`` in an empty folder, without a terminal."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["init", *arguments])
        captured = capsys.readouterr()
        return int(code), captured.out, captured.err

    return called


def _written() -> dict[str, Any]:
    return tomllib.loads(Path("pipeline.toml").read_text(encoding="utf-8"))


class _Refusing(socketserver.StreamRequestHandler):
    """An IMAP server that lets nobody in."""

    def handle(self) -> None:
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        for line in self.rfile:
            tag, command = line.split()[:2]
            if command.upper() == b"CAPABILITY":
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
            elif command.upper() == b"LOGIN":
                self.wfile.write(tag + b" NO [AUTHENTICATIONFAILED] no such user\r\n")
            else:
                self.wfile.write(tag + b" OK done\r\n")


@pytest.fixture
def refusing_port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def _server(port: int, *further: str) -> tuple[str, ...]:
    place = ("--host", "127.0.0.1", "--port", str(port), "--encryption", "none")
    return (*place, "--user", "wa", *further)


def test_without_a_terminal_nothing_is_asked_and_defaults_are_taken(init: Init) -> None:
    code, out, err = init()
    assert (code, _written()["mailbox"]["kind"]) == (0, "maildir")
    assert "Wrote pipeline.toml. Next: pipeline doctor" in out
    assert "Genesys Cloud expects Meta's certificate" in out
    assert err.startswith("team.alert_to is not set")
    assert stat.S_IMODE(Path("pipeline.toml").stat().st_mode) == 0o600
    assert run(["config", "check"]) == 0


def test_every_question_has_an_option(init: Init) -> None:
    Path("secret").write_text("hush", encoding="utf-8")
    Path("secret").chmod(0o600)
    code, _, err = init(
        *("--address", "wa@example.com", "--country", "JP", "--time-zone", "Asia/Tokyo"),
        *("--language", "ja", "--issuer", "manual", "--alert-to", "staff@example.com"),
        *_server(1, "--password-file", "secret"),
        *("--smtp-host", "127.0.0.1", "--smtp-port", "1", "--smtp-encryption", "none"),
        *("--smtp-user", "out", "--smtp-password-command", "echo 'hu sh'"),
    )
    assert _written() == {
        "mailbox": {
            "address": "wa@example.com",
            "kind": "imap",
            "host": "127.0.0.1",
            "encryption": "none",
            "port": 1,
            "user": "wa",
            "password": {"file": "secret"},
        },
        "courier": {
            "kind": "smtp",
            "host": "127.0.0.1",
            "encryption": "none",
            "port": 1,
            "user": "out",
            "password": {"command": ["echo", "hu sh"]},
        },
        "team": {
            "time_zone": "Asia/Tokyo",
            "country": "JP",
            "language": "ja",
            "alert_to": "staff@example.com",
        },
        "certificates": {"issuer": "manual"},
    }
    # nobody listens at port 1: both servers are told, and the file stays
    assert code == 75
    assert "The mailbox wa@127.0.0.1 could not be read" in err
    assert "The server for mail out (127.0.0.1:1) did not take mail" in err
    assert "hush" not in err


@pytest.mark.parametrize(
    ("arguments", "faults"),
    [
        (("--country", "Japan", "--alert-to", "x"), ['country = "JP"', "team.alert_to"]),
        (("--host", "imaps://h"), ["mailbox.host", "mailbox.password is missing"]),
        (("--host", "h.example"), ["mailbox.password is missing", "--password-file"]),
        (("--smtp-host", "h", "--smtp-user", "w"), ["is missing", "--smtp-password-file"]),
        (("--time-zone", "JST"), ['"Asia/Tokyo"', "It is set in --time-zone."]),
        (("--host", "h.example", "--port", "99999"), ["mailbox.port = 99999 is too big"]),
        (("--time-zone", "Berlin", "--language", "xx"), ['"Europe/Berlin"', "team.language"]),
        (("--smtp-host", "h.example", "--smtp-user", "wa"), ["courier.password is missing"]),
        (
            ("--smtp-host", "h", "--password-file", "a", "--password-command", "b"),
            ["mailbox.password has more than one source"],
        ),
    ],
)
def test_option_that_cannot_work_is_refused_and_nothing_is_written(
    init: Init, arguments: tuple[str, ...], faults: list[str]
) -> None:
    code, out, err = init(*arguments)
    assert (code, out, list(Path().iterdir())) == (4, "", [])
    assert [fault for fault in faults if fault not in err] == []


@pytest.mark.parametrize("arguments", [("--port", "x"), ("--issuer", "acme"), ("--no", "x")])
def test_misused_option_is_a_usage_error(init: Init, arguments: tuple[str, ...]) -> None:
    assert init(*arguments)[0] == 2
    assert list(Path().iterdir()) == []


def test_file_that_exists_is_told_before_anything_else(init: Init) -> None:
    Path("pipeline.toml").write_text("# ours\n", encoding="utf-8")
    code, _, err = init("--country", "Japan")
    assert (code, err.splitlines()[0]) == (6, "pipeline.toml exists already.")
    assert Path("pipeline.toml").read_text(encoding="utf-8") == "# ours\n"
    assert init("--force", "--country", "Japan")[0] == 4
    assert Path("pipeline.toml").read_text(encoding="utf-8") == "# ours\n"
    assert init("--force")[0] == 0
    assert [path.name for path in Path().iterdir() if path.is_file()] == ["pipeline.toml"]


def test_folder_that_does_not_exist_is_told_before_anything_else(init: Init) -> None:
    code, _, err = init("--out", "nosuch/pipeline.toml", "--country", "Japan")
    assert code == 4
    assert err.startswith("nosuch/pipeline.toml cannot be read or written: No such file")


def test_password_that_cannot_be_read_is_told_and_no_server_is_asked(init: Init) -> None:
    Path("etc").mkdir()
    code, _, err = init("--out", "etc/wa.toml", *_server(1, "--password-file", "secret"))
    assert code == 4
    assert err.startswith(f"The secret in {Path.cwd() / 'etc' / 'secret'} could not be read")
    assert "The mailbox" not in err
    assert "what was tried with it failed" in err
    assert Path("etc/wa.toml").is_file()


def test_log_in_that_is_refused_is_told(init: Init, refusing_port: int) -> None:
    code, out, err = init(*_server(refusing_port, "--password-command", "echo hush"))
    assert code == 4
    assert err.startswith("The mailbox wa@127.0.0.1 refuses the user wa")
    assert Path("pipeline.toml").is_file()
    assert "hush" not in out + err


def test_home_of_the_command_line_is_written(init: Init, tmp_path: Path) -> None:
    assert run(["--home", "var", "init"]) == 0
    assert _written()["store"] == {"home": str(tmp_path / "var")}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Put a terminal in the place of the standard input; return a way to type into it."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r", encoding="utf-8") as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        yield lambda text: (os.write(ours, text.encode()), None)[1]
    os.close(ours)


def test_terminal_is_asked_again_when_an_answer_cannot_work(
    init: Init, terminal: Callable[[str], None]
) -> None:
    answers = [
        *("nobody", "wa@example.com"),
        *("imaps://h.example", "127.0.0.1"),
        *("none", "99999", "1", ""),
        *("command", "", "command", "echo hush"),
        "",
        *("Japan", "JP", "Tokyo", "Asia/Tokyo", "x", "staff@example.com", "ja", "manual"),
    ]
    terminal("".join(f"{answer}\n" for answer in answers))
    code, out, err = init()
    assert code == 75
    found = _written()
    assert found["mailbox"] == {
        "address": "wa@example.com",
        "kind": "imap",
        "host": "127.0.0.1",
        "encryption": "none",
        "port": 1,
        "user": "wa@example.com",
        "password": {"command": ["echo", "hush"]},
    }
    assert found["courier"] == {"kind": "maildir"}
    assert found["team"]["country"] == "JP"
    assert found["certificates"] == {"issuer": "manual"}
    for fault in (
        'mailbox.address = "nobody" is not one mail address',
        "is no name of a server",
        "mailbox.port = 99999 is too big",
        "mailbox.password is missing",
        'Did you mean country = "JP"?',
        'team.time_zone = "Tokyo" is no time zone',
        "It is set in your answer.",
    ):
        assert fault in err
    assert "Address of the requests mailbox" in out + err


def test_terminal_is_asked_only_what_no_option_says(
    init: Init, terminal: Callable[[str], None]
) -> None:
    terminal("\n" * 3)
    code, out, err = init(
        *("--address", "wa@example.com", "--host", "", "--smtp-host", "", "--country", "JP"),
        *("--time-zone", "Asia/Tokyo"),
    )
    assert code == 0
    asked = out + err
    assert "Address of the requests mailbox" not in asked
    assert "Where alerts for staff are mailed" in asked


def test_terminal_with_an_option_that_cannot_work_is_not_asked(
    init: Init, terminal: Callable[[str], None]
) -> None:
    code, out, err = init("--country", "Japan")
    assert (code, out) == (4, "")
    assert err.startswith('team.country = "Japan"')


def test_what_is_written_is_read_as_it_was_meant() -> None:
    values = {"a": {"text": 'q"\\ü', "none": "", "list": ["x"], "table": {"file": "a b"}, "n": 1}}
    values["a"].pop("none")
    assert tomllib.loads(to_toml(values)) == values


def test_database_is_made_where_the_option_says_and_not_in_the_state_folder(
    init: Init, new_postgresql: Callable[[], str]
) -> None:
    database = new_postgresql()
    code, _, err = init("--store-url", database)
    assert (code, _written()["store"]["url"]) == (0, database), err
    assert not Path("state/requests.sqlite3").exists()
    with closing(psycopg.connect(database)) as connection:
        made = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'requests'")
        assert made.fetchone() == (1,)


def test_url_of_no_database_is_refused_by_its_option(init: Init) -> None:
    code, _, err = init("--store-url", "postgresql://127.0.0.1")
    assert (code, "--store-url" in err) == (4, True)
    assert not Path("pipeline.toml").exists()

"""Whole runs, doctor and config with a mailbox that wants tokens: exit codes, alerts, no secret."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.wording import console as words
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.needed import skip_without
from tests.servers.smtp import smtp_sink
from tests.servers.tokens import TokenServer, token_server

pytestmark = pytest.mark.dovecot

Call = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def shared() -> Iterator[TokenServer]:
    with token_server(user="requests") as running:
        yield running


@pytest.fixture(scope="module")
def dovecot(tmp_path_factory: pytest.TempPathFactory, shared: TokenServer) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "Dovecot")
    with running_dovecot(tmp_path_factory.mktemp("dovecot"), identity=shared) as server:
        yield server


@pytest.fixture
def identity(shared: TokenServer) -> TokenServer:
    shared.user, shared.mode, shared.refresh_token = "requests", "good", "hush-refresh-0"
    shared.given, shared.asked, shared.used = {}, [], set()
    return shared


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch, one_child: None) -> Iterator[None]:
    monkeypatch.setenv("PIPELINE_LANG", "en")
    words.language_of_process.cache_clear()
    yield
    words.language_of_process.cache_clear()


def _secret(folder: Path, name: str, value: str) -> None:
    path = folder / name
    path.write_text(f"{value}\n")
    path.chmod(0o600)


@pytest.fixture
def call(
    dovecot: Dovecot, identity: TokenServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call the command line on a mailbox that wants tokens; no secret may ever be said."""
    _secret(tmp_path, "client", identity.secret)
    _secret(tmp_path, "refresh", identity.refresh_token)
    config = tmp_path / "pipeline.toml"
    config.write_text(f"""
[mailbox]
kind = "imap"
host = "127.0.0.1"
port = {dovecot.port}
encryption = "none"
user = "requests"
[sender]
trust = "gateway"
[team]
time_zone = "Europe/Berlin"
alert_to = "staff@example.com"
[logs]
level = "debug"
[oauth]
source = "endpoint"
token_url = "{identity.url}"
client_id = "client"
client_secret = {{ file = "client" }}
timeout_seconds = 2
""")

    def called(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["--config", str(config), *arguments])
        out, err = capsys.readouterr()
        assert "hush" not in out + err
        return int(code), out + err

    return called


def _with_refresh_token(tmp_path: Path) -> None:
    config = tmp_path / "pipeline.toml"
    text = config.read_text() + 'grant = "refresh_token"\nrefresh_token = { file = "refresh" }\n'
    config.write_text(text)


def _alerts(tmp_path: Path) -> list[str]:
    with sqlite3.connect(tmp_path / "state" / "requests.sqlite3") as base:
        return [row[0] for row in base.execute("SELECT detail FROM alerts")]


def _on_one_line(said: str) -> str:
    return " ".join(said.split())


def _doctor(said: str) -> str:
    """Return what doctor says of the token."""
    found = re.search(r"^\[(\w+)\] Token for the log-in\n((?:    .*\n)*)", said, re.MULTILINE)
    assert found is not None
    return f"{found[1]} {' '.join(found[2].split())}"


def test_run_logs_in_with_a_token_and_the_next_run_uses_it_again(
    call: Call, identity: TokenServer
) -> None:
    assert [call("run")[0], call("run")[0]] == [0, 0]
    assert len(identity.asked) == 1


def test_endpoint_down_is_75_and_alerts_nobody(
    call: Call, identity: TokenServer, tmp_path: Path
) -> None:
    identity.mode = "down"
    code, said = call("run")
    assert (code, "gives no token now" in _on_one_line(said)) == (75, True)
    assert _alerts(tmp_path) == []
    identity.mode = "good"
    assert call("run")[0] == 0


def test_refused_client_is_4_and_staff_are_told_once(
    call: Call, identity: TokenServer, tmp_path: Path
) -> None:
    identity.mode = "invalid_client"
    for _ in range(3):
        code, said = call("run")
        assert (code, "does not accept who is asking" in _on_one_line(said)) == (4, True)
    assert _alerts(tmp_path) == ["token_client"]
    identity.mode = "good"
    assert call("run")[0] == 0
    identity.mode = "invalid_client"
    identity.revoke()
    assert call("run")[0] == 4
    assert _alerts(tmp_path) == ["token_client"] * 2


def test_wrong_mailbox_is_4_with_another_sentence(
    call: Call, identity: TokenServer, tmp_path: Path
) -> None:
    identity.user = "somebody"
    code, said = call("run")
    assert (code, "although requests has a token" in _on_one_line(said)) == (4, True)
    assert _alerts(tmp_path) == ["127.0.0.1 token_useless"]


def test_looking_alerts_nobody(call: Call, identity: TokenServer, tmp_path: Path) -> None:
    assert call("run")[0] == 0
    identity.mode = "invalid_client"
    identity.revoke()
    assert call("run", "--dry-run")[0] == 4
    assert call("doctor")[0] == 4
    assert _alerts(tmp_path) == []


def test_doctor_says_source_and_end_in_the_zone_of_the_team(call: Call) -> None:
    code, said = call("doctor")
    found = _doctor(said)
    assert code == 0
    assert re.fullmatch(
        r"fine 127\.0\.0\.1:\d+ \(endpoint\) gave a token that holds until "
        r"\d{4}-\d\d-\d\d \d\d:\d\d CES?T; a new one is asked for in time\.", found
    )  # fmt: skip


def test_doctor_says_that_nobody_knows_the_end(call: Call, identity: TokenServer) -> None:
    identity.lifetime = None
    assert "did not say how long it holds" in _doctor(call("doctor")[1])
    identity.lifetime = 3600


def test_ready_token_is_told_and_its_refusal_alerts_once(
    call: Call, identity: TokenServer, tmp_path: Path
) -> None:
    config = tmp_path / "pipeline.toml"
    text = config.read_text()
    ready = text[: text.index("[oauth]")].replace(
        "[sender]", 'oauth_token = { file = "ready" }\n[sender]'
    )
    config.write_text(ready)
    _secret(tmp_path, "ready", identity.give())
    assert call("run")[0] == 0
    assert _doctor(call("doctor")[1]).startswith("fine The token is mailbox.oauth_token.")
    identity.revoke()
    for _ in range(2):
        code, said = call("run")
        assert (code, "with the token of mailbox.oauth_token" in _on_one_line(said)) == (4, True)
    assert _alerts(tmp_path) == ["127.0.0.1 token_ready_refused"]
    assert identity.asked == []


def test_doctor_asks_anew_although_a_token_is_kept(call: Call, identity: TokenServer) -> None:
    assert call("run")[0] == 0
    identity.mode = "invalid_client"
    code, said = call("doctor")
    assert code == 4
    assert "oauth.client_secret" in _doctor(said)


def test_doctor_loses_no_refresh_token(call: Call, identity: TokenServer, tmp_path: Path) -> None:
    _with_refresh_token(tmp_path)
    code, said = call("doctor")
    assert (code, identity.asked) == (4, [])  # nothing is made yet, so nothing could be kept
    assert "pipeline db migrate" in _doctor(said)
    assert not (tmp_path / "state").exists()
    assert call("run")[0] == 0
    assert call("doctor")[0] == 0
    assert call("run", "--dry-run")[0] == 0
    identity.revoke()
    assert call("run")[0] == 0
    sent = [asked.form["refresh_token"] for asked in identity.asked]
    assert sent == ["hush-refresh-0", "hush-refresh-1", "hush-refresh-2"]


def test_new_refresh_token_of_the_settings_takes_the_place_of_the_kept_one(
    call: Call, identity: TokenServer, tmp_path: Path
) -> None:
    _with_refresh_token(tmp_path)
    assert call("run")[0] == 0
    identity.refresh_token = "hush-new"
    identity.revoke()
    code, said = call("run")
    assert (code, "does not accept the refresh token" in _on_one_line(said)) == (4, True)
    _secret(tmp_path, "refresh", "hush-new")
    assert call("run")[0] == 0


def test_state_with_tokens_is_for_this_user_alone(call: Call, tmp_path: Path) -> None:
    assert call("run")[0] == 0
    files = [path for path in (tmp_path / "state").iterdir() if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_settings_are_shown_without_secrets(call: Call) -> None:
    code, said = call("config", "show")
    assert code == 0
    shown = json.loads(said)["oauth"]
    assert (shown["source"], shown["client_id"]) == ("endpoint", "client")
    assert call("config", "show", "--origin")[0] == 0
    code, said = call("config", "schema")
    assert (code, "client_secret" in json.dumps(json.loads(said))) == (0, True)


def test_mail_out_with_a_user_and_no_password_uses_the_same_token(
    call: Call, identity: TokenServer, tmp_path: Path
) -> None:
    with smtp_sink() as sink:
        text = (
            f'[courier]\nkind = "smtp"\nhost = "127.0.0.1"\nport = {sink.port}\n'
            'encryption = "none"\nuser = "requests"\n'
        )
        config = tmp_path / "pipeline.toml"
        config.write_text(text + config.read_text())
        code, said = call("doctor")
    # this server offers no log-in: it was asked for one
    assert (code, "offers no log-in that this program knows" in _on_one_line(said)) == (4, True)
    assert len(identity.asked) == 1

"""A home with a Maildir in and out, and a way to call the command line in this process."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services.state import open_store
from tests.world.command_line import Call, caller, english
from tests.world.fixtures import guard, one_child
from tests.world.settings import write_settings

__all__ = ["Call", "caller", "english", "guard", "one_child"]

SAMPLES = Path(__file__).parents[3] / "samples"
#: An onboarding that is clean, one with problems, an M2M number, and an automatic answer.
MAILS = ("01-onboarding-ja-xlsx", "06-onboarding-with-errors", "08-onboarding-m2m", "13-auto-reply")

_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "mailbox": {"kind": "maildir"},
    "courier": {"kind": "maildir"},
    "team": {"time_zone": "Europe/Berlin", "country": "DE"},
}
#: Sections of mail servers, to which a fault is added.
IMAP = '[mailbox]\nkind = "imap"\nhost = "imap.example.com"\nuser = "wa"\n'
SMTP = '[courier]\nkind = "smtp"\nhost = "smtp.example.com"\n'

Check = Callable[[str], tuple[int, str]]


@pytest.fixture(autouse=True)
def speaking_english(english: None, one_child: None) -> None:
    """Speak English in every test of the command line, and read strangers' bytes in one child."""


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Write a configuration and call ``config check``; return the code and what it says."""

    def checked(text: str) -> tuple[int, str]:
        path = tmp_path / "pipeline.toml"
        path.write_text(text, encoding="utf-8")
        code = run(["--config", str(path), "config", "check"])
        out, err = capsys.readouterr()
        assert (out == "") == (code != 0)
        assert "hush-hush" not in out + err
        assert sorted(file.name for file in tmp_path.iterdir()) == ["pipeline.toml"]
        return code, err

    return checked


def refused(check: Check, text: str, fault: str, mend: str) -> None:
    """Assert that a configuration is refused in three lines: the fault first, the mending last."""
    code, said = check(text)
    lines = said.splitlines()
    assert (code, len(lines)) == (4, 3), said
    assert fault in lines[0]
    assert mend in lines[2]


@pytest.fixture(scope="session")
def worked_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which one batch has worked the samples; tests get a copy."""
    folder = tmp_path_factory.mktemp("worked")
    write_settings(folder / "pipeline.toml", **_SETTINGS)
    options = ["--config", str(folder / "pipeline.toml"), "--home", str(folder / "state")]
    files = [str(SAMPLES / "mails" / f"{name}.eml") for name in MAILS]
    assert run([*options, "mail", "inject", *files]) == 0
    assert run([*options, "run"]) == 0
    return folder


@pytest.fixture
def home(worked_home: Path, tmp_path: Path) -> Path:
    """Return a home of this test's own with the worked samples."""
    return shutil.copytree(worked_home, tmp_path / "home")


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home that was used once and knows nothing; tests get a copy."""
    folder = tmp_path_factory.mktemp("made")
    write_settings(folder / "pipeline.toml", **_SETTINGS)
    made = load(folder / "pipeline.toml", folder / "state", {})
    open_store(made, SystemClock(), make=True).close()
    return folder


@pytest.fixture
def empty_home(made_home: Path, tmp_path: Path) -> Path:
    """Return a folder with a configuration, keys and a database that knows nothing."""
    return shutil.copytree(made_home, tmp_path / "empty")


@pytest.fixture
def pipeline(home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line on the home with the worked samples."""
    return caller(home, capsys)


@pytest.fixture
def fresh_pipeline(empty_home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line on a home that knows nothing yet."""
    return caller(empty_home, capsys)


@pytest.fixture
def mailbox_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the settings name a mail server that does not answer."""
    # port 1 of the loopback: nobody listens there
    for name, value in {"KIND": "imap", "HOST": "127.0.0.1", "PORT": "1"}.items():
        monkeypatch.setenv(f"PIPELINE_MAILBOX__{name}", value)
    monkeypatch.setenv("PIPELINE_MAILBOX__ENCRYPTION", "none")
    monkeypatch.setenv("PIPELINE_MAILBOX__USER", "wa")
    monkeypatch.setenv("PIPELINE_MAILBOX__PASSWORD", '{ command = ["echo", "secret"] }')


@pytest.fixture
def reference_of(pipeline: Call) -> Callable[[str], str]:
    """Return a way to find the reference of the one request with a status."""

    def find(status: str) -> str:
        rows = [row for row in pipeline("queue", "all", "--json").json() if row["status"] == status]
        assert len(rows) == 1
        return str(rows[0]["reference"])

    return find

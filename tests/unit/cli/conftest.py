"""A home with a Maildir in and out, and a way to call the command line in this process."""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services.state import open_store
from pipeline.wording import console as words

SAMPLES = Path(__file__).parents[3] / "samples"
#: An onboarding that is clean, one with problems, an M2M number, and an automatic answer.
MAILS = ("01-onboarding-ja-xlsx", "06-onboarding-with-errors", "08-onboarding-m2m", "13-auto-reply")

_SETTINGS = """
[mailbox]
kind = "maildir"
[courier]
kind = "maildir"
[sender]
authserv_ids = ["mx.genesys.example"]
[team]
time_zone = "Europe/Berlin"
country = "DE"
"""


@dataclass(frozen=True, slots=True)
class Called:
    """What a call of the command line left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return the one JSON document on standard output."""
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """Return the JSON document of each line."""
        return [json.loads(line) for line in self.out.splitlines()]


Call = Callable[..., Called]
Check = Callable[[str], tuple[int, str]]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Speak English, whatever the machine speaks; read no settings of the machine."""
    for name in [name for name in os.environ if name.startswith("PIPELINE_")]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIPELINE_LANG", "en")
    # the handler that a command sets writes to the standard error of one test alone
    monkeypatch.setattr(logging.getLogger("pipeline"), "handlers", [])
    words.language.cache_clear()
    yield
    words.language.cache_clear()


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


@pytest.fixture(scope="session")
def worked_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which one batch has worked the samples; tests get a copy."""
    folder = tmp_path_factory.mktemp("worked")
    (folder / "pipeline.toml").write_text(_SETTINGS, encoding="utf-8")
    options = ["--config", str(folder / "pipeline.toml"), "--home", str(folder / "state")]
    files = [str(SAMPLES / "mails" / f"{name}.eml") for name in MAILS]
    assert run([*options, "mail", "inject", *files]) == 0
    assert run([*options, "run"]) == 0
    return folder


@pytest.fixture
def home(worked_home: Path, tmp_path: Path) -> Path:
    """Return a home of this test's own with the worked samples."""
    return shutil.copytree(worked_home, tmp_path / "home")


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    """Return a folder with a configuration, keys and a database that knows nothing."""
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "pipeline.toml").write_text(_SETTINGS, encoding="utf-8")
    made = load(folder / "pipeline.toml", folder / "state", {})
    open_store(made, SystemClock(), make=True).close()
    return folder


def caller(folder: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a way to call the command line on the home in ``folder``."""

    def call(*arguments: str) -> Called:
        options = ["--config", str(folder / "pipeline.toml"), "--home", str(folder / "state")]
        capsys.readouterr()
        code = run([*options, *arguments])
        captured = capsys.readouterr()
        return Called(int(code), captured.out, captured.err)

    return call


@pytest.fixture
def pipeline(home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line on the home with the worked samples."""
    return caller(home, capsys)


@pytest.fixture
def fresh_pipeline(empty_home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line on a home that knows nothing yet."""
    return caller(empty_home, capsys)


@pytest.fixture
def reference_of(pipeline: Call) -> Callable[[str], str]:
    """Return a way to find the reference of the one request with a status."""

    def find(status: str) -> str:
        rows = [row for row in pipeline("queue", "all", "--json").json() if row["status"] == status]
        assert len(rows) == 1
        return str(rows[0]["reference"])

    return find

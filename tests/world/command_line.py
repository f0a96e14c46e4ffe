"""The command line, called in this process on a folder with settings and state."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from pipeline.wording import console as words


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


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Speak English, whatever the machine speaks; read no settings of the machine."""
    for name in [name for name in os.environ if name.startswith("PIPELINE_")]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIPELINE_LANG", "en")
    # the handler that a command sets writes to the standard error of one test alone
    monkeypatch.setattr(logging.getLogger("pipeline"), "handlers", [])
    words.language_of_process.cache_clear()
    yield
    words.language_of_process.cache_clear()


def caller(folder: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a way to call the command line on the home in ``folder``."""

    def call(*arguments: str) -> Called:
        options = ["--config", str(folder / "pipeline.toml"), "--home", str(folder / "state")]
        capsys.readouterr()
        code = run([*options, *arguments])
        captured = capsys.readouterr()
        return Called(int(code), captured.out, captured.err)

    return call

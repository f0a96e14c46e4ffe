"""Every command that we print can be typed as it stands, however the programme was called."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import command_paths
from pipeline.errors import NotFoundError
from pipeline.resources import template
from pipeline.wording import calling
from pipeline.wording import console as words
from tests.unit.cli.conftest import Call

LANGUAGES = sorted(path.stem for path in template("console").glob("??.toml"))
FIRST_WORDS = {path[0] for path in command_paths()}


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a command in a folder of the path that the tests stand above."""
    found = tmp_path / "it's {my} app" / "bin" / "pipeline"
    found.parent.mkdir(parents=True)
    found.write_text("#!/bin/sh\n", encoding="utf-8")
    found.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    return found


def test_word_is_enough_where_the_shell_finds_this_file(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"/nowhere:{script.parent}")
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert calling.programme() == "pipeline"


def test_word_is_enough_for_a_link_that_the_shell_finds(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "pipeline").symlink_to(script)
    monkeypatch.setenv("PATH", str(tmp_path / "links"))
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert calling.programme() == "pipeline"


def test_path_is_named_where_the_shell_finds_none_or_another(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = str(script.relative_to(tmp_path))
    monkeypatch.setattr(sys, "argv", [typed])
    assert shlex.split(calling.programme()) == [typed]
    other = tmp_path / "other" / "pipeline"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n", encoding="utf-8")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert shlex.split(calling.programme()) == [typed]


@pytest.mark.parametrize("typed", ["-c", "", "/usr/bin/pytest"])
def test_word_is_printed_by_a_programme_of_another_name(
    typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [typed])
    assert calling.programme() == "pipeline"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Run: pipeline db migrate", "Run: bin/pipeline db migrate"),
        ("詳しくはpipeline doctorで", "詳しくはbin/pipeline doctorで"),
        ("(pipeline request show)", "(bin/pipeline request show)"),
        ("pipeline --config x queue", "bin/pipeline --config x queue"),
        ("使うもの：pipeline {command}", "使うもの：bin/pipeline {command}"),
        ("Set it in pipeline.toml", "Set it in pipeline.toml"),
        ("the pipeline runs", "the pipeline runs"),
        (".venv/bin/pipeline run", ".venv/bin/pipeline run"),
        ("my-pipeline run", "my-pipeline run"),
        ("a pipeline of requests", "a pipeline of requests"),
    ],
)
def test_only_commands_are_renamed(
    text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bin/pipeline"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert calling.with_programme(text, FIRST_WORDS) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_names_the_bare_word_when_a_path_was_typed(
    language: str, script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = str(script.relative_to(tmp_path))
    monkeypatch.setattr(sys, "argv", [typed])
    monkeypatch.setenv("PIPELINE_LANG", language)
    words.language_of_process.cache_clear()
    told = words.explain(NotFoundError("request_unknown", reference="{x} pipeline run"))
    assert f"{shlex.quote(typed)} queue all" in told
    assert "{x} pipeline run" in told  # what somebody wrote stays as written
    folder = {"folder": "d", "typed_folder": "d", "config": "d/pipeline.toml"}
    lines = words.word("demo_next", reference="WA-1", **folder).splitlines()[-4:]
    assert [line[line.index("'") :] for line in lines] == [
        f"{shlex.quote(typed)} demo --dir d --serve",
        *(
            f"{shlex.quote(typed)} --config d/pipeline.toml {rest}"
            for rest in ("queue", "request show WA-1", "status")
        ),
    ]


def test_usage_names_the_path_that_was_typed(
    fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bin/pipeline"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert "Usage: bin/pipeline queue " in fresh_pipeline("queue", "--help").out
    assert "Try 'bin/pipeline queue --help'" in fresh_pipeline("queue", "--bad").err


def test_command_that_an_error_names_can_be_typed(empty_home: Path) -> None:
    """The last word of a real error, typed into a real shell in the same folder."""
    command = Path(sys.executable).with_name("pipeline")
    environment = {"PATH": "/usr/bin:/bin", "PIPELINE_LANG": "en", "HOME": str(empty_home)}
    typed = ["sh", "-c", f"{shlex.quote(str(command))} request show WA-00000000"]
    done = subprocess.run(
        typed, cwd=empty_home, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5, done.stderr
    line = done.stderr.splitlines()[-1].removeprefix("Look it up with: ")
    again = subprocess.run(
        ["sh", "-c", line], cwd=empty_home, env=environment, capture_output=True, check=False
    )
    assert again.returncode == 0, again.stderr


def test_possible_commands_are_typed_as_the_programme_was_called(
    pipeline: Call, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setenv("COLUMNS", "200")
    (row, *_) = pipeline("queue", "needs-me", "--json").json()
    shown = pipeline("request", "show", row["reference"], "--json").json()["commands"]
    refused = pipeline("request", "release", row["reference"])
    typed = shlex.quote(str(script))
    assert refused.code == 6
    assert shown
    assert [command for command in shown if not command.startswith(f"{typed} ")] == []
    assert f"  {typed} request " in refused.err

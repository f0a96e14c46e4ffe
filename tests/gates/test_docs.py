"""The documents for people: each command line in them exists, with these options and words."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from pipeline.cli import command_at, command_paths
from pipeline.config import FolderSettings, Settings
from pipeline.errors import ExitCode
from pipeline.flow.views.metrics.names import METRICS
from pipeline.resources import template

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GUIDE = ROOT / "docs" / "operating.md"

_LINE = re.compile(r"(?:^|[\s&]|/)pipeline((?: [^\n`#>]*)?)")
_TICKS = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PLACEHOLDERS = {"FILE", "DIRECTORY", "MAIL", "ENTRY", "MESSAGE", "REFERENCE"}


def command_lines(path: Path) -> list[str]:
    """Return the arguments of every ``pipeline …`` in fences and in ticks."""
    text = path.read_text(encoding="utf-8")
    shown = [line for block in _FENCE.findall(text) for line in block.splitlines()]
    shown += [tick for tick in _TICKS.findall(_FENCE.sub("", text)) if tick.startswith("pipeline ")]
    found = [
        match.group(1) for line in shown for match in _LINE.finditer(line) if "ln -s" not in line
    ]
    return sorted({arguments.strip() for arguments in found if arguments.strip()})


def named(path: Path) -> list[tuple[str, str]]:
    return [(path.name, line) for line in command_lines(path)]


COMMANDS = command_paths()
LINES = [pair for path in DOCUMENTS for pair in named(path)]


def command_of(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the path of the command in ``words``, and its own arguments."""
    for depth in (2, 1):
        if tuple(words[:depth]) in COMMANDS:
            return tuple(words[:depth]), words[depth:]
    groups = {path[0] for path in COMMANDS if len(path) > 1}
    assert words[0] in groups, f"no command {' '.join(words)}"
    assert len(words) == 1, f"no command {' '.join(words)}"
    return (words[0],), []


def without_global_options(words: list[str]) -> list[str]:
    while words and words[0] in {"--config", "--home"}:
        words = words[2:]
    return words[1:] if words[:1] in (["--version"], ["--help"]) else words


@pytest.mark.parametrize(("document", "line"), LINES)
def test_command_line_of_a_document_exists(document: str, line: str) -> None:
    words = without_global_options(shlex.split(line))
    if not words:
        return
    path, arguments = command_of(words)
    if path not in COMMANDS or not arguments or arguments == ["--help"]:
        return
    command = command_at(path)
    options = {name for param in command.params for name in param.opts if name.startswith("-")}
    used = {word for word in arguments if word.startswith("--")}
    assert used <= options, f"{document}: {line}"
    for param in command.params:
        if isinstance(param, click.Option) and isinstance(param.type, click.Choice):
            for index, word in enumerate(arguments):
                if word in param.opts:
                    assert arguments[index + 1] in param.type.choices, f"{document}: {line}"


@pytest.mark.parametrize(
    "line",
    ["request bless WA-1", "queue --no-such-option", "request reject WA-1 --reason whim", "bless"],
)
def test_the_gate_sees_what_is_wrong(line: str) -> None:
    with pytest.raises(AssertionError):
        test_command_line_of_a_document_exists("here", line)


_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: `pipeline` as the word that a shell looks up, not as a part of a path or an argument.
_BARE = re.compile(r"(?:^|[;&|]\s*|\bsudo -u \w+ )pipeline\b(?! *=)")
#: What makes the bare word a command: of one shell, or of every user.
_MADE = re.compile(r"^(?:\. \.venv/bin/activate\b|ln -s \S*/\.venv/bin/pipeline /usr/local/bin/)")


def untypable(text: str) -> list[str]:
    """Return the lines with a bare `pipeline` that no shell would find where they stand.

    A timetable and a unit have no shell that was prepared: they need a path.
    """
    made = False
    wrong = []
    for kind, block in _BLOCK.findall(text):
        for line in block.splitlines():
            made = made or bool(kind == "sh" and _MADE.search(line))
            if _BARE.search(line) and not (made and kind == "sh"):
                wrong.append(line)
    return wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_a_document_can_be_typed_as_they_stand(document: Path) -> None:
    assert untypable(document.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("document", [ROOT / "README.md", GUIDE], ids=lambda path: path.name)
def test_setup_stands_before_the_first_command(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    first = re.search(_BARE.pattern, text, re.MULTILINE)
    assert first is not None
    assert text.index("\nmake setup") < first.start()


@pytest.mark.parametrize("document", [ROOT / "README.md", GUIDE], ids=lambda path: path.name)
def test_the_gate_sees_a_command_that_no_shell_finds(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    without = "".join(line for line in text.splitlines(keepends=True) if not _MADE.search(line))
    assert [line for line in untypable(without) if line.startswith("pipeline doctor")] != []
    assert untypable(text.replace("&& .venv/bin/pipeline run", "&& pipeline run")) != []


def test_the_guide_names_every_group_of_commands() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    groups = {path[0] for path in COMMANDS} - {"demo", "version", "qr", "form"}
    assert [name for name in sorted(groups) if f"pipeline {name}" not in text] == []


def test_the_guide_explains_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == [code.value for code in ExitCode]


def test_the_guide_explains_every_folder() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    names = [str(value) for value in FolderSettings().model_dump().values()]
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_the_guide_explains_every_alert() -> None:
    sources = (ROOT / "pipeline").rglob("*.py")
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(sources))
    codes = set(re.findall(r'\balert\(\s*work,\s*"([a-z_]+)"', source))
    codes |= set(re.findall(r'\bAlertStaff\("([a-z_]+)"\)', source))
    text = GUIDE.read_text(encoding="utf-8")
    assert sorted(code for code in codes if f"`{code}`" not in text) == []
    words = tomllib.loads(template("notices", "words.en.toml").read_text(encoding="utf-8"))
    explained = {
        code
        for row in re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", text, re.MULTILINE)
        for code in re.findall("`([a-z_]+)`", row)
    }
    assert sorted(explained & codes) == sorted(codes)
    assert (
        sorted(code for code in explained if "." not in code and code not in words["alert"]) == []
    )


def test_the_guide_explains_every_metric_as_it_explains_itself() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    words = tomllib.loads(template("console", "en.toml").read_text(encoding="utf-8"))["words"]
    for name, metric in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        said = words[f"metric_{name}"]
        row = f"| {metric.kind} | `{name}` | {labels} | {said} |".replace("|  |", "| |")
        assert row in text, name


def test_the_configuration_of_the_guide_can_be_used() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(examples) == 6
    for example in examples:
        Settings.model_validate(tomllib.loads(example))


def test_every_name_on_the_page_of_the_flow_exists() -> None:
    text = (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)+\.py)(?::(\w+))?`", text)
    assert len(named) > 30
    wrong = []
    for path, function in named:
        file = ROOT / (path if path.startswith("pipeline/") else f"pipeline/{path}")
        defined = re.compile(rf"^(?:def|class) {function}\b", re.MULTILINE)
        if not file.is_file() or (function and not defined.search(file.read_text("utf-8"))):
            wrong.append(f"{path}:{function}")
    assert wrong == []
    assert len(text.splitlines()) <= 90

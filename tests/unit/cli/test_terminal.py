"""What people see on a terminal: lines that fit it, times with their zone, nothing that hides."""

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import logs
from pipeline.cli import command_paths, run
from pipeline.cli.screen import width
from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services import open_services
from pipeline.store.queues import QueueView, queue
from pipeline.wording import console as words

from .conftest import SAMPLES, Call, caller

ROOT = Path(__file__).parents[3]
#: The requests with a certificate that counts.
LIVE = ("queue", "--find", "status:certificate_issued")
READING = (
    ("queue", "all"),
    ("queue", "needs-me"),
    LIVE,
    ("status",),
    ("mail", "list"),
    ("outbox", "list", "all"),
    ("quarantine", "list"),
    ("number", "list"),
    ("number", "show", "+81312345678"),
    ("certificate", "list", "--all"),
    ("form", "list"),
    ("form", "fields", "onboarding"),
    ("form", "check", str(SAMPLES / "forms" / "riviere-onboarding-errors_en.xlsx")),
    ("run", "--dry-run"),
)
_CLOCK = re.compile(r"\b\d{4}-\d\d-\d\d(?: \(\w+\))?[ T]\d\d:\d\d(?P<after>.{0,12})")
_ZONE = re.compile(r"( (CET|CEST|JST)\b)|(-\d\d:\d\d (CET|CEST|JST)\b)")
#: A table names the zone of its times once, in its heading.
_IN_HEADING = re.compile(r"\((CET|CEST|Europe/Berlin)\)")


@pytest.fixture(scope="module")
def certified_home(worked_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a certificate that is out, a slot that is offered and mails that wait."""

    folder = shutil.copytree(worked_home, tmp_path_factory.mktemp("certified") / "home")
    options = ["--config", str(folder / "pipeline.toml"), "--home", str(folder / "state")]

    found = load(folder / "pipeline.toml", folder / "state")
    with open_services(found, SystemClock()) as opened, opened.store.read() as tx:
        rows = queue(tx, QueueView.NEEDS_ME)
    reference = rows[0].reference
    for arguments in (
        ("approve", reference, "--tick-all", "--business-verified"),
        ("advance", reference, "--event", "name_approved"),
        ("advance", reference, "--event", "ready"),
        ("note", reference, "\u202eevil\x1b[31m " + "long words " * 40),
    ):
        assert run([*options, "request", *arguments]) == 0
    return folder


@pytest.fixture
def certified(certified_home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line on the home with a certificate; the calls change nothing."""

    return caller(certified_home, capsys)


@pytest.fixture
def every_page(certified: Call) -> tuple[tuple[str, ...], ...]:
    rows = certified("queue", "all", "--json").json()
    pages = [("request", "show", row["reference"]) for row in rows]
    live = certified(*LIVE, "--json").json()
    return (*READING, *pages, ("certificate", "show", live[0]["reference"]))


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_line_is_wider_than_the_terminal(
    certified: Call,
    every_page: tuple[tuple[str, ...], ...],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    columns: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("PIPELINE_LANG", language)
    words.language_of_process.cache_clear()
    for arguments in every_page:
        called = certified(*arguments)
        assert called.code == 0, arguments
        wide = [line for line in called.out.splitlines() if width(line) > columns]
        assert wide == [], arguments


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_references_and_ids_are_whole_on_any_terminal(
    certified: Call, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for arguments, key in (
        (("queue", "all"), "reference"),
        (("mail", "list"), "id"),
        (("outbox", "list", "all"), "id"),
        (("certificate", "list"), "serial"),
    ):
        rows = certified(*arguments, "--json").json()
        shown = certified(*arguments).out
        assert rows
        assert [row[key] for row in rows if row[key] not in shown] == []


def test_every_instant_names_its_zone(
    certified: Call, every_page: tuple[tuple[str, ...], ...]
) -> None:
    found = 0
    for arguments in every_page:
        page = certified(*arguments).out
        in_heading = _IN_HEADING.findall(page.partition("\n")[0])
        for clock in _CLOCK.finditer(page):
            found += 1
            assert _ZONE.match(clock["after"]) or len(in_heading) == 1, (arguments, clock.group())
    assert found > 20


def test_a_report_names_the_zone_of_every_instant(certified: Call, tmp_path: Path) -> None:
    assert certified("report", "--out", str(tmp_path / "report.html")).code == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "�evil�[31m" in text
    assert not {"\x1b", "\u202e"} & set(text)
    shown = re.sub(r'datetime="[^"]*"', "", text)
    clocks = list(_CLOCK.finditer(shown))
    assert len(clocks) > 10
    assert [clock.group() for clock in clocks if not _ZONE.match(clock["after"])] == []


def test_instants_of_json_are_utc(certified: Call) -> None:
    for arguments in (("queue", "all"), ("mail", "list"), ("status",), ("run", "--dry-run")):
        text = certified(*arguments, "--json").out
        instants = re.findall(r'"\d{4}-\d\d-\d\dT[^"]*"', text)
        assert instants, arguments
        assert [at for at in instants if not at.endswith('+00:00"')] == []


def test_only_one_place_formats_instants_for_people() -> None:
    for path in sorted((ROOT / "pipeline" / "cli").rglob("*.py")):
        if path.name in {"instants.py", "story.py"}:
            continue
        text = path.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(text)))
        typed = {
            part
            for node in nodes
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "click.DateTime"
            for part in ast.walk(node)
        }
        formats = [
            node
            for node in nodes
            if isinstance(node, ast.Constant)
            and node not in typed
            and isinstance(node.value, str)
            and "%H:" in node.value
        ]
        assert formats == [], path.name


def test_hostile_notes_are_visible_in_pages_and_in_json(
    certified: Call, certified_home: Path
) -> None:
    (row,) = certified(*LIVE, "--json").json()
    page = certified("request", "show", row["reference"])
    assert "�evil�[31m" in page.out
    assert not {"\x1b", "\u202e"} & set(page.out)
    document = certified("request", "show", row["reference"], "--json")
    assert "\\u202eevil\\u001b[31m" in document.out
    texts = [note["text"] for note in document.json()["notes"]]
    assert any(text.startswith("\u202eevil\x1b[31m") for text in texts)


@pytest.mark.parametrize(
    "arguments",
    [
        ("request", "show", "\x1b[31m\u202eWA"),
        ("\x1b[31m",),
        ("queue", "\x1b[31m\u202e"),
        ("queue", "--\x1b[31m\u202e"),
        ("form", "check", "\x1b[31m\u202e.xlsx"),
        ("request", "note", "WA", "a", "\x1b[31m\u202e"),
    ],
)
def test_errors_repeat_nothing_that_a_terminal_obeys(
    fresh_pipeline: Call, arguments: tuple[str, ...]
) -> None:
    called = fresh_pipeline(*arguments)
    assert called.code in {2, 5}
    assert called.err != ""
    assert not {"\x1b", "\u202e"} & set(called.out + called.err)


def test_file_that_cannot_be_written_is_told_by_its_sentence_alone(pipeline: Call) -> None:
    called = pipeline("report", "--out", "/nonexistent/report.html")
    assert called.code == 4
    assert called.err.startswith("/nonexistent/report.html cannot be read or written:")
    assert "{" not in called.err


def test_terminal_gets_log_lines_of_text_and_a_pipe_gets_json() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    lines = []
    for stream in (Terminal(), io.StringIO()):
        logs.configure("warning", stream)
        mark = logs.unknown("cli", ZeroDivisionError("secret"))
        logs.told("cli", OSError("secret"))
        lines.append(stream.getvalue().replace(mark, "MARK"))
    text, document = lines
    assert text == "ERROR pipeline.cli unknown_error id=MARK error=ZeroDivisionError places=[]\n"
    found = json.loads(document)
    assert (found["event"], found["id"], found["error"]) == (
        *("unknown_error", "MARK", "ZeroDivisionError"),
    )
    assert re.match(r"\d{4}-", found["at"])


def test_unexpected_error_is_logged_with_the_id_that_is_told(
    fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("a customer's words")

    monkeypatch.setattr("pipeline.cli.commands.configuration.look", stumble)
    called = fresh_pipeline("config", "check")
    logged, told = called.err.splitlines()
    assert called.code == 1
    assert told.endswith(json.loads(logged)["id"])
    assert "customer" not in called.err


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("columns", [40, 80])
def test_help_is_never_wider_than_the_terminal(
    fresh_pipeline: Call, monkeypatch: pytest.MonkeyPatch, language: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("PIPELINE_LANG", language)
    words.language_of_process.cache_clear()
    paths = [(), ("request",), *command_paths()]
    for path in paths:
        called = fresh_pipeline(*path, "--help")
        assert called.code == 0
        options = called.out.partition("\n\n")[2]
        assert [line for line in options.splitlines() if width(line) > columns] == [], path


# --- a reader that goes away, a disk that is full ----------------------------------------------


def _pipeline(*arguments: str, **streams: object) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PIPELINE_LANG": "en"}
    environment.pop("PIPELINE_CONFIG", None)
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-c", "from pipeline.cli import main; main()", *arguments],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        **streams,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_reader_that_has_read_enough_is_no_failure(
    home: Path, monkeypatch: pytest.MonkeyPatch, unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    for arguments in (
        ("--config", str(home / "pipeline.toml"), "--home", str(home / "state"), "queue", "all"),
        ("--help",),
    ):
        reading, writing = os.pipe()
        os.close(reading)
        process = _pipeline(*arguments, stdout=writing)
        os.close(writing)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, b"")


def test_full_disk_is_an_error_with_a_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        process = _pipeline("form", "list", "--json", stdout=full)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert said.decode().splitlines()[0] == (
        "The result could not be written: No space left on device"
    )
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said


# --- what is possible now -----------------------------------------------------------------------


def test_refusal_is_one_sentence_and_the_commands_that_are_possible(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("policy_review")
    called = pipeline("request", "advance", reference, "--event", "code_verified")
    assert (called.code, called.out) == (6, "")
    sentence, instead, heading, *commands = called.err.splitlines()
    assert sentence == (
        "While the request is at “Check of the form (Genesys)”, “Code verified” cannot be recorded."
    )
    assert instead.startswith("pipeline request show")
    assert heading == "Possible now:"
    assert f"  pipeline request approve {reference}" in commands
    shown = pipeline("request", "show", reference, "--json").json()
    assert [f"  {command}" for command in shown["commands"]] == commands


def test_outcomes_of_meta_are_offered_by_name(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("policy_review")
    approval = ("--tick-all", "--business-verified")
    assert pipeline("request", "approve", reference, *approval).code == 0
    commands = pipeline("request", "show", reference, "--json").json()["commands"]
    assert commands[0] == f"pipeline request advance {reference} --event name_approved"
    assert f"pipeline request advance {reference} --event name_declined" in commands


@pytest.mark.parametrize("status", ["policy_review", "needs_correction"])
def test_each_command_that_is_offered_is_taken(
    pipeline: Call, home: Path, reference_of: Callable[[str], str], status: str
) -> None:
    reference = reference_of(status)
    given = {"TRACK": "migration", "REASON": "policy", "FIELD=VALUE": "notes=seen", "TEXT": "More?"}
    commands = pipeline("request", "show", reference, "--json").json()["commands"]
    assert len(commands) > 3
    database = home / "state" / "requests.sqlite3"
    before = {path: path.read_bytes() for path in database.parent.glob("requests.sqlite3*")}
    for command in commands:
        text = command.removeprefix("pipeline ").replace(" --field FIELD", "")
        arguments = [given.get(part, part) for part in text.split()]
        if arguments[:2] == ["request", "approve"]:
            arguments.append("--tick-all")
        called = pipeline(*arguments)
        assert called.code == 0, (command, called.err)
        for path in database.parent.glob("requests.sqlite3*"):
            path.unlink()
        for path, content in before.items():
            path.write_bytes(content)


def test_request_that_has_ended_offers_a_note_alone(
    pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("rejected")
    called = pipeline("request", "withdraw", reference)
    assert called.code == 6
    assert called.err.splitlines()[-1].endswith(f"pipeline request note {reference} TEXT")

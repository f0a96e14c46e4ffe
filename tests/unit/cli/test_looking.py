"""A command that only looks makes and changes nothing, wherever it is called."""

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import command_paths, run
from tests.unit.cli.conftest import Call

#: Every command that reads, with what it needs to be called; REF is a request, MAIL a message.
LOOKS = [
    "doctor",
    "status",
    "metrics",
    "metrics --json",
    "queue",
    "queue all --json",
    "queue --counts",
    "queue --find 0312345678",
    "run --dry-run",
    "run --dry-run --json",
    "request show REF",
    "request approve REF --tick-all --preview",
    "request withdraw REF --preview --json",
    "request take REF --preview",
    "request hold REF --preview",
    "number list",
    "organisation list",
    "number show +4930123456",
    "certificate list",
    "certificate show REF",
    "certificate verify FILE",
    "certificate crl",
    "certificate calendar",
    "audit verify",
    "audit verify --json",
    "authority show",
    "authority log",
    "authority export",
    "user list",
    "user list --json",
    "user log",
    "mail list",
    "mail show MAIL",
    "mail raw MAIL",
    "mail files MAIL",
    "mail reconcile",
    "mail reconcile --json",
    "outbox list",
    "outbox list --reference REF",
    "outbox show OUT",
    "privacy erase hanako@sakura-denki.example",
    "quarantine list",
    "quarantine show MAIL",
    "db status",
    "config show",
    "config check",
    "config schema",
    "form list",
    "template check answer",
    "form fields qr",
    "form check FILE",
    "version",
]
#: What writes, or writes where it is told to.
WRITES = {
    ("init",),
    ("run",),
    ("watch",),
    ("serve",),
    ("demo",),
    ("report",),
    ("export", "requests"),
    ("export", "audit"),
    ("privacy", "export"),
    ("form", "build"),
    ("form", "site"),
    ("qr", "preview"),
    ("template", "preview"),
    ("mail", "inject"),
    ("db", "migrate"),
    ("backup", "create"),
    ("backup", "verify"),
    ("backup", "restore"),
    ("backup", "settle"),
    ("number", "set"),
    ("organisation", "add"),
    ("organisation", "remove"),
    ("number", "import"),
    ("certificate", "issue"),
    ("certificate", "reissue"),
    ("certificate", "revoke"),
    ("outbox", "cancel"),
    ("outbox", "retry"),
    ("outbox", "resume"),
    ("token", "rotate"),
    ("authority", "init"),
    ("authority", "rotate"),
    ("user", "add"),
    ("user", "disable"),
    ("user", "enable"),
    ("user", "password"),
    ("user", "role"),
    ("quarantine", "release"),
    ("quarantine", "drop"),
}
#: A file to be read.
SAMPLE = Path(__file__).parents[3] / "README.md"
#: What needs no configuration.
_WITHOUT = {"form", "template", "version", "config schema"}


def picture(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return mode, time of change and digest of everything below ``folder``."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".coverage."):
            continue  # written by the child process when coverage is measured
        facts = path.lstat()
        plain = stat.S_ISREG(facts.st_mode)
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if plain else ""
        changed = facts.st_mtime_ns if plain else 0
        found[str(path.relative_to(folder))] = (facts.st_mode, changed, digest)
    return found


def test_every_command_is_one_that_looks_or_one_that_writes() -> None:
    words = [tuple(line.split()) for line in LOOKS]
    looks = {path[:2] if path[:2] in command_paths() else path[:1] for path in words}
    decides = {path for path in command_paths() if path[0] == "request"} - {("request", "show")}
    assert sorted(set(command_paths()) - looks - WRITES - decides) == []


@pytest.mark.parametrize("line", LOOKS)
def test_looking_without_a_configuration_makes_nothing(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = run([word if word != "FILE" else str(SAMPLE) for word in line.split()])
    free = line.partition(" ")[0] in _WITHOUT or line in _WITHOUT
    if not free:
        captured = capsys.readouterr()
        assert (code, str(tmp_path) in captured.out + captured.err) == (4, True)
    assert picture(tmp_path) == {}


@pytest.mark.parametrize("line", LOOKS)
def test_looking_at_a_folder_that_was_never_used_makes_nothing(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipeline.toml").write_text('[store]\nhome = "state"\n')
    monkeypatch.chdir(tmp_path)
    before = picture(tmp_path)
    run(line.replace("REF", "WA-").split())
    assert picture(tmp_path) == before


@pytest.mark.parametrize("line", LOOKS)
def test_looking_at_a_folder_in_use_changes_nothing(
    line: str, home: Path, pipeline: Call, reference_of: Callable[[str], str]
) -> None:
    message = pipeline("mail", "list", "--json").json()[0]["id"]
    reference = reference_of("policy_review")
    ours = pipeline("outbox", "list", "all", "--json").json()[0]["id"]
    before = picture(home)
    for name, value in {"REF": reference, "MAIL": message, "OUT": ours}.items():
        line = line.replace(name, value)
    pipeline(*line.split())
    assert picture(home) == before

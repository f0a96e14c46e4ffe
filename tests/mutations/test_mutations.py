"""Deliberate bugs: each is found by the test that is there to find it."""

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[2]
_ROOMS = {
    "forms", "mailbox", "intake", "validation", "routing", "tracks", "certificates", "qr",
    "notifications", "store", "flow",
}  # fmt: skip
_TESTS_FAILED = 1


@dataclass(frozen=True)
class _Mutation:
    room: str
    file: str
    text: str
    replacement: str
    breaks: str
    test: str


def _mutations() -> list[_Mutation]:
    data = (_CHECKOUT / "tests" / "mutations" / "mutations.toml").read_text(encoding="utf-8")
    return [_Mutation(**entry) for entry in tomllib.loads(data)["mutation"]]


def _linked(source: Path, target: Path, file: str) -> None:
    """Make ``target`` a copy of the folder ``source`` in which only ``file`` is a real file."""
    target.mkdir()
    first, _, rest = file.partition("/")
    for entry in source.iterdir():
        if entry.name == "__pycache__":
            continue
        if entry.name == first and rest:
            _linked(entry, target / entry.name, rest)
        elif entry.name != first:
            (target / entry.name).symlink_to(entry)


def _mutated(folder: Path, mutation: _Mutation) -> None:
    """Make a checkout in ``folder`` whose package has the bug."""
    _linked(_CHECKOUT / "pipeline", folder / "pipeline", mutation.file)
    for name in ("templates", "forms", "samples", "tests", "pyproject.toml"):
        (folder / name).symlink_to(_CHECKOUT / name)
    good = (_CHECKOUT / "pipeline" / mutation.file).read_text(encoding="utf-8")
    assert good.count(mutation.text) == 1, "the text to replace is not there exactly once"
    bad = good.replace(mutation.text, mutation.replacement)
    compile(bad, mutation.file, "exec")
    (folder / "pipeline" / mutation.file).write_text(bad, encoding="utf-8")


@pytest.mark.parametrize("mutation", _mutations(), ids=lambda found: found.room)
def test_a_deliberate_bug_is_found(mutation: _Mutation, tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    _mutated(folder, mutation)
    # what a run under coverage hands to its children must not follow into this one
    environment = {name: text for name, text in os.environ.items() if not name.startswith("COV")}
    found = subprocess.run(
        [
            sys.executable, "-m", "pytest", mutation.test, "-x", "-q", "-m", "not postgresql",
            "-p", "no:cacheprovider", "-p", "no:xdist", "--no-cov",
            f"--rootdir={folder}", "-c", str(folder / "pyproject.toml"),
            f"--basetemp={tmp_path / 'inner'}",
        ],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    shown = found.stdout + found.stderr
    assert found.returncode == _TESTS_FAILED, f"not found: {mutation.breaks}\n{shown}"
    assert f"FAILED {mutation.test.partition('::')[0]}" in shown, shown


def test_every_room_has_a_deliberate_bug() -> None:
    assert {mutation.room for mutation in _mutations()} == _ROOMS

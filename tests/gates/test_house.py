"""The rules of the house that a look at the files can check."""

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[2]
_LONGEST_FILE = 400
_RECEIVE_LINES = 80
_DRAWERS = re.compile(r"(?:^|/)(?:utils?|helpers?|common|misc|tools|shared)(?:\.py|/)")
#: Hosts of package registries, put together here so that this file does not name one.
_REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("py" + "pi", "org"),
        ("python" + "hosted", "org"),
        ("registry", "npm" + "js", "org"),
        ("registry", "yarn" + "pkg", "com"),
        ("ana" + "conda", "org"),
        ("crates", "io"),
        ("ruby" + "gems", "org"),
        ("proxy", "go" + "lang", "org"),
        ("repo1", "maven", "org"),
        ("ghcr", "io"),
    )
)
#: Folders of machines that people work on.
_MACHINE_PATHS = re.compile(
    "|".join(("/" + "root/", "/" + "work/", "/" + r"home/\w", "/" + r"Users/\w"))
)
_COPYLEFT = re.compile(r"\b(?:A?GPL|GNU (?:Affero )?General Public)", re.IGNORECASE)
_LESSER = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)
#: A licence that may be chosen instead, when a distribution offers several.
_CHOICE = re.compile(r"\b(?:LGPL|Lesser General Public|MPL|Mozilla|MIT|BSD|Apache)", re.IGNORECASE)


def _git(*arguments: str) -> list[str]:
    found = subprocess.run(
        ["git", *arguments], cwd=_CHECKOUT, capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip("this is no git checkout: its files cannot be listed")
    return [name for name in found.stdout.split("\0") if name and (_CHECKOUT / name).is_file()]


def _files() -> list[str]:
    """Return every file that is, or would be, committed."""
    return _git("ls-files", "-z", "--cached", "--others", "--exclude-standard")


def _texts() -> list[tuple[str, str]]:
    found = []
    for name in _files():
        content = (_CHECKOUT / name).read_bytes()
        if b"\0" not in content:
            found.append((name, content.decode("utf-8", "replace")))
    return found


def test_no_file_names_a_package_registry() -> None:
    found = [(name, host) for name, text in _texts() for host in _REGISTRIES if host in text]
    assert found == []


def test_no_file_names_a_folder_of_a_machine() -> None:
    found = [(name, hit.group()) for name, text in _texts() if (hit := _MACHINE_PATHS.search(text))]
    assert found == []


def test_every_file_of_the_package_is_short() -> None:
    long = {
        name: count
        for name, text in _texts()
        if name.startswith("pipeline/")
        and name.endswith(".py")
        and (count := len(text.splitlines())) >= _LONGEST_FILE
    }
    assert long == {}


def test_the_path_of_a_message_is_one_page() -> None:
    page = (_CHECKOUT / "pipeline" / "flow" / "inbound" / "receive.py").read_text(encoding="utf-8")
    assert len(page.splitlines()) < _RECEIVE_LINES


def test_forms_and_tracks_are_named_by_their_declarations_alone() -> None:
    """What differs between tracks is asked of the declaration; help is the track without a form."""
    declared = re.compile(r"pipeline/(?:tracks|forms|model|demo)/")
    named = re.compile(r"\b(?:FormKind|Track)\.(?!HELP\b)[A-Z]+\b")
    found = {
        name
        for name, text in _texts()
        if name.startswith("pipeline/")
        and name.endswith(".py")
        and not declared.match(name)
        and named.search(text)
    }
    assert found == set()


def test_no_room_is_a_drawer_for_odds_and_ends() -> None:
    found = {name for name in _files() if name.startswith("pipeline/") and _DRAWERS.search(name)}
    assert found == set()


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name.strip())[0]).lower()


def _project() -> dict[str, list[str]]:
    project = tomllib.loads((_CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"run": project["dependencies"], **project["optional-dependencies"]}


def _licence(name: str) -> str:
    about = importlib.metadata.metadata(name)
    classifiers = [text for text in about.get_all("Classifier") or [] if "License" in text]
    fields = [
        text for name in ("License-Expression", "License") for text in about.get_all(name) or []
    ]
    return " · ".join([*classifiers, *fields])


def _needed(name: str, seen: set[str]) -> set[str]:
    """Return the names of all installed distributions that ``name`` needs at run time."""
    if name in seen:
        return seen
    try:
        requirements = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return seen  # for another system or another Python
    seen.add(name)
    for requirement in requirements:
        if "extra ==" not in requirement:
            _needed(_canonical(requirement), seen)
    return seen


def test_no_dependency_at_run_time_is_under_the_gpl() -> None:
    names: set[str] = set()
    for name in _project()["run"]:
        _needed(_canonical(name), names)
    assert len(names) > len(_project()["run"])
    bound = {
        name: licence
        for name in sorted(names)
        if _COPYLEFT.search(_LESSER.sub("", licence := _licence(name)))
        and not _CHOICE.search(licence)
    }
    assert bound == {}


def test_every_folder_of_tests_has_tests() -> None:
    support = {"tests/servers", "tests/world"}
    folders = {path.parent for path in (_CHECKOUT / "tests").rglob("*.py")}
    empty = {
        folder.relative_to(_CHECKOUT).as_posix()
        for folder in folders
        if not any(folder.rglob("test_*.py"))
    }
    assert empty - support == set()

"""The locks are closed: what is published tomorrow changes nothing of what is installed.

pip in hash mode refuses a whole lock as soon as one package asks for something that is not locked.
Each mutation takes one thing out of a lock; the gate has to notice it.
"""

import itertools
import re
from pathlib import Path

import pytest

from tests.gates.locks import ENVIRONMENTS, LOCKS, blocks, read, wrong
from tests.thinned import thinned

_ROOT = Path(__file__).parents[2]
TEXTS = {name: (_ROOT / name).read_text(encoding="utf-8") for name in LOCKS}

#: Packages whose marker is true in every environment, so that its loss changes nothing.
ALWAYS_TRUE = {
    "pycparser",  # cffi asks `implementation_name != "PyPy"`, and every PyPy says "pypy" there
}

#: Of so many packages one is tried in every run.
_EVERY = 8

#: Packages that are installed on no machine of ours, and asked for in any version.
ANY_VERSION = {"httpx2-jsfetch"}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_is_closed(lock: str) -> None:
    assert list(wrong(TEXTS[lock], LOCKS[lock])) == []


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(LOCKS, 2)))
def test_locks_name_the_same_versions(one: str, other: str) -> None:
    first, second = (
        {line.name: line.version for line in read(TEXTS[name])} for name in (one, other)
    )
    assert {name: first[name] for name in first.keys() & second.keys()} == {
        name: second[name] for name in first.keys() & second.keys()
    }


def test_other_locks_hold_everything_of_run_time() -> None:
    run, oauth, test = ({line.name for line in read(text)} for text in TEXTS.values())
    built_with = {"editables", "hatchling", "tomlkit", "trove-classifiers"}
    assert run - oauth == built_with | {"pathspec", "pluggy"}
    assert run - test == built_with
    assert oauth <= test


def test_environments_cover_every_marker_of_the_locks() -> None:
    """Each line is meant for some environment, and each marker excludes some other."""
    for text in TEXTS.values():
        for line in read(text):
            where = [name for name in ENVIRONMENTS if line.applies(name)]
            assert where, line.requirement
            excludes = line.parsed.marker is not None and line.name not in ALWAYS_TRUE
            assert (len(where) < len(ENVIRONMENTS)) == excludes, line.requirement


def _notices(lock: str, old: str, new: str) -> bool:
    assert TEXTS[lock].count(old) == 1
    assert old != new
    return next(wrong(TEXTS[lock].replace(old, new), LOCKS[lock]), None) is not None


def _each(pattern: str) -> list[tuple[str, str]]:
    found = []
    for lock, text in TEXTS.items():
        found += [(lock, block) for block in blocks(text) if re.search(pattern, block)]
    assert found
    return found


@pytest.mark.parametrize(("lock", "block"), thinned(_each("^"), _EVERY))
def test_package_taken_out_is_noticed(lock: str, block: str) -> None:
    assert _notices(lock, block, "")


def _without_each_extra(block: str) -> list[str]:
    extras = re.findall(r"[\w-]+", re.findall(r"\[(.*?)\]", block)[0])
    rest = [[name for name in extras if name != extra] for extra in extras]
    return [re.sub(r"\[.*?\]", f"[{','.join(r)}]" if r else "", block, count=1) for r in rest]


@pytest.mark.parametrize(("lock", "block"), _each(r"^\S+\[\w"))
def test_extra_taken_out_is_noticed(lock: str, block: str) -> None:
    for mutated in _without_each_extra(block):
        assert _notices(lock, block, mutated)


@pytest.mark.parametrize(("lock", "block"), _each(r"^[^\n]+ ; "))
def test_marker_taken_out_is_noticed(lock: str, block: str) -> None:
    mutated = re.sub(r" ; [^\n\\]+", " ", block, count=1)
    assert _notices(lock, block, mutated) == (read(block)[0].name not in ALWAYS_TRUE)


@pytest.mark.parametrize(("lock", "block"), thinned(_each("^"), _EVERY, 1))
def test_other_version_is_noticed(lock: str, block: str) -> None:
    noticed = _notices(lock, block, re.sub(r"==[^\s\\]+", "==0.0.1", block, count=1))
    assert noticed == (read(block)[0].name not in ANY_VERSION)
    assert _notices(lock, block, block.replace("==", ">=", 1))


@pytest.mark.parametrize(("lock", "block"), thinned(_each("^"), _EVERY, 2))
def test_package_without_hashes_is_noticed(lock: str, block: str) -> None:
    assert _notices(lock, block, re.sub(r" \\\n    --hash=\S+", "", block))


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "click @ https://packages.example/click.whl",
        "tomli==2.4.0 \\\n    --hash=sha256:" + "0" * 64,
    ],
)
def test_line_too_many_is_noticed(lock: str, line: str) -> None:
    assert next(wrong(f"{TEXTS[lock]}{line}\n", LOCKS[lock]), None) is not None

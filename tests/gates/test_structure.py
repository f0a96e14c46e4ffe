"""The house: no circle of files, few floors, no full folder, short lists of parameters."""

import re
from pathlib import Path

import pytest

from tests.gates.structure import (
    PACKAGE,
    circles,
    floors,
    folders,
    imports,
    longest_parameters,
)

_FULLEST = 20
_INNER = re.compile(r"^[ \t]+(?:from|import) pipeline\.flow", re.MULTILINE)
_MOST_FLOORS = {"pipeline.flow": 5, "pipeline.forms": 4}
_MOST_PARAMETERS = 6


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles(imports()) == []


@pytest.mark.parametrize("package", _MOST_FLOORS)
def test_rooms_stand_on_few_floors(package: str) -> None:
    assert floors(imports(), package) <= _MOST_FLOORS[package]


def test_no_folder_is_too_full_to_be_read_at_a_glance() -> None:
    assert {name: count for name, count in folders().items() if count > _FULLEST} == {}


def test_no_function_of_the_flow_has_a_long_list_of_parameters() -> None:
    assert [row for row in longest_parameters(PACKAGE / "flow") if row[0] > _MOST_PARAMETERS] == []


def test_the_flow_imports_itself_at_the_top_of_its_files_only() -> None:
    inner = [
        str(path.relative_to(PACKAGE))
        for path in (PACKAGE / "flow").rglob("*.py")
        if re.search(
            r"^[ \t]+(?:from|import) pipeline\.flow", path.read_text("utf-8"), re.MULTILINE
        )
    ]
    assert inner == []


def test_the_command_line_writes_through_the_flow_alone() -> None:
    writing = [
        str(path.relative_to(PACKAGE))
        for path in (PACKAGE / "cli").rglob("*.py")
        if "store.run(" in path.read_text("utf-8")
    ]
    assert writing == []


def test_phonenumbers_has_one_home() -> None:
    users = [
        path.relative_to(PACKAGE)
        for path in PACKAGE.rglob("*.py")
        if re.search(r"^[ \t]*(?:from|import) phonenumbers", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert {str(path.parent) for path in users} == {"validation/phone"}


def test_the_measures_see_what_they_are_for(tmp_path: Path) -> None:
    package = tmp_path / "pipeline"
    for name, text in {
        "flow/a/one.py": "from pipeline.flow.b import two\n",
        "flow/b/two.py": "def f():\n    from pipeline.flow.c import three\n",
        "flow/c/three.py": "import pipeline.flow.b.two\n",
        "flow/d.py": "from pipeline.flow.a.one import x\n",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    graph = imports(package)
    assert circles(graph) == [("pipeline.flow.b.two", "pipeline.flow.c.three")]
    assert floors(graph, "pipeline.flow") == 4
    assert folders(package)["pipeline/flow"] == 1

"""Wherever Python and its packages lie: readers find their libraries, and nothing else is read."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from pipeline.guard import landlock
from pipeline.guard.readable import readable

ROOT = Path(__file__).parents[2]

PROGRAM = """
import json, sys
from pathlib import Path
from pipeline.guard import Guard
from pipeline.flow.inbound.child import read_message
from tests.hostile.making import good, good_pdf
from tests.world.mails import mail_of
from tests.unit.test_sandbox import import_late, read
state, late = sys.argv[1], sys.argv[2]
with Guard(private=(state,)) as guard:
    forms = [
        len(guard.call(read_message, mail_of("form", content)).submissions)
        for content in (good(), good_pdf())
    ]
    late = guard.call(import_late, (late, "sqlite3", "babel", "weasyprint"))
    key = guard.call(read, state + "/key")
    beside = guard.call(read, str(Path(state).parent / "pipeline.toml"))
print(json.dumps([guard.locks().landlock, forms, late, key, beside, sys.prefix]))
"""


def packages() -> Path:
    return Path(pytest.__file__).parents[1]


def link_packages(folder: Path, *, each_file: bool) -> None:
    """Fill ``folder`` with links to the installed packages, or to each file of some, as uv may."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in packages().iterdir():
        if entry.suffix == ".pth" or entry.name == "__pycache__":
            continue
        if each_file and entry.name in {"pikepdf", "pikepdf.libs", "defusedxml", "pypdfium2"}:
            for file in entry.rglob("*"):
                if file.is_file():
                    link = folder / file.relative_to(packages())
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.symlink_to(file)
        else:
            (folder / entry.name).symlink_to(entry)


@pytest.mark.parametrize("layout", ["environment with links", "PYTHONPATH"])
def test_forms_are_read_and_the_state_is_not_in_every_layout(tmp_path: Path, layout: str) -> None:
    try:
        landlock.version()
    except OSError:
        pytest.skip("this kernel has no Landlock")
    python = sys.executable
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("pipeline", "templates", "forms", "tests"):
        (checkout / name).symlink_to(ROOT / name)
    (checkout / "late_module.py").write_text("")
    (checkout / "pipeline.toml").write_text("password")
    (checkout / "state").mkdir()
    (checkout / "state" / "key").write_text("secret")
    path = [str(checkout)]
    if layout == "PYTHONPATH":
        link_packages(tmp_path / "libraries", each_file=False)
        path.append(str(tmp_path / "libraries"))
    else:
        venv.create(tmp_path / "venv", symlinks=True)
        python = str(tmp_path / "venv" / "bin" / "python")
        (site,) = (tmp_path / "venv" / "lib").glob("python3*/site-packages")
        link_packages(site, each_file=True)
    done = subprocess.run(
        [python, "-c", PROGRAM, str(checkout / "state"), "late_module"],
        capture_output=True,
        check=False,
        cwd=checkout,
        env={"PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr.decode()
    version, forms, late, key, beside, prefix = json.loads(done.stdout)
    assert version > 0
    assert forms == [1, 1]
    assert late == ["late_module", "sqlite3", "babel", "weasyprint"]
    assert (key, beside) == ("EACCES", "EACCES")
    if layout != "PYTHONPATH":
        assert prefix == str(tmp_path / "venv")


def test_of_the_working_folder_only_modules_are_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module.py").write_text("")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "state").mkdir()
    (tmp_path / "pipeline.toml").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    found = {Path(path) for path in readable(())}
    assert {path for path in found if path.is_relative_to(tmp_path)} == {
        tmp_path / "module.py",
        tmp_path / "package",
    }
    assert not any(tmp_path.is_relative_to(path) for path in found)


def test_private_folder_among_the_libraries_is_not_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site-packages"
    for name in ("one", "two/state", "two/other"):
        (site / name).mkdir(parents=True)
    monkeypatch.setattr("sys.path", [*sys.path, str(site)])
    monkeypatch.setattr(
        "pipeline.guard.readable._whole_folders", lambda: (str(site),), raising=True
    )
    found = [Path(path) for path in readable((str(site / "two" / "state"),))]
    assert [path for path in found if path.is_relative_to(tmp_path)] == [
        site / "one",
        site / "two" / "other",
    ]

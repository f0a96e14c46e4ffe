"""Running programs that fill forms: their command lines, their jobs as JSON, their packages."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tests.programs.job import Job

#: Where ``tools/node-packages`` puts the packages of ``package.json``.
NODE_MODULES = Path(sys.prefix) / "node" / "node_modules"
#: The validator of the W3C for pages.
VNU = NODE_MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
HERE = Path(__file__).parent
_LONGEST = 300


def run(*command: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run ``command`` in ``folder``, with variables added to those of this process.

    Raises RuntimeError with what the program printed when it fails or takes over five minutes.
    """
    call = [str(part) for part in command]
    try:
        done = subprocess.run(
            call,
            cwd=folder,
            env={**fonts_of_the_machine(), **(environment or {})},
            check=False,
            capture_output=True,
            timeout=_LONGEST,
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{call[0]} did not end in {_LONGEST} s") from error
    if done.returncode:
        printed = (done.stdout + done.stderr).decode("utf-8", "replace")
        raise RuntimeError(f"{call[0]} ended with {done.returncode}: {printed[-2000:]}")


def run_node(script: str, jobs: Sequence[Job], folder: Path) -> None:
    """Let the node ``script`` of this folder do ``jobs``; raises RuntimeError as ``run`` does."""
    call_node(HERE / script, write_jobs(jobs, folder), folder=folder)


def call_node(*arguments: Path, folder: Path) -> None:
    """Run node with the packages of ``package.json``; raises RuntimeError as ``run`` does."""
    node, environment = _node(), {"NODE_PATH": str(NODE_MODULES)}
    assert node is not None
    run(node, *arguments, folder=folder, environment=environment)


def _node() -> Path | None:
    """Return the node that Playwright brings, or None.

    It is locked with the tests. The node of Debian 12 is too old for pdf.js.
    """
    found = find_spec("playwright")
    if found is None or found.origin is None:
        return None
    node = Path(found.origin).parent / "driver" / "node"
    return node if node.is_file() else None


def write_jobs(jobs: Sequence[Job], folder: Path) -> Path:
    """Write ``jobs`` as JSON: a list of objects with ``blank``, ``target`` and ``entries``."""
    data = folder / "jobs.json"
    rows = [
        {
            "blank": str(job.blank),
            "target": str(job.target),
            "entries": [
                {"field": one.field, "text": one.text, "code": one.code, "way": one.way}
                for one in job.entries
            ],
        }
        for job in jobs
    ]
    data.write_text(json.dumps(rows), encoding="utf-8")
    return data


@cache
def fonts_of_the_machine() -> dict[str, str]:
    """Return the variables of this process, but for that by which our own writer sets its fonts.

    Once a form was built here, the other programs would draw with the fonts of our package, which
    no customer's machine does.
    """
    return {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}


def has_japanese_font() -> bool:
    """Return whether the programs of this machine have a font to draw Japanese with."""
    if shutil.which("fc-list") is None:
        return False
    call, environment = ("fc-list", ":lang=ja"), fonts_of_the_machine()
    listed = subprocess.run(call, check=False, capture_output=True, env=environment)
    return bool(listed.stdout.strip())


def missing_package(*names: str) -> str:
    """Return which of the node packages, or node itself, is not installed; empty when all are."""
    if _node() is None:
        return "node"
    return next((name for name in names if not (NODE_MODULES / name).is_dir()), "")

"""Forms that real programs filled, read by the command: every answer as it was meant.

`samples/readings.json` has what each answer of `samples/source/forms.toml` means; when a form is
filled anew and the readings change, look at the difference before you write the file anew.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_FORMS = sorted((_ROOT / "samples" / "forms").iterdir())
_EXPECTED = json.loads((_ROOT / "samples" / "readings.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checked() -> dict[str, dict[str, object]]:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "form", "check"]
    done = subprocess.run(
        [*command, "--json", *map(str, _FORMS)],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {item["file"]: item for item in found}


def test_every_sample_has_its_readings() -> None:
    assert sorted(_EXPECTED) == [path.name for path in _FORMS]


@pytest.mark.parametrize("name", [path.name for path in _FORMS])
def test_answers_are_read_as_they_were_meant(
    checked: dict[str, dict[str, object]], name: str
) -> None:
    fields = checked[name]["fields"]
    assert isinstance(fields, list)
    read = {field["id"]: field["value"] for field in fields if field["raw"]}
    assert {"verdict": checked[name]["verdict"], "values": read} == _EXPECTED[name]

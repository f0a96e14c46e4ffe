"""Forms that real programs flattened or printed to PDF: read by position, always asked about."""

from pathlib import Path

import pytest

from pipeline.flow.views.form_check import read_forms_of
from pipeline.forms.pdf.printed import blank as geometry_of_blanks
from pipeline.forms.publish import build_form
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.submission import Submission
from tests.programs.answers import matrix
from tests.programs.flattened import ADDRESS, PRIVACY, filled_form, run_flattener
from tests.programs.flatteners import FLATTENERS, OUTLINED, Flattener
from tests.programs.report import PAGE, flattened_line

_LEAST = 0.95


@pytest.fixture(autouse=True)
def fresh_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure the blanks as they are written now; a gate compares the published ones with them."""

    def fresh(kind: FormKind, language: str, *, version: str = "") -> bytes:
        return build_form(kind, language, FileFormat.PDF, address=ADDRESS, privacy=PRIVACY)

    monkeypatch.setattr(geometry_of_blanks, "published", fresh)
    geometry_of_blanks.blank_form.cache_clear()


def _skip_if_missing(flattener: Flattener) -> None:
    if flattener.missing():
        pytest.skip(f"{flattener.missing()} is not installed")


@pytest.mark.parametrize("flattener", FLATTENERS, ids=lambda flattener: flattener.name)
def test_flattened_form_is_recovered_and_every_field_is_asked_about(
    flattener: Flattener, tmp_path: Path
) -> None:
    _skip_if_missing(flattener)
    found = run_flattener(flattener, tmp_path)
    assert [(row.form, row.language, row.accepted) for row in found] == [
        (kind.value, language, ()) for kind, language in matrix()
    ]
    poor = [row for row in found if row.right < _LEAST * row.fields]
    assert poor == []
    documented = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for row in found if (line := flattened_line(row)) not in documented] == []


def test_form_whose_writing_was_drawn_as_shapes_is_not_taken_for_blank(tmp_path: Path) -> None:
    _skip_if_missing(OUTLINED)
    sources, out = tmp_path / "filled", tmp_path / "flattened"
    sources.mkdir()
    out.mkdir()
    path = filled_form(FormKind.QR, "en", sources)
    OUTLINED.flatten([path], out)
    found = read_forms_of(path.name, (out / path.name).read_bytes())[0]
    assert not isinstance(found, Submission)
    assert found.problem.code in {"file_scanned", "file_print_unread"}

"""A form saved in another format is no form, and the customer reads what to do."""

import shutil
from pathlib import Path

import pytest

from pipeline.forms.xlsx.layout import FIELD_PREFIX
from pipeline.intake.find import find_in_file
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.submission import UnreadableFile
from pipeline.resources import languages
from pipeline.wording.problems import sentence
from tests.programs.answers import entries
from tests.programs.libreoffice import save, work
from tests.programs.matrix import blank_form

pytestmark = pytest.mark.libreoffice

_TYPES = {"ods": "opendocument", "xls": "excel_97", "csv": "csv"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one filled form in every format."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("formats")
    blank = folder / "blank.xlsx"
    blank.write_bytes(blank_form(FormKind.QR, "ja", FileFormat.XLSX))
    typed = entries(FormKind.QR, "ja", FileFormat.XLSX)
    script: list[tuple[str, ...]] = [("open", str(blank))]
    script += [("type", FIELD_PREFIX + entry.field, entry.text) for entry in typed]
    script += [save(folder / f"form.{suffix}") for suffix in _TYPES]
    work([*script, ("close",)], folder)
    return folder


@pytest.mark.parametrize("suffix", _TYPES)
def test_form_in_another_format_is_told_to_be_saved_as_xlsx(saved: Path, suffix: str) -> None:
    path = saved / f"form.{suffix}"
    found = find_in_file(path.name, path.read_bytes())
    assert isinstance(found, UnreadableFile)
    code = "file_other" if suffix == "csv" else "file_type"
    assert (found.problem.code, found.problem.param("type")) == (code, _TYPES[suffix])
    for language in languages():
        assert "xlsx" in sentence(found.problem, language, None)

from pathlib import Path

import pytest

from pipeline.forms.publish import build_form, publish, stale
from pipeline.model.form import FileFormat, Filling, FormKind
from pipeline.resources import languages

_ADDRESS = "requests@example.com"
_PRIVACY = "privacy@example.com"
_XLSX = (FileFormat.XLSX,)


def _publish(out: Path) -> tuple[Path, ...]:
    return publish(out, address=_ADDRESS, privacy=_PRIVACY, formats=_XLSX)


def _stale(folder: Path) -> tuple[str, ...]:
    return stale(folder, address=_ADDRESS, privacy=_PRIVACY, formats=_XLSX)


def test_publish_writes_a_file_for_each_form_and_language(tmp_path: Path) -> None:
    paths = _publish(tmp_path / "new")
    assert {path.name for path in paths} == {
        f"{kind}_{language}.xlsx"
        for kind in ("onboarding", "migration", "qr")
        for language in languages()
    }
    assert all(path.read_bytes()[:2] == b"PK" for path in paths)


def test_fresh_blanks_are_not_stale(tmp_path: Path) -> None:
    _publish(tmp_path)
    assert _stale(tmp_path) == ()


def test_changed_and_missing_blanks_are_stale(tmp_path: Path) -> None:
    _publish(tmp_path)
    (tmp_path / "qr_en.xlsx").unlink()
    other = build_form(FormKind.QR, "ja", FileFormat.XLSX, address="else", privacy=_PRIVACY)
    (tmp_path / "qr_ja.xlsx").write_bytes(other)
    (tmp_path / "migration_en.xlsx").write_bytes(b"no zip")
    assert set(_stale(tmp_path)) == {"migration_en.xlsx", "qr_en.xlsx", "qr_ja.xlsx"}


def test_prefilled_form_carries_its_answers(tmp_path: Path) -> None:
    filling = Filling((("contact_name", "Aiko Tanaka"),))
    (path,) = publish(
        tmp_path,
        kinds=(FormKind.QR,),
        languages=("ja",),
        formats=_XLSX,
        filling=filling,
        address=_ADDRESS,
        privacy=_PRIVACY,
    )
    blank = build_form(FormKind.QR, "ja", FileFormat.XLSX, address=_ADDRESS, privacy=_PRIVACY)
    filled = build_form(
        FormKind.QR, "ja", FileFormat.XLSX, filling, address=_ADDRESS, privacy=_PRIVACY
    )
    assert path.read_bytes() == filled != blank


def test_unknown_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        build_form(FormKind.QR, "xx", FileFormat.XLSX, address=_ADDRESS, privacy=_PRIVACY)

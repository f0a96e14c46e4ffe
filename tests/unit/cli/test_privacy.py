"""``pipeline privacy`` and ``pipeline request erase``."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call

Find = Callable[[str], str]


@pytest.fixture
def ended(pipeline: Call, reference_of: Find) -> str:
    """The reference of a request that has ended, with nothing under way."""
    reference = reference_of("policy_review")
    assert pipeline("request", "withdraw", reference).code == 0
    for row in pipeline("outbox", "list", "open", "--json").json():
        assert pipeline("outbox", "cancel", row["id"]).code == 0
    return reference


def _address(pipeline: Call, reference: str) -> str:
    return str(pipeline("request", "show", reference, "--json").json()["sender"])


def test_an_open_request_is_refused_with_what_to_do_first(
    pipeline: Call, reference_of: Find
) -> None:
    called = pipeline("request", "erase", reference_of("policy_review"))
    assert called.code == 6
    assert "has not ended" in called.err
    assert "pipeline request withdraw" in called.err


def test_a_request_is_erased_only_when_told_so(pipeline: Call, ended: str) -> None:
    first = pipeline("request", "erase", ended)
    assert first.code == 0
    assert "This would be erased for good:" in first.out
    assert "Nothing was erased. With --yes it is" in first.out
    assert pipeline("request", "erase", ended, "--json").json()["erased"] is False
    assert _address(pipeline, ended)

    assert pipeline("request", "erase", ended[:6], "--yes").code == 2
    done = pipeline("request", "erase", ended, "--yes", "--as", "sato")
    assert done.code == 0
    assert "This was erased for good:" in done.out
    assert _address(pipeline, ended) == ""
    assert "Personal data erased" in pipeline("request", "show", ended).out
    assert "Request erased" in pipeline("user", "log").out
    assert pipeline("audit", "verify").code == 0
    again = pipeline("request", "erase", ended, "--yes")
    assert (again.code, "erased already" in again.err) == (6, True)


def test_a_person_is_handed_out_and_erased(pipeline: Call, ended: str, tmp_path: Path) -> None:
    address, out = _address(pipeline, ended), tmp_path / "out" / "person.zip"
    called = pipeline("privacy", "export", address, "--to", str(out))
    assert (called.code, f"Requests: {ended}" in called.out) == (0, True)
    assert out.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
    assert {"README.txt", f"requests/{ended}/answers.json"} <= set(names)
    assert f"requests/{ended}/mails-in/001.eml" in names
    assert pipeline("privacy", "export", address, "--to", str(out)).code == 2

    assert pipeline("privacy", "erase", address).code == 0
    done = pipeline("privacy", "erase", address, "--yes", "--json").json()
    assert done["erased"] is True
    assert done["extent"]["references"] == [ended]
    for command in (("erase", address), ("export", address, "--to", str(tmp_path / "b.zip"))):
        unknown = pipeline("privacy", *command)
        assert (unknown.code, "Nothing is held of" in unknown.err) == (5, True)
    assert not (tmp_path / "b.zip").exists()


def test_backups_that_may_hold_what_is_erased_are_named(
    pipeline: Call, ended: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Backups" not in pipeline("request", "erase", ended).out
    monkeypatch.setenv("PIPELINE_BACKUP__FOLDER", str(tmp_path / "backups"))
    made = pipeline("backup", "create", "--json").json()
    old = Path(made["path"]).name
    called = pipeline("request", "erase", ended, "--yes")
    assert (called.code, old in called.out) == (0, True)
    assert "may hold it until they are removed" in " ".join(called.out.split())
    later = pipeline("backup", "create", "--json").json()
    assert (later["blobs"] < made["blobs"], later["missing"]) == (True, 0)

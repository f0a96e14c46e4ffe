"""The demo as a black box: the story comes out as told, and a run after it has nothing to do."""

import json
import sqlite3
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.demo.play import play

_ROOT = Path(__file__).parents[2]


def _pipeline(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where new files are open to everybody unless they are closed."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=_ROOT, check=False, umask=0)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "story"
    done = _pipeline("demo", "--dir", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def _rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(database)
    try:
        names = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not row[0].startswith(
                "searched_words"
            )  # the index of the search has no rows to read
        ]
        found = {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
            for name in names
        }  # the names come from the database
        found["memory"] = [
            row
            for row in found["memory"]
            if not {"last_batch", "batch_gaps", "runs", "run_totals"} & set(row)
        ]
        return found
    finally:
        connection.close()


def test_nothing_that_is_made_can_be_read_by_others(played: Path) -> None:
    open_to_others = [
        f"{path.relative_to(played)} {path.stat().st_mode & 0o777:04o}"
        for path in (played, *played.rglob("*"))
        if path.stat().st_mode & 0o077
    ]
    assert open_to_others == []


def test_summary_equals_what_the_samples_expect(played: Path) -> None:
    expected = json.loads((_ROOT / "samples" / "expected.json").read_text(encoding="utf-8"))
    assert json.loads((played / "summary.json").read_text(encoding="utf-8")) == expected


def test_every_certificate_is_verified_by_openssl_at_its_time_of_issue(played: Path) -> None:
    certificates = sorted((played / "certificates").glob("*.pem"))
    assert len(certificates) == 3
    for path in certificates:
        dates = subprocess.run(
            ["openssl", "x509", "-in", path, "-noout", "-startdate", "-dateopt", "iso_8601"],
            capture_output=True,
            text=True,
            check=True,
        )
        start = dates.stdout.strip().partition("=")[2]
        seconds = subprocess.run(
            ["date", "-d", start, "+%s"], capture_output=True, text=True, check=True
        ).stdout.strip()
        verified = subprocess.run(
            [
                "openssl",
                "verify",
                "-x509_strict",
                "-attime",
                seconds,
                "-CAfile",
                played / "authority.pem",
                path,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert verified.returncode == 0, verified.stderr


def test_quarantine_is_empty(played: Path) -> None:
    shown = _pipeline("--config", str(played / "pipeline.toml"), "quarantine", "list", "--json")
    assert json.loads(shown.stdout) == []


def test_run_after_the_story_sends_nothing_and_changes_no_row(played: Path) -> None:
    database = played / "requests.sqlite3"
    before = _rows(database)
    sent = sorted(path.name for path in (played / "sent").rglob("*"))
    done = _pipeline("--config", str(played / "pipeline.toml"), "run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == 0
    assert _rows(database) == before
    assert sorted(path.name for path in (played / "sent").rglob("*")) == sent


def test_report_shows_every_request_and_no_certificate_text(played: Path) -> None:
    page = (played / "report.html").read_text(encoding="utf-8")
    listed = _pipeline(
        "--config", str(played / "pipeline.toml"), "queue", "all", "--json", "--limit", "1000"
    )
    references = [row["reference"] for row in json.loads(listed.stdout)]
    assert len(references) >= 15
    assert [reference for reference in references if reference not in page] == []
    assert "BEGIN CERTIFICATE" not in page


def test_qr_images_are_written(played: Path) -> None:
    suffixes = sorted(path.suffix for path in (played / "qr").iterdir())
    assert suffixes == [".pdf", ".pdf", ".png", ".svg", ".svg", *[".txt"] * 4]


@pytest.mark.long
@pytest.mark.parametrize("hour", [1, 9, 12, 20])
@pytest.mark.parametrize("day", range(7), ids=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
def test_story_is_the_same_on_every_day_of_the_week(tmp_path: Path, day: int, hour: int) -> None:
    """Promises count working days: who plays the demo on a Friday sees what is told here."""
    end = datetime(2026, 12, 7, hour, tzinfo=UTC) + timedelta(days=day)
    _is_as_told(tmp_path / "demo", end)


@pytest.mark.long
@pytest.mark.parametrize("end", ["2026-11-30", "2026-12-28", "2027-01-05", "2027-07-07"])
def test_story_is_the_same_after_holidays(tmp_path: Path, end: str) -> None:
    _is_as_told(tmp_path / "demo", datetime.fromisoformat(f"{end}T13:00+00:00"))


def _is_as_told(folder: Path, end: datetime) -> None:
    play(folder, nullcontext, end)
    expected = json.loads((_ROOT / "samples" / "expected.json").read_text(encoding="utf-8"))
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8")) == expected

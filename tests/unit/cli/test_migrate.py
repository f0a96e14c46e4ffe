"""``db migrate``: what it will change is shown, and nothing is changed without a backup."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command

from pipeline.store.engine import open_engine
from pipeline.store.migrate import configuration
from pipeline.store.migrations import REVISIONS
from tests.unit.cli.conftest import Call

#: Before the tables of the console.
_OLD = "0019"


@pytest.fixture
def old_database(home: Path) -> Path:
    """The database of the home, as a programme of before would have made it; it knows the keys."""
    path = home / "state" / "requests.sqlite3"
    kept = path.rename(home / "kept.sqlite3")
    engine = open_engine(f"sqlite:///{path}", create=True)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), _OLD)
    engine.dispose()
    with closing(sqlite3.connect(path)) as plain, plain:
        plain.execute("ATTACH ? AS kept", (str(kept),))
        plain.execute("INSERT INTO memory SELECT * FROM kept.memory")
    return path


def _revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0])


def test_plan_names_the_tables_and_changes_nothing(pipeline: Call, old_database: Path) -> None:
    before = old_database.read_bytes()
    shown = pipeline("db", "migrate", "--plan")
    assert shown.code == 0
    rows = [line.split() for line in shown.out.splitlines()]
    assert ["0020", "log_in_pauses", "new"] in rows
    assert ["0021", "undo", "0"] in rows
    assert "--no-backup" in shown.out
    found = pipeline("db", "migrate", "--plan", "--json").json()
    assert found["revision"] == _OLD
    assert [step["revision"] for step in found["steps"]] == ["0020", "0021", "0022"]
    assert found["rows"]["undo"] == 0
    assert (old_database.read_bytes(), _revision(old_database)) == (before, _OLD)


def test_plan_of_a_current_schema_is_empty(pipeline: Call) -> None:
    assert pipeline("db", "migrate", "--plan").out == "The schema is current.\n"
    assert pipeline("db", "migrate", "--plan", "--json").json()["steps"] == []


def test_nothing_is_migrated_without_a_backup(pipeline: Call, old_database: Path) -> None:
    refused = pipeline("db", "migrate")
    assert (refused.code, _revision(old_database)) == (4, _OLD)
    assert "backup.folder" in refused.err
    assert pipeline("db", "migrate", "--no-backup").code == 0
    assert _revision(old_database) == REVISIONS[-1]


def test_backup_is_made_of_the_tables_as_they_were(
    pipeline: Call, old_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_BACKUP__FOLDER", str(tmp_path / "backups"))
    assert str(tmp_path / "backups") in pipeline("db", "migrate", "--plan").out.replace("\n", "")
    done = pipeline("db", "migrate", "--json").json()
    assert (done["schema"], _revision(old_database)) == ("current", REVISIONS[-1])
    assert Path(done["backup"]).parent == tmp_path / "backups"
    assert pipeline("backup", "verify", done["backup"]).code == 0
    assert pipeline("db", "migrate", "--json").json() == {"schema": "current", "backup": None}

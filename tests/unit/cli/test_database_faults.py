"""A database that is damaged, foreign, too new or out of reach: 4, a sentence, nothing changed."""

import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.wording import console as words

from .conftest import Call

_PAGE = 4096
_NOBODY = 65534
_LOOKING = ("queue all", "status", "mail list", "outbox list", "number list", "db status")


def _database(home: Path) -> Path:
    return home / "state" / "requests.sqlite3"


def _settle(path: Path) -> None:
    """Bring everything from the log into the file, so that the file alone is the database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _pages_of(path: Path, *tables: str) -> set[int]:
    """Return the root pages of ``tables`` and of their indexes."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT tbl_name, rootpage FROM sqlite_master").fetchall()
    return {page for table, page in rows if table in tables and page}


def _spoil(path: Path, *tables: str) -> bytes:
    """Overwrite pages with noise; return what the file then holds."""
    _settle(path)
    pages = _pages_of(path, *tables)
    noise = random.Random(9)
    raw = bytearray(path.read_bytes())
    for page in pages:
        raw[(page - 1) * _PAGE : page * _PAGE] = noise.randbytes(_PAGE)
    path.write_bytes(raw)
    return bytes(raw)


@pytest.mark.parametrize("command", ["run", "queue", "status", "doctor", "db status"])
def test_damaged_database_is_told_with_the_way_to_the_backup(
    pipeline: Call, home: Path, command: str
) -> None:
    path = _database(home)
    spoilt = _spoil(path, "requests")
    called = pipeline(*command.split())
    said = called.out + called.err
    assert called.code == 4
    assert f"The database {path} is damaged" in said
    assert "put the newest copy of the state folder in its place" in said
    assert "Traceback" not in said
    _settle(path)
    unchanged = sum(a == b for a, b in zip(spoilt, path.read_bytes(), strict=False))
    assert unchanged > len(spoilt) - 3 * _PAGE  # the lease of the batch alone
    assert len(spoilt) <= path.stat().st_size


def test_damage_is_told_for_one_request(
    pipeline: Call, home: Path, reference_of: Callable[[str], str]
) -> None:
    reference = reference_of("policy_review")
    _spoil(_database(home), "events", "revisions")
    called = pipeline("request", "show", reference)
    assert (called.code, called.err.splitlines()[0]) == (
        4,
        f"The database {_database(home)} is damaged: a part of it cannot be read.",
    )


def test_damage_is_told_in_japanese(
    pipeline: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoil(_database(home), "requests")
    monkeypatch.setenv("PIPELINE_LANG", "ja")
    words.language_of_process.cache_clear()
    called = pipeline("queue", "all")
    assert (called.code, "破損" in called.err.splitlines()[0]) == (4, True)


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 120))]
)
def test_noise_anywhere_is_never_taken_for_a_bug(pipeline: Call, home: Path, seed: int) -> None:
    path = _database(home)
    _settle(path)
    raw = bytearray(path.read_bytes())
    noise = random.Random(seed)
    length = (300, _PAGE)[seed % 2]
    for _ in range(20):
        at = noise.randrange(1, len(raw) // _PAGE) * _PAGE + noise.randrange(_PAGE - length + 1)
        raw[at : at + length] = noise.randbytes(length)
    path.write_bytes(raw)
    for command in ("queue all", "outbox list all", "mail list", "run"):
        called = pipeline(*command.split())
        assert called.code in {0, 4}, (command, called.err)
        assert called.code == 0 or "damaged" in called.err, (command, called.err)


@pytest.mark.parametrize("command", [*_LOOKING, "run", "db migrate", "doctor"])
def test_file_that_is_no_database_is_told_and_kept(
    fresh_pipeline: Call, empty_home: Path, command: str
) -> None:
    path = _database(empty_home)
    path.write_text("a shopping list\n" * 500)
    called = fresh_pipeline(*command.split())
    assert called.code == 4
    assert f"The file {path} is no SQLite database" in called.out + called.err
    assert path.read_text() == "a shopping list\n" * 500


def test_folder_in_place_of_the_database_is_told(fresh_pipeline: Call, empty_home: Path) -> None:
    _database(empty_home).unlink()
    _database(empty_home).mkdir()
    called = fresh_pipeline("queue")
    assert (called.code, called.err.splitlines()[0]) == (
        4,
        f"The database {_database(empty_home)} cannot be opened: unable to open database file",
    )


def _set_revision(path: Path, revision: str, *, without_tables: bool = False) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        if without_tables:
            tables = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow'"
            for (name,) in connection.execute(tables).fetchall():
                if name != "alembic_version" and not name.startswith("sqlite_"):
                    connection.execute(f'DROP TABLE "{name}"')


@pytest.mark.parametrize("command", [*_LOOKING, "run", "db migrate", "doctor"])
def test_newer_schema_is_refused_by_every_command(pipeline: Call, home: Path, command: str) -> None:
    _set_revision(_database(home), "9999")
    called = pipeline(*command.split())
    said = called.out + called.err
    assert called.code == 4
    assert "was made by a newer program." in said
    assert "Install the newer program." in said
    with closing(sqlite3.connect(_database(home))) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("9999",)]


@pytest.mark.parametrize("command", ["queue", "run", "db status", "db migrate"])
def test_tables_of_another_programme_are_left_alone(
    pipeline: Call, home: Path, command: str
) -> None:
    _set_revision(_database(home), "1975ea83b712", without_tables=True)
    called = pipeline(*command.split())
    assert (called.code, called.err.splitlines()[0]) == (
        4,
        f"The database {_database(home)} holds the tables of another program.",
    )


def test_older_schema_names_the_command_that_mends_it(
    pipeline: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.store.unit_of_work.REVISIONS", (*_revisions(), "9999"))
    called = pipeline("queue")
    assert (called.code, called.err.splitlines()[-1]) == (
        4,
        "Make a backup, then run: pipeline db migrate",
    )
    assert pipeline("db", "status").code == 4


def _revisions() -> tuple[str, ...]:
    from pipeline.store.migrations import REVISIONS  # noqa: PLC0415 - read before it is replaced

    return tuple(REVISIONS)


@contextmanager
def _as_nobody(folder: Path) -> Iterator[None]:
    """Give ``folder`` to a user without rights, and be that user; root may open everything."""
    if os.geteuid() != 0:
        yield
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, _NOBODY, _NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder(home: Path) -> Iterator[Path]:
    """Return a copy of the worked home in a place that every user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="pipeline-rights-"))
    shutil.copytree(home, folder / "home")
    _settle(_database(folder / "home"))
    folder.chmod(0o755)
    yield folder / "home"
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "mode", "command", "first"),
    [
        ("requests.sqlite3", 0o400, "run", "The database {path} cannot be written."),
        ("requests.sqlite3", 0o000, "queue", "The database {path} cannot be opened: "),
        ("requests.sqlite3", 0o000, "run", "The database {path} cannot be opened: "),
        (".", 0o500, "queue", "The database {path} cannot be "),
        (".", 0o500, "run", "The database {path} cannot be "),
    ],
)
def test_missing_right_is_told(
    open_folder: Path,
    name: str,
    mode: int,
    command: str,
    first: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--config", str(open_folder / "pipeline.toml")]
    options += ["--home", str(open_folder / "state")]
    with _as_nobody(open_folder):
        (open_folder / "state" / name).chmod(mode)
        code = run([*options, command])
        said = capsys.readouterr().err
    expected = first.format(path=_database(open_folder))
    assert (int(code), said[: len(expected)]) == (4, expected)

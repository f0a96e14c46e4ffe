"""The disk takes no more bytes: of the mails, or of the database."""

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.errors import ExitCode, TryLaterError
from pipeline.store.blobs import Blobs
from pipeline.terms import Outcome
from tests.world.world import World


def _full(_blobs: Blobs, _path: Path, _data: bytes) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_loses_no_mail_and_stops_only_receiving(
    box: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver_forms(0)
    assert box.batch().sent == 1
    box.deliver_forms(1, 2)
    with monkeypatch.context() as patched:
        patched.setattr(Blobs, "_write", _full)
        summary = box.batch()
    assert (summary.fetched, summary.unreachable) == (0, "storage")
    assert summary.exit_code == ExitCode.TRY_LATER
    assert len(box.messages()) == 1

    summary = box.batch()
    assert (summary.fetched, summary.sent, summary.exit_code) == (2, 2, ExitCode.DONE)
    assert [row.outcome for row in box.messages()] == [Outcome.REQUEST] * 3


def test_a_disk_that_fills_up_between_two_mails_keeps_the_first_for_the_next_run(
    box: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver_forms(0, 1)
    write = Blobs._write
    written: list[Path] = []

    def second_fails(blobs: Blobs, path: Path, data: bytes) -> None:
        if written:
            _full(blobs, path, data)
        written.append(path)
        write(blobs, path, data)

    with monkeypatch.context() as patched:
        patched.setattr(Blobs, "_write", second_fails)
        assert box.batch().exit_code == ExitCode.TRY_LATER
    assert box.messages() == []
    summary = box.batch()
    assert (summary.fetched, summary.sent) == (2, 2)


def test_a_database_that_cannot_grow_stops_the_run_and_blames_no_message(box: World) -> None:
    box.deliver_forms(0, 1, 2)
    with closing(sqlite3.connect(box.home / "requests.sqlite3")) as connection:
        connection.execute("VACUUM")  # leaves no free page
    engine = box.services.store._engine

    def no_room(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # means: as many as there are

    sa.event.listen(engine, "begin", no_room)
    assert _exit_code(box) == ExitCode.TRY_LATER
    sa.event.remove(engine, "begin", no_room)
    engine.dispose()

    assert [row.attempts for row in box.messages()] == [0] * len(box.messages())
    summary = box.batch()
    assert (summary.processed, summary.sent, summary.exit_code) == (3, 3, ExitCode.DONE)


def _exit_code(box: World) -> ExitCode:
    """Return what ``pipeline run`` would tell the shell, whichever write is the first to fail."""
    try:
        return box.batch().exit_code
    except TryLaterError as error:
        return error.exit_code

"""Backups: whole or damaged to the byte, and a state that is put back doubles nothing."""

import hashlib
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from pipeline.errors import ConfigurationError, RefusedError
from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.fetch import NewMail
from pipeline.flow.services.backups import remembered
from pipeline.flow.services.state import open_database
from pipeline.flow.staff import outbox, review
from pipeline.flow.upkeep.backup import verify as checking
from pipeline.flow.upkeep.backup.create import Created, State, create
from pipeline.flow.upkeep.backup.folder import Keeping, free_name, made_at, superseded
from pipeline.flow.upkeep.backup.restore import restore
from pipeline.flow.upkeep.backup.settle import settle
from pipeline.flow.upkeep.backup.verify import verify
from pipeline.model.certificate import CertificateState
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName
from pipeline.store.migrations import REVISIONS
from pipeline.store.outbox_records import OutboxState
from tests.world.backups import back_up, check, put_back, server_of, world_there
from tests.world.crowd import form_mail, sender_of
from tests.world.fixtures import MakeWorld
from tests.world.maildirs import mails_in
from tests.world.outbox import parsed
from tests.world.queued import queue_mails
from tests.world.world import World, deliver

_ARCHIVE = {"archive_folder": "Copies"}
Database = Callable[[], str]


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """Make an empty database beside that of the world: on its server, or a file."""

    def make() -> str:
        url: str = request.getfixturevalue("new_postgresql")()
        return url

    return make


def _url_beside(world: World, database: Database) -> str:
    return database() if world.services.settings.store.url else ""


def _sent(world: World) -> list[str]:
    folder = world.services.settings.below_home(world.services.settings.courier.path)
    return sorted(str(parsed(path.read_bytes())["Message-ID"]) for path in mails_in(folder))


def test_put_back_state_knows_what_the_backup_knew(
    any_world: World, tmp_path: Path, database: Database
) -> None:
    world = any_world
    world.deliver_forms(1, 2)
    world.run()
    made = back_up(world, tmp_path / "backups")
    found = check(world, made)
    assert (found.blobs, found.missing, found.keys_opened) == (2, 0, True)
    url = _url_beside(world, database)
    put_back(world, made, tmp_path / "there", url)
    with world_there(world, tmp_path / "there", url) as there:
        assert there.requests() == world.requests()
        assert there.outbox() == world.outbox()
        for row in there.messages():
            assert there.services.blobs.get(row.sha256) == world.services.blobs.get(row.sha256)
        assert there.services.token_keys == world.services.token_keys
        assert there.services.authority.fingerprint == world.services.authority.fingerprint


def test_second_backup_stores_new_blobs_only_and_all_is_private(
    world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    world.deliver_forms(1)
    world.run()
    assert back_up(world, folder).new == 1
    world.deliver_forms(2)
    world.run()
    second = back_up(world, folder)
    assert (second.blobs, second.new) == (2, 1)
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in [folder, *folder.rglob("*")]
    }
    assert modes == {(True, 0o700), (False, 0o600)}
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"blobs"}


def test_any_damaged_byte_is_found(world: World, tmp_path: Path) -> None:
    world.deliver_forms(1)
    world.run()
    made = back_up(world, tmp_path / "backups")
    whole = made.path.read_bytes()
    # the beginning and the end byte by byte, the middle in strides
    near = range(0, 1200, 7)
    places = {*near, *(len(whole) - 1 - at for at in near), *range(0, len(whole), 4999)}
    for at in sorted(places):
        made.path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ConfigurationError, match="backup_damaged"):
            check(world, made)
    for length in (0, 511, 512, len(whole) // 2, len(whole) - 512, len(whole) - 1):
        made.path.write_bytes(whole[:length])
        with pytest.raises(ConfigurationError, match="backup_damaged"):
            check(world, made)
    made.path.write_bytes(whole)
    (blob,) = (path for path in (tmp_path / "backups" / "blobs").rglob("*") if path.is_file())
    content = blob.read_bytes()
    blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    for look in (lambda: check(world, made), lambda: put_back(world, made, tmp_path / "there")):
        with pytest.raises(ConfigurationError, match="backup_blobs_damaged"):
            look()
    with pytest.raises(ConfigurationError, match="restore_unfinished"):
        world_there(world, tmp_path / "there").__enter__()
    blob.unlink()
    assert back_up(world, tmp_path / "backups").new == 1
    assert check(world, made).missing == 0


def test_blob_that_is_gone_is_told_and_hinders_no_backup(world: World, tmp_path: Path) -> None:
    world.deliver_forms(1, 2)
    world.run()
    lost = world.messages()[0].sha256
    world.services.blobs.delete(lost)
    made = back_up(world, tmp_path / "backups")
    assert (made.blobs, made.missing) == (2, 1)
    assert check(world, made).missing == 1
    assert put_back(world, made, tmp_path / "there").missing == 1


def test_checks_are_remembered_by_their_result(world: World, tmp_path: Path) -> None:
    made = back_up(world, tmp_path / "backups", with_keys=False)
    checking.remember(world.services, made.path, check(world, made))
    world.clock.advance(timedelta(days=1))
    checking.remember(world.services, made.path, ConfigurationError("backup_damaged"))
    with world.services.store.read() as tx:
        known = remembered(tx)
    assert known.made is not None
    assert known.whole is not None
    assert known.checked is not None
    assert (known.made.file, known.keys_at) == (made.path.name, None)
    assert (known.whole.digest, known.checked.fault) == (made.digest, "backup_damaged")
    assert known.checked.at - known.whole.at == timedelta(days=1)


def test_state_without_keys_is_refused_and_gets_no_new_ones(world: World, tmp_path: Path) -> None:
    _issued(world)
    made = back_up(world, tmp_path / "backups", with_keys=False)
    home = tmp_path / "there"
    assert not put_back(world, made, home).with_keys
    before = sorted(path.name for path in home.iterdir())
    with pytest.raises(ConfigurationError, match="token_key_missing"):
        world_there(world, home).__enter__()
    (home / "token.key").write_bytes((world.home / "token.key").read_bytes())
    (home / "token.key").chmod(0o600)
    with pytest.raises(ConfigurationError, match="authority_missing"):
        world_there(world, home).__enter__()
    assert {path.name for path in home.iterdir()} - {*before, "token.key"} <= {
        "requests.sqlite3-shm",
        "requests.sqlite3-wal",
    }


def _issued(world: World, *, stop: bool = False) -> None:
    """Let the customer at position 1 get a certificate; ``stop``: it is ordered, not yet made."""
    world.deliver_forms(1)
    world.run()
    record = world.request(sender_of(1))
    review.approve(world.services, record, "staff", ticked="all", business_verified=True)
    record = world.again(record)
    world.services.stopping = lambda: stop
    review.advance(world.services, record, "staff", event=EventName.NAME_APPROVED)
    world.services.stopping = lambda: False


def test_mail_that_went_out_since_the_backup_is_found_among_the_copies(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    world = make_world(courier=_ARCHIVE)
    queue_mails(world.services, 3)
    made = back_up(world, tmp_path / "backups")
    world.batch()
    assert len(_sent(world)) == 3
    assert put_back(world, made, tmp_path / "there").in_doubt == 3
    with world_there(world, tmp_path / "there") as there:
        there.batch()
        assert {mail.state for mail in there.outbox()} == {OutboxState.SENT}
        assert _sent(there) == []


@pytest.mark.parametrize("setting", ["auto", "verify", "hold"])
def test_mail_that_no_copy_proves_waits_for_staff(
    make_world: MakeWorld, tmp_path: Path, setting: str
) -> None:
    world = make_world(courier={"in_doubt": setting}, team={"alert_to": ""})
    (mail,) = queue_mails(world.services, 1)
    made = back_up(world, tmp_path / "backups")
    world.batch()
    put_back(world, made, tmp_path / "there")
    with world_there(world, tmp_path / "there") as there:
        there.batch()
        there.batch(timedelta(hours=1))
        assert [row.state for row in there.outbox()] == [OutboxState.IN_DOUBT]
        assert _sent(there) == []
        outbox.retry(there.services, mail.id, "staff")
        there.batch()
        assert _sent(there) == [mail.message_id]


def test_reminder_that_is_made_anew_is_found_among_the_copies(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    world = make_world(courier=_ARCHIVE)
    _issued(world)
    world.staff_mails()
    made = back_up(world, tmp_path / "backups")
    told = [mail.notice for mail in world.later(days=4, hours=1)]
    assert told == [NoticeName.CERTIFICATE_REMINDER]
    put_back(world, made, tmp_path / "there")
    with world_there(world, tmp_path / "there") as there:
        there.batch()
        assert there.outbox()[-1].notice is NoticeName.CERTIFICATE_REMINDER
        assert there.outbox()[-1].state is OutboxState.SENT
        assert _sent(there) == []


def test_no_certificate_is_made_before_somebody_has_compared(
    any_world: World, tmp_path: Path, database: Database
) -> None:
    world = any_world
    _issued(world, stop=True)
    made = back_up(world, tmp_path / "backups")
    world.batch()
    (first,) = world.certificates(world.request(sender_of(1)))
    assert first.state is CertificateState.LIVE
    url = _url_beside(world, database)
    put_back(world, made, tmp_path / "there", url)
    with world_there(world, tmp_path / "there", url) as there:
        record = there.request(sender_of(1))
        assert there.batch().issued == 0
        assert [row.state for row in there.certificates(record)] == [CertificateState.RESERVED]
        settle(there.services, "staff")
        assert there.batch().issued == 1
        with pytest.raises(RefusedError, match="restored_not"):
            settle(there.services, "staff")


def test_mail_that_was_decided_since_the_backup_is_not_decided_again(
    world: World, tmp_path: Path
) -> None:
    world.deliver_forms(1, 2)
    # what was fetched and not decided: the batch was stopped in between
    _fetch_only(world)
    made = back_up(world, tmp_path / "backups")
    world.batch()
    assert len(_sent(world)) == 2
    put_back(world, made, tmp_path / "there")
    with world_there(world, tmp_path / "there") as there:
        deliver(there.services, form_mail(3, world.clock.now()))
        there.batch()
        assert [record.address_of_record for record in there.requests()] == [sender_of(3)]
        assert len(_sent(there)) == 1


def _fetch_only(world: World) -> None:
    with open_mailbox(world.services) as mailbox:
        new = NewMail(world.services, mailbox)
        while new.more():
            new.portion()


def test_old_backups_go_and_the_last_checked_one_stays(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    world = make_world(backup={"days": 2, "weeks": 1, "months": 1})
    folder = tmp_path / "backups"
    world.deliver_forms(1)
    world.run()
    checked = back_up(world, folder, with_keys=False)
    checking.remember(world.services, checked.path, check(world, checked))
    strange = folder / "requests-20200101T000000Z.backup"
    strange.write_bytes(b"somebody else's")
    other = folder / "notes.txt"
    other.write_bytes(b"mine")
    made = [checked]
    for _ in range(6):
        world.clock.advance(timedelta(days=1))
        made.append(back_up(world, folder, with_keys=False))
    left = {path.name for path in folder.glob("requests-*")}
    newest = {one.path.name for one in made[-2:]}
    assert left == newest | {checked.path.name, strange.name}
    assert other.exists()
    assert check(world, made[-1]).blobs == 1


def test_last_ones_of_days_weeks_and_months_are_kept() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    made = [free_name(Path("/nowhere"), noon - timedelta(hours=12 * half)) for half in range(800)]
    over = set(superseded(made, Keeping(7, 4, 12), noon))
    kept = [at for path in made if path not in over and (at := made_at(path)) is not None]
    assert kept[:2] == [noon, noon - timedelta(hours=12)]
    days = [at.date() for at in kept]
    assert days[:8] == [(noon - timedelta(days=day)).date() for day in (0, 0, *range(1, 7))]
    assert {day.isocalendar()[1] for day in days} >= {48, 47, 46, 45}
    assert len({(day.year, day.month) for day in days}) == 12
    assert len(kept) == 1 + 7 + 2 + 11


def test_blobs_that_no_backup_names_go_with_the_last_one(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    world = make_world(backup={"days": 1, "weeks": 1, "months": 1})
    folder = tmp_path / "backups"
    world.deliver_forms(1)
    world.run()
    back_up(world, folder, with_keys=False)
    (lost,) = world.messages()
    with_one = {path.name for path in (folder / "blobs").rglob("*") if path.is_file()}
    assert with_one == {lost.sha256}
    world.services.run(lambda work: work.tx.privacy.erase_request(world.requests()[0].id))
    world.clock.advance(timedelta(days=2))
    last = back_up(world, folder, with_keys=False)
    assert len(last.removed) == 1
    assert not [path for path in (folder / "blobs").rglob("*") if path.is_file()]
    assert check(world, last).blobs == 0


def test_folder_that_is_not_empty_is_refused(world: World, tmp_path: Path) -> None:
    made = back_up(world, tmp_path / "backups")
    with pytest.raises(RefusedError, match="restore_not_empty"):
        put_back(world, made, tmp_path / "backups")
    wrong = b"another passphrase of words"
    with pytest.raises(ConfigurationError, match="backup_passphrase_wrong"):
        restore(made.path, tmp_path / "there", world.clock, "", wrong)
    assert not (tmp_path / "there").exists()


@pytest.mark.postgresql
def test_used_database_is_refused_before_anything_is_written(
    make_world: MakeWorld, tmp_path: Path, postgresql: Callable[[], str]
) -> None:
    world = make_world(postgresql())
    made = back_up(world, tmp_path / "backups")
    with pytest.raises(RefusedError, match="restore_database_used"):
        put_back(world, made, tmp_path / "there", world.services.settings.store.url)
    with pytest.raises(ConfigurationError, match="backup_needs_server"):
        put_back(world, made, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_digest_of_a_backup_is_that_of_its_bytes(world: World, tmp_path: Path) -> None:
    made: Created = back_up(world, tmp_path / "backups")
    content = made.path.read_bytes()
    assert made.digest == hashlib.sha256(content[: -4 * 512]).hexdigest()


_WRAPPER = """#!/bin/sh
{ tr '\\\\0' ' ' < /proc/$$/cmdline; cat "$PGSERVICEFILE"; } >> "$SEEN"
echo "$PGPASSWORD" >> "$SEEN.password"
exec "$PROGRAMS/$(basename "$0")" "$@"
"""


@pytest.mark.postgresql
def test_password_of_the_database_is_on_no_command_line(
    make_world: MakeWorld,
    tmp_path: Path,
    postgresql: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = make_world(postgresql().replace("postgres@", "postgres:hush%20hush@"))
    found = shutil.which("pg_dump")
    assert found is not None
    for name in ("pg_dump", "pg_restore"):
        (tmp_path / name).write_text(_WRAPPER, encoding="utf-8")
        (tmp_path / name).chmod(0o700)
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    monkeypatch.setenv("PROGRAMS", str(Path(found).parent))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    made = back_up(world, tmp_path / "backups")
    assert check(world, made).engine == "postgresql"
    seen = (tmp_path / "seen").read_text(encoding="utf-8")
    assert "pg_dump" in seen
    assert "pg_restore" in seen
    assert "hush" not in seen
    told = (tmp_path / "seen.password").read_text(encoding="utf-8").splitlines()
    assert set(told) == {"hush hush"}
    with psycopg.connect(server_of(world)) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'pipeline_verify_%'"
        )
        assert left.fetchall() == []


def test_tables_of_an_older_program_are_backed_up_before_they_change(
    world: World, tmp_path: Path
) -> None:
    world.deliver_forms(1)
    world.run()
    _set_revision(world, REVISIONS[-2])
    with open_database(world.services.settings) as store:
        assert store.schema_state() == "old"
        state = State(store, world.services.settings, b"{}")
        made = create(state, tmp_path / "backups", world.clock, None)
    assert check(world, made).revision == REVISIONS[-2]


def _set_revision(world: World, revision: str) -> None:
    with closing(sqlite3.connect(world.home / "requests.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_damaged_database_is_told_of_by_its_name(world: World, tmp_path: Path) -> None:
    path = world.home / "requests.sqlite3"
    world.services.store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 60] = b"\xa5" * (4096 * 57)
    path.write_bytes(content)
    with open_database(world.services.settings) as store:
        state = State(store, world.services.settings, b"{}")
        with pytest.raises(ConfigurationError, match="database_damaged"):
            verify(create(state, tmp_path / "backups", world.clock, None).path, "")

"""Opening, transactions, retries, several processes."""

import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa

from pipeline.errors import ConfigurationError, TryLaterError
from pipeline.store import Store, Transaction
from pipeline.store.tables.memory import JsonValue

if TYPE_CHECKING:
    from tests.unit.store.conftest import Database, Make


def test_import_of_the_store_loads_no_database_library() -> None:
    code = (
        "import sys, pipeline.store, pipeline.store.records;"
        "print(sorted({'sqlalchemy', 'alembic', 'psycopg'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_open_of_a_current_database_does_not_load_alembic(sqlite_database: "Database") -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.store import Store;"
        f"Store.open({sqlite_database.url!r}, mailbox_id='m', blobs=Path('b')).close();"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_work_that_raises_leaves_nothing(store: Store, make: "Make") -> None:
    record = make.request()

    def work(transaction: Transaction) -> None:
        transaction.requests.insert(record)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        store.run(work)
    with store.read() as transaction:
        assert transaction.requests.get(record.id) is None


def test_savepoint_undoes_only_its_own_work(store: Store, make: "Make") -> None:
    kept, undone = make.request(), make.request()

    def fail(transaction: Transaction) -> None:
        with transaction.savepoint():
            transaction.requests.insert(undone)
            transaction.requests.insert(replace(kept, id=undone.id))

    def work(transaction: Transaction) -> None:
        transaction.requests.insert(kept)
        with pytest.raises(sa.exc.IntegrityError):
            fail(transaction)
        transaction.events.append(make.event(kept))

    store.run(work)
    with store.read() as transaction:
        assert transaction.requests.get(kept.id) == kept
        assert transaction.requests.get(undone.id) is None
        assert len(transaction.events.list(kept.id)) == 1


def test_read_can_change_nothing(store: Store, make: "Make") -> None:
    with pytest.raises(sa.exc.DBAPIError), store.read() as transaction:
        transaction.requests.insert(make.request())
    store.run(lambda t: t.requests.insert(make.request()))


def test_read_sees_one_state(database: "Database", make: "Make") -> None:
    reader, writer = database.open(), database.open()
    with reader.read() as transaction:
        assert transaction.requests.by_prefix("WA-") == []
        writer.run(lambda t: t.requests.insert(make.request()))
        assert transaction.requests.by_prefix("WA-") == []


def test_run_inside_run_is_a_bug(store: Store) -> None:
    with pytest.raises(RuntimeError, match="inside another"):
        store.run(lambda _: store.run(lambda _: None))
    assert store.run(lambda _: 1) == 1


def test_instants_come_back_in_utc_and_sort(store: Store, make: "Make") -> None:
    tokyo = timezone(timedelta(hours=9))
    early = make.message(next_at=datetime(999, 1, 1, tzinfo=UTC))
    record = make.message(next_at=datetime(2026, 11, 23, 8, 0, tzinfo=tokyo))
    store.run(lambda t: t.messages.insert_fetched([record, early]))
    claimed = store.run(lambda t: t.messages.claim(make.now, 9))
    assert [row.id for row in claimed] == [early.id, record.id]
    assert claimed[1].next_at == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert claimed[1].next_at.tzinfo is UTC


def test_naive_instant_is_refused(store: Store, make: "Make") -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what is to be refused
    with pytest.raises(sa.exc.StatementError, match="naive"):
        store.run(lambda t: t.messages.claim(naive, 1))


def _count_up(url: str, folder: str, times: int) -> None:
    store = Store.open(url, mailbox_id="m", blobs=Path(folder))

    def work(transaction: Transaction) -> None:
        value = transaction.memory.get("count")
        assert isinstance(value, int)
        transaction.memory.put("count", value + 1)

    for _ in range(times):
        store.run(work)
    store.close()


def test_two_processes_writing_at_once_lose_nothing(
    sqlite_database: "Database", tmp_path: Path
) -> None:
    store = sqlite_database.open("m")
    store.run(lambda t: t.memory.put("count", 0))
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_count_up, args=(sqlite_database.url, str(tmp_path), 150))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    with store.read() as transaction:
        assert transaction.memory.get("count") == 300


def test_sqlite_is_opened_as_several_processes_need_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "new"
    store = Store.open(f"sqlite:///{path}", mailbox_id="m", blobs=tmp_path)
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with store._engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    assert found == ["wal", 2, 1, 30000]
    store.close()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.postgresql
def test_lost_connection_is_tried_again(postgresql_database: "Database") -> None:
    store, other = postgresql_database.open(), postgresql_database.open()
    tries: list[int] = []

    def work(transaction: Transaction) -> None:
        tries.append(1)
        transaction.memory.put("value", len(tries))
        if len(tries) == 1:
            me = transaction.context.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with other._engine.begin() as connection:
                connection.exec_driver_sql(f"SELECT pg_terminate_backend({me})")
            transaction.memory.put("value", "never")

    store.run(work)
    with store.read() as transaction:
        assert transaction.memory.get("value") == 2


def _kept(transaction: Transaction) -> object:
    return transaction.context.raw.connection.dbapi_connection


def test_a_kept_connection_serves_all_transactions_of_its_thread(store: Store) -> None:
    with store.keeping():
        first = store.run(_kept)
        with store.keeping():
            store.run(lambda t: t.memory.put("value", 1))
        with pytest.raises(KeyError):
            store.run(_put_and_raise)
        assert store.run(_kept) is first
        with store.read() as transaction:
            assert transaction.memory.get("value") == 1
            assert _kept(transaction) is not first
        with ThreadPoolExecutor(1) as other:
            assert other.submit(store.run, _kept).result() is not first
    assert store.run(lambda t: t.memory.get("value")) == 1


def _put_and_raise(transaction: Transaction) -> None:
    transaction.memory.put("value", 2)
    transaction.context.send()
    raise KeyError("value")


@pytest.mark.postgresql
def test_a_kept_connection_that_is_lost_between_transactions_is_opened_again(
    postgresql_database: "Database",
) -> None:
    store, other = postgresql_database.open(), postgresql_database.open()
    with store.keeping():
        me = store.run(
            lambda t: t.context.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        )
        with other._engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({me})")
        store.run(lambda t: t.memory.put("value", 3))
        assert store.run(lambda t: t.memory.get("value")) == 3


@pytest.mark.postgresql
def test_a_kept_connection_that_is_lost_within_a_transaction_is_opened_again(
    postgresql_database: "Database", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    store, other = postgresql_database.open(), postgresql_database.open()
    tries: list[int] = []

    def work(transaction: Transaction) -> None:
        tries.append(1)
        transaction.memory.put("value", len(tries))
        with transaction.savepoint():
            transaction.memory.put("inner", len(tries))
            mine = transaction.context.connection.exec_driver_sql("SELECT pg_backend_pid()")
            if len(tries) < 3:
                with other._engine.begin() as connection:
                    connection.exec_driver_sql(f"SELECT pg_terminate_backend({mine.scalar()})")

    with store.keeping():
        store.run(work)
        assert store.run(lambda t: (t.memory.get("value"), t.memory.get("inner"))) == (3, 3)


def test_without_a_connection_to_keep_each_transaction_looks_for_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = store._engine.connect
    failures = iter([sa.exc.OperationalError("", None, psycopg.OperationalError("too many"))])

    def connected() -> sa.Connection:
        for failure in failures:
            raise failure
        return connect()

    monkeypatch.setattr(store._engine, "connect", connected)
    with store.keeping():
        store.run(lambda t: t.memory.put("value", 4))
        assert store.run(lambda t: t.memory.get("value")) == 4


@pytest.mark.postgresql
@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_conflict_is_tried_again_a_few_times(
    postgresql_database: "Database", state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    store = postgresql_database.open()
    tries: list[int] = []
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"

    def work(transaction: Transaction, until: int) -> int:
        tries.append(1)
        if len(tries) < until:
            transaction.context.connection.exec_driver_sql(raising)
        return len(tries)

    assert store.run(lambda t: work(t, 3)) == 3
    tries.clear()
    with pytest.raises(TryLaterError) as gave_up:
        store.run(lambda t: work(t, 99))
    assert gave_up.value.code == "database_busy"
    assert len(tries) == 8


@pytest.mark.postgresql
def test_password_is_shown_nowhere(
    postgresql_database: "Database", monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql_database.url.replace("postgres@", "postgres:s3cret@")
    with Store.open(url, mailbox_id="m", blobs=Path("b")) as store:
        assert "s3cret" not in store.where
    monkeypatch.setattr("pipeline.store.engine._CONNECT_SECONDS", 1)
    for address in ("u:s3cret@127.0.0.1:1/x", "u:x@s3cret@127.0.0.1:1/x"):
        with pytest.raises(TryLaterError) as down:
            Store.open(f"postgresql://{address}", mailbox_id="m", blobs=Path("b"))
        assert "s3cret" not in str(down.value)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_url_of_no_known_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Store.open(url, mailbox_id="m", blobs=Path("b"))
    assert refused.value.code == "database_url"


def test_missing_file_is_refused_when_nothing_may_be_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Store.open(f"sqlite:///{tmp_path / 'none'}", mailbox_id="m", blobs=Path("b"), create=False)
    assert refused.value.code == "database_missing"


def test_file_that_is_no_database_is_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(ConfigurationError) as refused:
        Store.open(f"sqlite:///{path}", mailbox_id="m", blobs=tmp_path)
    assert refused.value.code == "database_no_database"
    assert path.read_bytes() == b"no database" * 100


@pytest.mark.parametrize(
    ("found", "state"), [("0000", "newer"), ("9999", "newer"), (None, "empty")]
)
def test_schema_of_another_programme_is_refused(
    database: "Database", found: str | None, state: str
) -> None:
    store = database.open()
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        if found:
            connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{found}')")
    assert store.schema_state() == state
    with pytest.raises(ConfigurationError) as refused:
        Store.open(database.url, mailbox_id="m", blobs=Path("b"), create=False)
    assert refused.value.code == f"database_{state}"
    with Store.open(database.url, mailbox_id="m", blobs=Path("b"), check=False) as opened:
        assert opened.schema_state() == state


def test_values_in_memory_are_json(store: Store) -> None:
    values: list[JsonValue] = [None, True, 1, 1.5, "a\0b", [1, [2]], {"a": {"b": None}}]
    for value in values:
        store.run(lambda t, value=value: t.memory.put("x", value))  # type: ignore[misc]
        with store.read() as transaction:
            assert transaction.memory.get("x") == value


@pytest.mark.postgresql
def test_several_processes_may_make_the_tables_at_once(
    new_postgresql: Callable[[], str], tmp_path: Path
) -> None:
    url = new_postgresql()
    code = (
        "import sys; from pathlib import Path; from pipeline.store import Store;"
        f"s = Store.open({url!r}, mailbox_id='m', blobs=Path('b'));"
        "print(s.schema_state()); s.close()"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate(timeout=60)[0] for process in started] == ["current\n"] * 3
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)

"""PostgreSQL that is down, full, or refuses: what passes is 75, what somebody must correct is 4."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.store import Store
from pipeline.store.faults import told_as
from tests.servers.needed import skip_without
from tests.servers.postgresql import postgresql_programs, running_postgresql
from tests.world.command_line import Call, Called, caller
from tests.world.settings import write_settings

pytestmark = pytest.mark.postgresql

_HBA = """
host all guarded 127.0.0.1/32 scram-sha-256
host all rejected 127.0.0.1/32 reject
host all postgres,nobody_knows,idle,full,poor,stranger 127.0.0.1/32 trust
"""
_ROLES = """
CREATE ROLE guarded LOGIN PASSWORD 'right';
CREATE ROLE rejected LOGIN;
CREATE ROLE idle NOLOGIN;
CREATE ROLE full LOGIN CONNECTION LIMIT 0;
CREATE ROLE poor LOGIN;
CREATE ROLE stranger LOGIN;
CREATE DATABASE closed ALLOW_CONNECTIONS false;
CREATE DATABASE private;
REVOKE CONNECT ON DATABASE private FROM public;
"""


@dataclass(frozen=True)
class Server:
    """A server with roles that may and may not; ``host`` is its host and port."""

    url: str

    @property
    def host(self) -> str:
        return self.url.rpartition("@")[2].partition("/")[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    skip_without(postgresql_programs(), "PostgreSQL")
    with running_postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in _ROLES.strip().splitlines():
                connection.execute(statement.encode())
            (rules,) = connection.execute("SHOW hba_file").fetchone() or ("",)
            Path(rules).write_text(_HBA)
            connection.execute("SELECT pg_reload_conf()")
        _await_rules(url)
        yield Server(url)


def _await_rules(url: str) -> None:
    """Wait until the server has read its new rules."""
    rejected = url.replace("postgres@", "rejected@")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            psycopg.connect(rejected).close()
        except psycopg.OperationalError:
            return
        time.sleep(0.02)
    raise RuntimeError("the rules were not read")


def _opened(url: str) -> PipelineError:
    with pytest.raises(PipelineError) as refused:
        Store.open(url, mailbox_id="m", blobs=Path("b"))
    return refused.value


@pytest.mark.parametrize(
    ("address", "kind", "code"),
    [
        ("guarded:wrong@{}/postgres", ConfigurationError, "database_login"),
        ("guarded@{}/postgres", ConfigurationError, "database_login"),
        ("nobody_knows@{}/postgres", ConfigurationError, "database_login"),
        ("idle@{}/postgres", ConfigurationError, "database_login"),
        ("rejected@{}/postgres", ConfigurationError, "database_login"),
        ("in_no_rule@{}/postgres", ConfigurationError, "database_login"),
        ("postgres@{}/nowhere", ConfigurationError, "database_unknown"),
        ("postgres@{}/closed", ConfigurationError, "database_refused"),
        ("stranger@{}/private", ConfigurationError, "database_refused"),
        ("poor@{}/postgres", ConfigurationError, "database_refused"),  # may make no tables
        ("postgres@{}/postgres?sslmode=require", ConfigurationError, "database_refused"),
        ("postgres@{}/postgres?sslmode=perhaps", ConfigurationError, "database_refused"),
        ("postgres@{}/postgres?no_option=1", ConfigurationError, "database_url"),
        ("full@{}/postgres", TryLaterError, "database_unreachable"),
        ("postgres@name.invalid/postgres", TryLaterError, "database_host_unknown"),
        ("postgres@127.0.0.1:1/postgres", TryLaterError, "database_unreachable"),
        ("postgres@/postgres?host=/no/such/socket", TryLaterError, "database_unreachable"),
    ],
)
def test_refusal_at_the_start_is_told_by_who_can_mend_it(
    server: Server, address: str, kind: type[PipelineError], code: str
) -> None:
    told = _opened("postgresql://" + address.format(server.host))
    assert (type(told), told.code) == (kind, code)
    assert "wrong" not in str(told.params).replace("wrong password", "")


def test_server_with_too_many_sessions_is_try_later(server: Server) -> None:
    sessions = []
    try:
        with suppress(psycopg.OperationalError):
            while True:
                sessions.append(psycopg.connect(server.url))
        told = _opened(server.url)
    finally:
        for session in sessions:
            session.close()
    assert (type(told), told.code) == (TryLaterError, "database_unreachable")
    assert "too many" in str(told.params["reason"])


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("57P03", "database_unreachable"),
        ("53300", "database_unreachable"),
        ("53100", "storage_unwritable"),
        ("XX001", "database_damaged"),
        ("XX002", "database_damaged"),
        ("42501", "database_refused"),
        ("25006", "database_read_only"),
        ("22012", None),
    ],
)
def test_state_of_an_open_session_is_told(server: Server, state: str, code: str | None) -> None:
    engine = sa.create_engine(server.url.replace("postgresql:", "postgresql+psycopg:"))
    raising = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"
    with pytest.raises(sa.exc.DBAPIError) as raised, engine.connect() as connection:
        connection.exec_driver_sql(raising)
    engine.dispose()
    told = told_as(raised.value, "here")
    assert (told.code if told else None) == code


@pytest.fixture
def call(
    tmp_path: Path,
    english: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Call:
    """Call the command line on the database of a URL."""
    write_settings(tmp_path / "pipeline.toml", mailbox={"kind": "maildir"})
    calling = caller(tmp_path, capsys)

    def call_on(url: str, *arguments: str) -> Called:
        monkeypatch.setenv("PIPELINE_STORE__URL", url)
        return calling(*arguments)

    return call_on


@pytest.mark.parametrize(
    "command",
    ["run", "queue", "status", "db status", "db migrate", "mail list", "outbox list", "doctor"],
)
def test_every_command_is_try_later_while_the_server_is_down(call: Call, command: str) -> None:
    called = call("postgresql://u:s3cret@127.0.0.1:1/x", *command.split())
    said = called.out + called.err
    assert called.code == 75
    assert "The database postgresql+psycopg://u:***@127.0.0.1:1/x did not answer" in said
    assert "s3cret" not in said
    assert "Traceback" not in said


def test_server_lost_between_two_transactions_is_try_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.store.unit_of_work._pause", lambda *_: None)
    with running_postgresql(tmp_path) as url:
        store = Store.open(url, mailbox_id="m", blobs=tmp_path / "blobs")
        store.run(lambda tx: tx.memory.put("x", 1))
    with pytest.raises(TryLaterError) as lost:
        store.run(lambda tx: tx.memory.put("x", 2))
    assert lost.value.code == "database_busy"
    with pytest.raises(TryLaterError), store.read():
        pass
    store.close()

"""A poll that finds nothing, however many messages were processed; the memory of a big run."""

import os
import sqlite3
import subprocess
import sys
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from pipeline.batch import run_batch
from pipeline.clock import SystemClock
from pipeline.config import MailboxSettings, SenderSettings, Settings, StoreSettings
from pipeline.flow.services import Services, open_services
from pipeline.mailbox.maildir import MaildirMailbox
from pipeline.store.schema.mail_and_requests import messages
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import medians, show, tell
from tests.servers.needed import skip_without
from tests.servers.postgresql import postgresql_programs, running_postgresql
from tests.world.crowd import form_mail
from tests.world.mails import stored
from tests.world.settings import ADDRESS, AUTHSERV

_FEW = 1_000
_MANY = int(os.environ.get("BENCH_MESSAGES", "1000000"))
_ROUNDS = 15
#: What differs between the copies of a message; the rest is as in the one that was processed.
_NEW_VALUES = {
    "id": "'m' || n.i",
    "uid": "1000 + n.i",
    "sha256": f"'{'0' * 54}' || (1000000000 + n.i)",
    "message_id": "'<' || n.i || '@copies.example>'",
    "sender_key": "n.i || '@copies.example'",
}

_SMALL, _BIG = 100, int(os.environ.get("BENCH_MAILS", "5000"))
_MOST_KIB = 250 * 1024
_GROWS_KIB = 30 * 1024
_TEXT = "We would like to use WhatsApp with Genesys Cloud, and have some questions. " * 50
#: Run a batch, and print its exit code, and the most that it and its child had in memory at once
#: (KiB): their proportional shares (proc(5), smaps_rollup), since both map the same libraries.
_RUN = """
import sys, threading
from contextlib import suppress
from pathlib import Path
from pipeline.cli import run

def share(process):
    with suppress(OSError, ValueError):  # it has just ended
        for line in (process / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0

def look():
    here = Path("/proc/self")
    while not done.wait(0.1):
        children = [path.read_text().split() for path in here.glob("task/*/children")]
        found = share(here), sum(share(Path("/proc", child)) for child in sum(children, []))
        most[:] = max(most, found, key=sum)

done, most = threading.Event(), [0, 0]
looking = threading.Thread(target=look)
looking.start()
code = run(sys.argv[1:])
done.set()
looking.join()
print(int(code), *most)
"""


@pytest.mark.benchmark
def test_a_poll_that_finds_nothing(services_in: OpenServices, tmp_path: Path) -> None:
    few = _processed(services_in(tmp_path / "few"), _FEW)
    many = _processed(services_in(tmp_path / "many"), _MANY)
    _compare("SQLite", few, many)


@pytest.mark.benchmark
def test_a_poll_that_finds_nothing_on_postgresql(tmp_path: Path) -> None:
    skip_without(postgresql_programs(), "PostgreSQL")
    with running_postgresql(tmp_path) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE many")
        with (
            _on(url, tmp_path / "few") as few,
            _on(url.rpartition("/")[0] + "/many", tmp_path / "many") as many,
        ):
            _compare("PostgreSQL", _processed(few, _FEW), _processed(many, _MANY))


def _on(url: str, home: Path) -> AbstractContextManager[Services]:
    settings = Settings(
        store=StoreSettings(home=home, url=url),
        mailbox=MailboxSettings(address=ADDRESS),
        sender=SenderSettings(authserv_ids=(AUTHSERV,)),
    )
    return open_services(settings, SystemClock(), make=True)


def _compare(name: str, few: Services, many: Services) -> None:
    spent, floor = medians(lambda: run_batch(many), lambda: run_batch(few), rounds=_ROUNDS)
    show(f"poll over {_MANY} processed messages, {name}", spent, floor, f"over {_FEW}")


def _processed(services: Services, count: int) -> Services:
    """Give the ledger ``count`` messages: copies of one that came the whole way."""
    MaildirMailbox(ADDRESS, services.settings.home() / "inbox").append(
        "INBOX", stored("one@one.example", "one", datetime.now(UTC))
    )
    run_batch(services)
    url = services.settings.store.url
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_copies(count).encode())
            connection.execute("VACUUM ANALYZE messages")
    else:
        with closing(sqlite3.connect(services.settings.home() / "requests.sqlite3")) as connection:
            connection.execute(_copies(count))
            connection.execute("ANALYZE")
            connection.commit()
    assert run_batch(services).exit_code == 0
    return services


def _copies(count: int) -> str:
    """Return the statement that copies the one message; both engines know it."""
    names = messages.columns.keys()
    values = ", ".join(_NEW_VALUES.get(name, f"one.{name}") for name in names)
    return (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        f" INSERT INTO messages ({', '.join(names)})"
        f" SELECT {values} FROM n, (SELECT * FROM messages LIMIT 1) AS one"
    )


@pytest.mark.benchmark
def test_memory_of_a_worker_is_flat(tmp_path: Path) -> None:
    few, many = _peak(tmp_path / "small", _SMALL), _peak(tmp_path / "big", _BIG)
    tell(
        f"memory of a worker with its child: {sum(many) / sum(few):.2f} times as much over {_BIG}"
        f" mails as over {_SMALL} ({_megabytes(many)} / {_megabytes(few)})"
    )
    assert sum(many) < _MOST_KIB
    assert sum(many) < sum(few) + _GROWS_KIB


def _megabytes(peaks: tuple[int, int]) -> str:
    own, child = (peak // 1024 for peak in peaks)
    return f"{own} + {child} MB"


def _peak(folder: Path, count: int) -> tuple[int, int]:
    """Run a batch over ``count`` new mails in a process of its own.

    Returns its memory and that of its child (KiB) when they had most together. Every tenth mail has
    a form, the others are automatic answers, which nobody answers.
    """
    folder.mkdir()
    home, now = folder / "state", datetime.now(UTC)
    (folder / "pipeline.toml").write_text(
        f'[store]\nhome = "{home}"\n[mailbox]\naddress = "{ADDRESS}"\n'
        f'[sender]\nauthserv_ids = ["{AUTHSERV}"]\n[courier]\nhourly_cap = 1000000\n'
    )
    mailbox = MaildirMailbox(ADDRESS, home / "inbox")
    for place in range(count):
        mailbox.append("INBOX", form_mail(place, now) if place % 10 == 0 else _automatic(place))
    done = subprocess.run(
        [sys.executable, "-c", _RUN, "--config", str(folder / "pipeline.toml"), "run"],
        check=True,
        capture_output=True,
        text=True,
    )
    code, own, child = done.stdout.split()[-3:]
    assert code == "0", done.stdout + done.stderr
    with closing(sqlite3.connect(home / "requests.sqlite3")) as connection:
        rows = connection.execute("SELECT count(*) FROM messages WHERE state = 'processed'")
        assert rows.fetchone() == (count,)
    return int(own), int(child)


def _automatic(place: int) -> bytes:
    mail = stored(f"{place}@words-{place}.example", f"w{place}", datetime.now(UTC), text=_TEXT)
    return b"Auto-Submitted: auto-replied\r\n" + mail

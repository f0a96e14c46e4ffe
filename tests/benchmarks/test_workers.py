"""Workers that share one mailbox and one PostgreSQL: what two and four gain over one.

One worker keeps more than one core busy: its guarded child reads ahead, and the database works for
it. So it is measured too what a second worker gains where each has a core of its own, and how much
of all cores one worker and two take.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psycopg
import pytest

from pipeline.flow.inbound.fetch import inject
from pipeline.flow.services import Services
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import Spent, children_of, fields_of, seconds_of, show, tell
from tests.servers.needed import skip_without
from tests.servers.postgresql import new_database, postgresql_programs, running_postgresql
from tests.world.crowd import form_mail

_MAILS = 120
_ROUNDS = 3
_WORKERS = (1, 2, 4)
_TICKS = os.sysconf("SC_CLK_TCK")
#: So many mails each worker decides before it is measured.
_WARM = 4

#: Opens the services, says so, waits for a line, decides all that is there, and tells what it did:
#: mails decided, mails read in the guarded child, and its processor time.
_WORKER = """
import os
import sys
from pathlib import Path
from pipeline.clock import SystemClock
from pipeline.flow.inbound import read
from pipeline.flow.inbound.process import Processed, process
from pipeline.flow.services import open_services
from tests.benchmarks.measuring import spent
from tests.world.settings import settings_of

home, url, warm, core = sys.argv[1:]
if core:
    os.sched_setaffinity(0, {int(core)})
settings = settings_of(Path(home), store={"url": url}, courier={"hourly_cap": 1_000_000})
guarded = read.read_guarded
decided = reads = 0

def counted(services, raw):
    global reads
    reads += 1
    return guarded(services, raw)

def work():
    global decided
    while (part := process(services)) != Processed():
        decided += part.processed

read.read_guarded = counted
with open_services(settings, SystemClock()) as services:
    services.guard.call(read.read_message, b"From: a@b.example\\n\\n")
    now = services.clock.now()
    services.store.run(lambda tx: tx.leases.acquire(
        f"batch:{services.worker}", services.worker, now, now.replace(year=now.year + 1)))
    # what is made once (templates, statements, numbering plans) is no part of the measure
    whole = services.settings
    few = whole.limits.model_copy(update={"batch": int(warm)})
    services.settings = whole.model_copy(update={"limits": few})
    decided_first = process(services).processed
    services.settings = whole
    reads = 0
    print("ready", decided_first, flush=True)
    sys.stdin.readline()
    took = spent(work)
print(decided, reads, took.processor)
"""


@dataclass(frozen=True)
class _Team:
    """So many workers; ``pinned``: each with its child on a core of its own, as many in all.

    The database then has the cores of its workers, and no other.
    """

    workers: int
    pinned: bool = False

    def cores(self) -> list[str]:
        """Return the core of each worker; an empty text: any."""
        if not self.pinned:
            return [""] * self.workers
        return [str(core) for core in sorted(os.sched_getaffinity(0))[: self.workers]]

    def all_cores(self) -> set[int]:
        """Return the cores of all that works."""
        return {int(core) for core in self.cores() if core} or os.sched_getaffinity(0)


@dataclass(frozen=True)
class _Round:
    """What the workers and their children took, and the processor time of the database."""

    spent: Spent
    database: float


@pytest.mark.benchmark
@pytest.mark.postgresql
def test_workers_share_the_mail(services_in: OpenServices, tmp_path: Path) -> None:
    skip_without(postgresql_programs(), "PostgreSQL")
    teams = [_Team(count) for count in _WORKERS]
    if len(os.sched_getaffinity(0)) > 1:
        # all that works for a mail has one core then, or two
        teams += [_Team(1, pinned=True), _Team(2, pinned=True)]
    with running_postgresql(tmp_path, durable=True) as server:
        # each team in a state of its own, in turns
        states = {
            team: (services_in(tmp_path / f"{place}", url), url)
            for place, team in enumerate(teams)
            for url in [new_database(server)]
        }
        rounds: dict[_Team, list[_Round]] = {team: [] for team in teams}
        for turn in range(_ROUNDS + 1):
            for team, (services, url) in states.items():
                rounds[team].append(_round(services, url, team, turn))
    measured = {team: rounds[team][1:] for team in teams}
    for part in ("wall", "processor"):
        one, *more = (
            median(getattr(it.spent, part) for it in measured[_Team(count)]) for count in _WORKERS
        )
        for count, spent in zip(_WORKERS[1:], more, strict=True):
            show(f"{count} workers, {_MAILS} mails, {part} time", spent, one, "one worker")
    if _Team(2, pinned=True) in measured:
        one, two = (
            median(it.spent.wall for it in measured[_Team(count, pinned=True)]) for count in (1, 2)
        )
        what = f"2 workers on two cores, PostgreSQL with them, {_MAILS} mails, wall time"
        show(what, two, one, "one worker and PostgreSQL on one core")
    for team, found in measured.items():
        wall = median(it.spent.wall for it in found)
        own = median(it.spent.processor for it in found)
        database = median(it.database for it in found)
        where = " (each on a core of its own)" if team.pinned else ""
        tell(
            f"{team.workers} workers{where} keep {(own + database) / wall:.2f} of {os.cpu_count()}"
            f" cores busy: {own * 1000:.0f} ms their own, {database * 1000:.0f} ms the database's,"
            f" in {wall * 1000:.0f} ms"
        )


def _round(services: Services, url: str, team: _Team, turn: int) -> _Round:
    """Let the workers decide the next mails, all of which are in the ledger."""
    now = datetime.now(UTC)
    first = turn * (_MAILS + _WARM * max(_WORKERS))
    mails = [form_mail(first + place, now) for place in range(_MAILS + _WARM * team.workers)]
    inject(services, mails[_MAILS:])
    home = str(services.settings.home())
    with psycopg.connect(url) as connection:
        server = _server_of(connection)
    for process in (server, *(int(child.name) for child in children_of(server))):
        os.sched_setaffinity(process, team.all_cores())  # and of each session that is opened then
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, home, url, str(_WARM), core],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for core in team.cores()
    ]
    warm = 0
    for worker in workers:
        assert worker.stdout is not None
        ready, decided = worker.stdout.readline().split()
        assert ready == "ready"
        warm += int(decided)
    inject(services, mails[:_MAILS])
    with psycopg.connect(url) as connection:
        before = _of_database(connection)
        begin = time.perf_counter()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
        told = [worker.communicate()[0].split() for worker in workers]
        wall = time.perf_counter() - begin
        database = _of_database(connection) - before
    assert sum(int(decided) for decided, _, _ in told) == len(mails) - warm
    # nothing is read twice
    assert sum(int(reads) for _, reads, _ in told) == len(mails) - warm
    services.store.run(lambda tx: tx.leases.remove_beyond(services.clock.now()))
    return _Round(Spent(wall, sum(float(processor) for _, _, processor in told)), database)


def _server_of(connection: psycopg.Connection) -> int:
    """Return the process that all sessions of the server are children of."""
    return int(fields_of(Path(f"/proc/{connection.info.backend_pid}"))[1])


def _of_database(connection: psycopg.Connection) -> float:
    """Return the processor seconds of the server and of all its processes, ended ones included."""
    server = _server_of(connection)
    own = sum(int(fields_of(Path(f"/proc/{server}"))[part]) for part in (11, 12, 13, 14))
    return own / _TICKS + sum(seconds_of(child) for child in children_of(server))

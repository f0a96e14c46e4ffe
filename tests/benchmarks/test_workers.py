"""Workers that share one mailbox and one PostgreSQL: what two and four gain over one."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from pipeline.flow.inbound.fetch import inject
from pipeline.flow.services import Services
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.measuring import Spent, show, tell
from tests.servers.needed import skip_without
from tests.servers.postgresql import new_database, postgresql_programs, running_postgresql
from tests.world.crowd import form_mail

_MAILS = 120
_ROUNDS = 3
_WORKERS = (1, 2, 4)
#: So many mails each worker decides before it is measured.
_WARM = 4

#: Opens the services, says so, waits for a line, decides all that is there, and tells what it did:
#: mails decided, mails read in the guarded child, and its processor time.
_WORKER = """
import sys
from pathlib import Path
from pipeline.clock import SystemClock
from pipeline.flow.inbound import read
from pipeline.flow.inbound.process import Processed, process
from pipeline.flow.services import open_services
from tests.benchmarks.measuring import spent
from tests.world.settings import settings_of

home, url, warm = sys.argv[1:]
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


@pytest.mark.benchmark
@pytest.mark.postgresql
def test_workers_share_the_mail(services_in: OpenServices, tmp_path: Path) -> None:
    skip_without(postgresql_programs(), "PostgreSQL")
    with running_postgresql(tmp_path, durable=True) as server:
        # each number of workers in a state of its own, in turns
        states = {
            count: (services_in(tmp_path / f"{count}", url), url)
            for count in _WORKERS
            for url in [new_database(server)]
        }
        rounds: dict[int, list[Spent]] = {count: [] for count in _WORKERS}
        for turn in range(_ROUNDS + 1):
            for count, (services, url) in states.items():
                rounds[count].append(_round(services, url, count, turn))
    for part in ("wall", "processor"):
        one, *more = (median(getattr(it, part) for it in rounds[n][1:]) for n in _WORKERS)
        for count, spent in zip(_WORKERS[1:], more, strict=True):
            show(f"{count} workers, {_MAILS} mails, {part} time", spent, one, "one worker")
    tell(f"on {os.cpu_count()} cores")


def _round(services: Services, url: str, count: int, turn: int) -> Spent:
    """Let ``count`` workers decide the next mails, all of which are in the ledger."""
    now = datetime.now(UTC)
    first = turn * (_MAILS + _WARM * max(_WORKERS))
    mails = [form_mail(first + place, now) for place in range(_MAILS + _WARM * count)]
    inject(services, mails[_MAILS:])
    home = str(services.settings.home())
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, home, url, str(_WARM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    warm = 0
    for worker in workers:
        assert worker.stdout is not None
        ready, decided = worker.stdout.readline().split()
        assert ready == "ready"
        warm += int(decided)
    inject(services, mails[:_MAILS])
    begin = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    told = [worker.communicate()[0].split() for worker in workers]
    wall = time.perf_counter() - begin
    assert sum(int(decided) for decided, _, _ in told) == len(mails) - warm
    # nothing is read twice
    assert sum(int(reads) for _, reads, _ in told) == len(mails) - warm
    services.store.run(lambda tx: tx.leases.remove_beyond(services.clock.now()))
    return Spent(wall, sum(float(processor) for _, _, processor in told))

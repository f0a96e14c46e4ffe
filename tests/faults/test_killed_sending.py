"""kill -9 of two workers that send to one server, at random moments, on either database.

The server delivers what it took into Maildirs, whoever has hung up meanwhile, and is slow at times
between taking a mail and its yes.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.batch import run_batch
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from tests.faults.killing import Killing, killing
from tests.servers.delivering import Deliveries, delivering
from tests.servers.needed import skip_without
from tests.servers.postfix import postfix_program, running_postfix
from tests.servers.postgresql import postgresql_programs, running_postgresql
from tests.world.maildirs import counted, mails_in
from tests.world.queued import queue_mails
from tests.world.settings import ADDRESS

_SEED = 20261129
_LEASE_IS_OVER = 61.0
_ALL_WAITS_ARE_OVER = 1000.0
_LONGEST = 60.0
_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "copies": {"archive": "bcc"},
    "hold": {"in_doubt": "hold"},
    "resend": {"in_doubt": "resend"},
}
_PORTION = 20


@dataclass(frozen=True)
class Plan:
    """Which database and policy, and how often what is killed.

    ``quick``: a server that is seldom slow, and as many mails, so that portions are large.
    """

    url: str
    policy: str
    kills: int
    mails: int
    quick: bool = False


@pytest.mark.parametrize(
    ("database", "policy", "kills"),
    [
        ("sqlite", "copies", 2),
        ("sqlite", "resend", 2),
        pytest.param("postgresql", "hold", 2, marks=pytest.mark.postgresql),
    ],
)
def test_killed_senders(tmp_path: Path, database: str, policy: str, kills: int) -> None:
    _kill_and_look(tmp_path, database, Plan("", policy, kills, 16))


@pytest.mark.parametrize(
    ("database", "policy"),
    [
        ("sqlite", "hold"),
        pytest.param("postgresql", "copies", marks=pytest.mark.postgresql),
    ],
)
def test_killed_senders_of_large_portions(tmp_path: Path, database: str, policy: str) -> None:
    _kill_and_look(tmp_path, database, Plan("", policy, 2, 120, quick=True))


@pytest.mark.long
@pytest.mark.parametrize("database", _DATABASES)
@pytest.mark.parametrize("policy", _SETTINGS)
@pytest.mark.parametrize("quick", [False, True])
def test_killed_senders_long(tmp_path: Path, database: str, policy: str, *, quick: bool) -> None:
    mails = 6000 if quick else 300
    _kill_and_look(tmp_path, database, Plan("", policy, 100, mails, quick=quick))


@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=pytest.mark.long)])
def test_killed_senders_before_postfix(tmp_path: Path, kills: int) -> None:
    skip_without(postfix_program(), "Postfix")
    with running_postfix("mx.genesys.example", ADDRESS.rpartition("@")[2]) as postfix:
        server = Deliveries(ADDRESS, postfix.maildir, postfix.maildir.with_name("others"))
        server.port = postfix.port
        # else the folders would be ours, and Postfix delivers as another user
        postfix.deliver(b"Subject: first\r\n\r\n", sender="", recipient=ADDRESS, helo="test")
        _on(tmp_path, server, Plan("", "copies", kills, 3 * kills))


def _kill_and_look(folder: Path, database: str, plan: Plan) -> None:
    with ExitStack() as stack:
        url = ""
        if database == "postgresql":
            skip_without(postgresql_programs(), "PostgreSQL")
            url = stack.enter_context(running_postgresql(folder))
        ours = folder / "state" / "inbox"
        server = stack.enter_context(delivering(ADDRESS, ours, folder / "customers"))
        dice = random.Random(_SEED)
        server.pace = lambda: (dice.random() * 0.04, dice.choice((0, 0.02, 0.3)))
        if plan.quick:
            server.pace = lambda: (0, 0.3 if dice.random() < 0.02 else 0)
        _on(folder, server, replace(plan, url=url))


def _on(folder: Path, server: Deliveries, plan: Plan) -> None:
    courier: Mapping[str, object] = {
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": server.port,
        "encryption": "none",
    }
    more: dict[str, dict[str, object]] = {
        "courier": {**courier, **_SETTINGS[plan.policy]},
        "mailbox": {"path": server.ours},
    }
    if plan.quick:
        more["courier"]["portion"] = _PORTION
        more["limits"] = {"batch": 50, "lease_seconds": 60}
    with killing(folder, _SEED, url=plan.url, more=more) as state:
        queued: list[OutboxRecord] = []
        doubtful: set[str] = set()
        while state.kills < plan.kills:
            more_now = max(0, min(plan.mails - len(queued), -(-2 * plan.mails // plan.kills)))
            queued += queue_mails(state.services, more_now or 8, first=len(queued))
            _kill_two(state, server, most=40 if plan.quick else 5)
            doubtful |= _in_doubt(state, queued)
        for _ in range(5):
            state.clock.ahead += _ALL_WAITS_ARE_OVER
            run_batch(state.services)
        _looked_at(state, server, plan.policy, queued, doubtful)


def _kill_two(state: Killing, server: Deliveries, most: int) -> None:
    """Let two workers send, and kill each some mails later, at whatever moment of a mail it is."""
    state.clock.ahead += _LEASE_IS_OVER
    workers = [state.begin("run"), state.begin("run")]
    for worker in workers:
        taken = len(mails_in(server.others)) + state.dice.randint(1, most)
        end = time.monotonic() + _LONGEST
        while worker.poll() is None and time.monotonic() < end:
            if len(mails_in(server.others)) >= taken:
                break
            time.sleep(0.005)
        time.sleep(state.dice.uniform(0, 0.1))
        worker.kill()
        state.kills += worker.wait() == -signal.SIGKILL


def _rows(state: Killing, queued: list[OutboxRecord]) -> list[OutboxRecord]:
    with state.services.store.read() as tx:
        found = [tx.outbox.get(mail.id) for mail in queued]
    return [row for row in found if row is not None]


def _in_doubt(state: Killing, queued: list[OutboxRecord]) -> set[str]:
    return {
        row.message_id
        for row in _rows(state, queued)
        if row.state is OutboxState.SENDING and row.intended_at is not None
    }


def _looked_at(
    state: Killing,
    server: Deliveries,
    policy: str,
    queued: list[OutboxRecord],
    doubtful: set[str],
) -> None:
    rows = _rows(state, queued)
    taken = Counter(name for name, _ in server.taken())
    doubled = {name for name, count in taken.items() if count > 1}
    held = {row.message_id for row in rows if row.state is OutboxState.IN_DOUBT}
    ids = {mail.message_id for mail in queued}
    numbers = f"{state.kills} kills, {len(ids)} mails, {len(doubtful)} in doubt"
    print(f"{policy}: {numbers}, {len(doubled)} doubled, {len(held)} held")  # noqa: T201 - the result
    # else the kills have tried nothing
    assert len(doubtful) >= state.kills // 10
    assert {row.state for row in rows} <= {OutboxState.SENT, OutboxState.IN_DOUBT}
    assert set(taken) <= ids
    # whatever is neither held nor doubled went out once
    assert ids - set(taken) <= held
    if policy == "hold":
        assert (held, doubled) == (doubtful, set())
        return
    assert held == set()
    if policy == "resend":
        assert doubled <= doubtful
        return
    assert doubled == set()
    assert counted(server.ours) == {"Copies": len(ids)}
    assert state.messages() == []

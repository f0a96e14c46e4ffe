"""The database refuses a write of one message: the others go on, and it is tried again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from pipeline.errors import ExitCode
from pipeline.flow.staff.quarantine import release
from pipeline.store.records import MessageState
from pipeline.terms import Outcome
from tests.world.crowd import number_of
from tests.world.world import World

_REFUSED = 1


@contextmanager
def _refusing(box: World, when: str) -> Iterator[None]:
    """Let the database refuse a write, by a trigger as no part of the programme makes one."""
    path = box.home / "requests.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            f"CREATE TRIGGER refuse BEFORE {when} BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    yield
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER refuse")


def _of_one_number() -> str:
    return f"INSERT ON requests WHEN NEW.number = '{number_of(_REFUSED)}'"


def test_one_refused_message_is_put_off_and_the_others_are_answered(box: World) -> None:
    box.deliver_forms(0, 1, 2)
    with _refusing(box, _of_one_number()):
        summary = box.batch()
        assert (summary.processed, summary.deferred, summary.sent) == (2, 1, 2)
        assert [row.state for row in box.messages()].count(MessageState.FETCHED) == 1
        assert box.batch().deferred == 0  # not before its wait is over
    summary = box.batch(after=timedelta(minutes=6))
    assert (summary.processed, summary.sent, summary.exit_code) == (1, 1, ExitCode.DONE)
    assert len(box.outbox()) == 3


def test_the_third_refusal_quarantines_the_message_and_a_release_brings_it_back(box: World) -> None:
    box.deliver_forms(0, 1)
    with _refusing(box, _of_one_number()):
        assert box.batch().deferred == 1
        assert box.batch(after=timedelta(minutes=6)).deferred == 1
        summary = box.batch(after=timedelta(minutes=11))
        assert (summary.quarantined, summary.exit_code) == (1, ExitCode.UNFINISHED)
    (entry,) = box.services.store.run(lambda tx: tx.quarantine.list())
    assert (entry.reason, entry.attempts) == ("IntegrityError", 3)
    release(box.services, entry.id, "sato")
    summary = box.batch()
    assert (summary.processed, summary.sent) == (1, 1)
    assert [row.outcome for row in box.messages()] == [Outcome.REQUEST] * 2


@pytest.mark.parametrize("when", ["INSERT ON outbox", "INSERT ON events", "INSERT ON revisions"])
def test_a_refusal_late_in_the_path_leaves_nothing_half_done(box: World, when: str) -> None:
    box.deliver_forms(0, 1)
    with _refusing(box, when):
        assert box.batch().deferred == 2
        with box.services.store.read() as tx:
            assert tx.requests.of_number(number_of(0)) == []
            assert tx.requests.of_number(number_of(1)) == []
    assert box.outbox() == []
    assert box.batch(after=timedelta(minutes=6)).sent == 2


def test_a_refusal_in_due_work_stops_neither_the_other_requests_nor_the_mail(box: World) -> None:
    box.deliver_forms(0, 1)
    box.batch()
    with box.services.store.read() as tx:
        refused, other = (tx.requests.of_number(number_of(place))[0] for place in (0, 1))
    before = other.next_at
    with _refusing(box, f"UPDATE ON requests WHEN NEW.id = '{refused.id}' AND NEW.version > 2"):
        box.deliver_forms(2)
        summary = box.batch(after=timedelta(days=10))
    assert summary.sent == 1
    with box.services.store.read() as tx:
        found = tx.requests.get(other.id)
    assert found is not None
    assert found.next_at != before

"""After a decision and its undo all rows are what they were, whatever the decision was.

The walk goes through the places of :mod:`tests.flow.test_announced` and takes each decision there.
"""

import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipeline.errors import PipelineError, RefusedError
from pipeline.flow.staff.desk.undo import undo, undoable
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import RequestRecord
from pipeline.store.staff_records import Lasting
from tests.flow.test_announced import _DECISIONS, BEGINNINGS, Decision, Place, Walk
from tests.world.rows import Rows, all_rows
from tests.world.world import World

_WHO, _OTHER = "saki", "ken"
#: What goes on whatever is undone.
_GOES_ON = ("version", "event_seq", "event_hash")
_OUTSIDE = {Lasting.CERTIFICATE: ("certificates",), Lasting.META: ("link_orders",)}


def _without(rows: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in rows.items() if name not in names}


def assert_undone(before: Rows, after: Rows) -> None:
    """Check that only what goes on differs: history, versions, and mails that were taken back."""
    new = after["outbox"].keys() - before["outbox"].keys()
    assert all(after["outbox"][key]["state"] is OutboxState.CANCELLED for key in new)
    for name, rows in before.items():
        now = after[name]
        if name == "events":
            assert rows.items() <= now.items()
        elif name == "requests":
            assert rows.keys() == now.keys()
            for key, row in rows.items():
                assert _without(now[key], *_GOES_ON) == _without(row, *_GOES_ON)
                changed = now[key]["event_seq"] != row["event_seq"]
                assert (now[key]["version"] > row["version"]) is changed
        elif name == "outbox":
            assert {key: row for key, row in now.items() if key not in new} == rows
        elif name == "outbox_requests":
            kept = {key: row for key, row in now.items() if (key[0], key[1]) not in new}
            assert kept == rows
        elif name != "undo":
            assert now == rows, name


class UndoWalk(Walk):
    """Decides and undoes in each place, and goes on as the other walk does."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.undone: dict[str, int] = {}
        self.lasting: dict[str, int] = {}

    def decide(self, world: World, decide: Decision, name: str) -> RequestRecord:
        """Take a decision in a place and try to undo it; return what the decision made of it."""
        store = world.services.store
        before = all_rows(store)
        after = decide(world.services, world.request(), _WHO)
        left = all_rows(store)
        found = undoable(world.services, after)
        if left == before:
            assert found is None
        elif found is None:
            with pytest.raises(RefusedError) as refused:
                undo(world.services, after, _OTHER)
            assert refused.value.code == "undo_lasting", name
            reason = next(iter(left["undo"].values()))["lasting"]
            assert any(left[table] != before[table] for table in _OUTSIDE[Lasting(reason)]), name
            assert all_rows(store) == left
            self.lasting[name] = self.lasting.get(name, 0) + 1
        else:
            assert found.who == _WHO, name
            restored = undo(world.services, after, _OTHER)
            assert_undone(before, all_rows(store))
            assert restored.state.version > after.state.version
            assert undoable(world.services, restored) is None
            again = decide(world.services, world.request(), _WHO)
            assert again.status is after.status
            assert len(all_rows(store)["outbox"]) - len(left["outbox"]) == len(found.mails)
            with store.read() as tx:
                assert tx.events.verify(after.id)
            self.undone[name] = self.undone.get(name, 0) + 1
        return after

    def _decide_all(self, place: Place) -> Iterator[Place]:
        return self.decide_all(place)

    def decide_all(self, place: Place) -> Iterator[Place]:
        """Take and undo each decision in a place; yield the places that they lead to."""
        for name, (decide, _) in _DECISIONS.items():
            home, world = self._copy(place)
            with world.services.store:
                try:
                    after = self.decide(world, decide, name)
                except PipelineError:
                    shutil.rmtree(home)
                    continue
                self.taken += 1
                if self._is_new(after):
                    shutil.rmtree(home)
                    home, world = self._copy(place)
                    with world.services.store:
                        decide(world.services, world.request(), _WHO)
                    yield Place(home, place.now, after.status)
                else:
                    shutil.rmtree(home)


def test_each_decision_of_a_first_review_is_undone_row_by_row(world: World) -> None:
    BEGINNINGS["onboarding"](world)
    walk = UndoWalk(world)
    place = Place(world.home, timedelta(), world.request().status)
    assert list(walk.decide_all(place))
    assert walk.undone.keys() >= {"reject", "withdraw", "ask", "hold", "edit", "approve"}


@pytest.mark.long
@pytest.mark.parametrize("name", BEGINNINGS)
def test_each_decision_is_undone_row_by_row(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    BEGINNINGS[name](world)
    walk = UndoWalk(world)
    walk.run()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{name}: {len(walk.seen)} places, {sum(walk.undone.values())} undone, "
            f"{walk.lasting} lasting\n"
        )
    assert sum(walk.undone.values()) > len(walk.seen)

"""Who has a request, and until when it sleeps: in the queue, and what wakes it."""

from datetime import date

import pytest

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.staff import review
from pipeline.flow.staff.desk import hands
from pipeline.model.request import Status
from pipeline.store import queries, queues
from pipeline.store.queues import QueueView
from tests.world.customers import HANAKO, form
from tests.world.world import World

#: The world begins on a Monday, 23 November.
_THURSDAY = date(2026, 11, 26)


def _needs_me(world: World, assignee: str = "") -> list[str]:
    now = world.clock.now()
    with world.services.store.read() as tx:
        rows = queues.queue(tx, QueueView.NEEDS_ME, now=now, assignee=assignee)
        if not assignee:
            assert len(rows) == queues.count(tx, QueueView.NEEDS_ME, now)
            assert len(rows) == queries.counts(tx, now).needs_me
    return [row.reference for row in rows]


def test_taken_request_is_a_colleague_s_until_it_is_given_back(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    record = hands.take(world.services, world.request(), "saki")
    assert hands.take(world.services, record, "saki") == record
    with pytest.raises(RefusedError) as refused:
        hands.take(world.services, record, "aoi")
    assert (refused.value.code, refused.value.params["assignee"]) == ("taken_by_other", "saki")
    assert _needs_me(world, "saki") == [record.reference]
    assert _needs_me(world, "aoi") == []
    hands.give_back(world.services, record, "aoi")
    with pytest.raises(RefusedError, match="taken_by_nobody"):
        hands.give_back(world.services, record, "aoi")
    hands.take(world.services, record, "aoi")
    lines = [(line.actor_name, *line.detail) for line in world.history(record)[-3:]]
    assert lines == [
        ("saki", ("taken", "saki")),
        ("aoi", ("given_back", "saki")),
        ("aoi", ("taken", "aoi")),
    ]


def test_sleeping_request_is_back_in_the_morning(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    record = world.request()
    hands.snooze(world.services, record, "saki", until=_THURSDAY)
    assert _needs_me(world) == []
    world.later(days=2, hours=22)
    assert _needs_me(world) == []
    world.later(hours=1)
    assert _needs_me(world) == [record.reference]


def test_customer_s_words_wake_a_sleeping_request(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    hands.snooze(world.services, record, "saki", until=_THURSDAY)
    world.reply(record, "急いでいます。いつごろになりますか。")
    assert _needs_me(world) == [record.reference]


def test_broken_promise_wakes_a_sleeping_request(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    hands.snooze(world.services, record, "saki", until=date(2027, 1, 29))
    world.later(days=10)
    world.later(days=1)
    assert world.again(record).state.shown.overdue_since is not None
    assert _needs_me(world) == [record.reference]


def test_sleep_changes_nothing_but_the_queue(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    hands.snooze(world.services, record, "saki", until=_THURSDAY)
    assert world.again(record) == record
    done = review.approve(world.services, record, "aoi", ticked="all", business_verified=True)
    assert done.status is Status.NAME_REVIEW


@pytest.mark.parametrize("until", [date(2026, 11, 23), date(2026, 11, 22), date(2027, 3, 1)])
def test_sleep_is_from_tomorrow_on_and_not_for_ever(world: World, until: date) -> None:
    world.mail(HANAKO, form())
    with pytest.raises(UsageError, match="snooze_day"):
        hands.snooze(world.services, world.request(), "saki", until=until)

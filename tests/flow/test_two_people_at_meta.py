"""Four eyes with certificates of Meta: nothing is fetched before the second yes."""

from collections.abc import Callable

import pytest

from pipeline.config import ApprovalSettings
from pipeline.errors import RefusedError
from pipeline.flow.staff import certificates
from pipeline.flow.staff import review as decisions
from pipeline.flow.staff.desk.second import second
from pipeline.model.request import EventName, Move, Status
from tests.servers.meta import FakeMeta
from tests.world.meta import NAME, NUMBER, alerts, meta, meta_world, no_sleep, reviewed, told
from tests.world.outbox import notices
from tests.world.world import World

__all__ = ["meta", "meta_world", "no_sleep"]


def switch_on(world: World) -> None:
    world.change(approval=ApprovalSettings(two_people=True))
    world.services.__dict__.pop("policy", None)


def test_nothing_is_fetched_before_the_second_yes(
    meta_world: Callable[..., World], meta: FakeMeta
) -> None:
    world = meta_world()
    switch_on(world)
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    meta.account.approve_name(number)
    for _ in range(5):
        assert notices(world.later(hours=1)) == []
    record = world.again(record)
    assert (record.status, record.move) == (Status.APPROVED, Move.STAFF)
    assert (meta.calls("number"), told(world)) == ([], [])
    assert alerts(world).count("second_wanted") == 1
    with pytest.raises(RefusedError, match="second_missing"):
        certificates.issue_wanted(world.services, record)
    with pytest.raises(RefusedError, match="second_same_person"):
        second(world.services, record, "saki")
    second(world.services, record, "ken")
    assert notices(world.later(minutes=1)) == ["certificate_issued"]
    assert world.again(record).status is Status.CERTIFICATE_ISSUED


def test_an_order_from_before_the_setting_is_not_fetched(
    meta_world: Callable[..., World], meta: FakeMeta
) -> None:
    world = meta_world()
    record = decisions.advance(
        world.services, reviewed(world), "saki", event=EventName.NAME_APPROVED
    )
    assert (record.status, record.move) == (Status.APPROVED, Move.SYSTEM)
    switch_on(world)
    meta.account.approve_name(meta.account.add(NUMBER, NAME))
    for _ in range(3):
        assert notices(world.later(hours=1)) == []
    record = world.again(record)
    assert record.move is Move.STAFF
    assert alerts(world).count("second_wanted") == 1
    assert "due_work_refused" not in alerts(world)
    assert meta.calls("number") == []
    second(world.services, record, "ken")
    assert notices(world.later(minutes=1)) == ["certificate_issued"]

"""The whole way of a number that moves: eligibility, two-step, slot, ownership, certificate."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import RefusedError
from pipeline.flow.staff import certificates
from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, NumberState, Slot, Status, Track
from pipeline.store.records import RequestRecord
from tests.world.customers import HANAKO, form
from tests.world.outbox import notices
from tests.world.world import World

_SLOT = Slot(
    datetime(2026, 11, 30, 1, 0, tzinfo=UTC),
    datetime(2026, 11, 30, 2, 0, tzinfo=UTC),
)


def _agreed(world: World) -> RequestRecord:
    world.mail(HANAKO, form(FormKind.MIGRATION))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", slots=(_SLOT,))
    world.staff_mails()
    world.reply(record, "承知しました")
    return world.again(record)


def test_whole_migration(any_world: World) -> None:
    world = any_world
    seen = notices(world.mail(HANAKO, form(FormKind.MIGRATION, two_step_disabled="no")))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    assert record.status is Status.AWAITING_TWO_STEP_OFF
    seen += notices(world.staff_mails())
    seen += notices(world.reply(record, "完了しました"))
    record = world.again(record)
    assert record.status is Status.SLOT_PLANNING
    record = decisions.advance(world.services, record, "saki", slots=(_SLOT,))
    seen += notices(world.staff_mails())
    seen += notices(world.reply(record, "承知しました"))
    record = world.again(record)
    assert record.status is Status.SLOT_AGREED
    world.clock.set(_SLOT.start + timedelta(minutes=10))
    record = decisions.advance(world.services, record, "saki", event=EventName.CODE_VERIFIED)
    assert record.status is Status.CERTIFICATE_ISSUED
    seen += notices(world.staff_mails())
    seen += notices(world.reply(record, "アクティブになりました"))
    record = world.again(record)
    assert record.status is Status.ACTIVE
    assert [name for name in seen if not name.startswith("slot_proposal")] == [
        "acknowledged",
        "two_step_instructions",
        "status_changed",
        "certificate_issued",
        "activated",
    ]
    number = world.number(record.number)
    assert number is not None
    assert number.state is NumberState.ACTIVE


def test_certificate_before_ownership_is_refused(world: World) -> None:
    record = _agreed(world)
    with pytest.raises(RefusedError) as refused:
        certificates.reissue_certificate(world.services, record, "saki")
    assert refused.value.code == "no_such_move"
    assert world.certificates(record) == []


def test_failed_code_goes_back_to_planning(world: World) -> None:
    record = _agreed(world)
    world.clock.set(_SLOT.start)
    back = decisions.advance(world.services, record, "saki", event=EventName.CODE_FAILED)
    assert (back.status, back.state.slots) == (Status.SLOT_PLANNING, ())


def test_two_step_still_on_is_asked_again(world: World) -> None:
    record = _agreed(world)
    back = decisions.advance(world.services, record, "saki", event=EventName.TWO_STEP_STILL_ON)
    assert back.status is Status.AWAITING_TWO_STEP_OFF
    assert notices(world.staff_mails()) == ["two_step_instructions"]


def test_slot_that_passes_without_an_answer_is_planned_again(world: World) -> None:
    world.mail(HANAKO, form(FormKind.MIGRATION))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", slots=(_SLOT,))
    world.staff_mails()
    world.clock.set(_SLOT.start + timedelta(minutes=1))
    world.run()
    assert world.again(record).status is Status.SLOT_PLANNING


def test_slot_before_the_ready_date_is_refused(world: World) -> None:
    world.mail(HANAKO, form(FormKind.MIGRATION, ready_date="2026-12-24"))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    with pytest.raises(RefusedError) as refused:
        decisions.advance(world.services, record, "saki", slots=(_SLOT,))
    assert refused.value.code == "slot_before_ready_date"
    assert world.again(record).status is Status.SLOT_PLANNING


def test_number_that_can_be_added_directly_changes_to_onboarding(world: World) -> None:
    world.mail(HANAKO, form(FormKind.MIGRATION))
    record = decisions.advance(
        world.services, world.request(), "saki", event=EventName.DIRECTLY_ELIGIBLE
    )
    assert (record.state.track, record.status) == (Track.ONBOARDING, Status.POLICY_REVIEW)
    assert notices(world.staff_mails()) == ["status_changed"]


def test_certificate_long_after_the_ownership_needs_it_again(world: World) -> None:
    record = _agreed(world)
    world.clock.set(_SLOT.start)
    record = decisions.advance(world.services, record, "saki", event=EventName.CODE_VERIFIED)
    world.staff_mails()
    world.later(days=15)
    mails = world.reply(record, "証明書の再発行希望")
    assert world.again(record).status is Status.SLOT_PLANNING
    assert notices(mails) == ["status_changed"]

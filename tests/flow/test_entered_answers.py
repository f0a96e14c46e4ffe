"""Answers that staff enter: on requests without a form, wrong ones, and numbers of others."""

import pytest

from pipeline.errors import RefusedError
from pipeline.flow.staff import corrections, review
from pipeline.model.form import FormKind
from pipeline.model.request import HoldReason, NumberState, Status, Track
from tests.world.customers import HANAKO, form, good_answers
from tests.world.outbox import notices
from tests.world.world import World

_NUMBER = "+819012345678"
_OTHER = "+81312345678"


def _entered(**changes: str) -> tuple[tuple[str, str], ...]:
    return tuple({**good_answers(FormKind.ONBOARDING, "ja"), **changes}.items())


def _routed(world: World) -> None:
    """Let a customer write without a form, and staff choose the track."""
    world.mail(HANAKO, text="WhatsAppを使いたいのですが。")
    corrections.route(world.services, world.request(), "saki", track=Track.ONBOARDING)


def test_staff_enter_all_answers_of_a_customer_without_a_form(any_world: World) -> None:
    world = any_world
    _routed(world)
    done = corrections.edit(world.services, world.request(), "saki", answers=_entered())
    assert (done.status, done.number) == (Status.POLICY_REVIEW, _NUMBER)
    (revision,) = world.revisions(done)
    assert revision.entered_by == "saki"
    with world.services.store.read() as tx:
        number = tx.numbers.get(_NUMBER)
    assert number is not None
    assert number.state is NumberState.REQUESTED
    approved = review.approve(world.services, done, "saki", ticked="all", business_verified=True)
    assert approved.status is Status.NAME_REVIEW


def test_reminder_asks_for_what_staff_could_not_enter(world: World) -> None:
    _routed(world)
    world.staff_mails()
    done = corrections.edit(
        world.services, world.request(), "saki", answers=(("display_name", "さくら電機"),)
    )
    assert done.status is Status.NEEDS_CORRECTION
    assert world.staff_mails() == []  # the form is with the customer already
    (mail,) = world.later(days=5)
    assert mail.notice == "correction_reminder"
    assert "会社名（正式名称）" in mail.text
    assert "表示名" not in mail.text
    assert mail.files


def test_nothing_can_be_entered_before_a_track_is_chosen(world: World) -> None:
    world.mail(HANAKO, text="WhatsAppを使いたいのですが。")
    with pytest.raises(RefusedError) as refused:
        corrections.edit(world.services, world.request(), "saki", answers=_entered())
    assert refused.value.code == "nothing_to_edit"


@pytest.mark.parametrize("routed", [True, False])
def test_entered_number_of_another_organisation_is_held(any_world: World, routed: bool) -> None:
    world = any_world
    world.set_number(_OTHER, NumberState.ACTIVE, "other-company.example")
    if routed:
        _routed(world)
    else:
        world.mail(HANAKO, form())
    answers = _entered(phone_number=_OTHER, phone_number_again=_OTHER)
    done = corrections.edit(world.services, world.request(), "saki", answers=answers)
    assert (done.status, done.state.hold_reason) == (Status.HELD, HoldReason.OWNERSHIP)
    with world.services.store.read() as tx:
        number = tx.numbers.get(_OTHER)
    assert number is not None
    assert number.organisation == "other-company.example"


def test_wrong_answers_of_staff_stop_the_approval(world: World) -> None:
    world.mail(HANAKO, form())
    edited = corrections.edit(
        world.services,
        world.request(),
        "saki",
        answers=(("phone_number", "garbage"), ("ack_charges", "")),
    )
    with pytest.raises(RefusedError) as refused:
        review.approve(world.services, edited, "saki", ticked="all", business_verified=True)
    assert refused.value.code == "answers_open"
    assert notices(world.staff_mails()) == []

"""A hold that the customer must not see: what they do happens in the status that it stands for."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from pipeline.errors import RefusedError
from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, Event, EventName, HoldReason, RequestState, Status, Track
from pipeline.model.transition import (
    AlertStaff,
    IssueCertificate,
    RevokeCertificate,
    SendNotice,
    SetNumber,
)
from pipeline.tracks.catalogue import FIRST_STAFF_STATUSES, TRACKS
from pipeline.tracks.deadlines import customer_due_at, our_promise_at
from pipeline.tracks.machine import apply
from tests.unit.tracks.due_dates import JAPAN as TEAM
from tests.unit.tracks.rows import DAY, NOW, POLICY

OWNER, MANY = HoldReason.OWNERSHIP, HoldReason.TOO_MANY
#: What the clock does to a hold; there it finds the hold.
_OF_THE_CLOCK = {
    EventName.ALERT,
    EventName.REMIND,
    EventName.EXPIRE,
    EventName.PROMISE_PASSED,
}
_OPEN = [
    RequestState(track, status, 3, NOW - DAY, claims_number=TRACKS[track].claims_number)
    for track in Track
    for status in FIRST_STAFF_STATUSES
    if TRACKS[track].step(status) is not None
]


def _hidden(state: RequestState, reason: HoldReason) -> RequestState:
    return replace(
        state,
        status=Status.HELD,
        came_from=state.status,
        hold_reason=reason,
        doubts=(reason,),
    )


def _outcome(state: RequestState, event: Event) -> object:
    """Return all that the customer can see of ``event``, and what counts for the next one."""
    try:
        transition = apply(state, event, POLICY)
    except RefusedError as error:
        return error.code, error.params
    shown = replace(transition.after.shown, doubts=())
    told = [effect for effect in transition.effects if isinstance(effect, SendNotice)]
    return shown, told


@pytest.mark.parametrize("reason", [OWNER, MANY])
@pytest.mark.parametrize("state", _OPEN, ids=lambda state: f"{state.track}-{state.status}")
def test_everything_but_staff_and_the_clock_acts_on_the_status_it_stands_for(
    state: RequestState, reason: HoldReason
) -> None:
    hidden = _hidden(state, reason)
    assert (hidden.hidden, hidden.shown.status) == (True, state.status)
    for name in set(EventName) - _OF_THE_CLOCK:
        for actor in (Actor.CUSTOMER, Actor.SYSTEM):
            for hold in (None, HoldReason.CONFLICT):
                event = Event(
                    name, actor, NOW, proven=True, hold_reason=hold, track=Track.MIGRATION
                )
                assert _outcome(hidden, event) == _outcome(state, event), (name, actor)


@pytest.mark.parametrize("reason", [OWNER, MANY])
@pytest.mark.parametrize("state", _OPEN, ids=lambda state: f"{state.track}-{state.status}")
def test_dates_that_mails_name_are_those_of_the_status(
    state: RequestState, reason: HoldReason
) -> None:
    shown = _hidden(state, reason).shown
    dated = partial(our_promise_at, now=NOW)
    for of in (customer_due_at, dated):
        assert of(shown, policy=POLICY, customer_zone="Asia/Tokyo", team=TEAM) == of(
            state, policy=POLICY, customer_zone="Asia/Tokyo", team=TEAM
        )


def test_number_in_doubt_is_claimed_only_when_the_doubt_is_over() -> None:
    state = RequestState(Track.ONBOARDING, Status.RECEIVED, 1, NOW)
    clean = Event(EventName.CLEAN, Actor.SYSTEM, NOW, doubts=(OWNER,))
    hidden = apply(state, clean, POLICY)
    assert hidden.after.hidden
    assert not any(isinstance(effect, SetNumber) for effect in hidden.effects)
    corrected = Event(EventName.CORRECTED, Actor.CUSTOMER, NOW + DAY, proven=True, doubts=())
    free = apply(hidden.after, corrected, POLICY)
    assert free.after.status is Status.POLICY_REVIEW
    assert any(isinstance(effect, SetNumber) for effect in free.effects)


def test_each_doubt_is_settled_by_itself() -> None:
    state = RequestState(Track.ONBOARDING, Status.RECEIVED, 1, NOW, doubts=(MANY,))
    clean = Event(EventName.CLEAN, Actor.SYSTEM, NOW, doubts=(OWNER, MANY))
    held = apply(state, clean, POLICY).after
    assert held.hold_reason is OWNER
    settled = Event(EventName.OWNER_SETTLED, Actor.STAFF, NOW)
    again = apply(apply(held, settled, POLICY).after, replace(clean, doubts=(MANY,)), POLICY).after
    assert (again.hidden, again.hold_reason) == (True, MANY)
    release = Event(EventName.RELEASE, Actor.STAFF, NOW)
    assert apply(again, release, POLICY).after.status is Status.POLICY_REVIEW


def test_asked_customer_sees_the_hold() -> None:
    hidden = _hidden(_OPEN[0], OWNER)
    asked = apply(hidden, Event(EventName.ASK_OWNER, Actor.STAFF, NOW), POLICY).after
    assert (asked.hidden, asked.shown.status) == (False, Status.HELD)
    due = customer_due_at(asked.shown, POLICY, customer_zone="UTC", team=TEAM)
    assert due is not None
    assert due - NOW > timedelta(days=13)


def test_release_of_a_change_leads_to_no_certificate_while_the_owner_is_in_doubt() -> None:
    approved = RequestState(
        Track.ONBOARDING,
        Status.APPROVED,
        7,
        NOW - DAY,
        approved_at=NOW - DAY,
        ready_confirmed=True,
        claims_number=True,
    )
    changed = Event(EventName.CORRECTED, Actor.CUSTOMER, NOW, proven=True, doubts=(OWNER,))
    held = apply(approved, changed, POLICY).after
    assert held.held_for(HoldReason.CHANGE)
    released = apply(held, Event(EventName.RELEASE, Actor.STAFF, NOW), POLICY)
    assert (released.after.hidden, released.after.hold_reason) == (True, OWNER)
    assert released.after.shown.status is Status.APPROVED
    assert not any(isinstance(effect, IssueCertificate) for effect in released.effects)


@pytest.mark.parametrize("status", [Status.CERTIFICATE_ISSUED, Status.CERTIFICATE_EXPIRED])
def test_new_certificate_is_not_ordered_while_the_owner_is_in_doubt(status: Status) -> None:
    live = NOW + DAY if status is Status.CERTIFICATE_ISSUED else None
    state = RequestState(
        Track.ONBOARDING,
        status,
        7,
        NOW - DAY,
        approved_at=NOW - DAY,
        certificates=1,
        certificate_expires_at=live,
        claims_number=True,
    )
    wanted = Event(EventName.NEW_CERTIFICATE, Actor.CUSTOMER, NOW, proven=True)
    taken = apply(_hidden(state, OWNER), wanted, POLICY)
    assert taken.effects == (AlertStaff("certificate_wanted_on_hold"),)
    assert (taken.after.hidden, taken.after.shown.status) == (True, status)


@pytest.mark.parametrize("status", [Status.CERTIFICATE_ISSUED, Status.SLOT_AGREED])
def test_revocation_during_a_hidden_hold_shows_a_hold_until_its_release(status: Status) -> None:
    state = RequestState(
        Track.MIGRATION,
        status,
        7,
        NOW - DAY,
        approved_at=NOW - DAY,
        certificates=1,
        certificate_expires_at=NOW + DAY,
        claims_number=True,
    )
    revoke = Event(EventName.REVOKE, Actor.STAFF, NOW, reason="exposed")
    taken = apply(_hidden(state, OWNER), revoke, POLICY)
    assert taken.effects == (
        RevokeCertificate("exposed"),
        SendNotice(NoticeName.CERTIFICATE_REVOKED),
    )
    assert taken.after.shown.held_for(HoldReason.CERTIFICATE_REVOKED)
    released = apply(taken.after, Event(EventName.RELEASE, Actor.STAFF, NOW), POLICY).after
    assert released.held_for(OWNER)
    left = Status.CERTIFICATE_EXPIRED if status is Status.CERTIFICATE_ISSUED else status
    assert (released.hidden, released.shown.status) == (True, left)


@pytest.mark.parametrize("doubt", [OWNER, HoldReason.TOO_MANY])
def test_certificate_is_not_made_anew_while_the_request_is_in_doubt(doubt: HoldReason) -> None:
    state = RequestState(
        Track.ONBOARDING,
        Status.CERTIFICATE_ISSUED,
        7,
        NOW - DAY,
        approved_at=NOW - DAY,
        certificates=1,
        certificate_expires_at=NOW + DAY,
        claims_number=True,
    )
    withdraw = Event(EventName.WITHDRAW, Actor.CUSTOMER, NOW, proven=True)
    withdrawn = apply(_hidden(state, doubt), withdraw, POLICY).after
    undo = Event(EventName.UNDO_WITHDRAW, Actor.CUSTOMER, NOW, proven=True)
    taken = apply(withdrawn, undo, POLICY)
    assert taken.after.certificate_wanted_at is None
    assert IssueCertificate() not in taken.effects
    assert (taken.after.hidden, taken.after.shown.status) == (True, Status.CERTIFICATE_EXPIRED)

import pytest

from pipeline.model.form import FormKind
from pipeline.model.request import (
    END_STATUSES,
    Actor,
    EventName,
    HoldReason,
    Move,
    Status,
    Track,
    TrackPolicy,
)
from pipeline.tracks.catalogue import BY_FORM, FIRST_STAFF_STATUSES, TRACKS
from pipeline.tracks.moves import (
    allowed_events,
    forward_event,
    journey,
    move_in,
    statuses,
    whose_move,
)
from tests.unit.tracks.rows import MANUAL, POLICY, E, S, T, state_of


@pytest.mark.parametrize(
    ("track", "status", "move"),
    [
        (T.ONBOARDING, S.RECEIVED, Move.SYSTEM),
        (T.ONBOARDING, S.NEEDS_CORRECTION, Move.CUSTOMER),
        (T.ONBOARDING, S.HELD, Move.STAFF),
        (T.ONBOARDING, S.POLICY_REVIEW, Move.STAFF),
        (T.ONBOARDING, S.BUSINESS_VERIFICATION, Move.META),
        (T.ONBOARDING, S.NAME_REVIEW, Move.META),
        (T.ONBOARDING, S.APPROVED, Move.SYSTEM),
        (T.ONBOARDING, S.AWAITING_READINESS, Move.CUSTOMER),
        (T.ONBOARDING, S.CERTIFICATE_ISSUED, Move.CUSTOMER),
        (T.ONBOARDING, S.CERTIFICATE_EXPIRED, Move.CUSTOMER),
        (T.MIGRATION, S.ELIGIBILITY_REVIEW, Move.STAFF),
        (T.MIGRATION, S.AWAITING_TWO_STEP_OFF, Move.CUSTOMER),
        (T.MIGRATION, S.SLOT_PLANNING, Move.STAFF),
        (T.MIGRATION, S.SLOT_PROPOSED, Move.CUSTOMER),
        (T.MIGRATION, S.SLOT_AGREED, Move.STAFF),
        (T.MIGRATION, S.OWNERSHIP_VERIFIED, Move.SYSTEM),
        (T.QR, S.NUMBER_CHECK, Move.SYSTEM),
        (T.QR, S.AWAITING_ACTIVE, Move.SYSTEM),
        (T.QR, S.CONTENT_REVIEW, Move.STAFF),
        (T.QR, S.MAKING, Move.SYSTEM),
        (T.HELP, S.TRIAGE, Move.STAFF),
        (T.HELP, S.AWAITING_FORM, Move.CUSTOMER),
    ],
)
def test_status_says_whose_move_it_is(track: Track, status: Status, move: Move) -> None:
    assert whose_move(state_of(track, status), POLICY) is move


@pytest.mark.parametrize("track", [T.ONBOARDING, T.MIGRATION])
def test_approved_is_the_move_of_staff_with_the_manual_issuer(track: Track) -> None:
    assert whose_move(state_of(track, S.APPROVED), MANUAL) is Move.STAFF


@pytest.mark.parametrize("status", sorted(END_STATUSES))
def test_ended_request_is_nobodys_move(status: Status) -> None:
    state = state_of(T.ONBOARDING, status)
    assert (whose_move(state, POLICY), forward_event(state)) == (Move.NOBODY, None)


def test_staff_may_do_what_the_review_declares() -> None:
    assert allowed_events(state_of(T.ONBOARDING, S.POLICY_REVIEW), Actor.STAFF) == (
        E.APPROVE,
        E.VERIFIED,
        E.REJECT,
        E.CORRECTED,
        E.PROBLEMS_FOUND,
        E.REVISED,
        E.WITHDRAW,
        E.SUPERSEDE,
        E.ROUTE,
        E.HOLD,
        E.ASK,
    )


def test_route_is_not_offered_after_a_certificate() -> None:
    events = allowed_events(state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED), Actor.STAFF)
    assert E.ROUTE not in events


@pytest.mark.parametrize(
    ("reason", "events"),
    [
        (HoldReason.CERTIFICATE_LIMIT, {E.APPROVE}),
        (HoldReason.SENDER, {E.SENDER_CONFIRMED}),
        (HoldReason.M2M, set()),
    ],
)
def test_hold_offers_what_its_reason_allows(reason: HoldReason, events: set[EventName]) -> None:
    state = state_of(T.ONBOARDING, S.HELD, hold_reason=reason)
    found = set(allowed_events(state, Actor.STAFF))
    assert found & {E.APPROVE, E.SENDER_CONFIRMED} == events


def test_customer_may_do_little_with_a_certificate() -> None:
    assert allowed_events(state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED), Actor.CUSTOMER) == (
        E.ACTIVATED,
        E.NEW_CERTIFICATE,
        E.MARK_CREATED,
        E.WITHDRAW,
        E.CHANGED_FORM,
        E.CORRECTED,
        E.PROBLEMS_FOUND,
    )


def test_ended_request_allows_nothing() -> None:
    assert allowed_events(state_of(T.ONBOARDING, S.ACTIVE), Actor.STAFF) == ()


@pytest.mark.parametrize("track", list(Track))
def test_forward_event_is_one_that_staff_may_do(track: Track) -> None:
    for step in TRACKS[track].steps:
        state = state_of(track, step.status)
        name = forward_event(state)
        if name is not None:
            assert name in allowed_events(state, Actor.STAFF)


@pytest.mark.parametrize("track", list(Track))
def test_journey_begins_received_and_ends_well(track: Track) -> None:
    way = journey(track)
    assert (way[0], way[1]) == (S.RECEIVED, TRACKS[track].first)
    assert way[-1] in {S.ACTIVE, S.DELIVERED, S.ANSWERED}
    assert set(way[:-1]) <= set(statuses(track))


def test_every_form_starts_the_track_of_its_name() -> None:
    assert {form: track.track.value for form, track in BY_FORM.items()} == {
        form: form.value for form in FormKind
    }


def test_a_status_is_the_move_of_the_same_on_every_track() -> None:
    for status in S:
        steps = [step for track in TRACKS.values() if (step := track.step(status))]
        assert {step.move for step in steps} <= {move_in(status)}


@pytest.mark.parametrize("track", list(Track))
def test_track_has_one_untouched_staff_status(track: Track) -> None:
    found = [status for status in statuses(track) if status in FIRST_STAFF_STATUSES]
    assert len(found) == 1
    state = state_of(track, found[0])
    assert whose_move(state, TrackPolicy()) is Move.STAFF


def test_statuses_of_a_track_leave_out_the_ends() -> None:
    for track in Track:
        assert not set(statuses(track)) & END_STATUSES

"""What the machine refuses beside the list of illegal moves, and where it returns to."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from pipeline.errors import RefusedError
from pipeline.model.request import (
    Event,
    EventName,
    HoldReason,
    NumberState,
    RequestState,
    Slot,
    Status,
    Track,
)
from pipeline.model.transition import (
    IssueCertificate,
    RevokeCertificate,
    SetNumber,
)
from pipeline.tracks.machine import apply, next_system_event
from tests.unit.tracks.rows import DAY, NOW, POLICY, SLOTS, C, E, F, M, S, T, Y, state_of


def refused(state: RequestState, event: Event) -> str:
    with pytest.raises(RefusedError) as caught:
        apply(state, event, POLICY)
    return caught.value.code


def issued(**facts: object) -> Event:
    event = Event(E.ISSUED, Y, NOW, certificate_expires_at=NOW + 7 * DAY)
    return replace(event, **facts)  # type: ignore[arg-type]


def _slot(days: int, hours: int = 1) -> Slot:
    return Slot(NOW + days * DAY, NOW + days * DAY + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("slots", "code"),
    [
        ((), "slot_count"),
        ((*SLOTS, _slot(20)), "slot_count"),
        ((_slot(9),), "slot_before_ready_date"),
        ((_slot(12), _slot(9)), "slot_before_ready_date"),
        ((_slot(12, hours=0),), "slot_not_ahead"),
    ],
    ids=["none", "four", "early", "one-early", "empty"],
)
def test_slots_that_cannot_be_offered_are_refused(slots: tuple[Slot, ...], code: str) -> None:
    state = state_of(T.MIGRATION, S.SLOT_PLANNING, ready_date=(NOW + 10 * DAY).date())
    assert refused(state, Event(E.OFFER_SLOTS, F, NOW, slots=slots)) == code


def test_slot_in_the_past_is_not_offered() -> None:
    state = state_of(T.MIGRATION, S.SLOT_PLANNING)
    event = Event(E.OFFER_SLOTS, F, NOW, slots=(_slot(-1),))
    assert refused(state, event) == "slot_not_ahead"


@pytest.mark.parametrize("slot", [None, _slot(20)], ids=["which", "other"])
def test_acceptance_of_no_offered_slot_is_refused(slot: Slot | None) -> None:
    state = state_of(T.MIGRATION, S.SLOT_PROPOSED)
    event = Event(E.ACCEPT_SLOT, C, NOW, proven=True, slot=slot)
    assert refused(state, event) == "slot_not_offered"


def test_acceptance_of_a_slot_that_has_begun_is_refused() -> None:
    state = state_of(T.MIGRATION, S.SLOT_PROPOSED)
    event = Event(E.ACCEPT_SLOT, C, SLOTS[0].start, proven=True, slot=SLOTS[0])
    assert refused(state, event) == "slot_not_ahead"


def test_slot_passed_while_one_is_ahead_is_refused() -> None:
    state = state_of(T.MIGRATION, S.SLOT_PROPOSED)
    assert refused(state, Event(E.SLOT_PASSED, Y, SLOTS[1].start)) == "slot_still_ahead"


@pytest.mark.parametrize("days", [None, -1], ids=["none", "past"])
def test_new_date_that_is_not_ahead_is_refused(days: int | None) -> None:
    state = state_of(T.ONBOARDING, S.AWAITING_READINESS)
    day = None if days is None else (NOW + days * DAY).date()
    event = Event(E.NEW_DATE, C, NOW, proven=True, new_date=day)
    assert refused(state, event) == "date_not_ahead"


@pytest.mark.parametrize(
    ("event", "code"),
    [(E.OWNERSHIP_LAPSED, "ownership_not_lapsed"), (E.APPROVAL_LAPSED, "approval_not_lapsed")],
)
def test_lapse_before_its_time_is_refused(event: EventName, code: str) -> None:
    assert refused(state_of(T.MIGRATION, S.APPROVED), Event(event, Y, NOW)) == code


@pytest.mark.parametrize("field", ["phone_number", "display_name", "company_legal_name"])
def test_staff_edit_of_an_approved_answer_is_refused(field: str) -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED)
    event = Event(E.CORRECTED, F, NOW, fields=("notes", field))
    assert refused(state, event) == "change_needs_approval"


def test_form_for_no_track_is_refused() -> None:
    event = Event(E.FORM_ARRIVED, C, NOW, proven=True)
    assert refused(state_of(T.HELP, S.TRIAGE), event) == "track_missing"


def test_status_of_another_track_is_refused() -> None:
    assert refused(state_of(T.QR, S.SLOT_AGREED), Event(E.HOLD, F, NOW)) == "no_such_move"


def test_undo_is_possible_for_24_hours_and_no_longer() -> None:
    state = state_of(T.MIGRATION, S.WITHDRAWN, ended_at=NOW)
    last = Event(E.UNDO_WITHDRAW, C, NOW + DAY, proven=True)
    assert apply(state, last, POLICY).after.status is S.SLOT_PLANNING
    late = Event(E.UNDO_WITHDRAW, C, NOW + DAY + timedelta(seconds=1), proven=True)
    assert refused(state, late) == "undo_too_late"


@pytest.mark.parametrize("track", [T.ONBOARDING, T.MIGRATION])
def test_certificate_that_a_withdrawal_revoked_is_made_anew_and_counts_once(track: Track) -> None:
    live = state_of(
        track,
        S.CERTIFICATE_ISSUED,
        certificate_expires_at=NOW + 5 * DAY,
        certificates=3,
        approved_at=NOW - 5 * DAY,
        ownership_verified_at=NOW - 5 * DAY,
    )
    withdrawn = apply(live, Event(E.WITHDRAW, C, NOW, proven=True), POLICY).after
    undone = apply(withdrawn, Event(E.UNDO_WITHDRAW, C, NOW, proven=True), POLICY)
    assert IssueCertificate() in undone.effects
    again = apply(undone.after, issued(), POLICY).after
    assert (again.status, again.certificates) == (S.CERTIFICATE_ISSUED, 3)
    assert again.has_live_certificate


def test_withdrawal_without_a_live_certificate_orders_none_when_undone() -> None:
    for state in (
        state_of(T.ONBOARDING, S.CERTIFICATE_EXPIRED, certificates=1, approved_at=NOW),
        state_of(T.ONBOARDING, S.POLICY_REVIEW),
    ):
        withdrawn = apply(state, Event(E.WITHDRAW, C, NOW, proven=True), POLICY).after
        undone = apply(withdrawn, Event(E.UNDO_WITHDRAW, C, NOW, proven=True), POLICY)
        assert undone.after.status is state.status
        assert IssueCertificate() not in undone.effects


def test_activation_that_the_customer_reported_can_be_undone_for_24_hours() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED, certificate_expires_at=NOW + 5 * DAY)
    active = apply(state, Event(E.ACTIVATED, C, NOW, proven=True), POLICY).after
    undo = Event(E.UNDO_ACTIVATED, C, NOW + DAY, proven=True)
    undone = apply(active, undo, POLICY)
    assert undone.after.status is S.CERTIFICATE_ISSUED
    assert undone.after.has_live_certificate
    assert undone.effects[0] == SetNumber(NumberState.REQUESTED)
    late = replace(undo, at=NOW + DAY + timedelta(seconds=1))
    assert refused(active, late) == "undo_too_late"


def test_activation_that_staff_or_meta_recorded_stays() -> None:
    state = state_of(T.MIGRATION, S.CERTIFICATE_ISSUED, certificate_expires_at=NOW + 5 * DAY)
    for actor in (F, M):
        active = apply(state, Event(E.ACTIVATED, actor, NOW), POLICY).after
        undo = Event(E.UNDO_ACTIVATED, C, NOW, proven=True)
        assert refused(active, undo) == "undo_not_reported"


def test_undone_withdrawal_of_a_held_request_is_held_for_the_same_reason() -> None:
    held = state_of(T.ONBOARDING, S.HELD, came_from=S.NAME_REVIEW, hold_reason=HoldReason.M2M)
    withdrawn = apply(held, Event(E.WITHDRAW, F, NOW), POLICY).after
    again = apply(withdrawn, Event(E.UNDO_WITHDRAW, F, NOW), POLICY).after
    assert (again.status, again.came_from, again.hold_reason) == (
        S.HELD,
        S.NAME_REVIEW,
        HoldReason.M2M,
    )


def test_correction_asked_before_a_hold_still_returns_to_who_asked() -> None:
    state = state_of(T.ONBOARDING, S.NAME_REVIEW)
    for event in (
        Event(E.NAME_DECLINED, M, NOW),
        Event(E.HOLD, F, NOW),
        Event(E.RELEASE, F, NOW),
        Event(E.CORRECTED, C, NOW, proven=True),
    ):
        state = apply(state, event, POLICY).after
    assert state.status is S.NAME_REVIEW


def test_withdrawal_revokes_the_live_certificate_in_the_same_transition() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED)
    transition = apply(state, Event(E.WITHDRAW, C, NOW, proven=True), POLICY)
    assert RevokeCertificate("withdraw") in transition.effects
    assert not transition.after.has_live_certificate


def test_order_lapses_when_the_request_is_held() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED, certificate_wanted_at=NOW)
    assert apply(state, Event(E.HOLD, F, NOW), POLICY).after.certificate_wanted_at is None


@pytest.mark.parametrize(
    ("track", "status", "facts", "name"),
    [
        (T.ONBOARDING, S.APPROVED, {}, None),
        (T.ONBOARDING, S.APPROVED, {"certificate_wanted_at": None}, E.NOT_READY),
        (
            T.ONBOARDING,
            S.APPROVED,
            {"certificate_wanted_at": None, "approved_at": NOW - 180 * DAY},
            E.APPROVAL_LAPSED,
        ),
        (T.MIGRATION, S.APPROVED, {}, None),
        (
            T.MIGRATION,
            S.APPROVED,
            {"ownership_verified_at": NOW - 14 * DAY},
            E.OWNERSHIP_LAPSED,
        ),
        (T.MIGRATION, S.APPROVED, {"approved_at": NOW - 180 * DAY}, E.APPROVAL_LAPSED),
        (T.MIGRATION, S.OWNERSHIP_VERIFIED, {}, E.PROCEED),
        (T.ONBOARDING, S.CERTIFICATE_ISSUED, {}, None),
        (T.ONBOARDING, S.CERTIFICATE_ISSUED, {"certificate_expires_at": NOW}, E.EXPIRE),
        (T.ONBOARDING, S.RECEIVED, {}, None),
        (T.QR, S.NUMBER_CHECK, {}, None),
        (T.QR, S.MAKING, {}, None),
        (T.ONBOARDING, S.ACTIVE, {}, None),
    ],
)
def test_system_goes_on_by_itself_only_where_nothing_is_awaited(
    track: Track, status: Status, facts: dict[str, object], name: EventName | None
) -> None:
    assert next_system_event(state_of(track, status, **facts), NOW, POLICY) is name


def test_instants_stay_aware_and_in_utc() -> None:
    state = apply(state_of(T.ONBOARDING, S.APPROVED), issued(), POLICY).after
    assert (state.entered_at.tzinfo, state.certificate_expires_at) == (UTC, NOW + 7 * DAY)


@pytest.mark.parametrize(
    ("fields", "settled"),
    [
        (("notes",), (HoldReason.M2M, HoldReason.SENDER)),
        (("phone_number",), (HoldReason.SENDER,)),
        ((), (HoldReason.SENDER,)),
    ],
    ids=["other-answer", "number", "unknown"],
)
def test_what_staff_settled_is_forgotten_when_the_number_may_have_changed(
    fields: tuple[str, ...], settled: tuple[HoldReason, ...]
) -> None:
    state = state_of(T.ONBOARDING, S.NEEDS_CORRECTION, settled=(HoldReason.M2M, HoldReason.SENDER))
    event = Event(E.CORRECTED, C, NOW, proven=True, fields=fields)
    assert apply(state, event, POLICY).after.settled == settled


def test_reason_released_twice_is_noted_once() -> None:
    state = state_of(T.ONBOARDING, S.HELD, hold_reason=HoldReason.M2M, settled=(HoldReason.M2M,))
    assert apply(state, Event(E.RELEASE, F, NOW), POLICY).after.settled == (HoldReason.M2M,)


def test_second_question_of_staff_still_returns_to_who_asked_first() -> None:
    state = state_of(T.ONBOARDING, S.NEEDS_CORRECTION, asked_by=S.NAME_REVIEW)
    after = apply(state, Event(E.ASK, F, NOW), POLICY).after
    assert (after.asked_by, after.entered_at) == (S.NAME_REVIEW, NOW)


def test_release_to_an_approval_that_has_lapsed_orders_nothing() -> None:
    state = state_of(
        T.ONBOARDING,
        S.HELD,
        came_from=S.APPROVED,
        approved_at=NOW - 180 * DAY,
        ready_confirmed=True,
        claims_number=True,
    )
    transition = apply(state, Event(E.RELEASE, F, NOW), POLICY)
    assert (transition.after.status, transition.effects) == (S.APPROVED, ())
    assert next_system_event(transition.after, NOW, POLICY) is E.APPROVAL_LAPSED


def test_release_to_an_approval_without_ownership_orders_nothing() -> None:
    state = state_of(
        T.MIGRATION, S.HELD, came_from=S.APPROVED, approved_at=NOW - DAY, claims_number=True
    )
    transition = apply(state, Event(E.RELEASE, F, NOW), POLICY)
    assert transition.effects == ()
    assert next_system_event(transition.after, NOW, POLICY) is E.OWNERSHIP_LAPSED

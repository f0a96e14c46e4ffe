"""The illegal moves: one test for each line of the list, and for each refusal of the machine."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from pipeline.errors import RefusedError
from pipeline.model.notice import NoticeName
from pipeline.model.request import (
    END_STATUSES,
    Actor,
    Event,
    EventName,
    HoldReason,
    RequestState,
    Status,
    Track,
)
from pipeline.model.transition import (
    IssueCertificate,
    SendNotice,
)
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.deadlines import deadlines, due
from pipeline.tracks.declaration import Chosen
from pipeline.tracks.machine import apply
from tests.folded import folded
from tests.unit.tracks.rows import DAY, NOW, POLICY, C, E, F, M, S, T, Y, state_of

TEAM = WorkingCalendar("JP", "Asia/Tokyo")
CERTIFICATE_EVENTS = (
    E.ISSUED,
    E.NEW_CERTIFICATE,
    E.REVOKE,
    E.EXPIRE,
    E.MARK_CREATED,
    E.ACTIVATED,
    E.ISSUE_FAILED,
)
EXPIRES = NOW + 7 * DAY


def refused(state: RequestState, event: Event) -> str:
    with pytest.raises(RefusedError) as caught:
        apply(state, event, POLICY)
    return caught.value.code


def issued(**facts: object) -> Event:
    event = Event(E.ISSUED, Y, NOW, certificate_expires_at=EXPIRES)
    return replace(event, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("track", "status"),
    [
        (track.track, step.status)
        for track in TRACKS.values()
        for step in track.steps
        if step.status
        not in {Status.APPROVED, Status.CERTIFICATE_ISSUED, Status.CERTIFICATE_EXPIRED}
        and step.status not in END_STATUSES
    ],
)
def test_certificate_before_approved_is_refused(track: Track, status: Status) -> None:
    state = state_of(track, status, certificate_wanted_at=NOW, ownership_verified_at=NOW)
    assert refused(state, issued()) == "no_such_move"


@pytest.mark.parametrize("event", CERTIFICATE_EVENTS)
@pytest.mark.parametrize(
    "status", [step.status for step in TRACKS[Track.QR].steps if step.status is not S.WITHDRAWN]
)
def test_any_certificate_in_qr_is_refused(status: Status, event: EventName) -> None:
    for actor in Actor:
        wanted = Event(event, actor, NOW, proven=True, certificate_expires_at=EXPIRES)
        assert refused(state_of(T.QR, status), wanted) == "no_such_move"


def test_qr_declares_no_effect_that_makes_a_certificate() -> None:
    made = {
        part.label if isinstance(part, Chosen) else type(part)
        for step in TRACKS[Track.QR].steps
        for rule in step.rules
        for part in rule.effects
    }
    assert IssueCertificate not in made
    assert {label for label in made if isinstance(label, str) and "issue" in label} == set()


@pytest.mark.parametrize("status", [S.APPROVED, S.CERTIFICATE_ISSUED, S.CERTIFICATE_EXPIRED])
@pytest.mark.parametrize(
    "verified", [None, NOW - 14 * DAY, NOW - 15 * DAY], ids=["never", "14d", "15d"]
)
def test_certificate_in_migration_without_fresh_ownership_is_refused(
    status: Status, verified: datetime | None
) -> None:
    state = state_of(T.MIGRATION, status, ownership_verified_at=verified, certificate_wanted_at=NOW)
    assert refused(state, issued()) == "ownership_missing"


def test_certificate_in_migration_within_14_days_of_ownership_is_issued() -> None:
    state = state_of(
        T.MIGRATION, S.APPROVED, ownership_verified_at=NOW - 14 * DAY + timedelta(seconds=1)
    )
    assert apply(state, issued(), POLICY).after.status is S.CERTIFICATE_ISSUED


def test_second_live_certificate_without_an_order_is_refused() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED)
    assert refused(state, issued()) == "certificate_not_ordered"


def test_same_certificate_reported_twice_is_refused() -> None:
    state = apply(state_of(T.ONBOARDING, S.APPROVED), issued(), POLICY).after
    assert refused(state, issued()) == "certificate_not_ordered"


def test_new_certificate_supersedes_the_live_one() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED)
    transition = apply(state, Event(E.NEW_CERTIFICATE, F, NOW), POLICY)
    assert transition.effects == (IssueCertificate(),)


def test_fourth_certificate_of_an_approval_is_refused() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_EXPIRED, certificates=3, certificate_wanted_at=NOW)
    assert refused(state, issued()) == "certificate_limit"


def test_fourth_certificate_that_is_asked_for_is_held() -> None:
    state = state_of(T.ONBOARDING, S.APPROVED)
    for _ in range(3):
        state = apply(state, issued(), POLICY).after
        state = apply(state, Event(E.NEW_CERTIFICATE, C, NOW, proven=True), POLICY).after
    assert (state.status, state.certificates, state.hold_reason) == (
        S.HELD,
        3,
        HoldReason.CERTIFICATE_LIMIT,
    )


def test_release_of_a_limit_gives_no_fourth_certificate() -> None:
    held = state_of(
        T.ONBOARDING,
        S.HELD,
        came_from=S.CERTIFICATE_EXPIRED,
        hold_reason=HoldReason.CERTIFICATE_LIMIT,
        certificates=3,
        approved_at=NOW,
    )
    released = apply(held, Event(E.RELEASE, F, NOW), POLICY).after
    again = apply(released, Event(E.NEW_CERTIFICATE, F, NOW), POLICY).after
    assert again.status is S.HELD


def test_certificate_of_a_lapsed_approval_is_refused() -> None:
    state = state_of(T.ONBOARDING, S.APPROVED, approved_at=NOW - 180 * DAY)
    assert refused(state, issued()) == "approval_lapsed"


@pytest.mark.parametrize(
    ("track", "facts", "status"),
    [
        (T.ONBOARDING, {"approved_at": NOW - 180 * DAY}, S.HELD),
        (T.MIGRATION, {"ownership_verified_at": NOW - 14 * DAY}, S.SLOT_PLANNING),
    ],
    ids=["lapsed", "unowned"],
)
@pytest.mark.parametrize("waiting", [S.APPROVED, S.CERTIFICATE_EXPIRED])
def test_order_that_failed_too_long_is_not_tried_again(
    track: Track, facts: dict[str, object], status: Status, waiting: Status
) -> None:
    state = state_of(track, waiting, **{"certificate_wanted_at": NOW - DAY, **facts})
    transition = apply(state, Event(E.PROCEED, Y, NOW), POLICY)
    assert transition.after.status is status
    assert IssueCertificate() not in transition.effects


def test_certificate_that_has_ended_already_is_refused() -> None:
    state = state_of(T.ONBOARDING, S.APPROVED)
    assert refused(state, issued(certificate_expires_at=NOW)) == "certificate_expiry"


@folded(
    ("status", "event"), product(sorted(END_STATUSES), EventName), by=lambda case: case[0].value
)
def test_any_event_on_an_end_status_is_refused(status: Status, event: EventName) -> None:
    codes = {"ended_request"}
    if (status, event) == (S.WITHDRAWN, E.UNDO_WITHDRAW):
        codes = {"undo_too_late", "actor_not_allowed"}
    if (status, event) == (S.ACTIVE, E.UNDO_ACTIVATED):
        codes = {"undo_not_reported", "no_such_move", "actor_not_allowed"}
    for track in Track:
        for actor in Actor:
            state = state_of(track, status, ended_at=NOW - 2 * DAY)
            assert refused(state, Event(event, actor, NOW, proven=True)) in codes


def test_second_expiry_mail_is_refused() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED, certificate_expires_at=NOW)
    expired = apply(state, Event(E.EXPIRE, Y, NOW), POLICY)
    assert expired.effects[-1] == SendNotice(NoticeName.CERTIFICATE_EXPIRED)
    assert refused(expired.after, Event(E.EXPIRE, Y, NOW)) == "no_such_move"


def test_second_expiry_mail_during_a_hold_is_refused() -> None:
    state = state_of(
        T.ONBOARDING, S.HELD, came_from=S.CERTIFICATE_ISSUED, certificate_expires_at=NOW
    )
    expired = apply(state, Event(E.EXPIRE, Y, NOW), POLICY).after
    assert refused(expired, Event(E.EXPIRE, Y, NOW)) == "certificate_missing"


@pytest.mark.parametrize("status", [S.CERTIFICATE_ISSUED, S.HELD])
def test_expiry_before_its_time_is_refused(status: Status) -> None:
    state = state_of(T.ONBOARDING, status, certificate_expires_at=NOW + timedelta(seconds=1))
    assert refused(state, Event(E.EXPIRE, Y, NOW)) == "certificate_not_expired"


def _certificate_reminder(at: datetime) -> Event:
    return Event(E.REMIND, Y, at, reminder=NoticeName.CERTIFICATE_REMINDER.value)


def test_reminder_at_or_after_expiry_is_refused() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED, certificate_expires_at=NOW)
    assert refused(state, _certificate_reminder(NOW)) == "reminder_not_due"
    expired = apply(state, Event(E.EXPIRE, Y, NOW), POLICY).after
    assert refused(expired, _certificate_reminder(NOW)) == "reminder_not_due"


def test_reminder_after_active_is_refused() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED)
    active = apply(state, Event(E.ACTIVATED, M, NOW), POLICY).after
    assert refused(active, _certificate_reminder(NOW)) == "ended_request"
    assert deadlines(active, POLICY, customer_zone="Asia/Tokyo", team=TEAM) == ()


def test_no_reminder_is_due_once_the_certificate_has_ended() -> None:
    state = state_of(T.ONBOARDING, S.CERTIFICATE_ISSUED)
    late = NOW + 30 * DAY
    found = due(state, (), late, POLICY, customer_zone="Asia/Tokyo", team=TEAM)
    assert [item.event for item in found] == [E.EXPIRE]


def test_reminder_that_the_status_does_not_have_is_refused() -> None:
    state = state_of(T.MIGRATION, S.SLOT_PROPOSED)
    assert refused(state, _certificate_reminder(NOW)) == "reminder_not_due"


def test_reply_command_without_proven_sender_and_token_is_refused() -> None:
    for status, event in [
        (S.AWAITING_READINESS, E.READY),
        (S.CERTIFICATE_ISSUED, E.ACTIVATED),
        (S.CERTIFICATE_ISSUED, E.NEW_CERTIFICATE),
        (S.POLICY_REVIEW, E.WITHDRAW),
        (S.NEEDS_CORRECTION, E.CORRECTED),
    ]:
        state = state_of(T.ONBOARDING, status)
        assert refused(state, Event(event, C, NOW)) == "unproven_customer"


@pytest.mark.parametrize("version", [6, 8])
def test_transition_from_a_stale_version_is_refused(version: int) -> None:
    state = state_of(T.ONBOARDING, S.POLICY_REVIEW)
    event = Event(E.APPROVE, F, NOW, expected_version=version)
    with pytest.raises(RefusedError) as caught:
        apply(state, event, POLICY)
    assert caught.value.code == "stale_request"
    assert caught.value.params == {"expected": version, "version": 7}


def test_transition_from_the_present_version_is_followed() -> None:
    state = state_of(T.ONBOARDING, S.POLICY_REVIEW)
    event = Event(E.APPROVE, F, NOW, expected_version=7)
    assert apply(state, event, POLICY).after.version == 8


@pytest.mark.parametrize("status", [S.CERTIFICATE_ISSUED, S.CERTIFICATE_EXPIRED, S.HELD])
def test_route_after_a_certificate_is_refused(status: Status) -> None:
    state = state_of(T.ONBOARDING, status, had_certificate=True)
    event = Event(E.ROUTE, F, NOW, track=T.MIGRATION, answers_complete=True)
    assert refused(state, event) == "route_after_certificate"


def test_route_after_a_certificate_of_an_earlier_approval_is_refused() -> None:
    state = state_of(T.ONBOARDING, S.POLICY_REVIEW, had_certificate=True)
    event = Event(E.ROUTE, F, NOW, track=T.HELP)
    assert refused(state, event) == "route_after_certificate"


@pytest.mark.parametrize("track", [None, Track.ONBOARDING])
def test_route_to_the_same_track_or_none_is_refused(track: Track | None) -> None:
    state = state_of(T.ONBOARDING, S.POLICY_REVIEW)
    assert refused(state, Event(E.ROUTE, F, NOW, track=track)) == "route_same_track"


@pytest.mark.parametrize(
    ("status", "event", "actor"),
    [
        (S.POLICY_REVIEW, E.APPROVE, C),
        (S.POLICY_REVIEW, E.APPROVE, Y),
        (S.BUSINESS_VERIFICATION, E.FINALLY_REFUSED, M),
        (S.NAME_REVIEW, E.NAME_APPROVED, C),
        (S.APPROVED, E.ISSUED, C),
        (S.CERTIFICATE_ISSUED, E.REVOKE, C),
        (S.CERTIFICATE_EXPIRED, E.ACTIVATED, M),
        (S.HELD, E.RELEASE, C),
        (S.POLICY_REVIEW, E.HOLD, C),
        (S.POLICY_REVIEW, E.ROUTE, C),
        (S.NEEDS_CORRECTION, E.CLOSE, F),
    ],
)
def test_actor_that_the_row_does_not_name_is_refused(
    status: Status, event: EventName, actor: Actor
) -> None:
    state = state_of(T.ONBOARDING, status)
    assert refused(state, Event(event, actor, NOW, proven=True)) == "actor_not_allowed"

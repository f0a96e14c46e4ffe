"""Deadlines: what is due when, in which zone, over weekends, holidays, clock changes, year ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.model.notice import NoticeName
from pipeline.model.request import (
    END_STATUSES,
    Actor,
    Event,
    HoldReason,
    RequestState,
    Slot,
    Status,
    Track,
)
from pipeline.model.transition import Deadline, DeadlineKind, SendNotice
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.deadlines import (
    as_of,
    asked_already,
    customer_due_at,
    deadlines,
    done_by,
    event_of,
    next_at,
    our_promise_at,
    which_reminder,
)
from pipeline.tracks.horizon import horizon
from pipeline.tracks.machine import apply
from tests.unit.tracks.due_dates import (
    AMERICA,
    GERMANY,
    JAPAN,
    TOKYO,
    TUESDAY,
    at,
    entered,
    listed,
    now_due,
)
from tests.unit.tracks.rows import DAY, MANUAL, NOW, POLICY, E, S, T, state_of

_HOUR = timedelta(hours=1)


def test_correction_is_due_in_14_days_at_18_in_the_zone_of_the_customer() -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    assert listed(state) == {
        "remind-1": at(2026, 11, 27),
        "remind-2": at(2026, 12, 1),
        "close": at(2026, 12, 8),
    }


def test_customer_elsewhere_counts_from_their_own_date() -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    zone = "America/Los_Angeles"  # there it is still Monday the 23rd
    assert listed(state, zone)["close"] == at(2026, 12, 7, zone=zone)


def test_reminder_on_a_weekend_moves_to_the_next_working_day_of_the_team() -> None:
    state = entered(at(2026, 11, 25, 9), state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    assert listed(state)["remind-1"] == at(2026, 11, 30)


def test_holiday_of_the_team_moves_a_deadline() -> None:
    state = entered(at(2026, 11, 16, 9), state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    moved = {name: listed(state, TOKYO, team)["remind-2"] for name, team in TEAMS.items()}
    assert moved == {"jp": at(2026, 11, 24), "de": at(2026, 11, 23)}


TEAMS = {"jp": JAPAN, "de": GERMANY}


def test_golden_week_moves_a_deadline_over_all_its_days() -> None:
    # 3 to 5 May 2027 are holidays; the 1st and 2nd are a weekend.
    state = entered(at(2027, 4, 28, 9), state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    assert listed(state)["remind-1"] == at(2027, 5, 6)


def test_close_over_the_year_end_moves_past_new_year() -> None:
    state = entered(at(2026, 12, 18, 9), state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    assert listed(state)["close"] == at(2027, 1, 4)


def test_deadline_keeps_its_hour_over_the_end_of_summer_time() -> None:
    zone = "Europe/Berlin"
    state = entered(at(2026, 10, 20, 9, zone=zone), state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    found = listed(state, zone, GERMANY)
    assert found["close"] == at(2026, 11, 3, zone=zone)
    assert [instant.hour for instant in found.values()] == [16, 17, 17]  # UTC


def test_deadline_keeps_its_hour_over_the_beginning_of_summer_time() -> None:
    zone = "America/New_York"
    state = entered(at(2027, 3, 10, 9, zone=zone), state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    found = listed(state, zone, AMERICA)
    assert found["remind-1"] == at(2027, 3, 15, zone=zone)
    assert found["remind-1"].hour == 22


@pytest.mark.parametrize(
    ("track", "status", "promise"),
    [
        (T.ONBOARDING, S.POLICY_REVIEW, at(2026, 11, 26)),
        (T.MIGRATION, S.ELIGIBILITY_REVIEW, at(2026, 11, 26)),
        (T.QR, S.CONTENT_REVIEW, at(2026, 11, 26)),
        (T.MIGRATION, S.SLOT_PLANNING, at(2026, 11, 25)),
        (T.HELP, S.TRIAGE, at(2026, 11, 25)),
        (T.ONBOARDING, S.HELD, at(2026, 11, 25)),
        (T.QR, S.MAKING, at(2026, 11, 25)),
        (T.ONBOARDING, S.BUSINESS_VERIFICATION, at(2026, 12, 1)),
        (T.ONBOARDING, S.NEEDS_CORRECTION, None),
        (T.ONBOARDING, S.CERTIFICATE_ISSUED, None),
        (T.ONBOARDING, S.ACTIVE, None),
    ],
)
def test_our_promise_is_the_first_alert(
    track: Track, status: Status, promise: datetime | None
) -> None:
    state = entered(TUESDAY, state_of(track, status))
    assert (
        our_promise_at(state, POLICY, state.entered_at, customer_zone=TOKYO, team=JAPAN) == promise
    )


def test_promise_of_working_days_passes_over_weekend_and_holiday() -> None:
    state = entered(at(2026, 11, 20, 16), state_of(T.ONBOARDING, S.POLICY_REVIEW))
    promise = our_promise_at(state, POLICY, state.entered_at, customer_zone=TOKYO, team=JAPAN)
    assert promise == at(2026, 11, 25)  # Friday + 2 working days; Monday is a holiday


@pytest.mark.parametrize(
    ("track", "status", "last"),
    [
        (T.ONBOARDING, S.NEEDS_CORRECTION, at(2026, 12, 8)),
        (T.MIGRATION, S.AWAITING_TWO_STEP_OFF, at(2026, 12, 24)),
        (T.ONBOARDING, S.CERTIFICATE_EXPIRED, at(2026, 12, 24)),
        (T.QR, S.AWAITING_ACTIVE, at(2027, 2, 22)),
        (T.HELP, S.AWAITING_FORM, at(2027, 1, 25)),
        (T.ONBOARDING, S.WITHDRAWN, at(2026, 12, 1)),
        (T.QR, S.REJECTED, at(2026, 12, 8)),
        (T.ONBOARDING, S.POLICY_REVIEW, None),
        (T.ONBOARDING, S.ACTIVE, None),
    ],
)
def test_customer_is_told_by_when_to_act(
    track: Track, status: Status, last: datetime | None
) -> None:
    state = entered(TUESDAY, state_of(track, status))
    assert customer_due_at(state, POLICY, customer_zone=TOKYO, team=JAPAN) == last


@pytest.mark.parametrize(
    ("reason", "last"),
    [
        (HoldReason.OWNERSHIP, at(2026, 12, 8)),
        (HoldReason.SENDER, at(2026, 12, 1)),
        (HoldReason.STAFF, None),
        (None, None),
    ],
)
def test_hold_tells_a_date_when_its_mail_asks_for_something(
    reason: HoldReason | None, last: datetime | None
) -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, S.HELD, hold_reason=reason))
    assert customer_due_at(state, POLICY, customer_zone=TOKYO, team=JAPAN) == last


def test_alert_of_a_hold_comes_every_working_day_and_only_the_last_missed_one() -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, S.HELD))
    now = at(2026, 12, 1, 19)
    assert now_due(state, now) == ["alert-5"]
    assert now_due(state, now, "alert-5") == []
    following = next_at(state, ("alert-5",), POLICY, customer_zone=TOKYO, team=JAPAN)
    assert following == at(2026, 12, 2)


def test_alert_about_meta_comes_weekly() -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, S.NAME_REVIEW))
    found = deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN, until=at(2026, 12, 10))
    assert [(item.key, item.at) for item in found] == [
        ("alert-1", at(2026, 12, 1)),
        ("alert-2", at(2026, 12, 8)),
        ("alert-3", at(2026, 12, 15)),
    ]


def test_readiness_is_asked_from_the_ready_date() -> None:
    state = entered(
        TUESDAY, state_of(T.ONBOARDING, S.AWAITING_READINESS, ready_date=date(2026, 12, 14))
    )
    found = listed(state)
    assert {key: found[key] for key in ("remind-1", "remind-2", "remind-3", "close")} == {
        "remind-1": at(2026, 12, 14),
        "remind-2": at(2026, 12, 21),
        "remind-3": at(2026, 12, 28),
        "close": at(2027, 1, 13),
    }
    promise = our_promise_at(state, POLICY, state.entered_at, customer_zone=TOKYO, team=JAPAN)
    assert promise is None  # it is the customer's move


def test_readiness_of_an_old_date_is_asked_by_the_mail_of_the_approval_alone() -> None:
    """That mail asks for READY; a second question would come on the same day."""
    state = entered(
        TUESDAY, state_of(T.ONBOARDING, S.AWAITING_READINESS, ready_date=date(2026, 10, 1))
    )
    asked = asked_already(state, customer_zone=TOKYO, policy=POLICY, team=JAPAN)
    assert asked == ("remind-1",)
    found = listed(state)
    assert (found["remind-2"], found["close"]) == (at(2026, 12, 1), at(2026, 12, 24))


def test_mail_before_the_ready_date_leaves_its_question() -> None:
    state = entered(
        TUESDAY, state_of(T.ONBOARDING, S.AWAITING_READINESS, ready_date=date(2026, 11, 25))
    )
    assert asked_already(state, customer_zone=TOKYO, policy=POLICY, team=JAPAN) == ()


def test_new_date_moves_all_readiness_deadlines() -> None:
    state = entered(
        TUESDAY, state_of(T.ONBOARDING, S.AWAITING_READINESS, ready_date=date(2026, 12, 1))
    )
    event = Event(E.NEW_DATE, Actor.STAFF, TUESDAY + 9 * DAY, new_date=date(2027, 2, 1))
    after = apply(state, event, POLICY, customer_zone=TOKYO).after
    assert listed(after)["remind-1"] == at(2027, 2, 1)


def test_offered_slots_lapse_when_the_last_has_begun() -> None:
    slots = tuple(Slot(at(2026, 12, day, 10), at(2026, 12, day, 11)) for day in (1, 2))
    state = entered(TUESDAY, state_of(T.MIGRATION, S.SLOT_PROPOSED, slots=slots))
    assert listed(state) == {
        "remind-1": at(2026, 11, 26),
        "remind-2": at(2026, 11, 30),
        "slots-passed": at(2026, 12, 2, 10),
        "close": at(2026, 12, 8),
    }
    assert now_due(state, at(2026, 12, 3)) == ["slots-passed"]


def test_reminder_of_slots_that_have_passed_is_left_out() -> None:
    slots = (Slot(at(2026, 11, 27, 10), at(2026, 11, 27, 11)),)
    state = entered(TUESDAY, state_of(T.MIGRATION, S.SLOT_PROPOSED, slots=slots))
    assert list(listed(state)) == ["remind-1", "slots-passed", "close"]


def _offered(*starts: datetime) -> RequestState:
    slots = tuple(Slot(start, start + _HOUR) for start in starts)
    return entered(TUESDAY, state_of(T.MIGRATION, S.SLOT_PROPOSED, slots=slots))


def _wanted_by(state: RequestState, now: datetime | None = None) -> datetime | None:
    return customer_due_at(state, POLICY, customer_zone=TOKYO, team=JAPAN, now=now)


@pytest.mark.parametrize(
    ("starts", "last"),
    [
        ([at(2026, 12, 2, 10), at(2026, 12, 3, 10)], at(2026, 12, 1)),
        ([at(2026, 12, 3, 10), at(2026, 12, 2, 10)], at(2026, 12, 1)),
        ([at(2026, 11, 30, 10)], at(2026, 11, 27)),  # a Monday: the Friday before
        ([at(2027, 1, 8, 10)], at(2026, 12, 8)),  # the close comes first
        ([at(2026, 11, 25, 17)], at(2026, 11, 24)),
        ([at(2026, 11, 24, 20)], at(2026, 11, 24, 19)),
        ([TUESDAY + _HOUR / 2], TUESDAY + _HOUR / 2),
    ],
)
def test_slot_is_to_be_chosen_a_working_day_before_the_first(
    starts: list[datetime], last: datetime
) -> None:
    state = _offered(*starts)
    assert _wanted_by(state) == last
    assert state.entered_at < last <= min(slot.start for slot in state.slots)


def test_slot_that_has_begun_does_not_say_by_when_to_choose() -> None:
    state = _offered(at(2026, 11, 26, 10), at(2026, 12, 1, 10))
    assert _wanted_by(state) == at(2026, 11, 25)
    assert _wanted_by(state, at(2026, 11, 26, 18)) == at(2026, 11, 30)
    assert _wanted_by(state, at(2026, 11, 30, 18)) == at(2026, 12, 1, 9)


@pytest.mark.parametrize(
    ("track", "status", "numbers"),
    [
        (T.MIGRATION, S.AWAITING_TWO_STEP_OFF, [1, 2, 3]),
        (T.MIGRATION, S.SLOT_PROPOSED, [1, 2]),
        (T.ONBOARDING, S.AWAITING_READINESS, [0, 1, 2]),
        (T.ONBOARDING, S.NEEDS_CORRECTION, [1, 2]),
    ],
)
def test_reminders_are_counted_by_what_was_sent(
    track: Track, status: Status, numbers: list[int]
) -> None:
    state = entered(TUESDAY, state_of(track, status))
    found = deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN)
    series = [item for item in found if item.key.startswith("remind")]
    keys = [item.key for item in series]
    told = [which_reminder(state, item, keys[:place]) for place, item in enumerate(series)]
    assert told == [(number, number == numbers[-1]) for number in numbers]
    assert which_reminder(state, series[-1], ()) == (numbers[0], True)


def test_what_is_no_reminder_is_none() -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    found = deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN)
    assert which_reminder(state, found[-1], ()) == (0, False)


def test_agreed_slot_alerts_a_working_day_after_it() -> None:
    slot = Slot(at(2026, 12, 11, 10), at(2026, 12, 11, 11))  # a Friday
    state = entered(TUESDAY, state_of(T.MIGRATION, S.SLOT_AGREED, slot=slot))
    assert listed(state) == {"alert-1": at(2026, 12, 14)}
    told = customer_due_at(state, POLICY, customer_zone=TOKYO, team=JAPAN)
    assert told == slot.start


def test_ownership_alerts_on_day_10_and_lapses_on_day_14() -> None:
    verified = TUESDAY.astimezone(UTC)
    state = entered(TUESDAY, state_of(T.MIGRATION, S.APPROVED, ownership_verified_at=verified))
    found = listed(state)
    assert found["alert-ownership"] == at(2026, 12, 4)
    assert found["ownership-lapses"] == verified + 14 * DAY
    lapse = [
        item
        for item in deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN)
        if item.key == "ownership-lapses"
    ]
    after = apply(state, event_of(lapse[0], lapse[0].at), POLICY).after
    assert after.status is S.SLOT_PLANNING


def test_failed_issue_is_tried_again_with_longer_and_longer_waits() -> None:
    state = replace(state_of(T.ONBOARDING, S.APPROVED), certificate_wanted_at=NOW, entered_at=NOW)
    found = deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN, until=NOW + timedelta(days=2))
    waits = [item.at - NOW for item in found if item.kind is DeadlineKind.PROCEED][:6]
    assert waits == [
        timedelta(minutes=10),
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(days=1),
        timedelta(days=2),
        timedelta(days=3),
    ]
    assert now_due(state, NOW + timedelta(hours=7)) == ["retry-3"]
    assert now_due(state, NOW + timedelta(hours=7), "retry-3") == []


def test_nothing_is_tried_again_with_the_manual_issuer() -> None:
    state = replace(state_of(T.ONBOARDING, S.APPROVED), certificate_wanted_at=NOW)
    found = deadlines(state, MANUAL, customer_zone=TOKYO, team=JAPAN)
    assert [item.key for item in found] == ["alert-1", "approval-lapses"]


def test_last_reminder_comes_before_a_close_when_all_was_missed() -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    late = at(2027, 1, 4, 10)  # a Monday
    assert now_due(state, late) == ["remind-2"]
    event = event_of(Deadline("remind-2", DeadlineKind.REMIND, late, E.REMIND), late)
    event = replace(event, reminder=NoticeName.CORRECTION_REMINDER.value)
    reminded = apply(state, event, POLICY, customer_zone=TOKYO).after
    done = "remind-2"
    told = customer_due_at(reminded, POLICY, customer_zone=TOKYO, team=JAPAN)
    assert told == at(2027, 1, 7)  # three days later, at the hour of deadlines
    assert now_due(reminded, told - timedelta(seconds=1), done) == []
    assert now_due(reminded, told, done) == ["close"]


def test_close_waits_three_days_after_a_late_reminder_to_the_minute() -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, S.NEEDS_CORRECTION))
    evening = at(2027, 1, 4, 20)  # after the hour of deadlines
    reminded = replace(state, reminded_at=evening)
    assert now_due(reminded, at(2027, 1, 7, 20), "remind-2") == []
    assert now_due(reminded, at(2027, 1, 8), "remind-2") == ["close"]


def test_new_stay_knows_no_reminder_of_the_one_before() -> None:
    state = replace(state_of(T.ONBOARDING, S.NEEDS_CORRECTION), reminded_at=NOW)
    event = Event(E.ASK, Actor.STAFF, NOW)
    assert apply(state, event, POLICY).after.reminded_at is None


@pytest.mark.parametrize("status", sorted(END_STATUSES))
def test_ended_request_has_no_deadline(status: Status) -> None:
    state = state_of(T.ONBOARDING, status, certificate_expires_at=NOW)
    assert deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN) == ()
    assert next_at(state, (), POLICY, customer_zone=TOKYO, team=JAPAN) is None


@pytest.mark.parametrize("track", list(Track))
def test_every_open_status_is_looked_at_again_by_the_clock(track: Track) -> None:
    for step in TRACKS[track].steps:
        state = state_of(track, step.status)
        if not state.ended:
            assert next_at(state, (), POLICY, customer_zone=TOKYO, team=JAPAN) is not None


@pytest.mark.parametrize("track", list(Track))
def test_every_deadline_can_be_carried_out_when_it_is_due(track: Track) -> None:
    for step in TRACKS[track].steps:
        state = state_of(track, step.status)
        for item in deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN):
            transition = apply(state, event_of(item, item.at), POLICY, customer_zone=TOKYO)
            expected = (item.notice,) if item.notice else ()
            if item.kind is DeadlineKind.REMIND:
                assert transition.effects == expected
            assert transition.after.version == state.version + 1


def test_reminder_carries_its_notice_into_the_event() -> None:
    state = entered(TUESDAY, state_of(T.HELP, S.AWAITING_FORM))
    reminder = deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN)[0]
    assert reminder.notice == SendNotice(NoticeName.QUESTION, "prefilled_form_reminder")
    effects = apply(state, event_of(reminder, reminder.at), POLICY).effects
    assert effects == (reminder.notice,)


# --- what waits too long -------------------------------------------------------------------------


@pytest.mark.parametrize("team", [JAPAN, GERMANY, AMERICA], ids=["JP", "DE", "US"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", TOKYO])
def test_no_stay_that_begins_now_has_a_deadline_after_the_horizon(
    team: WorkingCalendar, zone: str
) -> None:
    # the night before a golden week is the longest way to a working day
    now = datetime(2027, 4, 28, 23, 30, tzinfo=UTC)
    latest = horizon(now, POLICY, team)
    found: list[Deadline] = []
    for track, declared in TRACKS.items():
        for status in (one for one in Status if declared.step(one) is not None):
            state = as_of(state_of(track, status), now)
            state = replace(
                state,
                entered_at=now,
                approved_at=now,
                ownership_verified_at=now,
                integration_created_at=now,
                certificate_wanted_at=now,
                certificate_expires_at=now + timedelta(days=10),
            )
            found += deadlines(state, POLICY, customer_zone=zone, team=team)
    assert len(found) > 50
    assert max(item.at for item in found) <= latest
    assert latest < now + timedelta(days=400)


def test_nothing_in_a_state_has_happened_after_now() -> None:
    state = replace(
        state_of(T.ONBOARDING, S.POLICY_REVIEW),
        entered_at=NOW + DAY,
        approved_at=NOW - DAY,
        ownership_verified_at=None,
    )
    right = as_of(state, NOW)
    assert right == replace(state, entered_at=NOW)
    assert as_of(right, NOW) == right


def test_deadlines_that_only_come_later_were_not_done() -> None:
    state = entered(NOW, state_of(T.ONBOARDING, S.POLICY_REVIEW))
    now = NOW + 30 * DAY
    fired = deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN, until=now)
    done = (*(item.key for item in fired if item.at <= now), "alert-200", "another")
    kept = done_by(state, done, now, POLICY, customer_zone=TOKYO, team=JAPAN)
    assert kept == tuple(key for key in done if key != "alert-200")
    assert len(kept) > 2

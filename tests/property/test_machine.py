"""Random walks through the machine: what no order of events may ever bring about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from pipeline.errors import RefusedError
from pipeline.model.notice import NoticeName
from pipeline.model.request import (
    END_STATUSES,
    Actor,
    Event,
    EventName,
    HoldReason,
    RequestState,
    Slot,
    Status,
    Track,
    TrackPolicy,
)
from pipeline.model.transition import (
    ExpireCertificate,
    IssueCertificate,
    RevokeCertificate,
    SendNotice,
    Transition,
)
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.tracks.deadlines import due, event_of, next_at
from pipeline.tracks.machine import apply, next_system_event
from pipeline.tracks.moves import allowed_events, forward_event, whose_move
from tests.drawn import drawn

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TEAM = WorkingCalendar("JP", "Asia/Tokyo")
ZONE = "Asia/Tokyo"
TWO_PEOPLE = TrackPolicy(two_people=True)
POLICIES = (TrackPolicy(), TrackPolicy(manual_issuer=True), TWO_PEOPLE)
#: Where a live certificate may be; in an end only once it was used.
_WITH_CERTIFICATE = {Status.CERTIFICATE_ISSUED, Status.HELD, Status.ACTIVE}


#: What leads on where ``advance`` means nothing.
_ONWARD = {
    Status.RECEIVED: EventName.CLEAN,
    Status.NUMBER_CHECK: EventName.NUMBER_OURS,
    Status.AWAITING_FORM: EventName.FORM_ARRIVED,
}


#: Who decides; the second is the first, typed otherwise.
_STAFF = ("saki", " SAKI", "ken")


class Way(Enum):
    """How a turn chooses its event."""

    ONWARD = "onward"
    POSSIBLE = "possible"
    WILD = "wild"


@dataclass(frozen=True)
class Step:
    """One turn of a walk: what happens, by whom, after how many hours."""

    way: Way
    actor: Actor
    choice: int
    hours: int
    track: Track
    days: int
    flag: bool


_WAYS = (Way.ONWARD, Way.ONWARD, Way.ONWARD, Way.POSSIBLE, Way.POSSIBLE, Way.WILD)
_HOURS = (0, 0, 0, 1, 20, 24, 24 * 4, 24 * 8, 24 * 40)
_STEPS = st.lists(
    st.builds(
        Step,
        way=st.sampled_from(_WAYS),
        actor=st.sampled_from(list(Actor)),
        choice=st.integers(0, 200),
        hours=st.sampled_from(_HOURS),
        track=st.sampled_from(list(Track)),
        days=st.integers(-2, 40),
        flag=st.booleans(),
    ),
    min_size=5,
    max_size=40,
)


def _chosen(state: RequestState, step: Step, policy: TrackPolicy) -> tuple[EventName, Actor]:
    """Return the event and the actor of a turn; wild ones may be impossible."""
    if step.way is Way.WILD:
        names = list(EventName)
        return names[step.choice % len(names)], step.actor
    if step.way is Way.ONWARD:
        if EventName.SECOND in allowed_events(state, Actor.STAFF, policy):
            return EventName.SECOND, Actor.STAFF
        name = forward_event(state) or _ONWARD.get(state.status)
        allowed = [actor for actor in Actor if name in allowed_events(state, actor, policy)]
        if name is not None and allowed:
            return name, allowed[step.choice % len(allowed)]
    pairs = [(name, actor) for actor in Actor for name in allowed_events(state, actor, policy)]
    return pairs[step.choice % len(pairs)] if pairs else (EventName.HOLD, Actor.STAFF)


def _event(state: RequestState, step: Step, now: datetime, policy: TrackPolicy) -> Event:
    name, actor = _chosen(state, step, policy)
    slot = Slot(now + timedelta(days=step.days), now + timedelta(days=step.days, hours=1))
    return Event(
        name,
        actor,
        now,
        actor_name=_STAFF[step.choice % len(_STAFF)] if actor is Actor.STAFF else "",
        proven=True,
        reminder=NoticeName.CERTIFICATE_REMINDER.value if name is EventName.REMIND else "",
        track=step.track,
        new_date=now.date() + timedelta(days=step.days),
        slots=(slot,),
        slot=state.slots[0] if state.slots else None,
        hold_reason=HoldReason.OWNERSHIP,
        answers_complete=step.flag,
        certificate_expires_at=now + timedelta(days=7),
    )


def _walk(track: Track, steps: list[Step], policy: TrackPolicy) -> list[Transition]:
    state = RequestState(track, Status.RECEIVED, 1, START, ready_date=date(2026, 11, 25))
    now, taken = START, []

    def take(event: Event) -> None:
        nonlocal state
        taken.append(apply(state, event, policy, customer_zone=ZONE))
        state = taken[-1].after

    for step in steps:
        now += timedelta(hours=step.hours)
        try:
            take(_event(state, step, now, policy))
        except RefusedError:
            continue
        while name := next_system_event(state, now, policy, customer_zone=ZONE):
            take(Event(name, Actor.SYSTEM, now))
        ordered = any(isinstance(effect, IssueCertificate) for effect in taken[-1].effects)
        if ordered and step.flag:
            expires = now + timedelta(days=7)
            take(Event(EventName.ISSUED, Actor.SYSTEM, now, certificate_expires_at=expires))
    return taken


walks = given(track=st.sampled_from(list(Track)), steps=_STEPS, policy=st.sampled_from(POLICIES))
fast = drawn(40, 300, suppress_health_check=[HealthCheck.too_slow])


def _random_steps(random: Random) -> list[Step]:
    return [
        Step(
            random.choice(_WAYS),
            random.choice(list(Actor)),
            random.randrange(200),
            random.choice(_HOURS),
            random.choice(list(Track)),
            random.randrange(-2, 40),
            random.random() < 0.5,
        )
        for _ in range(40)
    ]


def test_no_certificate_is_made_or_entered_without_two_people() -> None:
    random, made, entered = Random(11), 0, 0
    for _ in range(1500):
        track = random.choice((Track.ONBOARDING, Track.MIGRATION))
        for taken in _walk(track, _random_steps(random), TWO_PEOPLE):
            if IssueCertificate() in taken.effects:
                made += 1
                assert _two(taken.after.first_yes, taken.after.second_yes)
            if taken.event is EventName.ISSUED and not taken.before.second_yes:
                entered += 1  # who enters it is the second
                assert taken.before.first_yes
            elif taken.event is EventName.ISSUED:
                assert _two(taken.before.first_yes, taken.before.second_yes)
            assert not (taken.event is EventName.ISSUED and taken.after.second_yes)
    assert made > 20
    assert entered > 0


def _two(first: str, second: str) -> bool:
    names = {name.strip().lower() for name in (first, second) if name.strip()}
    return len(names) == len((first, second))


def test_walks_reach_every_status_and_the_telling_events() -> None:
    random, statuses, events = Random(7), set(), set()
    for _ in range(1000):
        steps = _random_steps(random)
        for taken in _walk(random.choice(list(Track)), steps, POLICIES[0]):
            statuses.add(taken.after.status)
            events.add(taken.event)
    assert statuses == set(Status)
    telling = {
        EventName.ISSUED,
        EventName.NEW_CERTIFICATE,
        EventName.REVOKE,
        EventName.EXPIRE,
        EventName.ACTIVATED,
        EventName.ROUTE,
        EventName.CODE_VERIFIED,
        EventName.MADE,
        EventName.UNDO_WITHDRAW,
    }
    assert telling - events == set()


@fast
@walks
def test_version_rises_by_one_with_every_event(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    for taken in _walk(track, steps, policy):
        assert taken.after.version == taken.before.version + 1


@fast
@walks
def test_end_status_is_never_left_but_by_what_undoes_it(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    for taken in _walk(track, steps, policy):
        if taken.before.status in END_STATUSES:
            assert (taken.before.status, taken.event) in {
                (Status.WITHDRAWN, EventName.UNDO_WITHDRAW),
                (Status.ACTIVE, EventName.UNDO_ACTIVATED),
            }
        assert (taken.after.ended_at is not None) is taken.after.ended


@fast
@walks
def test_number_never_has_two_live_certificates_nor_more_than_the_limit(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    live = 0
    superseding = False
    for taken in _walk(track, steps, policy):
        for effect in taken.effects:
            if isinstance(effect, RevokeCertificate | ExpireCertificate):
                assert live == 1
                live = 0
            if isinstance(effect, IssueCertificate):
                superseding = taken.after.has_live_certificate
        if taken.event is EventName.ISSUED:
            entered = policy.manual_issuer or policy.two_people
            assert live == 0 or superseding or entered
            assert taken.before.status in {
                Status.APPROVED,
                Status.CERTIFICATE_ISSUED,
                Status.CERTIFICATE_EXPIRED,
            }
            live = 1
        assert taken.after.has_live_certificate is (live == 1)
        assert taken.after.certificates <= policy.certificates_per_approval


@fast
@walks
def test_qr_and_help_never_know_a_certificate(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    for taken in _walk(track, steps, policy):
        if taken.before.track in {Track.QR, Track.HELP}:
            assert not any(
                isinstance(effect, IssueCertificate | RevokeCertificate | ExpireCertificate)
                for effect in taken.effects
            )
            assert not taken.before.has_live_certificate


@fast
@walks
def test_certificate_is_live_only_where_it_can_be_used_or_held(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    for taken in _walk(track, steps, policy):
        if taken.after.has_live_certificate:
            assert taken.after.status in _WITH_CERTIFICATE
        if taken.after.status is Status.CERTIFICATE_ISSUED:
            assert taken.after.has_live_certificate


@fast
@walks
def test_migration_is_issued_only_with_fresh_ownership(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    for taken in _walk(track, steps, policy):
        if taken.event is EventName.ISSUED and taken.before.track is Track.MIGRATION:
            verified = taken.before.ownership_verified_at
            assert verified is not None
            assert taken.after.entered_at - verified < policy.ownership_window


@fast
@walks
def test_every_expiry_is_mailed_once(track: Track, steps: list[Step], policy: TrackPolicy) -> None:
    issued = expired = 0
    for taken in _walk(track, steps, policy):
        issued += taken.event is EventName.ISSUED
        expired += SendNotice(NoticeName.CERTIFICATE_EXPIRED) in taken.effects
        assert expired <= issued


@fast
@walks
def test_hold_knows_why_and_where_from_and_nothing_else_does(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    for taken in _walk(track, steps, policy):
        held = taken.after.status is Status.HELD
        if not taken.after.ended:
            assert (taken.after.hold_reason is not None) is held
            assert (taken.after.came_from is not None) is held


@fast
@walks
def test_open_request_is_always_looked_at_again_and_its_deadlines_can_be_done(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    taken = _walk(track, steps, policy)
    if not taken:
        return
    state, done = taken[-1].after, frozenset[str]()
    for _ in range(12):
        now = next_at(state, done, policy, customer_zone=ZONE, team=TEAM)
        if state.ended:
            assert now is None
            return
        assert now is not None
        before = state.entered_at, state.status
        for deadline in due(state, done, now, policy, customer_zone=ZONE, team=TEAM):
            done |= {deadline.key}
            state = apply(state, event_of(deadline, now), policy, customer_zone=ZONE).after
            while name := next_system_event(state, now, policy, customer_zone=ZONE):
                event = Event(name, Actor.SYSTEM, now)
                state = apply(state, event, policy, customer_zone=ZONE).after
            if (state.entered_at, state.status) != before:
                done = frozenset()
                break


@fast
@walks
def test_stale_view_changes_nothing(track: Track, steps: list[Step], policy: TrackPolicy) -> None:
    for taken in _walk(track, steps, policy)[:3]:
        event = Event(
            EventName.WITHDRAW,
            Actor.STAFF,
            taken.after.entered_at,
            expected_version=taken.before.version,
        )
        with pytest.raises(RefusedError) as caught:
            apply(taken.after, event, policy)
        assert caught.value.code in {"stale_request", "ended_request"}


@fast
@walks
def test_someone_has_the_move_as_long_as_the_request_is_open(
    track: Track, steps: list[Step], policy: TrackPolicy
) -> None:
    for taken in _walk(track, steps, policy):
        nobody = whose_move(taken.after, policy).value == "nobody"
        assert nobody is taken.after.ended

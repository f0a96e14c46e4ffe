"""Every state that the tracks can reach keeps the rules: a model check of the pure machine."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from pipeline.model.notice import NoticeName
from pipeline.model.request import (
    Actor,
    EventName,
    Move,
    RequestState,
    Status,
    Track,
    TrackPolicy,
)
from pipeline.model.transition import (
    ExpireCertificate,
    IssueCertificate,
    RevokeCertificate,
    SendNotice,
    SetNumber,
)
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.tracks import catalogue, deadlines, machine, moves
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.declaration import Step, TrackDeclaration, TransitionRule
from tests.property.reachable import (
    NOW,
    ZONE,
    Explored,
    Taken,
    beginnings,
    everywhere,
    good_way,
)

TEAM = WorkingCalendar("JP", "Asia/Tokyo")
_S, _N = Status, NoticeName
#: Where a certificate may be ordered, and where an ordered one may arrive.
_AFTER_APPROVAL = frozenset({_S.APPROVED, _S.CERTIFICATE_ISSUED, _S.CERTIFICATE_EXPIRED})
_WITH_CERTIFICATE = frozenset(
    {
        _S.CERTIFICATE_ISSUED,
        _S.HELD,
        _S.ACTIVE,
        _S.APPROVED,
        _S.AWAITING_TWO_STEP_OFF,
        _S.SLOT_PLANNING,
        _S.SLOT_PROPOSED,
        _S.SLOT_AGREED,
        _S.OWNERSHIP_VERIFIED,
    }
)
_ENDS = frozenset(
    {
        _S.ACTIVE,
        _S.DELIVERED,
        _S.ANSWERED,
        _S.REJECTED,
        _S.WITHDRAWN,
        _S.CLOSED_NO_RESPONSE,
        _S.SUPERSEDED,
    }
)
#: What each mail says of the status of its request, as the customer sees it after the mail. A mail
#: that is not here speaks of what came in, not of a status.
_TOLD: Mapping[NoticeName, frozenset[Status]] = MappingProxyType(
    {
        _N.NEEDS_CORRECTION: frozenset({_S.NEEDS_CORRECTION}),
        _N.UNREADABLE: frozenset({_S.NEEDS_CORRECTION}),
        _N.CORRECTION_REMINDER: frozenset({_S.NEEDS_CORRECTION}),
        _N.HELP_CHOOSE_FORM: frozenset({_S.TRIAGE}),
        _N.HELD: frozenset({_S.HELD}),
        _N.RECEIPT_UNVERIFIED: frozenset({_S.HELD}),
        _N.APPROVED_NOT_READY: frozenset({_S.AWAITING_READINESS}),
        _N.READINESS_CHECK: frozenset({_S.AWAITING_READINESS}),
        _N.CERTIFICATE_ISSUED: frozenset({_S.CERTIFICATE_ISSUED}),
        _N.CERTIFICATE_REISSUED: frozenset({_S.CERTIFICATE_ISSUED}),
        _N.CERTIFICATE_REMINDER: frozenset({_S.CERTIFICATE_ISSUED}),
        _N.CERTIFICATE_EXPIRED: frozenset({_S.CERTIFICATE_EXPIRED, _S.HELD}),
        _N.CERTIFICATE_REVOKED: frozenset({_S.HELD}),
        _N.INTEGRATION_REMINDER: frozenset({_S.CERTIFICATE_ISSUED, _S.CERTIFICATE_EXPIRED}),
        _N.ACTIVATED: frozenset({_S.ACTIVE}),
        _N.TWO_STEP_INSTRUCTIONS: frozenset({_S.AWAITING_TWO_STEP_OFF}),
        _N.SLOT_PROPOSAL: frozenset({_S.SLOT_PROPOSED}),
        _N.QR_DELIVERED: frozenset({_S.DELIVERED}),
        _N.REJECTED: frozenset({_S.REJECTED}),
        _N.WITHDRAWN: frozenset({_S.WITHDRAWN}),
        _N.CLOSED_NO_RESPONSE: frozenset({_S.CLOSED_NO_RESPONSE}),
        _N.ALREADY_ACTIVE: frozenset({_S.ANSWERED}),
        _N.ANSWER: frozenset({_S.ANSWERED}),
    }
)
_LIVE_AFTER = frozenset({_N.CERTIFICATE_ISSUED, _N.CERTIFICATE_REISSUED, _N.CERTIFICATE_REMINDER})
_NOT_LIVE_AFTER = frozenset({_N.CERTIFICATE_EXPIRED, _N.CERTIFICATE_REVOKED})

#: So many states of the short stories are looked at in every run of the tests.
_SHORT = 2_000
_FOUND_WITHIN = 3_000

Broken = Iterator[str]


def _may_be_issued(state: RequestState, policy: TrackPolicy) -> Broken:
    """Yield why no certificate may be made for ``state`` now, worked out from the facts alone."""
    if state.track not in {Track.ONBOARDING, Track.MIGRATION}:
        yield "a certificate on a track without one"
    if state.approved_at is None:
        yield "a certificate before approval"
    elif state.approved_at + policy.approval_lapses <= NOW:
        yield "a certificate on a lapsed approval"
    if state.status not in _AFTER_APPROVAL:
        yield f"a certificate in {state.status}"
    if state.certificates >= policy.certificates_per_approval:
        yield "a certificate beyond the limit"
    if set(state.doubts) - set(state.settled):
        yield "a certificate while the number's owner is in doubt"
    if state.track is Track.MIGRATION:
        verified = state.ownership_verified_at
        if verified is None or verified + policy.ownership_window <= NOW:
            yield "a certificate without fresh ownership"


def _certificates(taken: Taken, policy: TrackPolicy) -> Broken:
    before, after = taken.transition.before, taken.transition.after
    effects = taken.transition.effects
    if any(isinstance(effect, IssueCertificate) for effect in effects):
        yield from _may_be_issued(after, policy)
    if taken.event.name is EventName.ISSUED:
        yield from _may_be_issued(before, policy)
        if before.certificate_wanted_at is None:
            yield "a certificate that nobody ordered"
        if not after.has_live_certificate or after.certificate_expires_at <= NOW:  # type: ignore[operator]
            yield "an issued certificate that is not live"
    ended = [item for item in effects if isinstance(item, RevokeCertificate | ExpireCertificate)]
    lost = before.has_live_certificate and not after.has_live_certificate
    if lost is not bool(ended) or len(ended) > 1:
        yield f"a live certificate went with {len(ended)} effects"
    expired = any(isinstance(effect, ExpireCertificate) for effect in ended)
    end = before.certificate_expires_at
    # Meta itself may know better when its certificate was created
    early = end is None or (end > NOW and taken.event.actor is not Actor.META)
    if expired and early:
        yield "a certificate expired before its end"
    gained = not before.has_live_certificate and after.has_live_certificate
    if gained and taken.event.name is not EventName.ISSUED:
        yield "a certificate is live that was not issued"
    if after.has_live_certificate and after.status not in _WITH_CERTIFICATE:
        yield f"a live certificate in {after.status}"
    if after.status is _S.CERTIFICATE_ISSUED and not after.has_live_certificate:
        yield "certificate_issued without a live one"
    if after.has_live_certificate and after.track not in {Track.ONBOARDING, Track.MIGRATION}:
        yield "a live certificate on a track without one"


def _mails(taken: Taken, _policy: TrackPolicy) -> Broken:
    after, shown = taken.transition.after, taken.transition.after.shown
    mails = [effect for effect in taken.transition.effects if isinstance(effect, SendNotice)]
    if len(mails) > 1:
        yield f"{len(mails)} mails for one event"
    for mail in mails:
        if mail.notice in _TOLD and shown.status not in _TOLD[mail.notice]:
            yield f"{mail.notice} although the customer sees {shown.status}"
        if mail.notice in _LIVE_AFTER and (
            after.certificate_expires_at is None or after.certificate_expires_at <= NOW
        ):
            yield f"{mail.notice} without a live certificate"
        if mail.notice in _NOT_LIVE_AFTER and after.has_live_certificate:
            yield f"{mail.notice} with a live certificate"
        if mail.notice is _N.HELD and after.hidden:
            yield "held although the customer must not see it"


def _ends(taken: Taken, policy: TrackPolicy) -> Broken:
    before, after, event = taken.transition.before, taken.transition.after, taken.event
    if before.status in _ENDS:
        undone = {
            _S.WITHDRAWN: EventName.UNDO_WITHDRAW,
            _S.ACTIVE: EventName.UNDO_ACTIVATED,
        }.get(before.status)
        if event.name is not undone:
            yield f"{event.name} after the end {before.status}"
        elif before.ended_at is None or before.ended_at + policy.undo_withdraw < NOW:
            yield f"{event.name} too late"
    if (after.status in _ENDS) is not (after.ended_at is not None):
        yield "an end without its instant, or the reverse"
    number = [effect.state for effect in taken.transition.effects if isinstance(effect, SetNumber)]
    if (
        after.status in _ENDS
        and after.claims_number
        and after.status
        not in {
            _S.ACTIVE,
            _S.SUPERSEDED,
        }
    ):
        yield f"a number claimed after {after.status}"
    if len(number) > 1:
        yield f"the number is set {len(number)} times"


def _owner_and_wake_up(taken: Taken, policy: TrackPolicy) -> Broken:
    after = taken.transition.after
    nobody = moves.whose_move(after, policy) is Move.NOBODY
    if nobody is not after.ended:
        yield "nobody has the next move" if nobody else "an end with a next move"
    if (after.status is _S.HELD) is not (after.hold_reason is not None) and not after.ended:
        yield "held without a reason, or a reason without hold"
    if after.ended:
        return
    follows = machine.next_system_event(after, NOW, policy, customer_zone=ZONE)
    woken = deadlines.next_at(after, (), policy, customer_zone=ZONE, team=TEAM)
    if follows is None and woken is None:
        yield "nothing ever wakes it"


def _people(taken: Taken, _policy: TrackPolicy) -> Broken:
    name, actor = taken.event.name, taken.event.actor
    decides = {EventName.APPROVE, EventName.REJECT, EventName.RELEASE, EventName.REVOKE}
    if name in decides and actor is not Actor.STAFF:
        yield f"{name} by {actor}"
    if name is EventName.NAME_APPROVED and actor not in {Actor.META, Actor.STAFF}:
        yield f"{name} by {actor}"


RULES: tuple[Callable[[Taken, TrackPolicy], Broken], ...] = (
    _certificates,
    _mails,
    _ends,
    _owner_and_wake_up,
    _people,
)


def broken(explored: Explored) -> Iterator[str]:
    """Yield each rule that is broken somewhere, once, with the shortest story that breaks it."""
    told: set[str] = set()
    for taken in explored.transitions():
        for rule in RULES:
            for what in rule(taken, explored.policy):
                if what not in told:
                    told.add(what)
                    last = f"{taken.event.name.value} ({taken.event.actor.value})"
                    story = [*explored.story(taken.transition.before), last]
                    yield f"{what}: {' > '.join(story)}"


@pytest.mark.parametrize("manual", [False, True], ids=["embedded", "manual"])
def test_states_of_the_short_stories_keep_the_rules(manual: bool) -> None:
    policy = TrackPolicy(manual_issuer=manual)
    explored = Explored(policy, everywhere(policy), most=_SHORT)
    assert list(broken(explored)) == []
    assert len(explored.states) > _SHORT


@pytest.mark.long
@pytest.mark.parametrize("manual", [False, True], ids=["embedded", "manual"])
def test_all_states_keep_the_rules(manual: bool) -> None:
    policy = TrackPolicy(manual_issuer=manual)
    explored = Explored(policy, everywhere(policy))
    assert list(broken(explored)) == []
    assert explored.whole
    sys.stdout.write(f"{len(explored.states):,} states, none of them breaks a rule\n")
    assert {state.status for state in explored.states} == set(Status)


def _with_rules(
    track: Track, status: Status, change: Callable[[TransitionRule], TransitionRule | None]
) -> Mapping[Track, TrackDeclaration]:
    """Return the tracks with each rule of one step changed, or left out where it becomes None."""

    def changed(step: Step) -> Step:
        rules = tuple(new for rule in step.rules if (new := change(rule)) is not None)
        return replace(step, rules=rules)

    return _with_step(track, status, changed)


def _with_step(
    track: Track, status: Status, change: Callable[[Step], Step]
) -> Mapping[Track, TrackDeclaration]:
    declared = TRACKS[track]
    steps = tuple(change(step) if step.status is status else step for step in declared.steps)
    return {**TRACKS, track: replace(declared, steps=steps)}


def _guarded_by(*names: str) -> Callable[[TransitionRule], TransitionRule | None]:
    return lambda rule: None if rule.when is not None and rule.when.name in names else rule


def _on(event: EventName, **fields: Any) -> Callable[[TransitionRule], TransitionRule]:
    return lambda rule: replace(rule, **fields) if rule.event is event else rule


#: Wrong transitions, put in on purpose, and what has to be said of each.
_WRONG: Mapping[str, tuple[Callable[[], Mapping[Track, TrackDeclaration]], str]] = {
    "no limit of certificates": (
        lambda: _with_rules(
            Track.ONBOARDING, Status.CERTIFICATE_ISSUED, _guarded_by("over the limit")
        ),
        "a certificate beyond the limit",
    ),
    "old ownership is enough": (
        lambda: _with_rules(
            Track.MIGRATION, Status.CERTIFICATE_EXPIRED, _guarded_by("not ownership fresh")
        ),
        "a certificate without fresh ownership",
    ),
    "approval is not dated": (
        lambda: _with_rules(
            Track.ONBOARDING, Status.NAME_REVIEW, _on(EventName.NAME_APPROVED, change=None)
        ),
        "a certificate before approval",
    ),
    "expired certificate stays live": (
        lambda: _with_rules(
            Track.ONBOARDING, Status.CERTIFICATE_ISSUED, _on(EventName.EXPIRE, change=None)
        ),
        "a live certificate went with 2 effects",
    ),
    "nobody looks at triage": (
        lambda: _with_step(Track.HELP, Status.TRIAGE, lambda step: replace(step, deadlines=())),
        "nothing ever wakes it",
    ),
    "a code comes with a certificate": (
        lambda: _with_rules(
            Track.QR, Status.CONTENT_REVIEW, _on(EventName.APPROVE, effects=(IssueCertificate(),))
        ),
        "a certificate on a track without one",
    ),
    "withdrawn begins anew": (
        lambda: _with_rules(
            Track.QR, Status.WITHDRAWN, _on(EventName.UNDO_WITHDRAW, refuse="", when=None)
        ),
        "undo_withdraw too late",
    ),
    "approved and told rejected": (
        lambda: _with_rules(
            Track.MIGRATION,
            Status.ELIGIBILITY_REVIEW,
            _on(EventName.APPROVE, effects=(SendNotice(NoticeName.REJECTED),)),
        ),
        "rejected although the customer sees",
    ),
}


@pytest.mark.parametrize("name", _WRONG)
def test_wrong_transition_put_in_on_purpose_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, what = _WRONG[name]
    wrong = make()
    for room in (machine, moves, deadlines, catalogue):
        monkeypatch.setattr(room, "TRACKS", wrong)
    (track,) = (track for track in Track if wrong[track] is not TRACKS[track])
    *_, end = good_way(track, TrackPolicy())
    explored = Explored(TrackPolicy(), [end, *beginnings(track)], most=_FOUND_WITHIN)
    told = next((line for line in broken(explored) if line.startswith(what)), "")
    assert told, f"not found among {len(explored.states)} states"


def test_certificate_for_a_number_in_doubt_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_hide", lambda state: state)
    explored = Explored(
        TrackPolicy(), good_way(Track.ONBOARDING, TrackPolicy()), most=_FOUND_WITHIN
    )
    lines = broken(explored)
    assert any("while the number's owner is in doubt" in line for line in lines)

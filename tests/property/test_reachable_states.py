"""Every state that the tracks can reach keeps the rules: a model check of the pure machine."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pytest

from pipeline.errors import RefusedError
from pipeline.model.notice import NoticeName
from pipeline.model.request import (
    Actor,
    Event,
    EventName,
    HoldReason,
    Move,
    NumberState,
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
from pipeline.tracks.changes import drop_certificate
from pipeline.tracks.declaration import (
    CUSTOMER_STAFF,
    Special,
    Step,
    TrackDeclaration,
    TransitionRule,
)
from tests.property.reachable import (
    NOW,
    ZONE,
    Explored,
    Taken,
    Visited,
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

#: What leads out of a hold, and may lead into a hidden one.
_LEAVES_A_HOLD = frozenset(
    {EventName.RELEASE, EventName.FIRST_COUNTS, EventName.APPROVE, EventName.NUMBER_SET}
)
#: A wrong transition is found within so many classes of the reduced model.
_FOUND_WITHIN = 1_500
#: So many classes of the reduced model of a track are looked at in every run.
_NEAREST = 1_000
#: So many events of the system may follow each other at once.
_MOST_FOLLOW = 4

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
    if after.certificates > policy.certificates_per_approval:
        yield "more certificates than an approval has"


def _live_certificate(taken: Taken, _policy: TrackPolicy) -> Broken:
    before, after = taken.transition.before, taken.transition.after
    effects = taken.transition.effects
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
    ordered = after.certificate_wanted_at is not None
    if ordered and after.status not in _AFTER_APPROVAL:
        yield f"a certificate is ordered in {after.status}"
    if after.status is _S.CERTIFICATE_ISSUED and not after.has_live_certificate:
        yield "certificate_issued without a live one"
    if after.has_live_certificate and after.track not in {Track.ONBOARDING, Track.MIGRATION}:
        yield "a live certificate on a track without one"


def _notices(taken: Taken, _policy: TrackPolicy) -> Broken:
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
        elif before.status is _S.ACTIVE and not before.activation_reported:
            yield "an activation taken back that the customer did not report"
        elif before.ended_at is None or before.ended_at + policy.undo_withdraw < NOW:
            yield f"{event.name} too late"
    if (after.status in _ENDS) is not (after.ended_at is not None):
        yield "an end without its instant, or the reverse"


def _number(taken: Taken, _policy: TrackPolicy) -> Broken:
    before, after = taken.transition.before, taken.transition.after
    number = [effect.state for effect in taken.transition.effects if isinstance(effect, SetNumber)]
    keeps = {_S.ACTIVE, _S.SUPERSEDED}
    if after.status in _ENDS - keeps and after.claims_number:
        yield f"a number claimed after {after.status}"
    if len(number) > 1:
        yield f"the number is set {len(number)} times"
    becomes_active = after.status is _S.ACTIVE and before.status is not _S.ACTIVE
    if (NumberState.ACTIVE in number) is not becomes_active:
        yield f"the number is {number} with {after.status}"
    if after.claims_number and not TRACKS[after.track].claims_number and not after.ended:
        yield f"a number claimed on {after.track}"
    unsettled = HoldReason.OWNERSHIP not in before.settled
    if taken.event.name is EventName.NUMBER_OTHERS and unsettled and after.status is not _S.HELD:
        yield f"the number of another in {after.status}"
    claimed = before.claims_number and not before.doubts
    if claimed and not after.claims_number and not number and not after.doubts:
        yield "a claim of a number that is never given back"


def _told_to_act(taken: Taken, policy: TrackPolicy) -> Broken:
    """Yield a silent ask: whoever has to act was told so when it began, or before a hold."""
    before, after = taken.transition.before.shown, taken.transition.after.shown
    moved = after.status is not before.status and not after.ended
    silent = not any(isinstance(one, SendNotice) for one in taken.transition.effects)
    goes_back = taken.event.name in {EventName.RELEASE, EventName.FIRST_COUNTS}
    if moved and silent and not goes_back and moves.whose_move(after, policy) is Move.CUSTOMER:
        yield f"nobody is told of {after.status} after {before.status}"


def _holds(taken: Taken, _policy: TrackPolicy) -> Broken:
    """Yield a hold that forgets where it leads back to; only an expired certificate changes it."""
    before, after = taken.transition.before, taken.transition.after
    stays = before.status is after.status and before.track is after.track
    if before.status is not _S.HELD or not stays:
        return
    ways = {before.came_from}
    if before.came_from is _S.CERTIFICATE_ISSUED and not after.has_live_certificate:
        ways.add(_S.CERTIFICATE_EXPIRED)
    went = taken.event.name in _LEAVES_A_HOLD
    if after.came_from not in ways and not went and not before.hidden:
        yield f"a hold after {before.came_from} leads to {after.came_from} by {taken.event.name}"


def _owner_and_wake_up(visited: Visited, policy: TrackPolicy) -> Broken:
    state = visited.state
    nobody = moves.whose_move(state, policy) is Move.NOBODY
    if nobody is not state.ended:
        yield "nobody has the next move" if nobody else "an end with a next move"
    if (state.status is _S.HELD) is not (state.hold_reason is not None) and not state.ended:
        yield "held without a reason, or a reason without hold"
    if state.ended:
        return
    if _follow(state, NOW, policy) is not None:
        yield from _what_follows(visited, policy)
        return
    listed = deadlines.deadlines(state, policy, customer_zone=ZONE, team=TEAM)
    if not listed:
        yield "nothing ever wakes it"
    for item in listed:
        event = deadlines.event_of(item, max(item.at, NOW))
        if _follow(state, item.at, policy) is None and _after(state, event, policy) is None:
            yield f"{item.key} of {state.status} is refused when it is due"


def _what_follows(visited: Visited, policy: TrackPolicy) -> Broken:
    """Yield what is wrong with the events of the system that follow at once."""
    state = visited.state
    for _ in range(_MOST_FOLLOW):
        name = _follow(state, NOW, policy)
        if name is None:
            return
        after = _after(state, Event(name, Actor.SYSTEM, NOW), policy)
        if after is None:
            yield f"what follows {state.status} is refused"
            return
        state = after
    yield f"{name} follows without end"


def _follow(state: RequestState, at: datetime, policy: TrackPolicy) -> EventName | None:
    return machine.next_system_event(state, at, policy, customer_zone=ZONE)


def _after(state: RequestState, event: Event, policy: TrackPolicy) -> RequestState | None:
    """Return what ``event`` makes of ``state``; None: it is refused."""
    try:
        return machine.apply(state, event, policy, customer_zone=ZONE).after
    except RefusedError:
        return None


def _people(taken: Taken, _policy: TrackPolicy) -> Broken:
    name, actor = taken.event.name, taken.event.actor
    decides = {EventName.APPROVE, EventName.REJECT, EventName.RELEASE, EventName.REVOKE}
    if name in decides and actor is not Actor.STAFF:
        yield f"{name} by {actor}"
    if name is EventName.NAME_APPROVED and actor not in {Actor.META, Actor.STAFF}:
        yield f"{name} by {actor}"


RULES: tuple[Callable[[Taken, TrackPolicy], Broken], ...] = (
    _certificates,
    _live_certificate,
    _notices,
    _ends,
    _number,
    _told_to_act,
    _holds,
    _people,
)


def broken(explored: Explored) -> Iterator[str]:
    """Yield each rule that is broken somewhere, once, with the shortest story that breaks it."""
    told: set[str] = set()
    for visited in explored.visits():
        for what, event in _broken_at(visited, explored.policy):
            if what not in told:
                told.add(what)
                yield f"{what}: {' > '.join(explored.story(visited, event))}"
    if explored.whole:
        for state in explored.lost():
            what = f"no way to an end from {state.status}"
            if what not in told:
                told.add(what)
                yield f"{what}: {' > '.join(explored.story(Visited(state, state, ())))}"


def _broken_at(visited: Visited, policy: TrackPolicy) -> Iterator[tuple[str, Event | None]]:
    yield from ((what, None) for what in _owner_and_wake_up(visited, policy))
    for taken in visited.taken:
        for rule in RULES:
            yield from ((what, taken.event) for what in rule(taken, policy))


@pytest.mark.parametrize("track", list(Track))
def test_states_of_the_reduced_model_keep_the_rules(track: Track) -> None:
    policy = TrackPolicy()
    explored = Explored(policy, good_way(track, policy), reduced=True, most=_NEAREST)
    assert list(broken(explored)) == []
    assert explored.whole or len(explored.states) > _NEAREST
    assert {state.status for state in explored.states} >= set(TRACKS[track].journey)


@pytest.mark.long
@pytest.mark.parametrize("manual", [False, True], ids=["embedded", "manual"])
def test_all_states_keep_the_rules(manual: bool) -> None:
    policy = TrackPolicy(manual_issuer=manual)
    explored = Explored(policy, everywhere(policy))
    assert list(broken(explored)) == []
    assert explored.whole
    sys.stdout.write(f"{len(explored.states):,} classes of states, none of them breaks a rule\n")
    assert {state.status for state in explored.states} == set(Status)


Tracks = Mapping[Track, TrackDeclaration]
Rewrite = Callable[[TransitionRule], TransitionRule | None]


def _with_rules(track: Track, status: Status, change: Rewrite) -> Tracks:
    """Return the tracks with each rule of one step changed, or left out where it becomes None."""

    def changed(step: Step) -> Step:
        rules = tuple(new for rule in step.rules if (new := change(rule)) is not None)
        return replace(step, rules=rules)

    return _with_step(track, status, changed)


def _with_step(track: Track, status: Status, change: Callable[[Step], Step]) -> Tracks:
    declared = TRACKS[track]
    steps = tuple(change(step) if step.status is status else step for step in declared.steps)
    return {**TRACKS, track: replace(declared, steps=steps)}


def _guarded_by(*names: str) -> Rewrite:
    return lambda rule: None if rule.when is not None and rule.when.name in names else rule


def _on(event: EventName, **fields: Any) -> Rewrite:
    """Change the rules of ``event`` that do something."""
    return lambda rule: replace(rule, **fields) if rule.event is event and not rule.refuse else rule


def _allowed(event: EventName) -> Rewrite:
    """Leave out the rules that refuse ``event``."""
    return lambda rule: None if rule.event is event and rule.refuse else rule


def _never(event: EventName) -> Rewrite:
    return lambda rule: None if rule.event is event else rule


def _mails(*names: NoticeName) -> tuple[SendNotice, ...]:
    return tuple(SendNotice(name) for name in names)


_ON, _MI, _QR, _HE = Track.ONBOARDING, Track.MIGRATION, Track.QR, Track.HELP
_E = EventName
#: Wrong transitions, put in on purpose, and what has to be said of each.
_WRONG: Mapping[str, tuple[Callable[[], Tracks], str]] = {
    # a condition is missing
    "no limit of certificates": (
        lambda: _with_rules(_ON, _S.CERTIFICATE_ISSUED, _guarded_by("over the limit")),
        "a certificate beyond the limit",
    ),
    "old ownership is enough": (
        lambda: _with_rules(_MI, _S.CERTIFICATE_EXPIRED, _guarded_by("not ownership fresh")),
        "a certificate without fresh ownership",
    ),
    "old approval is enough": (
        lambda: _with_rules(_ON, _S.CERTIFICATE_EXPIRED, _guarded_by("approval lapsed")),
        "a certificate on a lapsed approval",
    ),
    "doubts are no matter": (
        lambda: _with_rules(
            _ON, _S.CERTIFICATE_ISSUED, _guarded_by("the owner of the number is in doubt")
        ),
        "a certificate while the number's owner is in doubt",
    ),
    "issued without an order": (
        lambda: _with_rules(
            _MI, _S.CERTIFICATE_ISSUED, _guarded_by("not a certificate is ordered")
        ),
        "a certificate that nobody ordered",
    ),
    "expires any time": (
        lambda: _with_rules(_ON, _S.CERTIFICATE_ISSUED, _allowed(_E.EXPIRE)),
        "a certificate expired before its end",
    ),
    "withdrawn begins anew": (
        lambda: _with_rules(_QR, _S.WITHDRAWN, _allowed(_E.UNDO_WITHDRAW)),
        "undo_withdraw too late",
    ),
    "what staff recorded is undone": (
        lambda: _with_rules(_ON, _S.ACTIVE, _guarded_by("not the customer reported it")),
        "an activation taken back that the customer did not report",
    ),
    "code for anybody's number": (
        lambda: _with_rules(_QR, _S.NUMBER_CHECK, _on(_E.NUMBER_OTHERS, when=None)),
        "the number of another in content_review",
    ),
    "customers approve": (
        lambda: _with_rules(_MI, _S.ELIGIBILITY_REVIEW, _on(_E.APPROVE, actors=CUSTOMER_STAFF)),
        "approve by customer",
    ),
    # a wrong target, or nothing noted
    "ownership is approval": (
        lambda: _with_rules(_MI, _S.SLOT_AGREED, _on(_E.CODE_VERIFIED, target=_S.APPROVED)),
        "a certificate before approval",
    ),
    "approval is not dated": (
        lambda: _with_rules(_ON, _S.NAME_REVIEW, _on(_E.NAME_APPROVED, change=None)),
        "a certificate before approval",
    ),
    "verified again and again": (
        lambda: _with_rules(_MI, _S.OWNERSHIP_VERIFIED, _on(_E.PROCEED, target=Special.STAY)),
        "proceed follows without end",
    ),
    "expired is forgotten on hold": (
        lambda: _with_rules(_ON, _S.HELD, _guarded_by("held while its successor is awaited")),
        "a hold after approved leads to certificate_expired",
    ),
    "delivered is not the end": (
        lambda: _with_rules(_QR, _S.MAKING, _on(_E.MADE, target=_S.CONTENT_REVIEW)),
        "qr_delivered although the customer sees content_review",
    ),
    # a forgotten revocation, or one too many
    "expired certificate stays live": (
        lambda: _with_rules(_ON, _S.CERTIFICATE_ISSUED, _on(_E.EXPIRE, change=None)),
        "a live certificate went with 2 effects",
    ),
    "certificate goes without a word": (
        lambda: _with_rules(
            _ON, _S.CERTIFICATE_ISSUED, _on(_E.MARK_CREATED, change=drop_certificate)
        ),
        "a live certificate went with 0 effects",
    ),
    # a deadline is missing
    "nobody looks at triage": (
        lambda: _with_step(_HE, _S.TRIAGE, lambda step: replace(step, deadlines=())),
        "nothing ever wakes it",
    ),
    "nothing is closed": (
        lambda: _with_rules(_MI, _S.AWAITING_TWO_STEP_OFF, _never(_E.CLOSE)),
        "close of awaiting_two_step_off is refused when it is due",
    ),
    "nothing follows an old approval": (
        lambda: _with_rules(_ON, _S.APPROVED, _never(_E.APPROVAL_LAPSED)),
        "what follows approved is refused",
    ),
    "lapse of the ownership is refused": (
        lambda: _with_rules(_MI, _S.APPROVED, _never(_E.OWNERSHIP_LAPSED)),
        "what follows approved is refused",
    ),
    # a wrong mail, or none
    "a code comes with a certificate": (
        lambda: _with_rules(_QR, _S.CONTENT_REVIEW, _on(_E.APPROVE, effects=(IssueCertificate(),))),
        "a certificate on a track without one",
    ),
    "approved and told rejected": (
        lambda: _with_rules(
            _MI, _S.ELIGIBILITY_REVIEW, _on(_E.APPROVE, effects=_mails(_N.REJECTED))
        ),
        "rejected although the customer sees",
    ),
    "refused and told approved": (
        lambda: _with_rules(
            _ON, _S.NAME_REVIEW, _on(_E.NAME_DECLINED, effects=_mails(_N.APPROVED_NOT_READY))
        ),
        "approved_not_ready although the customer sees needs_correction",
    ),
    "told twice": (
        lambda: _with_rules(
            _HE, _S.TRIAGE, _on(_E.ANSWER, effects=_mails(_N.ANSWER, _N.ACKNOWLEDGED))
        ),
        "2 mails for one event",
    ),
    "not ready, and not told": (
        lambda: _with_rules(_ON, _S.APPROVED, _on(_E.NOT_READY, effects=())),
        "nobody is told of awaiting_readiness",
    ),
    "active, and the number is not": (
        lambda: _with_rules(
            _ON, _S.CERTIFICATE_ISSUED, _on(_E.ACTIVATED, effects=_mails(_N.ACTIVATED))
        ),
        "the number is [] with active",
    ),
}


@pytest.mark.parametrize("name", _WRONG)
def test_wrong_transition_put_in_on_purpose_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, what = _WRONG[name]
    wrong = make()
    (track,) = (track for track in Track if wrong[track] is not TRACKS[track])
    begin = [*good_way(track, TrackPolicy())]
    for room in (machine, moves, deadlines, catalogue):
        monkeypatch.setattr(room, "TRACKS", wrong)
    _assert_found(what, begin)


#: What the machine itself does for all tracks, done wrongly.
_WRONG_IN_ALL: Mapping[str, tuple[str, object, str]] = {
    "the number's owner is no matter": (
        "_hide", lambda state: state, "a certificate while the number's owner is in doubt",
    ),
    "a withdrawal revokes nothing": (
        "_KEEP_CERTIFICATE", frozenset(Status), "a live certificate in withdrawn",
    ),
    "a new approval revokes the live one": (
        "_KEEP_CERTIFICATE", frozenset({_S.HELD, _S.ACTIVE}), "certificate_issued without a live",
    ),
    "an order outlives its status": (
        "_WAIT_FOR_CERTIFICATE", frozenset(Status), "a certificate is ordered in",
    ),
    "an end frees no number": (
        "_claim_number", lambda _before, state: (state, ()), "a number claimed after",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _WRONG_IN_ALL)
def test_fault_of_the_machine_put_in_on_purpose_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    what, wrong, told = _WRONG_IN_ALL[name]
    begin = [*good_way(Track.ONBOARDING, TrackPolicy())]
    monkeypatch.setattr(machine, what, wrong)
    _assert_found(told, begin)


def _assert_found(what: str, begin: list[RequestState]) -> None:
    explored = Explored(TrackPolicy(), reversed(begin), reduced=True, most=_FOUND_WITHIN)
    told = next((line for line in broken(explored) if line.startswith(what)), "")
    assert told, f"not found among {len(explored.states)} classes"

"""How a row of the tables of the tracks is written down and tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.model import request
from pipeline.model.notice import NoticeName as N
from pipeline.model.request import (
    Actor,
    Event,
    NumberState,
    RequestState,
    Slot,
    TrackPolicy,
)
from pipeline.model.transition import (
    Effect,
    IssueCertificate,
    SendNotice,
    SetNumber,
)
from pipeline.tracks.machine import apply

E = request.EventName
S = request.Status
T = request.Track

#: Fields and their values: of a state, or of an event.
Facts = Mapping[str, object]

NOW = datetime(2026, 11, 24, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
POLICY = TrackPolicy()
MANUAL = TrackPolicy(manual_issuer=True)
SLOTS = tuple(
    Slot(NOW + timedelta(days=day), NOW + timedelta(days=day, hours=1)) for day in (14, 15, 16)
)
C, F, Y, M = Actor.CUSTOMER, Actor.STAFF, Actor.SYSTEM, Actor.META

#: What a request has noted by the time it is in a status.
FACTS: dict[S, dict[str, object]] = {
    S.APPROVED: {"approved_at": NOW - DAY, "certificate_wanted_at": NOW - DAY},
    S.AWAITING_READINESS: {"approved_at": NOW - DAY, "ready_date": TODAY + 20 * DAY},
    S.CERTIFICATE_ISSUED: {
        "approved_at": NOW - 2 * DAY,
        "certificates": 1,
        "had_certificate": True,
        "certificate_expires_at": NOW + 5 * DAY,
    },
    S.CERTIFICATE_EXPIRED: {
        "approved_at": NOW - 9 * DAY,
        "certificates": 1,
        "had_certificate": True,
    },
    S.SLOT_PROPOSED: {"slots": SLOTS},
    S.SLOT_AGREED: {"slots": SLOTS, "slot": SLOTS[0]},
    S.HELD: {"came_from": S.NUMBER_CHECK},
    S.WITHDRAWN: {"ended_at": NOW - timedelta(hours=1), "before_end": S.SLOT_PLANNING},
}
OWNED = {"ownership_verified_at": NOW - 2 * DAY}


def state_of(track: T, status: S, **facts: object) -> RequestState:
    claims = track in {T.ONBOARDING, T.MIGRATION} and status not in {
        S.RECEIVED,
        S.NEEDS_CORRECTION,
        S.HELD,
        S.WITHDRAWN,
    }
    state = RequestState(track, status, 7, NOW - DAY, claims_number=claims)
    if track is T.MIGRATION and status in {
        S.OWNERSHIP_VERIFIED,
        S.APPROVED,
        S.CERTIFICATE_ISSUED,
        S.CERTIFICATE_EXPIRED,
    }:
        facts = {**OWNED, **facts}
    return replace(state, **{**FACTS.get(status, {}), **facts})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Row:
    """``status`` : ``event`` (``actor``) → ``target`` / ``effects``."""

    track: T
    status: S
    event: E
    actor: Actor
    target: S
    effects: tuple[Effect, ...] = ()
    state: Facts = field(default_factory=dict)
    say: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)
    policy: TrackPolicy = POLICY

    def __str__(self) -> str:
        return f"{self.track}-{self.status}-{self.event}-{self.actor}-{self.target}"


def mail(*names: N) -> tuple[Effect, ...]:
    return tuple(SendNotice(name) for name in names)


def question(variant: str) -> tuple[Effect, ...]:
    return (SendNotice(N.QUESTION, variant),)


REQUESTED = SetNumber(NumberState.REQUESTED)
FREED = SetNumber(NumberState.UNKNOWN)
ACTIVE = (SetNumber(NumberState.ACTIVE), *mail(N.ACTIVATED))
ISSUE = (IssueCertificate(),)


def numbered(rows: list[Row]) -> list[object]:
    """Return the rows as parameters, each with an id of its own."""
    return [pytest.param(row, id=f"{index:03d}-{row}") for index, row in enumerate(rows)]


def try_row(row: Row) -> None:
    state = state_of(row.track, row.status, **row.state)
    event = replace(
        Event(row.event, row.actor, NOW, proven=row.actor is C),
        **row.say,  # type: ignore[arg-type]
    )
    transition = apply(state, event, row.policy)
    assert transition.after.status is row.target
    assert transition.effects == row.effects
    assert transition.after.version == state.version + 1
    assert {name: getattr(transition.after, name) for name in row.after} == row.after

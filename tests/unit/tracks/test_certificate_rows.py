"""The rows of the common end of onboarding and migration."""

import pytest

from pipeline.model.notice import NoticeName as N
from pipeline.model.request import Event, HoldReason
from pipeline.model.transition import (
    AlertStaff,
    ExpireCertificate,
    RevokeCertificate,
)
from pipeline.tracks.machine import apply, next_system_event
from tests.unit.tracks.rows import (
    ACTIVE,
    DAY,
    ISSUE,
    MANUAL,
    NOW,
    POLICY,
    C,
    E,
    F,
    Facts,
    M,
    Row,
    S,
    T,
    Y,
    mail,
    numbered,
    state_of,
    try_row,
)

EXPIRES: Facts = {"certificate_expires_at": NOW + 7 * DAY}

CERTIFICATE = [
    row
    for track in (T.ONBOARDING, T.MIGRATION)
    for row in [
        Row(
            track,
            S.APPROVED,
            E.ISSUED,
            Y,
            S.CERTIFICATE_ISSUED,
            mail(N.CERTIFICATE_ISSUED),
            say=EXPIRES,
            after={**EXPIRES, "certificates": 1, "certificate_wanted_at": None},
        ),
        Row(
            track,
            S.APPROVED,
            E.ISSUED,
            F,
            S.CERTIFICATE_ISSUED,
            mail(N.CERTIFICATE_ISSUED),
            say=EXPIRES,
            policy=MANUAL,
        ),
        Row(track, S.APPROVED, E.ISSUE_FAILED, Y, S.APPROVED, (AlertStaff("issue_failed"),)),
        Row(track, S.APPROVED, E.PROCEED, Y, S.APPROVED, ISSUE),
        Row(
            track,
            S.APPROVED,
            E.PROCEED,
            Y,
            S.HELD,
            mail(N.HELD),
            state={"certificates": 3, "certificate_wanted_at": None},
            after={"hold_reason": HoldReason.CERTIFICATE_LIMIT, "came_from": S.APPROVED},
        ),
        *[
            Row(track, S.CERTIFICATE_ISSUED, E.ACTIVATED, actor, S.ACTIVE, ACTIVE)
            for actor in (C, F, M)
        ],
        *[
            Row(
                track,
                S.CERTIFICATE_ISSUED,
                E.NEW_CERTIFICATE,
                actor,
                S.CERTIFICATE_ISSUED,
                ISSUE,
                after={"certificate_wanted_at": NOW, "entered_at": NOW - DAY},
            )
            for actor in (C, F)
        ],
        Row(
            track,
            S.CERTIFICATE_ISSUED,
            E.NEW_CERTIFICATE,
            F,
            S.CERTIFICATE_ISSUED,
            (AlertStaff("certificate_wanted"),),
            policy=MANUAL,
        ),
        Row(
            track,
            S.CERTIFICATE_ISSUED,
            E.ISSUED,
            Y,
            S.CERTIFICATE_ISSUED,
            mail(N.CERTIFICATE_REISSUED),
            state={"certificate_wanted_at": NOW},
            say=EXPIRES,
            after={**EXPIRES, "certificates": 2, "entered_at": NOW},
        ),
        *[
            Row(
                track,
                status,
                E.NEW_CERTIFICATE,
                C,
                S.HELD,
                mail(N.HELD),
                state={"certificates": 3},
                after={"hold_reason": HoldReason.CERTIFICATE_LIMIT, "came_from": status},
            )
            for status in (S.CERTIFICATE_ISSUED, S.CERTIFICATE_EXPIRED)
        ],
        *[
            Row(
                track,
                status,
                E.NEW_CERTIFICATE,
                C,
                S.HELD,
                mail(N.HELD),
                state={"approved_at": NOW - 180 * DAY},
                after={"hold_reason": HoldReason.APPROVAL_LAPSED},
            )
            for status in (S.CERTIFICATE_ISSUED, S.CERTIFICATE_EXPIRED)
        ],
        Row(
            track,
            S.CERTIFICATE_ISSUED,
            E.REVOKE,
            F,
            S.HELD,
            (RevokeCertificate("seen"), *mail(N.CERTIFICATE_REVOKED)),
            say={"reason": "seen"},
            after={
                "hold_reason": HoldReason.CERTIFICATE_REVOKED,
                "certificate_expires_at": None,
            },
        ),
        Row(
            track,
            S.CERTIFICATE_ISSUED,
            E.EXPIRE,
            Y,
            S.CERTIFICATE_EXPIRED,
            (ExpireCertificate(), *mail(N.CERTIFICATE_EXPIRED)),
            state={"certificate_expires_at": NOW},
            after={"certificate_expires_at": None},
        ),
        *[
            Row(
                track,
                S.CERTIFICATE_ISSUED,
                E.MARK_CREATED,
                actor,
                S.CERTIFICATE_ISSUED,
                after={"integration_created_at": NOW, "entered_at": NOW - DAY},
            )
            for actor in (F, C)
        ],
        *[
            Row(
                track, S.CERTIFICATE_EXPIRED, E.NEW_CERTIFICATE, actor, S.CERTIFICATE_EXPIRED, ISSUE
            )
            for actor in (C, F)
        ],
        Row(
            track,
            S.CERTIFICATE_EXPIRED,
            E.ISSUED,
            Y,
            S.CERTIFICATE_ISSUED,
            mail(N.CERTIFICATE_REISSUED),
            state={"certificate_wanted_at": NOW},
            say=EXPIRES,
            after={**EXPIRES, "certificates": 2},
        ),
        *[
            Row(track, S.CERTIFICATE_EXPIRED, E.ACTIVATED, actor, S.ACTIVE, ACTIVE)
            for actor in (C, F)
        ],
    ]
]


@pytest.mark.parametrize("row", numbered([*CERTIFICATE]))
def test_certificate_row_comes_out_as_written(row: Row) -> None:
    try_row(row)


@pytest.mark.parametrize(
    ("track", "status", "event", "facts"),
    [
        (T.ONBOARDING, S.NAME_REVIEW, E.NAME_APPROVED, {"ready_date": NOW.date()}),
        (T.MIGRATION, S.OWNERSHIP_VERIFIED, E.PROCEED, {}),
    ],
)
def test_reviewed_anew_with_all_certificates_used_is_held_and_orders_none(
    track: T, status: S, event: E, facts: Facts
) -> None:
    before = state_of(track, status, approved_at=NOW - 20 * DAY, certificates=3, **facts)
    approved = apply(before, Event(event, M if track is T.ONBOARDING else Y, NOW), POLICY)
    assert approved.after.status is S.APPROVED
    assert approved.after.certificate_wanted_at is None
    assert ISSUE[0] not in approved.effects
    follows = next_system_event(approved.after, NOW, POLICY, customer_zone="Asia/Tokyo")
    assert follows is E.PROCEED
    held = apply(approved.after, Event(follows, Y, NOW), POLICY).after
    assert (held.status, held.hold_reason) == (S.HELD, HoldReason.CERTIFICATE_LIMIT)

"""The rows of the common end of onboarding and migration."""

import pytest

from pipeline.model.notice import NoticeName as N
from pipeline.model.request import HoldReason
from pipeline.model.transition import (
    AlertStaff,
    ExpireCertificate,
    RevokeCertificate,
)
from tests.unit.tracks.rows import (
    ACTIVE,
    DAY,
    ISSUE,
    MANUAL,
    NOW,
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

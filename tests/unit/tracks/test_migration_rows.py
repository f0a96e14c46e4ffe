"""The rows of migration."""

from datetime import timedelta

import pytest

from pipeline.model.notice import NoticeName as N
from pipeline.model.request import Slot
from pipeline.model.transition import (
    AlertStaff,
    Effect,
    ExpireCertificate,
    RevokeCertificate,
)
from tests.unit.tracks.rows import (
    ACTIVE,
    DAY,
    FREED,
    ISSUE,
    MANUAL,
    NOW,
    SLOTS,
    TODAY,
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

_CALLS: list[tuple[E, S, tuple[Effect, ...], Facts]] = [
    (E.CODE_VERIFIED, S.OWNERSHIP_VERIFIED, (), {"ownership_verified_at": NOW}),
    (E.CODE_FAILED, S.SLOT_PLANNING, (), {"slot": None}),
    (
        E.TWO_STEP_STILL_ON,
        S.AWAITING_TWO_STEP_OFF,
        mail(N.TWO_STEP_INSTRUCTIONS),
        {"two_step_disabled": False},
    ),
]

MIGRATION = [
    Row(
        T.MIGRATION,
        S.ELIGIBILITY_REVIEW,
        E.APPROVE,
        F,
        S.SLOT_PLANNING,
        state={"two_step_disabled": True},
    ),
    Row(
        T.MIGRATION,
        S.ELIGIBILITY_REVIEW,
        E.APPROVE,
        F,
        S.AWAITING_TWO_STEP_OFF,
        mail(N.TWO_STEP_INSTRUCTIONS),
    ),
    Row(T.MIGRATION, S.ELIGIBILITY_REVIEW, E.REJECT, F, S.REJECTED, (FREED, *mail(N.REJECTED))),
    *[
        Row(
            T.MIGRATION,
            status,
            E.DIRECTLY_ELIGIBLE,
            M,
            S.POLICY_REVIEW,
            mail(N.STATUS_CHANGED),
            after={"track": T.ONBOARDING, "claims_number": True},
        )
        for status in (S.ELIGIBILITY_REVIEW, S.SLOT_AGREED)
    ],
    *[
        Row(
            T.MIGRATION,
            S.AWAITING_TWO_STEP_OFF,
            E.TWO_STEP_OFF,
            actor,
            S.SLOT_PLANNING,
            after={"two_step_disabled": True},
        )
        for actor in (C, F)
    ],
    *[
        Row(
            T.MIGRATION,
            S.SLOT_PLANNING,
            E.OFFER_SLOTS,
            F,
            S.SLOT_PROPOSED,
            mail(N.SLOT_PROPOSAL),
            state={"ready_date": SLOTS[0].start.date()},
            say={"slots": SLOTS[:number]},
            after={"slots": SLOTS[:number]},
        )
        for number in (1, 2, 3)
    ],
    *[
        Row(
            T.MIGRATION,
            S.SLOT_PROPOSED,
            E.ACCEPT_SLOT,
            actor,
            S.SLOT_AGREED,
            mail(N.STATUS_CHANGED),
            state={"slots": offered},
            say={"slot": chosen},
            after={"slot": chosen or offered[0]},
        )
        for actor in (C, F)
        for offered, chosen in [(SLOTS[:1], None), (SLOTS, SLOTS[2])]
    ],
    *[
        Row(
            T.MIGRATION,
            S.SLOT_PROPOSED,
            E.ANOTHER_TIME,
            actor,
            S.SLOT_PLANNING,
            after={"slots": ()},
        )
        for actor in (C, F)
    ],
    Row(
        T.MIGRATION,
        S.SLOT_PROPOSED,
        E.SLOT_PASSED,
        Y,
        S.SLOT_PLANNING,
        state={"slots": (Slot(NOW, NOW + timedelta(hours=1)),)},
    ),
    *[
        Row(T.MIGRATION, S.SLOT_AGREED, event, actor, target, effects, after=after)
        for actor in (M, F)
        for event, target, effects, after in _CALLS
    ],
    Row(
        T.MIGRATION,
        S.OWNERSHIP_VERIFIED,
        E.PROCEED,
        Y,
        S.APPROVED,
        ISSUE,
        state={"ready_date": TODAY + 90 * DAY},
        after={"approved_at": NOW, "certificate_wanted_at": NOW},
    ),
    Row(
        T.MIGRATION,
        S.OWNERSHIP_VERIFIED,
        E.PROCEED,
        Y,
        S.APPROVED,
        (AlertStaff("certificate_wanted"),),
        policy=MANUAL,
    ),
    Row(
        T.MIGRATION,
        S.APPROVED,
        E.OWNERSHIP_LAPSED,
        Y,
        S.SLOT_PLANNING,
        state={"ownership_verified_at": NOW - 14 * DAY},
        after={"ownership_verified_at": None, "certificate_wanted_at": None},
    ),
    Row(
        T.MIGRATION,
        S.CERTIFICATE_ISSUED,
        E.NEW_CERTIFICATE,
        C,
        S.SLOT_PLANNING,
        mail(N.STATUS_CHANGED),
        state={"ownership_verified_at": NOW - 14 * DAY},
        after={"certificate_expires_at": NOW + 5 * DAY},
    ),
    *[
        row
        for status in (
            S.AWAITING_TWO_STEP_OFF,
            S.SLOT_PLANNING,
            S.SLOT_PROPOSED,
            S.SLOT_AGREED,
            S.APPROVED,
        )
        for row in (
            Row(
                T.MIGRATION,
                status,
                E.EXPIRE,
                Y,
                status,
                (ExpireCertificate(),),
                state={"certificate_expires_at": NOW},
                after={"certificate_expires_at": None},
            ),
            Row(
                T.MIGRATION,
                status,
                E.REVOKE,
                F,
                S.HELD,
                (RevokeCertificate("exposed"), *mail(N.CERTIFICATE_REVOKED)),
                state={"certificate_expires_at": NOW + DAY},
                say={"reason": "exposed"},
                after={"certificate_expires_at": None, "came_from": status},
            ),
            Row(
                T.MIGRATION,
                status,
                E.ACTIVATED,
                C,
                S.ACTIVE,
                ACTIVE,
                state={"certificate_expires_at": NOW + DAY},
            ),
        )
    ],
    Row(
        T.MIGRATION,
        S.CERTIFICATE_EXPIRED,
        E.NEW_CERTIFICATE,
        C,
        S.SLOT_PLANNING,
        mail(N.STATUS_CHANGED),
        state={"ownership_verified_at": NOW - 14 * DAY},
    ),
]


@pytest.mark.parametrize("row", numbered([*MIGRATION]))
def test_migration_row_comes_out_as_written(row: Row) -> None:
    try_row(row)

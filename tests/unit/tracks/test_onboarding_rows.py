"""The rows of onboarding."""

from datetime import UTC, date, datetime

import pytest

from pipeline.model.notice import NoticeName as N
from pipeline.model.request import Event, HoldReason
from pipeline.model.transition import (
    AlertStaff,
    SendNotice,
)
from pipeline.tracks.machine import apply
from tests.unit.tracks.rows import (
    DAY,
    FREED,
    ISSUE,
    MANUAL,
    NOW,
    POLICY,
    TODAY,
    C,
    E,
    F,
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

META_BEGAN = (SendNotice(N.STATUS_CHANGED, "meta_began"),)

ONBOARDING = [
    Row(T.ONBOARDING, S.POLICY_REVIEW, E.APPROVE, F, S.BUSINESS_VERIFICATION, META_BEGAN),
    Row(
        T.ONBOARDING,
        S.POLICY_REVIEW,
        E.APPROVE,
        F,
        S.NAME_REVIEW,
        META_BEGAN,
        state={"business_verified": True},
    ),
    Row(
        T.ONBOARDING,
        S.POLICY_REVIEW,
        E.VERIFIED,
        F,
        S.POLICY_REVIEW,
        after={"business_verified": True, "entered_at": NOW - DAY},
    ),
    Row(T.ONBOARDING, S.POLICY_REVIEW, E.REJECT, F, S.REJECTED, (FREED, *mail(N.REJECTED))),
    *[
        Row(T.ONBOARDING, status, event, actor, target, effects)
        for actor in (M, F)
        for status, event, target, effects in [
            (S.BUSINESS_VERIFICATION, E.VERIFIED, S.NAME_REVIEW, ()),
            (S.BUSINESS_VERIFICATION, E.REFUSED, S.NEEDS_CORRECTION, mail(N.NEEDS_CORRECTION)),
            (S.NAME_REVIEW, E.NAME_APPROVED, S.APPROVED, ()),
            (
                S.NAME_REVIEW,
                E.NAME_DECLINED,
                S.NEEDS_CORRECTION,
                (SendNotice(N.NEEDS_CORRECTION, "display_name"),),
            ),
        ]
    ],
    Row(
        T.ONBOARDING,
        S.BUSINESS_VERIFICATION,
        E.FINALLY_REFUSED,
        F,
        S.REJECTED,
        (FREED, *mail(N.REJECTED)),
    ),
    *[
        Row(
            T.ONBOARDING,
            S.NAME_REVIEW,
            E.NAME_APPROVED,
            M,
            S.APPROVED,
            ISSUE,
            state={"ready_date": TODAY - back * DAY},
            after={"approved_at": NOW, "certificate_wanted_at": NOW},
        )
        for back in range(4)
    ],
    *[
        Row(
            T.ONBOARDING,
            S.NAME_REVIEW,
            E.NAME_APPROVED,
            M,
            S.APPROVED,
            state={"ready_date": TODAY - back * DAY},
            after={"approved_at": NOW, "certificate_wanted_at": None},
        )
        for back in (-1, 4)
    ],
    Row(
        T.ONBOARDING,
        S.NAME_REVIEW,
        E.NAME_APPROVED,
        M,
        S.APPROVED,
        (AlertStaff("certificate_wanted"),),
        state={"ready_date": TODAY},
        policy=MANUAL,
    ),
    Row(
        T.ONBOARDING,
        S.APPROVED,
        E.NOT_READY,
        Y,
        S.AWAITING_READINESS,
        mail(N.APPROVED_NOT_READY),
        state={"certificate_wanted_at": None},
    ),
    Row(
        T.ONBOARDING,
        S.AWAITING_READINESS,
        E.READY,
        C,
        S.APPROVED,
        ISSUE,
        after={"ready_confirmed": True, "approved_at": NOW - DAY},
    ),
    Row(T.ONBOARDING, S.AWAITING_READINESS, E.READY, F, S.APPROVED, ISSUE),
    *[
        Row(
            T.ONBOARDING,
            S.AWAITING_READINESS,
            E.NEW_DATE,
            actor,
            S.AWAITING_READINESS,
            say={"new_date": TODAY + 40 * DAY},
            after={"ready_date": TODAY + 40 * DAY, "entered_at": NOW},
        )
        for actor in (C, F)
    ],
    Row(
        T.ONBOARDING,
        S.AWAITING_READINESS,
        E.READY,
        C,
        S.HELD,
        mail(N.HELD),
        state={"approved_at": NOW - 180 * DAY},
        after={"hold_reason": HoldReason.APPROVAL_LAPSED},
    ),
    Row(
        T.ONBOARDING,
        S.AWAITING_READINESS,
        E.APPROVAL_LAPSED,
        Y,
        S.HELD,
        mail(N.HELD),
        state={"approved_at": NOW - 180 * DAY},
    ),
]


@pytest.mark.parametrize("row", numbered([*ONBOARDING]))
def test_onboarding_row_comes_out_as_written(row: Row) -> None:
    try_row(row)


def test_entered_at_is_the_event_when_the_status_changes() -> None:
    state = state_of(T.ONBOARDING, S.POLICY_REVIEW)
    assert apply(state, Event(E.APPROVE, F, NOW), POLICY).after.entered_at == NOW


@pytest.mark.parametrize(
    ("zone", "ready"), [("Asia/Tokyo", True), ("America/Los_Angeles", False)], ids=["jp", "us"]
)
def test_ready_date_is_a_day_in_the_zone_of_the_customer(zone: str, *, ready: bool) -> None:
    instant = datetime(2026, 12, 13, 16, 0, tzinfo=UTC)  # the 14th in Japan, the 13th in the US
    state = state_of(T.ONBOARDING, S.NAME_REVIEW, ready_date=date(2026, 12, 14))
    transition = apply(state, Event(E.NAME_APPROVED, M, instant), POLICY, customer_zone=zone)
    assert transition.effects == (ISSUE if ready else ())

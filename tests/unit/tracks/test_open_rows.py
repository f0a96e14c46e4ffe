"""The rows of any open status."""

import pytest

from pipeline.model.notice import NoticeName as N
from pipeline.model.request import HoldReason
from pipeline.model.transition import (
    Effect,
    RevokeCertificate,
    SendNotice,
)
from tests.unit.tracks.rows import (
    FREED,
    NOW,
    REQUESTED,
    C,
    E,
    F,
    Row,
    S,
    T,
    Y,
    mail,
    numbered,
    try_row,
)

BEFORE_APPROVAL = [
    (T.ONBOARDING, S.POLICY_REVIEW),
    (T.ONBOARDING, S.BUSINESS_VERIFICATION),
    (T.ONBOARDING, S.NAME_REVIEW),
    (T.MIGRATION, S.ELIGIBILITY_REVIEW),
    (T.MIGRATION, S.AWAITING_TWO_STEP_OFF),
    (T.MIGRATION, S.SLOT_PLANNING),
    (T.MIGRATION, S.SLOT_PROPOSED),
    (T.MIGRATION, S.SLOT_AGREED),
    (T.MIGRATION, S.OWNERSHIP_VERIFIED),
    (T.QR, S.NUMBER_CHECK),
    (T.QR, S.AWAITING_ACTIVE),
    (T.QR, S.CONTENT_REVIEW),
    (T.QR, S.MAKING),
    (T.HELP, S.TRIAGE),
    (T.HELP, S.AWAITING_FORM),
]
AFTER_APPROVAL = [
    (track, status)
    for track in (T.ONBOARDING, T.MIGRATION)
    for status in (S.APPROVED, S.CERTIFICATE_ISSUED, S.CERTIFICATE_EXPIRED)
] + [(T.ONBOARDING, S.AWAITING_READINESS)]
UNTOUCHED = {S.POLICY_REVIEW, S.ELIGIBILITY_REVIEW, S.CONTENT_REVIEW}
IN_WORK = [
    (track, status)
    for track, status in (*BEFORE_APPROVAL, *AFTER_APPROVAL)
    if track is not T.HELP and status not in {*UNTOUCHED, S.NUMBER_CHECK}
]


def _ending(track: T, status: S) -> tuple[Effect, ...]:
    revoked = (RevokeCertificate("withdraw"),) if status is S.CERTIFICATE_ISSUED else ()
    freed = (FREED,) if track in {T.ONBOARDING, T.MIGRATION} else ()
    return (*revoked, *freed, *mail(N.WITHDRAWN))


ANY_OPEN = [
    *[
        Row(
            track,
            status,
            E.WITHDRAW,
            actor,
            S.WITHDRAWN,
            _ending(track, status),
            after={"ended_at": NOW, "before_end": status, "certificate_expires_at": None},
        )
        for track, status in (*BEFORE_APPROVAL, *AFTER_APPROVAL)
        for actor in (C, F)
    ],
    *[
        Row(
            track,
            status,
            E.HOLD,
            F,
            S.HELD,
            after={"came_from": status, "hold_reason": HoldReason.STAFF},
        )
        for track, status in (*BEFORE_APPROVAL, *AFTER_APPROVAL)
    ],
    *[
        Row(
            track,
            status,
            E.ASK,
            F,
            S.NEEDS_CORRECTION,
            mail(N.NEEDS_CORRECTION),
            after={"asked_by": status, "corrections": 1},
        )
        for track, status in BEFORE_APPROVAL
    ],
    *[
        Row(
            track,
            status,
            event,
            actor,
            S.HELD,
            mail(N.HELD),
            after={"came_from": status, "hold_reason": HoldReason.CHANGE},
        )
        for track, status in IN_WORK
        for event, actor in ((E.CHANGED_FORM, C), (E.CORRECTED, C), (E.PROBLEMS_FOUND, Y))
    ],
    *[
        Row(
            track,
            status,
            event,
            C,
            status,
            mail(N.REVISION_RECEIVED),
            after={"entered_at": NOW},
        )
        for track, status in BEFORE_APPROVAL
        if status in UNTOUCHED
        for event in (E.REVISED, E.CORRECTED)
    ],
    *[
        Row(
            track,
            status,
            E.PROBLEMS_FOUND,
            Y,
            S.NEEDS_CORRECTION,
            mail(N.NEEDS_CORRECTION),
            after={"asked_by": status},
        )
        for track, status in BEFORE_APPROVAL
        if status in UNTOUCHED
    ],
    *[
        Row(
            T.HELP,
            S.TRIAGE,
            E.ROUTE,
            F,
            first,
            (*claimed, *mail(N.STATUS_CHANGED)),
            say={"track": track, "answers_complete": True},
            after={"track": track},
        )
        for track, first, claimed in [
            (T.ONBOARDING, S.POLICY_REVIEW, (REQUESTED,)),
            (T.MIGRATION, S.ELIGIBILITY_REVIEW, (REQUESTED,)),
            (T.QR, S.NUMBER_CHECK, ()),
        ]
    ],
    Row(
        T.HELP,
        S.TRIAGE,
        E.ROUTE,
        F,
        S.NEEDS_CORRECTION,
        (SendNotice(N.NEEDS_CORRECTION, "after_route"),),
        say={"track": T.ONBOARDING},
        after={"track": T.ONBOARDING, "asked_by": None},
    ),
    Row(
        T.ONBOARDING,
        S.AWAITING_READINESS,
        E.ROUTE,
        F,
        S.ELIGIBILITY_REVIEW,
        mail(N.STATUS_CHANGED),
        say={"track": T.MIGRATION, "answers_complete": True},
        after={"track": T.MIGRATION, "approved_at": None, "claims_number": True},
    ),
    Row(
        T.ONBOARDING,
        S.POLICY_REVIEW,
        E.ROUTE,
        F,
        S.TRIAGE,
        (FREED, *mail(N.STATUS_CHANGED)),
        say={"track": T.HELP, "answers_complete": True},
        after={"claims_number": False},
    ),
    *[
        Row(track, status, E.CLOSE, Y, S.CLOSED_NO_RESPONSE, effects)
        for track, status, effects in [
            (T.ONBOARDING, S.NEEDS_CORRECTION, mail(N.CLOSED_NO_RESPONSE)),
            (T.ONBOARDING, S.AWAITING_READINESS, (FREED, *mail(N.CLOSED_NO_RESPONSE))),
            (T.ONBOARDING, S.CERTIFICATE_EXPIRED, (FREED, *mail(N.CLOSED_NO_RESPONSE))),
            (T.MIGRATION, S.AWAITING_TWO_STEP_OFF, (FREED, *mail(N.CLOSED_NO_RESPONSE))),
            (T.MIGRATION, S.SLOT_PROPOSED, (FREED, *mail(N.CLOSED_NO_RESPONSE))),
            (T.MIGRATION, S.CERTIFICATE_EXPIRED, (FREED, *mail(N.CLOSED_NO_RESPONSE))),
            (T.QR, S.AWAITING_ACTIVE, mail(N.CLOSED_NO_RESPONSE)),
            (T.HELP, S.AWAITING_FORM, ()),
        ]
    ],
    Row(
        T.MIGRATION,
        S.WITHDRAWN,
        E.UNDO_WITHDRAW,
        C,
        S.SLOT_PLANNING,
        (REQUESTED, *mail(N.STATUS_CHANGED)),
        after={"ended_at": None, "before_end": None},
    ),
    Row(
        T.ONBOARDING,
        S.WITHDRAWN,
        E.UNDO_WITHDRAW,
        C,
        S.CERTIFICATE_EXPIRED,
        (REQUESTED, *mail(N.STATUS_CHANGED)),
        state={"before_end": S.CERTIFICATE_ISSUED},
    ),
]


@pytest.mark.parametrize("row", numbered([*ANY_OPEN]))
def test_open_row_comes_out_as_written(row: Row) -> None:
    try_row(row)

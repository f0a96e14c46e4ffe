"""The rows of ``received``, ``needs_correction`` and ``held``."""

import pytest

from pipeline.model.notice import NoticeName as N
from pipeline.model.request import Actor, Event, HoldReason, TrackPolicy
from pipeline.model.transition import (
    AlertStaff,
    Effect,
    ExpireCertificate,
    RevokeCertificate,
    SendNotice,
)
from pipeline.tracks.machine import apply
from tests.unit.tracks.rows import (
    DAY,
    FREED,
    ISSUE,
    NOW,
    REQUESTED,
    C,
    E,
    F,
    Facts,
    Row,
    S,
    T,
    Y,
    mail,
    numbered,
    question,
    state_of,
    try_row,
)

_FINDINGS: list[tuple[E, S, tuple[Effect, ...], Facts, Facts]] = [
    (E.PROBLEMS_FOUND, S.NEEDS_CORRECTION, mail(N.NEEDS_CORRECTION), {}, {"corrections": 1}),
    (E.M2M_CERTAIN, S.REJECTED, mail(N.REJECTED), {}, {"ended_at": NOW}),
    (
        E.SENDER_DOUBTFUL,
        S.HELD,
        (),
        {},
        {"hold_reason": HoldReason.SENDER_DOUBTFUL, "came_from": S.RECEIVED},
    ),
    (
        E.CONFLICT_FOUND,
        S.HELD,
        mail(N.HELD),
        {"hold_reason": HoldReason.OWNERSHIP},
        {"hold_reason": HoldReason.OWNERSHIP},
    ),
    (
        E.CONFLICT_FOUND,
        S.HELD,
        question("which_kind"),
        {"hold_reason": HoldReason.CONFLICT, "variant": "which_kind"},
        {"hold_reason": HoldReason.CONFLICT},
    ),
    (E.M2M_DOUBTFUL, S.HELD, question("m2m"), {}, {"hold_reason": HoldReason.M2M}),
    (
        E.SENDER_UNPROVEN,
        S.HELD,
        mail(N.RECEIPT_UNVERIFIED),
        {},
        {"hold_reason": HoldReason.SENDER},
    ),
    (E.FILE_UNREADABLE, S.NEEDS_CORRECTION, mail(N.UNREADABLE), {}, {"corrections": 1}),
    (E.WRONG_FORM, S.TRIAGE, mail(N.HELP_CHOOSE_FORM), {}, {"track": T.HELP}),
    (E.NO_FORM, S.TRIAGE, mail(N.HELP_CHOOSE_FORM), {}, {"track": T.HELP}),
]

RECEIVED = [
    Row(track, S.RECEIVED, event, Y, target, effects, say=say, after=after)
    for track in (T.ONBOARDING, T.MIGRATION, T.QR)
    for event, target, effects, say, after in _FINDINGS
] + [
    Row(
        T.ONBOARDING,
        S.RECEIVED,
        E.CLEAN,
        Y,
        S.POLICY_REVIEW,
        (REQUESTED, *mail(N.ACKNOWLEDGED)),
        after={"claims_number": True},
    ),
    Row(
        T.ONBOARDING,
        S.RECEIVED,
        E.CLEAN,
        Y,
        S.POLICY_REVIEW,
        (REQUESTED, *question("reused_number")),
        say={"variant": "reused_number"},
    ),
    Row(
        T.MIGRATION,
        S.RECEIVED,
        E.CLEAN,
        Y,
        S.ELIGIBILITY_REVIEW,
        (REQUESTED, *mail(N.ACKNOWLEDGED)),
    ),
    Row(T.QR, S.RECEIVED, E.CLEAN, Y, S.NUMBER_CHECK),
]

CORRECTION = [
    Row(
        T.ONBOARDING,
        S.NEEDS_CORRECTION,
        E.CORRECTED,
        actor,
        target,
        effects,
        state=state,
        after={"asked_by": None},
    )
    for actor in (C, F)
    for target, effects, state in [
        (S.POLICY_REVIEW, (REQUESTED, *mail(N.REVISION_RECEIVED)), {}),
        (
            S.NAME_REVIEW,
            mail(N.REVISION_RECEIVED),
            {"asked_by": S.NAME_REVIEW, "claims_number": True},
        ),
    ]
] + [
    Row(
        T.MIGRATION,
        S.NEEDS_CORRECTION,
        E.CORRECTED,
        C,
        S.ELIGIBILITY_REVIEW,
        (REQUESTED, *mail(N.REVISION_RECEIVED)),
    ),
    Row(T.QR, S.NEEDS_CORRECTION, E.CORRECTED, C, S.NUMBER_CHECK, mail(N.REVISION_RECEIVED)),
    Row(T.HELP, S.NEEDS_CORRECTION, E.CORRECTED, F, S.TRIAGE, mail(N.REVISION_RECEIVED)),
    Row(T.HELP, S.NEEDS_CORRECTION, E.FORM_ARRIVED, C, S.RECEIVED, say={"track": T.QR}),
    *[
        Row(
            T.ONBOARDING,
            S.NEEDS_CORRECTION,
            E.PROBLEMS_FOUND,
            Y,
            S.NEEDS_CORRECTION,
            mail(N.NEEDS_CORRECTION),
            state={"corrections": times},
            after={"corrections": times + 1, "entered_at": NOW},
        )
        for times in (1, 2)
    ],
    Row(
        T.ONBOARDING,
        S.NEEDS_CORRECTION,
        E.PROBLEMS_FOUND,
        Y,
        S.HELD,
        (AlertStaff("corrections_exhausted"),),
        state={"corrections": 3},
        after={"hold_reason": HoldReason.CORRECTIONS, "came_from": S.NEEDS_CORRECTION},
    ),
    Row(
        T.ONBOARDING,
        S.NEEDS_CORRECTION,
        E.FILE_UNREADABLE,
        Y,
        S.NEEDS_CORRECTION,
        mail(N.UNREADABLE),
        state={"corrections": 1},
    ),
    Row(T.ONBOARDING, S.NEEDS_CORRECTION, E.PROBLEMS_FOUND, F, S.NEEDS_CORRECTION),
    Row(T.ONBOARDING, S.NEEDS_CORRECTION, E.M2M_CERTAIN, Y, S.REJECTED, mail(N.REJECTED)),
    Row(T.ONBOARDING, S.NEEDS_CORRECTION, E.WRONG_FORM, Y, S.TRIAGE, mail(N.HELP_CHOOSE_FORM)),
]


def _settled(
    track: T, came_from: S
) -> list[tuple[E, Actor, S, tuple[Effect, ...], HoldReason, Facts]]:
    return [
        (
            E.RELEASE,
            F,
            came_from,
            (REQUESTED,) if track is T.MIGRATION else (),
            HoldReason.M2M,
            {"came_from": None, "hold_reason": None, "settled": (HoldReason.M2M,)},
        ),
        (E.SENDER_CONFIRMED, F, S.RECEIVED, (), HoldReason.SENDER_DOUBTFUL, {}),
        (E.SENDER_CONFIRMED, C, S.RECEIVED, (), HoldReason.SENDER, {}),
        (
            E.ASK,
            F,
            S.NEEDS_CORRECTION,
            mail(N.NEEDS_CORRECTION),
            HoldReason.M2M,
            {"asked_by": None if came_from is S.RECEIVED else came_from},
        ),
        (E.REJECT, F, S.REJECTED, mail(N.REJECTED), HoldReason.M2M, {"ended_at": NOW}),
        (E.MERGE, F, S.SUPERSEDED, mail(N.DUPLICATE), HoldReason.CONFLICT, {}),
        (E.DROP, F, S.ANSWERED, (), HoldReason.SENDER_DOUBTFUL, {}),
        (E.CORRECTED, C, S.HELD, (AlertStaff("changed_form"),), HoldReason.CONFLICT, {}),
        (E.CORRECTED, F, S.HELD, (), HoldReason.CONFLICT, {}),
    ]


HELD = [
    Row(
        track,
        S.HELD,
        event,
        actor,
        target,
        effects,
        state={"came_from": came_from, "hold_reason": reason},
        after=after,
    )
    for track, came_from in [
        (T.ONBOARDING, S.RECEIVED),
        (T.MIGRATION, S.SLOT_PLANNING),
        (T.QR, S.NUMBER_CHECK),
        (T.HELP, S.TRIAGE),
    ]
    for event, actor, target, effects, reason, after in _settled(track, came_from)
] + [
    Row(
        T.ONBOARDING,
        S.HELD,
        E.RELEASE,
        F,
        S.CERTIFICATE_ISSUED,
        state={
            "came_from": S.CERTIFICATE_ISSUED,
            "certificate_expires_at": NOW + DAY,
            "claims_number": True,
        },
    ),
    Row(
        T.ONBOARDING,
        S.HELD,
        E.RELEASE,
        F,
        S.CERTIFICATE_EXPIRED,
        # the mail of the revocation said that there is no deadline
        (SendNotice(N.STATUS_CHANGED, "released"),),
        state={
            "came_from": S.CERTIFICATE_ISSUED,
            "hold_reason": HoldReason.CERTIFICATE_REVOKED,
            "claims_number": True,
        },
    ),
    Row(
        T.ONBOARDING,
        S.HELD,
        E.EXPIRE,
        Y,
        S.HELD,
        (ExpireCertificate(), *mail(N.CERTIFICATE_EXPIRED)),
        state={"came_from": S.CERTIFICATE_ISSUED, "certificate_expires_at": NOW},
        after={"came_from": S.CERTIFICATE_EXPIRED, "certificate_expires_at": None},
    ),
    *[
        # its successor is on the way: the hold leads back to where that is waited for
        Row(
            track,
            S.HELD,
            E.EXPIRE,
            Y,
            S.HELD,
            (ExpireCertificate(),),
            state={"came_from": waiting, "certificate_expires_at": NOW, "certificates": 1},
            after={"came_from": waiting, "certificate_expires_at": None},
        )
        for track, waiting in (
            (T.ONBOARDING, S.APPROVED),
            (T.MIGRATION, S.APPROVED),
            (T.MIGRATION, S.SLOT_PLANNING),
            (T.MIGRATION, S.SLOT_AGREED),
        )
    ],
    Row(
        T.ONBOARDING,
        S.HELD,
        E.APPROVE,
        F,
        S.APPROVED,
        (REQUESTED, *ISSUE),
        state={
            "came_from": S.CERTIFICATE_ISSUED,
            "hold_reason": HoldReason.CERTIFICATE_LIMIT,
            "certificates": 3,
            "certificate_expires_at": NOW + DAY,
        },
        after={"approved_at": NOW, "certificates": 0, "certificate_expires_at": NOW + DAY},
    ),
    *[
        Row(
            track,
            S.HELD,
            E.REVOKE,
            F,
            S.HELD,
            (RevokeCertificate("exposed"), *mail(N.CERTIFICATE_REVOKED)),
            state={
                "came_from": S.CERTIFICATE_ISSUED,
                "hold_reason": HoldReason.CHANGE,
                "certificates": 1,
                "certificate_expires_at": NOW + DAY,
            },
            say={"reason": "exposed"},
            after={"certificate_expires_at": None, "hold_reason": HoldReason.CHANGE},
        )
        for track in (T.ONBOARDING, T.MIGRATION)
    ],
    Row(
        T.ONBOARDING,
        S.HELD,
        E.ASK,
        F,
        S.NEEDS_CORRECTION,
        (RevokeCertificate("ask"), *mail(N.NEEDS_CORRECTION)),
        state={
            "came_from": S.CERTIFICATE_ISSUED,
            "hold_reason": HoldReason.CHANGE,
            "approved_at": NOW - DAY,
            "certificates": 1,
            "certificate_expires_at": NOW + DAY,
        },
        after={"approved_at": None, "certificates": 0, "asked_by": None},
    ),
    Row(
        T.ONBOARDING,
        S.HELD,
        E.REJECT,
        F,
        S.REJECTED,
        (RevokeCertificate("fraud"), FREED, *mail(N.REJECTED)),
        state={"certificate_expires_at": NOW + DAY, "claims_number": True},
        say={"reason": "fraud"},
    ),
    Row(
        T.ONBOARDING,
        S.HELD,
        E.NEW_CERTIFICATE,
        C,
        S.HELD,
        (AlertStaff("certificate_wanted_on_hold"),),
        state={"hold_reason": HoldReason.CERTIFICATE_REVOKED},
    ),
    Row(
        T.QR,
        S.HELD,
        E.NUMBER_SET,
        F,
        S.CONTENT_REVIEW,
        (),
        state={"hold_reason": HoldReason.NUMBER},
    ),
    Row(
        T.QR,
        S.HELD,
        E.ASK,
        F,
        S.NEEDS_CORRECTION,
        question("not_ours"),
        state={"hold_reason": HoldReason.NUMBER},
        after={"asked_by": S.NUMBER_CHECK},
    ),
]


@pytest.mark.parametrize("row", numbered([*RECEIVED, *CORRECTION, *HELD]))
def test_shared_row_comes_out_as_written(row: Row) -> None:
    try_row(row)


def test_a_merge_revokes_a_live_certificate_as_a_merge() -> None:
    held = {"hold_reason": HoldReason.CONFLICT, "certificate_expires_at": NOW + DAY}
    event = Event(E.MERGE, F, NOW, merged_into="WA-00000000")
    done = apply(state_of(T.ONBOARDING, S.HELD, **held), event, TrackPolicy())
    assert RevokeCertificate("merge") in done.effects

"""The rows of qr and help."""

import pytest

from pipeline.model.notice import NoticeName as N
from pipeline.model.request import HoldReason
from tests.unit.tracks.rows import (
    DAY,
    NOW,
    C,
    E,
    F,
    Row,
    S,
    T,
    Y,
    mail,
    numbered,
    question,
    try_row,
)

QR = [
    Row(T.QR, S.NUMBER_CHECK, E.NUMBER_OURS, Y, S.CONTENT_REVIEW, mail(N.ACKNOWLEDGED)),
    Row(T.QR, S.NUMBER_CHECK, E.NUMBER_OURS, Y, S.CONTENT_REVIEW, state={"corrections": 1}),
    Row(
        T.QR,
        S.NUMBER_CHECK,
        E.NUMBER_OTHERS,
        Y,
        S.HELD,
        mail(N.ACKNOWLEDGED),
        after={"hold_reason": HoldReason.OWNERSHIP, "doubts": (HoldReason.OWNERSHIP,)},
    ),
    Row(
        T.QR,
        S.NUMBER_CHECK,
        E.NUMBER_OTHERS,
        Y,
        S.CONTENT_REVIEW,
        state={"settled": (HoldReason.OWNERSHIP,)},
    ),
    Row(T.QR, S.NUMBER_CHECK, E.NUMBER_REQUESTED, Y, S.AWAITING_ACTIVE, question("queued")),
    Row(
        T.QR,
        S.NUMBER_CHECK,
        E.NUMBER_UNKNOWN,
        Y,
        S.HELD,
        mail(N.ACKNOWLEDGED),
        after={"hold_reason": HoldReason.NUMBER},
    ),
    Row(
        T.QR,
        S.NUMBER_CHECK,
        E.NUMBER_UNKNOWN,
        Y,
        S.CONTENT_REVIEW,
        state={"settled": (HoldReason.NUMBER,)},
    ),
    Row(T.QR, S.AWAITING_ACTIVE, E.NUMBER_ACTIVE, Y, S.CONTENT_REVIEW, mail(N.STATUS_CHANGED)),
    Row(
        T.QR,
        S.AWAITING_ACTIVE,
        E.NUMBER_ENDED,
        Y,
        S.NEEDS_CORRECTION,
        question("not_ours"),
        after={"asked_by": None},
    ),
    Row(T.QR, S.CONTENT_REVIEW, E.APPROVE, F, S.MAKING),
    Row(T.QR, S.CONTENT_REVIEW, E.MADE, F, S.DELIVERED, mail(N.QR_DELIVERED)),
    Row(T.QR, S.CONTENT_REVIEW, E.REJECT, F, S.REJECTED, mail(N.REJECTED)),
    Row(T.QR, S.MAKING, E.MADE, Y, S.DELIVERED, mail(N.QR_DELIVERED)),
    Row(T.QR, S.MAKING, E.PROVIDER_REFUSED, Y, S.CONTENT_REVIEW),
    Row(T.QR, S.MAKING, E.MAKING_FAILED, Y, S.MAKING),
    Row(T.QR, S.MAKING, E.PROCEED, Y, S.MAKING),
]

HELP = [
    Row(T.HELP, S.TRIAGE, E.SEND_FORM, F, S.AWAITING_FORM, question("prefilled_form")),
    Row(T.HELP, S.TRIAGE, E.ANSWER, F, S.ANSWERED, mail(N.ANSWER)),
    Row(T.HELP, S.TRIAGE, E.TEXT_ARRIVED, C, S.TRIAGE, after={"entered_at": NOW - DAY}),
    Row(T.HELP, S.TRIAGE, E.CORRECTED, F, S.TRIAGE),
    Row(T.HELP, S.AWAITING_FORM, E.TEXT_ARRIVED, C, S.TRIAGE),
    *[
        Row(
            T.HELP,
            status,
            E.FORM_ARRIVED,
            C,
            S.RECEIVED,
            say={"track": T.MIGRATION},
            after={"track": T.MIGRATION},
        )
        for status in (S.TRIAGE, S.AWAITING_FORM)
    ],
]


@pytest.mark.parametrize("row", numbered([*QR, *HELP]))
def test_qr_and_help_row_comes_out_as_written(row: Row) -> None:
    try_row(row)

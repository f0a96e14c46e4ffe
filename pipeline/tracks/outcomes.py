"""Effects that depend on the case, what entering a status orders, and what follows; pure."""

from dataclasses import replace
from datetime import datetime

from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, HoldReason, RequestState, TrackPolicy
from pipeline.model.transition import AlertStaff, Effect, IssueCertificate, SendNotice
from pipeline.tracks.conditions import (
    is_lapsed,
    is_over_limit,
    is_ready,
    lacks_second,
    owns_number,
)
from pipeline.tracks.declaration import Case, Chosen

#: Holds that the acknowledgement went out before.
_TOLD = frozenset({HoldReason.NUMBER, HoldReason.OWNERSHIP})


def _order(case: Case) -> tuple[Effect, ...]:
    if lacks_second(case.state, case.policy):
        return (AlertStaff("second_wanted"),)
    return _order_now(case)


def _order_now(case: Case) -> tuple[Effect, ...]:
    if case.policy.manual_issuer:
        return (AlertStaff("certificate_wanted"),)
    return (IssueCertificate(),)


def _asked(case: Case) -> tuple[Effect, ...]:
    variant = case.event.variant
    if not variant and case.state.hold_reason is HoldReason.NUMBER:
        variant = "not_ours"
    if variant:
        return (SendNotice(NoticeName.QUESTION, variant),)
    return (SendNotice(NoticeName.NEEDS_CORRECTION),)


def _question_or(notice: NoticeName, default: str = "") -> Chosen:
    def make(case: Case) -> tuple[Effect, ...]:
        variant = case.event.variant or default
        return (SendNotice(NoticeName.QUESTION, variant) if variant else SendNotice(notice),)

    label = f"question ({default})" if default else f"{notice.value} or question"
    return Chosen(label, make)


def _delivery(case: Case) -> tuple[Effect, ...]:
    first = case.state.certificates == 0 and not case.state.has_live_certificate
    return (
        SendNotice(NoticeName.CERTIFICATE_ISSUED if first else NoticeName.CERTIFICATE_REISSUED),
    )


def _acknowledged_or_question(case: Case) -> tuple[Effect, ...]:
    """Acknowledge, or ask; who was acknowledged before staff settled the owner is not again."""
    if case.event.variant:
        return (SendNotice(NoticeName.QUESTION, case.event.variant),)
    told = HoldReason.OWNERSHIP in case.state.settled
    return () if told else (SendNotice(NoticeName.ACKNOWLEDGED),)


def _acknowledged_once(case: Case) -> tuple[Effect, ...]:
    told = case.state.corrections > 0 or not _TOLD.isdisjoint(case.state.settled)
    return () if told else (SendNotice(NoticeName.ACKNOWLEDGED),)


def _reminder(case: Case) -> tuple[Effect, ...]:
    name = case.event.reminder
    return (SendNotice(NoticeName(name), case.event.variant),) if name else ()


def _qr_delivered(case: Case) -> tuple[Effect, ...]:
    return (SendNotice(NoticeName.QR_DELIVERED, case.event.variant),)


def _alert(_case: Case) -> tuple[Effect, ...]:
    return (AlertStaff("overdue"),)


_ORDERED = "issue (manual issuer: alert certificate_wanted"
ORDER = Chosen(f"{_ORDERED}; a second yes is missing: alert second_wanted)", _order)
ORDER_NOW = Chosen(f"{_ORDERED})", _order_now)
ASKED = Chosen("needs_correction or question", _asked)
HELD_OR_QUESTION = _question_or(NoticeName.HELD)
M2M_QUESTION = _question_or(NoticeName.QUESTION, "m2m")
ACKNOWLEDGED_OR_QUESTION = Chosen("acknowledged or question", _acknowledged_or_question)
DELIVERY = Chosen("certificate_issued, then certificate_reissued", _delivery)
ACKNOWLEDGED_ONCE = Chosen("acknowledged (once)", _acknowledged_once)
REMINDER = Chosen("the reminder", _reminder)
QR_DELIVERED = Chosen("qr_delivered (made, updated or deleted)", _qr_delivered)
ALERT = Chosen("alert overdue", _alert)


def order_when_ready(case: Case, state: RequestState) -> tuple[RequestState, tuple[Effect, ...]]:
    """Order the certificate on entering ``approved`` when the customer is ready."""
    ready = is_ready(state, case.now, case.policy, case.zone)
    return _ordered(case, state, wanted=ready)


def order_when_owned(case: Case, state: RequestState) -> tuple[RequestState, tuple[Effect, ...]]:
    """Order the certificate on entering ``approved`` while the ownership is fresh."""
    return _ordered(case, state, wanted=owns_number(state, case.now, case.policy))


def _ordered(
    case: Case, state: RequestState, *, wanted: bool
) -> tuple[RequestState, tuple[Effect, ...]]:
    """Order the certificate unless the approval is too old, or has no certificate left."""
    spent = is_lapsed(state, case.now, case.policy) or is_over_limit(state, case.policy)
    if spent or not wanted:
        return replace(state, certificate_wanted_at=None), ()
    return replace(state, certificate_wanted_at=case.now), _order(replace(case, state=state))


def after_approved_when_ready(
    state: RequestState, now: datetime, policy: TrackPolicy, zone: str
) -> EventName | None:
    """Say what follows ``approved`` at once on onboarding; None: the ordered certificate."""
    if state.certificate_wanted_at is not None:
        return None
    if is_lapsed(state, now, policy):
        return EventName.APPROVAL_LAPSED
    if is_over_limit(state, policy):
        return EventName.PROCEED
    return None if is_ready(state, now, policy, zone) else EventName.NOT_READY


def after_approved_when_owned(
    state: RequestState, now: datetime, policy: TrackPolicy, _zone: str
) -> EventName | None:
    """Say what follows ``approved`` at once on migration; None: the ordered certificate."""
    if not owns_number(state, now, policy):
        return EventName.OWNERSHIP_LAPSED
    if is_lapsed(state, now, policy):
        return EventName.APPROVAL_LAPSED
    return EventName.PROCEED if is_over_limit(state, policy) else None


def after_expiry(
    state: RequestState, now: datetime, _policy: TrackPolicy, _zone: str
) -> EventName | None:
    """Say that a certificate whose end has come expires at once."""
    end = state.certificate_expires_at
    return EventName.EXPIRE if end is not None and now >= end else None


def proceed_at_once(
    _state: RequestState, _now: datetime, _policy: TrackPolicy, _zone: str
) -> EventName | None:
    """Say that the status is passed through."""
    return EventName.PROCEED

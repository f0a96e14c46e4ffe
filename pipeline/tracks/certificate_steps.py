"""The common end of onboarding and migration: a certificate is out, or has expired."""

from collections.abc import Callable
from dataclasses import replace

from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, HoldReason, Move, NumberState, Status
from pipeline.model.request import EventName as E
from pipeline.model.transition import AlertStaff, ExpireCertificate, SendNotice, SetNumber
from pipeline.tracks import changes as ch
from pipeline.tracks import conditions as c
from pipeline.tracks import outcomes as o
from pipeline.tracks.declaration import (
    CUSTOMER,
    CUSTOMER_STAFF,
    META,
    STAFF,
    SYSTEM,
    SYSTEM_STAFF,
    Anchor,
    Special,
    Step,
    TransitionRule,
    both,
    unless,
)
from pipeline.tracks.shared_deadlines import (
    APPROVAL_LAPSES,
    CERTIFICATE_REMINDERS,
    EXPIRE_CERTIFICATE,
    INTEGRATION_REMINDER,
    SECOND_MISSING,
    close_after,
    retries,
    unless_second_missing,
)
from pipeline.tracks.shared_steps import (
    ANY_OPEN,
    CHANGE_HOLDS,
    HOLDABLE,
    REOPENED,
    UNDO_TOO_LATE,
    Rules,
    closing,
    notice,
)

#: Makes a track's rows that stop an order of a certificate by an event of some actors.
Unowned = Callable[[E, frozenset[Actor]], Rules]

#: Staff may enter answers after approval, but not those that were approved.
AFTER_APPROVAL: Rules = (
    TransitionRule(E.CORRECTED, STAFF, when=c.APPROVED_ANSWERS, refuse="change_needs_approval"),
    *ANY_OPEN,
    *HOLDABLE,
    *CHANGE_HOLDS,
)

_LAPSED_NOW: Rules = (
    TransitionRule(E.APPROVAL_LAPSED, SYSTEM, when=unless(c.LAPSED), refuse="approval_not_lapsed"),
    TransitionRule(
        E.APPROVAL_LAPSED,
        SYSTEM,
        Status.HELD,
        notice(NoticeName.HELD),
        hold=HoldReason.APPROVAL_LAPSED,
    ),
)


def lapses_on(event: E, actors: frozenset[Actor]) -> TransitionRule:
    """Return the row that stops ``event`` when the approval is too old for a certificate."""
    return TransitionRule(
        event,
        actors,
        Status.HELD,
        notice(NoticeName.HELD),
        when=c.LAPSED,
        hold=HoldReason.APPROVAL_LAPSED,
    )


def over_limit_on(event: E, actors: frozenset[Actor]) -> TransitionRule:
    """Return the row that stops ``event`` when the approval has no certificate left."""
    return TransitionRule(
        event,
        actors,
        Status.HELD,
        notice(NoticeName.HELD),
        when=c.OVER_LIMIT,
        hold=HoldReason.CERTIFICATE_LIMIT,
    )


def _ordering(event: E, actors: frozenset[Actor], unowned: Unowned) -> Rules:
    """Return the rows by which ``event`` orders a certificate, or is stopped."""
    return (
        *_stopping(event, actors, unowned),
        TransitionRule(event, actors, effects=(o.ORDER,), change=ch.order_certificate),
    )


def _stopping(event: E, actors: frozenset[Actor], unowned: Unowned) -> Rules:
    """Return the rules by which an order by ``event`` is stopped."""
    return (
        lapses_on(event, actors),
        over_limit_on(event, actors),
        # It is held, or will be, until staff know whose the number is.
        TransitionRule(
            event,
            actors,
            effects=(AlertStaff("certificate_wanted_on_hold"),),
            when=c.OWNER_IN_DOUBT,
        ),
        *unowned(event, actors),
    )


def _seconding(unowned: Unowned) -> Rules:
    """Return the rules by which a second person of staff says yes to an ordered certificate.

    Where nobody has said yes, or what was said counts no more, theirs is the first.
    """
    return (
        TransitionRule(
            E.SECOND, STAFF, when=unless(c.WAITS_FOR_SECOND), refuse="second_not_wanted"
        ),
        TransitionRule(E.SECOND, STAFF, when=c.NAMELESS, refuse="second_nameless"),
        TransitionRule(
            E.SECOND, STAFF, when=both(unless(c.NO_YES), c.SAID_YES), refuse="second_same_person"
        ),
        *_stopping(E.SECOND, STAFF, unowned),
        TransitionRule(E.SECOND, STAFF, when=c.NO_YES, change=ch.say_yes),
        TransitionRule(E.SECOND, STAFF, effects=(o.ORDER_NOW,), change=ch.second),
    )


def owned_anyway(_event: E, _actors: frozenset[Actor]) -> Rules:
    """Return no row: on this track nobody has to prove the ownership of the number."""
    return ()


def issuing(unowned: Unowned = owned_anyway, forbidden: Rules = ()) -> Rules:
    """Return the rows of a status where an ordered certificate arrives, or is ordered again.

    ``unowned`` makes a track's rows that stop an order, ``forbidden`` are those that stop
    ``issued``.
    """
    return (
        TransitionRule(
            E.ISSUED, SYSTEM_STAFF, when=unless(c.ORDERED), refuse="certificate_not_ordered"
        ),
        TransitionRule(E.ISSUED, SYSTEM_STAFF, when=c.ISSUED_TOO_EARLY, refuse="second_missing"),
        TransitionRule(E.ISSUED, SYSTEM_STAFF, when=c.OVER_LIMIT, refuse="certificate_limit"),
        TransitionRule(E.ISSUED, SYSTEM_STAFF, when=c.LAPSED, refuse="approval_lapsed"),
        *forbidden,
        TransitionRule(
            E.ISSUED, SYSTEM_STAFF, when=unless(c.EXPIRY_AHEAD), refuse="certificate_expiry"
        ),
        TransitionRule(
            E.ISSUED,
            SYSTEM_STAFF,
            Status.CERTIFICATE_ISSUED,
            (o.DELIVERY,),
            change=ch.take_certificate,
            restarts=True,
        ),
        TransitionRule(E.ISSUE_FAILED, SYSTEM, effects=(AlertStaff("issue_failed"),)),
        TransitionRule(
            E.PROCEED, SYSTEM_STAFF, when=unless(c.ORDERED), refuse="certificate_not_ordered"
        ),
        TransitionRule(E.PROCEED, SYSTEM_STAFF, when=c.WAITS_FOR_SECOND, refuse="second_missing"),
        *_ordering(E.PROCEED, SYSTEM_STAFF, unowned),
        *_seconding(unowned),
    )


#: What only polling brings, never staff.
_META_ITSELF = frozenset({Actor.META})

_ACTIVE = (SetNumber(NumberState.ACTIVE), SendNotice(NoticeName.ACTIVATED))

_CAN_EXPIRE: Rules = (
    TransitionRule(E.EXPIRE, SYSTEM, when=unless(c.LIVE), refuse="certificate_missing"),
    TransitionRule(E.EXPIRE, SYSTEM, when=unless(c.EXPIRED), refuse="certificate_not_expired"),
)
_CAN_REVOKE = TransitionRule(E.REVOKE, STAFF, when=unless(c.LIVE), refuse="certificate_missing")

#: What can happen to a live certificate while its successor is on the way. The customer has asked
#: for that one: the end of the old one, which its mail named, is told to nobody.
BEFORE_SUCCESSOR: Rules = (
    *_CAN_EXPIRE,
    TransitionRule(E.EXPIRE, SYSTEM, effects=(ExpireCertificate(),), change=ch.drop_certificate),
    _CAN_REVOKE,
    TransitionRule(
        E.REVOKE,
        STAFF,
        Status.HELD,
        notice(NoticeName.CERTIFICATE_REVOKED),
        hold=HoldReason.CERTIFICATE_REVOKED,
        change=ch.count_no_mistake,
    ),
    TransitionRule(
        E.ACTIVATED,
        CUSTOMER_STAFF | META,
        Status.ACTIVE,
        _ACTIVE,
        when=c.LIVE,
        change=ch.note_reporter,
    ),
)

#: A revoked certificate is replaced with one decision: it is ordered as after an approval.
_REPLACED: Rules = (
    TransitionRule(
        E.NEW_CERTIFICATE,
        STAFF,
        when=both(c.HELD_AFTER_REVOCATION, c.LAPSED),
        refuse="approval_lapsed",
    ),
    TransitionRule(
        E.NEW_CERTIFICATE,
        STAFF,
        when=both(c.HELD_AFTER_REVOCATION, c.OVER_LIMIT),
        refuse="certificate_limit",
    ),
    TransitionRule(
        E.NEW_CERTIFICATE,
        STAFF,
        Status.APPROVED,
        when=c.HELD_AFTER_REVOCATION,
        change=ch.replace_revoked,
    ),
)

#: The rows of ``held`` on the tracks that give certificates.
HELD_WITH_CERTIFICATE: Rules = (
    *_CAN_EXPIRE,
    TransitionRule(
        E.EXPIRE,
        SYSTEM,
        effects=(ExpireCertificate(),),
        when=c.HELD_BEFORE_SUCCESSOR,
        change=ch.drop_certificate,
    ),
    TransitionRule(
        E.EXPIRE,
        SYSTEM,
        effects=(ExpireCertificate(), SendNotice(NoticeName.CERTIFICATE_EXPIRED)),
        change=ch.expire_on_hold,
    ),
    _CAN_REVOKE,
    TransitionRule(
        E.REVOKE,
        STAFF,
        effects=notice(NoticeName.CERTIFICATE_REVOKED),
        change=ch.revoke_on_hold,
    ),
    TransitionRule(
        E.APPROVE, STAFF, Status.APPROVED, when=c.HELD_FOR_LIMIT, change=ch.approve_anew
    ),
    TransitionRule(
        E.NEW_CERTIFICATE,
        CUSTOMER,
        effects=(AlertStaff("certificate_wanted_on_hold"),),
        when=c.held_for(HoldReason.CERTIFICATE_REVOKED),
    ),
    *_REPLACED,
)

#: On the tracks that give certificates the one that the withdrawal revoked is made anew.
WITHDRAWN_WITH_CERTIFICATE = Step(
    Status.WITHDRAWN,
    Move.NOBODY,
    (
        UNDO_TOO_LATE,
        TransitionRule(
            E.UNDO_WITHDRAW,
            CUSTOMER_STAFF,
            Special.BEFORE_END,
            (*notice(NoticeName.STATUS_CHANGED), o.ORDER),
            when=c.MADE_ANEW,
            change=ch.order_anew,
        ),
        REOPENED,
    ),
)


#: ``active`` is an end; for a day the customer can take back that it is.
ACTIVE = Step(
    Status.ACTIVE,
    Move.NOBODY,
    (
        TransitionRule(
            E.UNDO_ACTIVATED,
            CUSTOMER_STAFF,
            when=unless(c.REPORTED_BY_CUSTOMER),
            refuse="undo_not_reported",
        ),
        TransitionRule(
            E.UNDO_ACTIVATED, CUSTOMER_STAFF, when=unless(c.WITHIN_UNDO), refuse="undo_too_late"
        ),
        TransitionRule(
            E.UNDO_ACTIVATED,
            CUSTOMER_STAFF,
            Special.BEFORE_END,
            (SetNumber(NumberState.REQUESTED), SendNotice(NoticeName.STATUS_CHANGED)),
        ),
    ),
)


def certificate_issued(unowned: Unowned = owned_anyway, forbidden: Rules = ()) -> Step:
    """Return the step where the customer sets up the integration (as :func:`issuing`)."""
    return Step(
        Status.CERTIFICATE_ISSUED,
        Move.CUSTOMER,
        (
            TransitionRule(
                E.ACTIVATED,
                CUSTOMER_STAFF | META,
                Status.ACTIVE,
                _ACTIVE,
                change=ch.note_reporter,
            ),
            *_ordering(E.NEW_CERTIFICATE, CUSTOMER_STAFF, unowned),
            *issuing(unowned, forbidden),
            TransitionRule(
                E.REVOKE,
                STAFF,
                Status.HELD,
                notice(NoticeName.CERTIFICATE_REVOKED),
                hold=HoldReason.CERTIFICATE_REVOKED,
                change=ch.count_no_mistake,
            ),
            TransitionRule(
                E.EXPIRE, SYSTEM, when=unless(c.EXPIRED), refuse="certificate_not_expired"
            ),
            # Meta knows the age of its own certificates better than we do.
            TransitionRule(
                E.EXPIRE,
                SYSTEM | _META_ITSELF,
                Status.CERTIFICATE_EXPIRED,
                (ExpireCertificate(), SendNotice(NoticeName.CERTIFICATE_EXPIRED)),
                change=ch.drop_certificate,
            ),
            TransitionRule(E.MARK_CREATED, CUSTOMER_STAFF, change=ch.mark_created),
            *AFTER_APPROVAL,
        ),
        (
            *CERTIFICATE_REMINDERS,
            INTEGRATION_REMINDER,
            EXPIRE_CERTIFICATE,
            SECOND_MISSING,
            *retries(Anchor.CERTIFICATE_WANTED),
        ),
        forward=E.ACTIVATED,
        follow_up=o.after_expiry,
    )


def certificate_expired(unowned: Unowned = owned_anyway, forbidden: Rules = ()) -> Step:
    """Return the step after an expiry, where the customer may ask for a new certificate."""
    return Step(
        Status.CERTIFICATE_EXPIRED,
        Move.CUSTOMER,
        (
            *_ordering(E.NEW_CERTIFICATE, CUSTOMER_STAFF, unowned),
            TransitionRule(
                E.ACTIVATED, CUSTOMER_STAFF, Status.ACTIVE, _ACTIVE, change=ch.note_reporter
            ),
            *issuing(unowned, forbidden),
            *_LAPSED_NOW,
            *closing(),
            *AFTER_APPROVAL,
        ),
        (
            INTEGRATION_REMINDER,
            # who has asked for a certificate is not the one who is awaited
            replace(close_after(30), when=unless_second_missing),
            APPROVAL_LAPSES,
            SECOND_MISSING,
            *retries(Anchor.CERTIFICATE_WANTED),
        ),
        forward=E.NEW_CERTIFICATE,
    )


#: What follows an approval that has grown too old.
LAPSING: Rules = _LAPSED_NOW

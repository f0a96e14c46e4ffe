"""The deadlines that the declarations are written with."""

from datetime import timedelta

from pipeline import terms
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, HoldReason, RequestState, TrackPolicy
from pipeline.model.retry import Retry
from pipeline.model.transition import DeadlineKind
from pipeline.tracks.conditions import waits_for_second
from pipeline.tracks.declaration import Anchor, Due, Unit

#: When an outside service fails, the same is tried again after these times, then once a day.
_RETRY = Retry((timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1)))
#: The keys of those deadlines begin with it.
RETRY = "retry-"
#: The group of the reminders of what the customer has to do in a status.
REMINDERS = "remind"
_WORKING_WEEK = 5
_WEEK = 7


def alert_after(working_days: int, *, daily: bool = False) -> Due:
    """Return the alert of a status where staff are awaited: again each week, or each day."""
    return Due(
        "alert",
        DeadlineKind.ALERT,
        EventName.ALERT,
        after=working_days,
        every=1 if daily else _WORKING_WEEK,
        unit=Unit.WORKING_DAYS,
        group="alert",
    )


def alert_weekly() -> Due:
    """Return the alert of a status where Meta is awaited."""
    return Due(
        "alert", DeadlineKind.ALERT, EventName.ALERT, after=_WEEK, every=_WEEK, group="alert"
    )


def remind(
    notice: NoticeName, *days: int, variant: str = "", anchor: Anchor = Anchor.ENTERED
) -> tuple[Due, ...]:
    """Return the reminders on ``days`` after ``anchor``."""
    return tuple(
        Due(
            f"remind-{index}",
            DeadlineKind.REMIND,
            EventName.REMIND,
            after=day,
            anchor=anchor,
            notice=notice,
            variant=variant,
            group=REMINDERS,
        )
        for index, day in enumerate(days, 1)
    )


def close_after(days: int, anchor: Anchor = Anchor.ENTERED) -> Due:
    """Return the deadline that closes a status where the customer is awaited."""
    return Due("close", DeadlineKind.CLOSE, EventName.CLOSE, after=days, anchor=anchor)


#: What nobody confirms is closed without a mail; later when its sender could not be asked, so that
#: staff have time to look at it.
CLOSE_UNPROVEN = (
    Due(
        "close",
        DeadlineKind.CLOSE,
        EventName.CLOSE,
        after=14,
        when=lambda state, _policy: state.held_for(HoldReason.SENDER) and not state.unasked,
    ),
    Due(
        "close-unasked",
        DeadlineKind.CLOSE,
        EventName.CLOSE,
        after=30,
        when=lambda state, _policy: state.held_for(HoldReason.SENDER) and state.unasked,
    ),
)


def unless_second_missing(state: RequestState, policy: TrackPolicy) -> bool:
    """Whether no certificate waits for the yes of a second person."""
    return not waits_for_second(state, policy)


def _is_tried_again(state: RequestState, policy: TrackPolicy) -> bool:
    """Whether what is due is done by us: what staff bring or have to say is not tried again."""
    by_staff = policy.manual_issuer and state.certificate_wanted_at is not None
    return not by_staff and unless_second_missing(state, policy)


def retries(anchor: Anchor = Anchor.ENTERED) -> tuple[Due, ...]:
    """Return the repeated attempts of something that an outside service does for us."""
    last = len(_RETRY.waits)
    return tuple(
        Due(
            f"{RETRY}{index}" if index < last else f"{RETRY}daily",
            DeadlineKind.PROCEED,
            EventName.PROCEED,
            anchor=anchor,
            span=span,
            every=1 if index == last else 0,
            exact=True,
            when=_is_tried_again,
            group="retry",
        )
        for index, span in enumerate(_RETRY.waits, 1)
    )


#: Where the customer is awaited as well, staff are told that a colleague's yes is missing.
SECOND_MISSING = Due(
    "second",
    DeadlineKind.ALERT,
    EventName.ALERT,
    after=1,
    every=_WORKING_WEEK,
    unit=Unit.WORKING_DAYS,
    anchor=Anchor.CERTIFICATE_WANTED,
    when=waits_for_second,
    group="second",
)

EXPIRE_CERTIFICATE = Due(
    "expire", DeadlineKind.EXPIRE, EventName.EXPIRE, anchor=Anchor.CERTIFICATE_END, exact=True
)

#: 3 and 1 days left, exact as the expiry itself.
CERTIFICATE_REMINDERS = tuple(
    Due(
        f"remind-{days_left}-left",
        DeadlineKind.REMIND,
        EventName.REMIND,
        after=-days_left,
        anchor=Anchor.CERTIFICATE_END,
        notice=NoticeName.CERTIFICATE_REMINDER,
        exact=True,
        group=REMINDERS,
    )
    for days_left in (terms.CERTIFICATE_EXPIRING_DAYS, 1)
)

#: Before Genesys Cloud deletes an integration that is not active.
INTEGRATION_REMINDER = Due(
    "remind-integration",
    DeadlineKind.REMIND,
    EventName.REMIND,
    after=terms.INTEGRATION_REMINDED_AFTER,
    anchor=Anchor.INTEGRATION_CREATED,
    notice=NoticeName.INTEGRATION_REMINDER,
    group="integration",
)

APPROVAL_LAPSES = Due(
    "approval-lapses",
    DeadlineKind.PROCEED,
    EventName.APPROVAL_LAPSED,
    anchor=Anchor.APPROVAL,
    exact=True,
    from_policy=lambda policy: policy.approval_lapses,
)

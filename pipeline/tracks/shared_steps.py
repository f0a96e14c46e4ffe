"""The rows that all tracks share: ``received``, ``needs_correction``, ``held``, any open status."""

from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, HoldReason, Move, Status, Track
from pipeline.model.request import EventName as E
from pipeline.model.transition import (
    AlertStaff,
    Effect,
    SendNotice,
)
from pipeline.tracks import changes as ch
from pipeline.tracks import conditions as c
from pipeline.tracks import outcomes as o
from pipeline.tracks import promises
from pipeline.tracks.declaration import (
    ANYBODY,
    CUSTOMER,
    CUSTOMER_STAFF,
    REVISERS,
    STAFF,
    SYSTEM,
    SYSTEM_STAFF,
    Chosen,
    FirstOf,
    Special,
    Step,
    TransitionRule,
    unless,
)
from pipeline.tracks.shared_deadlines import (
    CLOSE_UNPROVEN,
    EXPIRE_CERTIFICATE,
    alert_after,
    close_after,
    remind,
)

Rules = tuple[TransitionRule, ...]
Effects = tuple[Effect | Chosen, ...]


def notice(name: NoticeName, variant: str = "") -> Effects:
    """Return the effects of a rule that only mails ``name``."""
    return (SendNotice(name, variant),)


#: What can happen in every open status.
ANY_OPEN: Rules = (
    TransitionRule(E.WITHDRAW, CUSTOMER_STAFF, Status.WITHDRAWN, notice(NoticeName.WITHDRAWN)),
    TransitionRule(E.SUPERSEDE, SYSTEM_STAFF, Status.SUPERSEDED),
    TransitionRule(E.REMIND, SYSTEM, effects=(o.REMINDER,), change=ch.note_reminder),
    TransitionRule(E.ALERT, SYSTEM, effects=(o.ALERT,)),
    TransitionRule(E.PROMISE_PASSED, SYSTEM, effects=(promises.TELL_LATE,), change=promises.passed),
    TransitionRule(E.ROUTE, STAFF, when=c.HAD_CERTIFICATE, refuse="route_after_certificate"),
    TransitionRule(E.ROUTE, STAFF, when=unless(c.OTHER_TRACK), refuse="route_same_track"),
    TransitionRule(
        E.ROUTE,
        STAFF,
        Special.CHOSEN_TRACK,
        notice(NoticeName.STATUS_CHANGED),
        when=c.ANSWERS_COMPLETE,
        change=ch.choose_track,
    ),
    TransitionRule(
        E.ROUTE,
        STAFF,
        Status.NEEDS_CORRECTION,
        notice(NoticeName.NEEDS_CORRECTION, "after_route"),
        change=ch.choose_track,
    ),
)

HOLDABLE: Rules = (TransitionRule(E.HOLD, SYSTEM_STAFF, Status.HELD),)

#: Staff may ask until the request is approved.
ASKABLE: Rules = (
    TransitionRule(
        E.ASK,
        STAFF,
        Status.NEEDS_CORRECTION,
        (o.ASKED,),
        change=ch.count_correction,
        restarts=True,
    ),
)

#: What changes after an approval needs a new one, also while the ownership is proven anew.
ASKED_ANEW = TransitionRule(
    E.ASK,
    STAFF,
    Status.NEEDS_CORRECTION,
    (o.ASKED,),
    when=c.WAS_APPROVED,
    change=ch.ask_anew,
    restarts=True,
)

#: Staff enter answers: the customer is not told, and nothing moves.
STAFF_EDITS: Rules = (
    TransitionRule(E.CORRECTED, STAFF),
    TransitionRule(E.PROBLEMS_FOUND, STAFF),
)


def _stopped_by(event: E) -> TransitionRule:
    return TransitionRule(
        event, REVISERS, Status.HELD, notice(NoticeName.HELD), hold=HoldReason.CHANGE
    )


#: A changed form for a request that is in work goes to staff, whatever is in it.
CHANGE_HOLDS: Rules = (
    *STAFF_EDITS,
    _stopped_by(E.CHANGED_FORM),
    _stopped_by(E.CORRECTED),
    _stopped_by(E.PROBLEMS_FOUND),
)


def _replaced_by(event: E, actors: frozenset[Actor]) -> TransitionRule:
    return TransitionRule(
        event,
        actors,
        effects=notice(NoticeName.REVISION_RECEIVED),
        change=ch.unsettle,
        restarts=True,
    )


#: A changed form for a request that staff have not touched replaces the first.
REVISABLE: Rules = (
    *STAFF_EDITS,
    _replaced_by(E.REVISED, CUSTOMER_STAFF),
    _replaced_by(E.CORRECTED, CUSTOMER),
    TransitionRule(
        E.PROBLEMS_FOUND,
        REVISERS,
        Status.NEEDS_CORRECTION,
        notice(NoticeName.NEEDS_CORRECTION),
        change=ch.count_correction,
    ),
)

BEFORE_APPROVAL: Rules = (*ANY_OPEN, *HOLDABLE, *ASKABLE)

#: What the checks of a number and the table of conflicts find, on a new form or a revised one.
_STOPPED: Rules = (
    TransitionRule(E.M2M_CERTAIN, SYSTEM, Status.REJECTED, notice(NoticeName.REJECTED)),
    TransitionRule(E.M2M_DOUBTFUL, SYSTEM, Status.HELD, (o.M2M_QUESTION,), hold=HoldReason.M2M),
    TransitionRule(E.CONFLICT_FOUND, SYSTEM, Status.HELD, (o.HELD_OR_QUESTION,)),
    TransitionRule(E.SENDER_DOUBTFUL, SYSTEM, Status.HELD, hold=HoldReason.SENDER_DOUBTFUL),
    TransitionRule(
        E.WRONG_FORM,
        SYSTEM,
        FirstOf(Track.HELP),
        notice(NoticeName.HELP_CHOOSE_FORM),
        change=ch.without_approval,
    ),
)


#: The first form of a request that had none, or whose form did not fit: it is judged from new.
FORM_ARRIVES: Rules = (
    TransitionRule(E.FORM_ARRIVED, CUSTOMER, when=unless(c.TRACK_NAMED), refuse="track_missing"),
    TransitionRule(E.FORM_ARRIVED, CUSTOMER, Status.RECEIVED, change=ch.choose_track),
)


def received(on_clean: Effects) -> Step:
    """Return the step where a form is judged; ``on_clean`` is what a clean one is answered with."""
    return Step(
        Status.RECEIVED,
        Move.SYSTEM,
        (
            TransitionRule(
                E.PROBLEMS_FOUND,
                SYSTEM,
                Status.NEEDS_CORRECTION,
                notice(NoticeName.NEEDS_CORRECTION),
                change=ch.count_correction,
            ),
            TransitionRule(E.CLEAN, SYSTEM, Special.FIRST, on_clean),
            *_STOPPED,
            TransitionRule(
                E.SENDER_UNPROVEN,
                SYSTEM,
                Status.HELD,
                notice(NoticeName.RECEIPT_UNVERIFIED),
                hold=HoldReason.SENDER,
            ),
            TransitionRule(
                E.ALREADY_ACTIVE, SYSTEM, Status.ANSWERED, notice(NoticeName.ALREADY_ACTIVE)
            ),
            TransitionRule(
                E.FILE_UNREADABLE,
                SYSTEM,
                Status.NEEDS_CORRECTION,
                notice(NoticeName.UNREADABLE),
                change=ch.count_correction,
            ),
            TransitionRule(
                E.NO_FORM,
                SYSTEM,
                FirstOf(Track.HELP),
                notice(NoticeName.HELP_CHOOSE_FORM),
                change=ch.without_approval,
            ),
            *BEFORE_APPROVAL,
        ),
        (alert_after(1),),
    )


def needs_correction(*more: TransitionRule) -> Step:
    """Return the step where the customer corrects answers."""
    return Step(
        Status.NEEDS_CORRECTION,
        Move.CUSTOMER,
        (
            TransitionRule(
                E.CORRECTED,
                CUSTOMER_STAFF,
                Special.ASKED_BY,
                notice(NoticeName.REVISION_RECEIVED),
                change=ch.unsettle,
            ),
            TransitionRule(E.PROBLEMS_FOUND, STAFF),
            *_asked_again(E.PROBLEMS_FOUND, NoticeName.NEEDS_CORRECTION),
            *_asked_again(E.FILE_UNREADABLE, NoticeName.UNREADABLE),
            *_STOPPED,
            *FORM_ARRIVES,
            *more,
            *BEFORE_APPROVAL,
        ),
        (*remind(NoticeName.CORRECTION_REMINDER, 3, 7), close_after(14)),
        forward=E.CORRECTED,
    )


def _asked_again(event: E, name: NoticeName) -> Rules:
    return (
        TransitionRule(
            event,
            REVISERS,
            Status.HELD,
            (AlertStaff("corrections_exhausted"),),
            when=c.TOO_MANY_CORRECTIONS,
            hold=HoldReason.CORRECTIONS,
        ),
        TransitionRule(
            event, REVISERS, effects=notice(name), change=ch.count_correction, restarts=True
        ),
    )


#: Two persons of one organisation sent differing forms for a number: both wait until who sent the
#: first has said which one counts.
_TWO_DIFFER: Rules = (
    TransitionRule(
        E.FIRST_COUNTS,
        ANYBODY,
        Special.CAME_FROM,
        notice(NoticeName.DUPLICATE, "first_counts"),
        when=c.held_for(HoldReason.FIRST_OF_TWO),
        change=ch.settle,
    ),
    TransitionRule(
        E.SECOND_COUNTS,
        ANYBODY,
        Status.SUPERSEDED,
        notice(NoticeName.DUPLICATE),
        when=c.held_for(HoldReason.FIRST_OF_TWO),
    ),
    TransitionRule(
        E.FIRST_COUNTS,
        SYSTEM,
        Status.SUPERSEDED,
        notice(NoticeName.DUPLICATE),
        when=c.held_for(HoldReason.SECOND_OF_TWO),
    ),
    TransitionRule(
        E.SECOND_COUNTS,
        SYSTEM,
        Status.RECEIVED,
        when=c.held_for(HoldReason.SECOND_OF_TWO),
        change=ch.settle,
    ),
)


def held(*more: TransitionRule) -> Step:
    """Return the step where staff settle what stopped a request; ``more`` are the track's rows."""
    return Step(
        Status.HELD,
        Move.STAFF,
        (
            TransitionRule(E.RELEASE, STAFF, when=c.HELD_FOR_OWNER, refuse="release_needs_number"),
            # Who waits for us would not know that we wait for them.
            TransitionRule(
                E.RELEASE,
                STAFF,
                Special.CAME_FROM,
                notice(NoticeName.STATUS_CHANGED, "released"),
                when=c.HELD_BEFORE_AN_ANSWER,
                change=ch.settle,
            ),
            TransitionRule(E.RELEASE, STAFF, Special.CAME_FROM, change=ch.settle),
            # Asked only by staff: until then nothing tells that somebody else has the number.
            TransitionRule(
                E.ASK_OWNER,
                STAFF,
                effects=notice(NoticeName.HELD),
                when=c.HELD_FOR_OWNER,
                change=ch.show_hold,
                restarts=True,
            ),
            TransitionRule(
                E.OWNER_SETTLED, STAFF, Status.RECEIVED, when=c.HELD_FOR_OWNER, change=ch.settle
            ),
            TransitionRule(
                E.SENDER_CONFIRMED, CUSTOMER_STAFF, Status.RECEIVED, when=c.HELD_FOR_SENDER
            ),
            *_TWO_DIFFER,
            TransitionRule(E.DISOWNED, CUSTOMER, Status.ANSWERED, when=c.UNPROVEN),
            TransitionRule(E.CLOSE, SYSTEM, Status.CLOSED_NO_RESPONSE, when=c.UNPROVEN),
            ASKED_ANEW,
            *ASKABLE,
            TransitionRule(E.REJECT, STAFF, Status.REJECTED, notice(NoticeName.REJECTED)),
            TransitionRule(E.MERGE, STAFF, Status.SUPERSEDED, notice(NoticeName.DUPLICATE)),
            TransitionRule(E.DROP, STAFF, Status.ANSWERED),
            *STAFF_EDITS,
            *(
                TransitionRule(event, REVISERS, effects=(AlertStaff("changed_form"),))
                for event in (E.CHANGED_FORM, E.CORRECTED, E.PROBLEMS_FOUND)
            ),
            TransitionRule(E.HOLD, SYSTEM, effects=(AlertStaff("held_again"),)),
            *more,
            *ANY_OPEN,
        ),
        (alert_after(1, daily=True), EXPIRE_CERTIFICATE, *CLOSE_UNPROVEN),
        forward=E.RELEASE,
    )


UNDO_TOO_LATE = TransitionRule(
    E.UNDO_WITHDRAW, CUSTOMER_STAFF, when=unless(c.WITHIN_UNDO), refuse="undo_too_late"
)
REOPENED = TransitionRule(
    E.UNDO_WITHDRAW, CUSTOMER_STAFF, Special.BEFORE_END, notice(NoticeName.STATUS_CHANGED)
)
#: ``withdrawn`` is an end; for a day it can be taken back.
WITHDRAWN = Step(Status.WITHDRAWN, Move.NOBODY, (UNDO_TOO_LATE, REOPENED))


def closing(*, silent: bool = False) -> Rules:
    """Return the row of a close deadline; ``silent``: nobody is told."""
    effects = () if silent else notice(NoticeName.CLOSED_NO_RESPONSE)
    return (TransitionRule(E.CLOSE, SYSTEM, Status.CLOSED_NO_RESPONSE, effects),)

"""What a track is declared with: steps, the rules that leave them, and their deadlines; all data.

The machine reads the rules of a step from the top: the first whose event, actor and guard fit is
taken. A guard, a change and a notice are named functions of a :class:`Case`, so that a declaration
stays a table that can be printed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pipeline.model.form import FormKind
from pipeline.model.notice import NoticeName
from pipeline.model.request import (
    Actor,
    Event,
    EventName,
    HoldReason,
    Move,
    RequestState,
    Status,
    Track,
    TrackPolicy,
)
from pipeline.model.transition import DeadlineKind, Effect

CUSTOMER = frozenset({Actor.CUSTOMER})
STAFF = frozenset({Actor.STAFF})
SYSTEM = frozenset({Actor.SYSTEM})
CUSTOMER_STAFF = frozenset({Actor.CUSTOMER, Actor.STAFF})
SYSTEM_STAFF = frozenset({Actor.SYSTEM, Actor.STAFF})
#: Meta's word is polled, or recorded by staff.
META = frozenset({Actor.META, Actor.STAFF})
#: A revised form is brought by the customer; what is wrong with it is found by the system.
REVISERS = frozenset({Actor.CUSTOMER, Actor.SYSTEM})
ANYBODY = CUSTOMER_STAFF | SYSTEM


@dataclass(frozen=True, slots=True)
class Case:
    """One event on one request: all that guards, changes and effects may look at.

    ``zone`` is the customer's IANA time zone: it says which day it is for them.
    """

    state: RequestState
    event: Event
    policy: TrackPolicy
    zone: str

    @property
    def now(self) -> datetime:
        """The instant of the event."""
        return self.event.at

    @property
    def today(self) -> date:
        """The customer's date at the event."""
        return self.event.at.astimezone(ZoneInfo(self.zone)).date()


class Special(StrEnum):
    """Targets that depend on the request."""

    STAY = "stay"
    CAME_FROM = "came_from"
    ASKED_BY = "asked_by"
    BEFORE_END = "before_end"
    FIRST = "first"
    CHOSEN_TRACK = "chosen_track"


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first status of another track, named without knowing its declaration."""

    track: Track


Target = Status | Special | FirstOf


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition; ``of_state`` ones can be told without an event (for menus)."""

    name: str
    holds: Callable[[Case], bool]
    of_state: bool = False


def unless(guard: Guard) -> Guard:
    """Return the opposite of ``guard``."""
    return Guard(f"not {guard.name}", lambda case: not guard.holds(case), guard.of_state)


def both(first: Guard, second: Guard) -> Guard:
    """Return the guard that holds when both do."""
    return Guard(
        f"{first.name} and {second.name}",
        lambda case: first.holds(case) and second.holds(case),
        first.of_state and second.of_state,
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """An effect that is made from the case; ``label`` is what tables and diagrams print."""

    label: str
    make: Callable[[Case], tuple[Effect, ...]]


Change = Callable[[Case, RequestState], RequestState]


@dataclass(frozen=True, slots=True)
class TransitionRule:
    """One line of the table of a step.

    With ``refuse`` the rule forbids: it is the code of the error. ``hold`` is the reason recorded
    when the target is ``held`` (None: the event's, or staff). ``restarts`` makes a stay begin anew,
    so that deadlines count from now. ``change`` notes facts on the state.
    """

    event: EventName
    actors: frozenset[Actor]
    target: Target = Special.STAY
    effects: tuple[Effect | Chosen, ...] = ()
    when: Guard | None = None
    hold: HoldReason | None = None
    change: Change | None = None
    restarts: bool = False
    refuse: str = ""


class Unit(StrEnum):
    """What a deadline counts."""

    DAYS = "d"
    WORKING_DAYS = "wd"


class Anchor(StrEnum):
    """What a deadline counts from."""

    ENTERED = "entered"
    READY_DATE = "ready_date"
    OFFERED_SLOTS = "offered_slots"
    SLOT = "slot"
    CERTIFICATE_END = "certificate_end"
    CERTIFICATE_WANTED = "certificate_wanted"
    INTEGRATION_CREATED = "integration_created"
    OWNERSHIP = "ownership"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Due:
    """One deadline of a step.

    ``after`` counts ``unit`` from ``anchor`` (negative: before it); with ``every`` it comes again
    after so many units. An ``exact`` one is that instant; the others are at the deadline hour in
    the customer's zone, moved to the team's next working day. ``span`` replaces ``after`` where the
    distance is shorter than a day. ``from_policy`` takes the distance from the settings.
    """

    key: str
    kind: DeadlineKind
    event: EventName
    after: int = 0
    unit: Unit = Unit.DAYS
    anchor: Anchor = Anchor.ENTERED
    notice: NoticeName | None = None
    variant: str = ""
    every: int = 0
    exact: bool = False
    span: timedelta | None = None
    from_policy: Callable[[TrackPolicy], timedelta] | None = None
    when: Callable[[RequestState, TrackPolicy], bool] | None = None
    group: str = ""


EntryAction = Callable[[Case, RequestState], tuple[RequestState, tuple[Effect, ...]]]
#: (state, now, policy, customer's zone) → the system's event that follows at once, or None.
FollowUp = Callable[[RequestState, datetime, TrackPolicy, str], EventName | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One status of a track: whose move it is, what can happen, and by when.

    ``manual_move`` replaces ``move`` with the manual issuer. ``forward`` is what ``request
    advance`` means here. ``on_entry`` runs each time the status is entered; ``entry_label`` names
    it in tables. ``follow_up`` says what the system does next without waiting. ``told_done``: the
    customer is told that this step is done.
    """

    status: Status
    move: Move
    rules: tuple[TransitionRule, ...]
    deadlines: tuple[Due, ...] = ()
    manual_move: Move | None = None
    forward: EventName | None = None
    on_entry: EntryAction | None = None
    entry_label: str = ""
    follow_up: FollowUp | None = None
    told_done: bool = False


@dataclass(frozen=True, slots=True)
class OtherForm:
    """Answers to ``number_use`` that tell that another ``form`` is the right one.

    ``rule`` is the name under which the routing records it.
    """

    rule: str
    number_uses: frozenset[str]
    form: FormKind


@dataclass(frozen=True)
class TrackDeclaration:
    """One track: its steps in order, and what differs between tracks for everybody else.

    ``first`` is where a clean form begins. ``journey`` are the statuses that the customer is told
    of, in order, when all goes well. ``form`` is the form that starts the track (None: no form).
    ``claims_number``: a request wants its number brought to us; ``moves_number``: the number is on
    the platform already, with somebody else. ``needs_active_number``: it is about a number that is
    active with us, and waits until it is. ``asks_when_long_past``: a ready date of long ago is
    asked about before a certificate goes out. ``other_form`` tells the wrong form.
    """

    track: Track
    first: Status
    steps: tuple[Step, ...]
    journey: tuple[Status, ...]
    form: FormKind | None = None
    claims_number: bool = False
    moves_number: bool = False
    needs_active_number: bool = False
    asks_when_long_past: bool = False
    other_form: OtherForm | None = None

    def step(self, status: Status) -> Step | None:
        """Return the step of ``status``, or None when the track has no such status."""
        return next((step for step in self.steps if step.status is status), None)

    def journey_steps(self) -> tuple[Step, ...]:
        """Return the steps of the journey in order; its end is a status without a step."""
        steps = (self.step(status) for status in self.journey)
        return tuple(step for step in steps if step is not None)

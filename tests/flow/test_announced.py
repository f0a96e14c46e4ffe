"""What a decision is announced to do is what it does, in every status that staff can reach.

The walk begins with a customer's first mail and takes each decision in each status that it comes
to. Possible ones do what was announced, with mails of the very bytes; refused ones are refused by
the rehearsal as well, and are not offered.
"""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from pipeline.batch import run_batch
from pipeline.clock import SettableClock
from pipeline.errors import PipelineError
from pipeline.flow.services import Services
from pipeline.flow.services.state import open_store
from pipeline.flow.staff import certificates, corrections, letters, organisations, replies, review
from pipeline.flow.staff.desk.rehearsal import rehearse
from pipeline.flow.staff.desk.second import second
from pipeline.flow.staff.drop import drop
from pipeline.flow.staff.possible import decisions_now
from pipeline.flow.staff.send_form import send_form
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, Slot, Status, Track
from pipeline.store.records import RequestRecord
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.mails import Customer
from tests.world.world import World

_WHO = "saki"
_COLLEAGUE = "ken"
_NUMBER = "+819012345678"
#: In how many places each decision is tried in every run, and in the long ones.
_FEW, _ALL = 3, 10_000
Decision = Callable[[Services, RequestRecord, str], RequestRecord]
Begin = Callable[[World], object]


def _slots(services: Services, count: int) -> tuple[Slot, ...]:
    first = services.clock.now().replace(hour=1, minute=0, second=0, microsecond=0)
    starts = [first + timedelta(days=3 + number) for number in range(count)]
    return tuple(Slot(start, start + timedelta(hours=1)) for start in starts)


def _advance(
    event: EventName | None, services: Services, record: RequestRecord, who: str
) -> RequestRecord:
    slots = {None: (), EventName.OFFER_SLOTS: _slots(services, 2)}.get(event, ())
    if event is EventName.ACCEPT_SLOT:
        slots = tuple(record.state.slots[:1])
    day = date(2026, 12, 15) if event is EventName.NEW_DATE else None
    return review.advance(services, record, who, event=event, slots=slots, new_date=day)


def _edit(
    answers: Mapping[str, str], services: Services, record: RequestRecord, who: str
) -> RequestRecord:
    return corrections.edit(services, record, who, answers=tuple(answers.items()))


#: Every decision of the command line, and the event that it is offered as.
_DECISIONS: dict[str, tuple[Decision, EventName | None]] = {
    "approve": (partial(review.approve, ticked="all"), EventName.APPROVE),
    "approve verified": (
        partial(review.approve, ticked="all", business_verified=True, two_step_off=True),
        None,
    ),
    "ask": (partial(corrections.ask, fields=("company_legal_name",), text="？"), EventName.ASK),
    "ask owner": (organisations.ask_owner, EventName.ASK_OWNER),
    "reject": (partial(review.reject, reason="policy"), EventName.REJECT),
    "hold": (review.hold, EventName.HOLD),
    "release": (review.release, EventName.RELEASE),
    "release ours": (
        lambda services, record, who: organisations.release_with_number(
            services, record, who, "ours"
        ),
        EventName.OWNER_SETTLED,
    ),
    "confirm": (review.confirm_sender, EventName.SENDER_CONFIRMED),
    "edit": (partial(_edit, {"company_legal_name": "株式会社さくら"}), EventName.CORRECTED),
    "edit badly": (partial(_edit, {"contact_email": "nobody"}), None),
    "withdraw": (review.withdraw, EventName.WITHDRAW),
    "drop": (drop, EventName.DROP),
    "answer": (partial(letters.answer, text="はい、可能です。"), None),
    "delay": (letters.delay, None),
    "tick": (replies.tick, None),
    "created": (review.mark_created, EventName.MARK_CREATED),
    "active": (review.mark_active, EventName.ACTIVATED),
    "second": (
        lambda services, record, _who: second(services, record, _COLLEAGUE),
        EventName.SECOND,
    ),
    "reissue": (certificates.reissue_certificate, EventName.NEW_CERTIFICATE),
    "revoke": (
        lambda services, record, who: certificates.revoke_certificate(
            services, record, who, "asked"
        ),
        EventName.REVOKE,
    ),
    **{
        f"route {track.value}": (partial(corrections.route, track=track), EventName.ROUTE)
        for track in Track
    },
    **{
        f"send {kind.value}": (partial(send_form, form=kind), EventName.SEND_FORM)
        for kind in FormKind
    },
    "advance": (partial(_advance, None), None),
    **{f"record {event.value}": (partial(_advance, event), event) for event in EventName},
    **{
        f"early {event.value}": (partial(review.record_early, event=event), None)
        for event in (EventName.CODE_VERIFIED, EventName.CODE_FAILED)
    },
}


#: Refusals of what was said with a decision, not of the decision.
_OF_WHAT_IS_SAID = frozenset(
    {"route_same_track", "change_needs_approval", "customer_unreachable", "warnings_open"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk stands: a home of its own, and the request in it."""

    home: Path
    now: timedelta
    status: Status


def open_copy(like: World, home: Path, now: timedelta) -> World:
    """Open a copy of a world's home at its instant."""
    settings = like.services.settings
    store_settings = settings.store.model_copy(update={"home": home})
    settings = settings.model_copy(update={"store": store_settings})
    clock = SettableClock(like.clock.now())
    clock.advance(now)
    store = open_store(settings, clock, make=False)
    services = Services(settings, clock, store, store.blobs, like.services.guard)
    return World(services, clock, Customer(clock))


def copied(home: Path, number: int) -> Path:
    to = home.parent / f"walk_{number}"
    shutil.copytree(home, to)
    return to


def _mails(world: World, record: RequestRecord) -> dict[str, bytes]:
    return {mail.message_id: mail.content for mail in world.mails_of(record)}


def _refusal(world: World, decide: Decision) -> str:
    """Take a decision; return why it was refused, or nothing."""
    try:
        decide(world.services, world.request(), _WHO)
    except PipelineError as error:
        return error.code
    return ""


class Walk:
    """All statuses that staff bring about from a beginning, and what each decision did there."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._count = 0
        self.seen: dict[tuple[Track, Status, HoldReason | None], int] = {}
        self.taken = 0
        self.refused = 0
        self.offered_in_vain: list[tuple[object, ...]] = []

    def run(self, most: int = _ALL) -> None:
        """Walk until nothing new is reached, or all was tried in ``most`` places."""
        todo = [Place(self._world.home, timedelta(), self._world.request().status)]
        self._is_new(self._world.request())
        while todo and most:
            most -= 1
            place = todo.pop(0)
            todo += self._decide_all(place)
            todo += self._later(place)

    def _is_new(self, record: RequestRecord) -> bool:
        key = (record.state.track, record.status, record.state.hold_reason)
        self.seen[key] = self.seen.get(key, 0) + 1
        return self.seen[key] == 1

    def _copy(self, place: Place) -> tuple[Path, World]:
        self._count += 1
        home = copied(place.home, self._count)
        return home, open_copy(self._world, home, place.now)

    def _later(self, place: Place) -> Iterator[Place]:
        """Let a certificate expire: staff cannot do that."""
        if place.status is Status.CERTIFICATE_ISSUED:
            home, world = self._copy(place)
            with world.services.store:
                world.clock.advance(timedelta(days=8))
                run_batch(world.services)
                if self._is_new(world.request()):
                    yield Place(home, place.now + timedelta(days=8), world.request().status)

    def _decide_all(self, place: Place) -> Iterator[Place]:
        here = open_copy(self._world, place.home, place.now)
        with here.services.store:
            record = here.request()
            offered = {found.event: found for found in decisions_now(here.services, record)}
            before = _mails(here, record)
            for name, (decide, event) in _DECISIONS.items():
                where = (name, record.status, record.state.hold_reason)
                try:
                    announced = rehearse(here.services, record, decide, _WHO)
                except PipelineError as error:
                    self.refused += 1
                    if _refusal(here, decide) != error.code:
                        self.offered_in_vain.append((*where, "rehearsed otherwise"))
                    own = not name.startswith("record")
                    if own and event in offered and error.code not in _OF_WHAT_IS_SAID:
                        self.offered_in_vain.append((*where, error.code))
                    continue
                assert (here.request(), _mails(here, record)) == (record, before), where
                home, world = self._copy(place)
                with world.services.store:
                    after = decide(world.services, world.request(), _WHO)
                    self.taken += 1
                    live = bool(announced.ordered) and world.services.issuer.automatic
                    new = {key: value for key, value in _mails(world, after).items()
                           if key not in before}  # fmt: skip
                    said = {mail.message_id: mail.content for mail in announced.mails}
                    assert said.items() <= new.items(), where
                    assert len(new) - len(said) == live, where
                    if not live:
                        assert after.status is announced.after.status, where
                    assert after.state.ended == announced.after.state.ended, where
                    found = offered.get(event) if event else None
                    if found is not None and found.after is not None:
                        assert found.after is announced.after.status, where
                        assert bool(found.mails) == bool(said), where
                    if self._is_new(after):
                        yield Place(home, place.now, after.status)
                    else:
                        shutil.rmtree(home)


def _form(kind: FormKind = FormKind.ONBOARDING, **answers: str) -> Begin:
    return lambda world: world.mail(HANAKO, form(kind, **answers))


BEGINNINGS: dict[str, Begin] = {
    "onboarding": _form(),
    "wrong": _form(contact_email="nobody"),
    "migration": _form(FormKind.MIGRATION),
    "qr": _form(FormKind.QR),
    "help": lambda world: world.mail(HANAKO, text="WhatsAppを使いたいのですが。"),
    "unproven": lambda world: world.mail(HANAKO, form(), proof="none"),
    "forged": lambda world: world.mail(HANAKO, form(), proof="fail"),
}
#: Beginnings that lead to certificates.
_TO_CERTIFICATES = ("onboarding", "migration")


@pytest.mark.parametrize(
    ("name", "two_people", "most"),
    [
        pytest.param("forged", False, _FEW, id="forged, first places"),
        *(pytest.param(name, False, _ALL, marks=pytest.mark.long, id=name) for name in BEGINNINGS),
        *(
            pytest.param(name, True, _ALL, marks=pytest.mark.long, id=f"{name}, two people")
            for name in _TO_CERTIFICATES
        ),
    ],
)
def test_each_decision_does_what_was_announced(
    make_world: MakeWorld,
    name: str,
    most: int,
    capsys: pytest.CaptureFixture[str],
    *,
    two_people: bool,
) -> None:
    world = make_world(approval={"two_people": two_people})
    BEGINNINGS[name](world)
    walk = Walk(world)
    walk.run(most)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{name}: {len(walk.seen)} places, {walk.taken} taken, {walk.refused} refused\n"
        )
    assert walk.offered_in_vain == []
    assert walk.taken > len(walk.seen)

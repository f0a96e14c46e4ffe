"""Every decision that a page offers does what the page announced, in every status, for every role.

The walk begins with a customer's first mail. In each status it takes each decision on a copy of the
database, filled in by what its form declares, and compares the preview with what came of it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.batch import run_batch
from pipeline.flow.staff.desk.undo import last_decision
from pipeline.flow.staff.people.roles import PERMISSIONS
from pipeline.flow.views.request import request_view
from pipeline.model.request import EventName, HoldReason, Status, Track
from pipeline.notifications.written import written
from pipeline.store.records import RequestRecord
from pipeline.store.staff_records import Role
from pipeline.web.decisions.catalogue import FORMS, Offer, offers
from pipeline.web.decisions.form import Input, InputKind, Subject
from pipeline.wording import console as words
from pipeline.wording.inert import visible
from tests.flow.test_announced import BEGINNINGS, copied, open_copy
from tests.world.console import Staff
from tests.world.fixtures import MakeWorld
from tests.world.pages import AtConsole, Parsed, at_console, read
from tests.world.world import World

#: Offered beside the decisions: at the name of who works on it, at a reply, at an answer.
_ELSEWHERE = frozenset({"take", "give-back"})
_NAMES = (
    *(form.name for form in FORMS),
    *(f"record-{event.value}" for event in EventName),
    *(f"early-{event.value}" for event in (EventName.CODE_VERIFIED, EventName.CODE_FAILED)),
)
_OFFICE = {role: role.value for role in Role}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk stands: a home of its own, at an instant."""

    home: Path
    now: timedelta


def _subject(world: World) -> Subject:
    record = world.request()
    with world.services.store.read() as tx:
        return Subject(world.services, record, request_view(world.services.work(tx), record))


def _values(offer: Offer, subject: Subject) -> dict[str, list[str]]:
    """Fill in a form by what it declares; what has its box on the page has the name of the box."""
    found: dict[str, list[str]] = {}
    for item in offer.form.inputs:
        if item.only_if(subject) and item.kind is not InputKind.FILE:
            name, values = _value(item, subject)
            found[name] = values
    return found


def _value(item: Input, subject: Subject) -> tuple[str, list[str]]:
    now = subject.services.clock.now()
    chosen = [choice.value for choice in item.choices(subject)]
    by_kind = {
        InputKind.TEXT: [] if item.name == "certificate_text" else ["はい、<可能>です。"],
        InputKind.LINE: ["WA-0000000"],
        InputKind.CHOICE: chosen[:1],
        InputKind.TICKS: chosen[:1] if item.name == "fields" else chosen,
        InputKind.SWITCH: ["1"],
        InputKind.DAY: [] if item.name == "created_day" else [f"{now + timedelta(days=21):%F}"],
        InputKind.MOMENTS: [f"{now + timedelta(days=3):%F}T10:00"],
    }
    if item.kind is InputKind.ANSWERS:
        return "answers-to-contact_department", ["情報システム部"]
    return item.name, by_kind[item.kind]


class Walk:
    """All statuses that decisions bring about from a beginning."""

    def __init__(self, world: World, *, further: bool) -> None:
        self._world = world
        self._further = further
        self._count = 0
        self._seen: set[tuple[Track, Status, HoldReason | None]] = set()
        self.kept = 0
        self.taken: set[str] = set()
        self.refused: list[tuple[str, Status]] = []

    def run(self) -> None:
        """Walk until nothing new is reached."""
        staff = Staff(self._world.services)
        for role, name in _OFFICE.items():
            staff.person(name, role)
        self._is_new(self._world)
        todo = [Place(self._world.home, timedelta())]
        while todo:
            place = todo.pop(0)
            found = [*self._decide_all(place), *self._later(place)]
            todo += found if self._further else []

    @property
    def places(self) -> int:
        """How many statuses were reached."""
        return len(self._seen)

    def _is_new(self, world: World) -> bool:
        state = world.request().state
        key = (state.track, state.status, state.hold_reason)
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new

    def _copy(self, place: Place) -> tuple[Path, World]:
        self._count += 1
        home = copied(place.home, self._count)
        return home, open_copy(self._world, home, place.now)

    def _later(self, place: Place) -> Iterator[Place]:
        """Let a certificate expire: nobody can decide that."""
        home, world = self._copy(place)
        with world.services.store:
            if world.request().status is Status.CERTIFICATE_ISSUED:
                world.clock.advance(timedelta(days=8))
                run_batch(world.services)
                if self._is_new(world):
                    yield replace(place, home=home, now=place.now + timedelta(days=8))

    def _decide_all(self, place: Place) -> Iterator[Place]:
        here = open_copy(self._world, place.home, place.now)
        with here.services.store:
            staff = Staff(here.services)
            admin = at_console(here, staff, _OFFICE[Role.ADMIN], Role.ADMIN)
            subject = _subject(here)
            possible = {offer.form.name: offer for offer in offers(subject)}
            _each_role_sees_its_own(here, staff, possible)
            _others_are_refused(admin, subject.record.reference, possible)
            for offer in possible.values():
                if offer.form.rehearsed:
                    yield from self._decide(place, admin, subject, offer)
            staff.console.previews.close()

    def _decide(
        self, place: Place, admin: AtConsole, subject: Subject, offer: Offer
    ) -> Iterator[Place]:
        record, name = subject.record, offer.form.name
        where = (name, record.status, record.state.hold_reason)
        values = _values(offer, subject)
        before = {mail.message_id for mail in admin.world.mails_of(record)}
        seen = admin.preview(record.reference, name, **values)
        assert admin.world.again(record) == record, where
        home, world = self._copy(place)
        with world.services.store:
            earlier = last_decision(world.services, record)
            staff = Staff(world.services)
            there = at_console(world, staff, _OFFICE[Role.ADMIN], Role.ADMIN)
            answer = there.sent(record.reference, name, **values)
            staff.console.previews.close()
            after = world.again(record)
            if answer.status_code != 200:
                assert answer.status_code in {400, 409}, where
                _same_refusal(seen, read(answer), where)
                assert after == record, where
                self.refused.append((name, record.status))
                return
            self.taken.add(name)
            kept = last_decision(world.services, after)
            if kept is not None and kept != earlier:
                assert kept.permission == offer.form.permission, where
                self.kept += 1
            _as_announced(world, seen, record, before, where)
            if offer.possible is not None and offer.possible.after is not None and values == {}:
                live = world.services.issuer.automatic and offer.possible.issues
                assert live or after.status is offer.possible.after, where
            if self._is_new(world):
                yield replace(place, home=home)
            else:
                shutil.rmtree(home)


def _as_announced(
    world: World, seen: Parsed, record: RequestRecord, before: set[str], where: object
) -> None:
    """Assert that the mails and the status are those that the preview showed."""
    after = world.again(record)
    new = [mail for mail in world.mails_of(after) if mail.message_id not in before]
    queued = []
    for mail in new:
        one = written(mail.content)
        queued.append((_read(one.subject), _read(one.text)))
    shown = [
        (letter.subject.strip(), letter.text)
        for letter in seen.letters
        if letter.language == record.language
    ]
    assert [letter for letter in shown if letter not in queued] == [], where
    issued = [mail for mail in new if "certificate_" in mail.notice.value]
    assert len(queued) - len(shown) in ({0, 1} if issued else {0}), where
    if not issued:
        with words.speaking("en"):
            assert words.step(after.status) in seen.text, where


def _read(text: str) -> str:
    return str(visible(text.replace("\u2060", "")))


def _same_refusal(seen: Parsed, told: Parsed, where: object) -> None:
    """Assert that the page before had said what the refusal says, or that it waited for more."""
    alike = set(seen.words) & set(told.words)
    assert len([word for word in alike if len(word) > 20]) > 0 or "Still to be" in seen.text, where


def _each_role_sees_its_own(world: World, staff: Staff, possible: dict[str, Offer]) -> None:
    reference = world.request().reference
    for role, name in _OFFICE.items():
        there = at_console(world, staff, name, role)
        own = {
            name for name, offer in possible.items() if offer.form.permission in PERMISSIONS[role]
        }
        shown = set(there.offered(reference))
        assert shown <= own, (role, shown - own)
        assert own - shown <= _ELSEWHERE, (role, own - shown)
        there.request(reference)
        for other in sorted(set(possible) - own):
            answer = there.browser.get(f"/r/{reference}/d/{other}")
            assert answer.status_code == 409, (role, other)
            assert role.value in answer.text.lower(), (role, other)


def _others_are_refused(at: AtConsole, reference: str, possible: dict[str, Offer]) -> None:
    for name in _NAMES:
        if name not in possible:
            answer = at.browser.get(f"/r/{reference}/d/{name}")
            assert answer.status_code == 404, name
            assert "cannot be decided" in answer.text, name


@pytest.mark.parametrize(
    ("beginning", "further"),
    [
        pytest.param("forged", False, id="forged, first status"),
        *(pytest.param(name, True, marks=pytest.mark.long, id=name) for name in BEGINNINGS),
    ],
)
def test_each_decision_does_what_its_page_announced(
    make_world: MakeWorld, beginning: str, *, further: bool
) -> None:
    world = make_world()
    BEGINNINGS[beginning](world)
    walk = Walk(world, further=further)
    walk.run()
    assert len(walk.taken) > walk.places // 2
    assert {"note", "withdraw"} & walk.taken
    assert walk.kept > walk.places // 2

"""Another organisation reads the same, to the byte, as of a number that nobody knows.

Whatever is stored about the number, in whatever language and form, with good and with bad answers,
through corrections, STATUS and WITHDRAW, over twenty days in which staff do nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import product

import pytest

from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, NumberState, Status
from pipeline.store.records import RequestRecord
from tests.world.customers import EVE, HANAKO, TARO, File, form
from tests.world.dated import saved_on
from tests.world.fixtures import MakeWorld
from tests.world.outbox import Sent, as_words
from tests.world.world import START, World

NUMBER = "+819012345678"
OURS = "sakura-denki.example"
#: The stranger fills a form of their own, in their language, for the same number.
STRANGE = {
    "contact_name": "Eve Adams",
    "contact_email": EVE,
    "company_legal_name": "Other Company Ltd",
    "display_name": "Other Company",
    "opt_in_wording": "By scanning this code you agree to messages from Other Company Ltd.",
    "phone_number": "+81 90 1234 5678",
    "phone_number_again": "+81 90 1234 5678",
}
#: What would tell of the first organisation, wherever it stands in a mail.
TELLTALE = ("さくら", "sakura", "hanako", "taro@", "山田", "花子", "3f2a9c1e", "WA-FIRST")
#: The stranger writes so long after the start that each story of the number is over.
ASKED = START + timedelta(days=9)
_BATCHES, _REGULAR = 8, timedelta(minutes=10)

Story = Callable[[World], None]


def _nothing(_world: World) -> None:
    pass


def _received(world: World) -> None:
    world.mail(HANAKO, form(use_case=""))
    assert world.request().status is Status.NEEDS_CORRECTION


def _in_review(world: World) -> None:
    world.mail(HANAKO, form())
    assert world.request().status is Status.POLICY_REVIEW


def _on_hold(world: World) -> None:
    _in_review(world)
    assert decisions.hold(world.services, world.request(), "saki").status is Status.HELD


def _approved(world: World) -> None:
    world.mail(HANAKO, form(ready_date="2027-03-01"))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert record.status is Status.AWAITING_READINESS


def _with_certificate(world: World) -> None:
    world.clock.set(ASKED - timedelta(days=2))
    world.mail(HANAKO, form(ready_date="2026-11-30"))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    assert record.status is Status.CERTIFICATE_ISSUED


def _active(world: World) -> None:
    _with_certificate(world)
    assert decisions.mark_active(world.services, world.request(), "saki").status is Status.ACTIVE


def _migrating(world: World) -> None:
    world.mail(HANAKO, form(FormKind.MIGRATION))
    assert world.request().status is Status.ELIGIBILITY_REVIEW


def _code_asked(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    world.mail(HANAKO, form(FormKind.QR))
    assert world.request().status is Status.CONTENT_REVIEW


def _rejected(world: World) -> None:
    _in_review(world)
    decisions.reject(world.services, world.request(), "saki", reason="policy")


def _withdrawn(world: World) -> None:
    _in_review(world)
    decisions.withdraw(world.services, world.request(), "saki")


def _helped(world: World) -> None:
    world.mail(HANAKO, form(number_use="business_platform"))
    assert world.request().status is Status.TRIAGE


def _set(state: NumberState, organisation: str = OURS) -> Story:
    return lambda world: world.set_number(NUMBER, state, organisation)


def _two_of_the_company(world: World) -> None:
    world.know(OURS)
    _in_review(world)
    world.mail(TARO, form(display_name="さくら"))


def _and_unproven(world: World) -> None:
    _in_review(world)
    world.mail(TARO, form(display_name="さくら"), proof="none")
    world.mail(HANAKO, form(display_name="さくら"), proof="fail")


#: Every way in which a number can be somebody's.
KNOWN: Mapping[str, Story] = {
    "needs correction": _received,
    "policy review": _in_review,
    "held": _on_hold,
    "approved": _approved,
    "certificate": _with_certificate,
    "active by request": _active,
    "migration": _migrating,
    "code asked for": _code_asked,
    "rejected": _rejected,
    "withdrawn": _withdrawn,
    "helped": _helped,
    "two of one company": _two_of_the_company,
    "proven and unproven": _and_unproven,
    "active by import": _set(NumberState.ACTIVE),
    "requested by hand": _set(NumberState.REQUESTED),
    "released": _set(NumberState.RELEASED),
    "active, of nobody named": _set(NumberState.ACTIVE, ""),
    "released, of nobody named": _set(NumberState.RELEASED, ""),
}


def _forged(world: World) -> None:
    world.mail(HANAKO, form(), proof="fail")
    world.mail(TARO, form(), proof="unknown")


def _unproven(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    world.mail(TARO, form(use_case=""), proof="none")


#: What binds nobody, because whoever wrote it did not prove that it was them.
FREE: Mapping[str, Story] = {"unproven": _unproven, "forged": _forged}


@dataclass
class Correspondence:
    """All mails that the stranger got, each after the step that it came with."""

    answers: list[tuple[str, object]] = field(default_factory=list)
    raw: list[Sent] = field(default_factory=list)
    hidden: bool = False

    def add(self, step: str, mails: list[Sent], names: Mapping[str, str]) -> None:
        """Note what came to the stranger in the batch of ``step``."""
        theirs = [mail for mail in mails if mail.to == EVE]
        self.raw += theirs
        self.answers.append((step, tuple(_plain_form(mail.raw, names) for mail in theirs)))


def _plain_form(raw: bytes, names: Mapping[str, str]) -> tuple[object, ...]:
    """Return a mail whole, without what differs in any two mails: ids, tokens, boundaries."""
    mail = message_from_bytes(raw, policy=policy.default)
    headers = tuple(
        (name, _masked(str(value), names))
        for name, value in mail.items()
        if name.lower() not in {"date", "message-id"}
    )
    parts = tuple(
        (
            part.get_content_type(),
            part.get_filename() and _masked(str(part.get_filename()), names),
            _content(part, names),
        )
        for part in mail.walk()
        if not part.is_multipart()
    )
    return headers, parts


def _content(part: EmailMessage, names: Mapping[str, str]) -> object:
    content = part.get_content()
    return _masked(content, names) if isinstance(content, str) else bytes(content)


def _masked(text: str, names: Mapping[str, str]) -> str:
    text = as_words(text)
    for reference, name in names.items():
        text = text.replace(reference, name).replace(reference.lower(), name)
    text = re.sub(r"(STRANGER-\d)\.[a-z2-7]+(?:\.[a-z2-7]+){0,2}", r"\1.token", text)
    return re.sub(r'boundary="[^"]+"', 'boundary="…"', text)


def _names(world: World) -> dict[str, str]:
    first = [*world.requests_of(HANAKO), *world.requests_of(TARO)]
    own = world.requests_of(EVE)
    return {
        **{record.reference: "WA-FIRST" for record in first},
        **{record.reference: f"STRANGER-{index}" for index, record in enumerate(own)},
    }


class Correspond:
    """What the stranger writes in twenty days; ``found`` is what comes back."""

    def __init__(self, world: World, kind: FormKind, language: str) -> None:
        self.world, self.kind, self.language = world, kind, language
        self.found = Correspondence()

    def form(self, **changes: str) -> File:
        answers = {**STRANGE, "reply_language": self.language, **changes}
        return form(self.kind, self.language, **answers)

    def write(self, step: str, *files: File, text: str = "-", reply: bool = False) -> None:
        thread = {"Message-ID": f"<{step.replace(' ', '-')}@other-company.example>"}
        to: dict[str, str] = {}
        own = self.world.requests_of(EVE)
        if reply:
            last = self.world.mails_of(own[0])[-1]
            to["to"] = str(message_from_bytes(last.content, policy=policy.default)["Reply-To"])
            thread["In-Reply-To"] = last.message_id
        mails = self.world.mail(EVE, *files, text=text, headers=thread, **to)
        self.found.add(step, mails, _names(self.world))
        held = [record.state.hidden for record in self.world.requests_of(EVE)]
        self.found.hidden = self.found.hidden or any(held)

    def wait_until(self, *days: int) -> None:
        for day in days:
            self.world.clock.set(ASKED + timedelta(days=day))
            self.found.add(f"day {day}", self.world.run(), _names(self.world))


def _good(eve: Correspond) -> None:
    """Ask with good answers, ask again, change them by mail and by reply, ask, and wait."""
    eve.write("first", eve.form())
    eve.write("status", text="STATUS", reply=True)
    eve.write("again", eve.form(), text="Once more.")
    eve.wait_until(1)
    eve.write("changed", eve.form(contact_department="Sales"), text="Changed.")
    eve.write("changed by reply", eve.form(notes="x"), reply=True)
    eve.write("words", text="When?", reply=True)
    eve.write("picture", ("bill.png", b"\x89PNG a bill"), text="Our bill.", reply=True)
    eve.wait_until(2, 4, 7)
    eve.write("status later", text="STATUS", reply=True)
    eve.wait_until(12, 14, 20)


def _corrected(eve: Correspond) -> None:
    """Ask with a wrong answer, correct it, spoil it again, correct it, and withdraw in the end."""
    eve.write("first", eve.form(**SPOILT))
    eve.write("status", text="STATUS", reply=True)
    eve.write("corrected", eve.form(), reply=True)
    eve.wait_until(2)
    eve.write("spoilt", eve.form(**SPOILT, notes="y"), reply=True)
    eve.wait_until(6)
    eve.write("corrected again", eve.form(notes="z"), reply=True)
    eve.write("other kind", form(_other(eve.kind), eve.language, **STRANGE), text="This too.")
    eve.write("status at last", text="STATUS", reply=True)
    eve.write("withdraw", text="WITHDRAW", reply=True)
    eve.write("after the end", text="WITHDRAW", reply=True)
    eve.wait_until(9, 13, 20)


def _left_open(eve: Correspond) -> None:
    """Ask with a wrong answer and never correct it: reminders, and the end."""
    eve.write("first", eve.form(**SPOILT))
    eve.wait_until(1, 3, 4, 7, 8, 11, 14, 15, 18, 20)
    eve.write("begins anew", eve.form(), text="Now it is good.")
    eve.write("status", text="STATUS", reply=True)


def _both(eve: Correspond) -> None:
    """Ask for the number, and for a code that waits for it; withdraw the number."""
    eve.write("first", eve.form())
    eve.write("code", form(FormKind.QR, eve.language, **STRANGE), text="And a code.")
    eve.wait_until(3)
    eve.write("withdraw", text="WITHDRAW", reply=True)
    eve.wait_until(4, 12, 20)


def _other(kind: FormKind) -> FormKind:
    return FormKind.MIGRATION if kind is FormKind.ONBOARDING else FormKind.ONBOARDING


#: An answer of each form that has to be corrected: no words in which people agree, no company.
SPOILT = {"company_legal_name": "", "contact_name": ""}
COURSES: Mapping[str, Callable[[Correspond], None]] = {
    "good": _good,
    "corrected": _corrected,
    "left open": _left_open,
    "both": _both,
}


@dataclass(frozen=True)
class Case:
    """One story of the number, and what the stranger does about it."""

    story: str
    kind: FormKind
    language: str
    course: str


def _read(make_world: MakeWorld, story: Story, case: Case) -> Correspondence:
    world = make_world()
    story(world)
    world.clock.set(ASKED - _REGULAR * _BATCHES)
    for _ in range(_BATCHES):  # what is an outage is told by how often batches ran
        world.clock.advance(_REGULAR)
        world.run()
    eve = Correspond(world, case.kind, case.language)
    COURSES[case.course](eve)
    return eve.found


FirstRead = dict[tuple[FormKind, str, str], Correspondence]


@pytest.fixture(scope="module")
def of_unknown() -> FirstRead:
    """What was read of a number that nobody knows; all that is known is compared with it."""
    return {}


def _check(make_world: MakeWorld, of_unknown: FirstRead, case: Case, story: Story) -> None:
    key = (case.kind, case.language, case.course)
    if key not in of_unknown:
        of_unknown[key] = _read(make_world, _nothing, case)
    expected, found = of_unknown[key], _read(make_world, story, case)
    for (step, mails), (_, theirs) in zip(found.answers, expected.answers, strict=True):
        assert mails == theirs, step
    assert len(found.raw) > 1
    assert (expected.hidden, found.hidden) == (False, story in KNOWN.values())
    assert _told(found) == []


def _told(found: Correspondence) -> list[str]:
    shown = [
        repr(answer).casefold() + mail.text.casefold() + mail.html.casefold()
        for answer, mail in zip(found.answers, found.raw, strict=False)
    ]
    return [sign for sign in TELLTALE for text in shown if sign.casefold() in text]


#: Each form, each language and each course, with each kind of way to be somebody's number.
SAMPLE = [
    Case("policy review", FormKind.ONBOARDING, "en", "good"),
    Case("active by import", FormKind.ONBOARDING, "en", "good"),
    Case("needs correction", FormKind.ONBOARDING, "de", "corrected"),
    Case("active by request", FormKind.MIGRATION, "ja", "corrected"),
    Case("released", FormKind.MIGRATION, "de", "left open"),
    Case("active by import", FormKind.ONBOARDING, "de", "both"),
    Case("active by import", FormKind.QR, "de", "good"),
    Case("requested by hand", FormKind.QR, "de", "good"),
]
EVERY = [
    Case(story, kind, language, course)
    for kind in FormKind
    for language in ("en", "ja", "de")
    for course in COURSES
    for story in KNOWN
]


def _named(case: Case) -> str:
    return f"{case.kind}-{case.language}-{case.course}-{case.story}"


@pytest.mark.parametrize("case", SAMPLE, ids=_named)
def test_other_organisation_reads_what_it_would_of_an_unknown_number(
    make_world: MakeWorld, of_unknown: FirstRead, case: Case
) -> None:
    _check(make_world, of_unknown, case, KNOWN[case.story])


@pytest.mark.long
@pytest.mark.parametrize("case", EVERY, ids=_named)
def test_other_organisation_reads_the_same_of_whatever_is_known(
    make_world: MakeWorld, of_unknown: FirstRead, case: Case
) -> None:
    _check(make_world, of_unknown, case, KNOWN[case.story])


@pytest.mark.parametrize(
    "case",
    [
        Case("unproven", FormKind.QR, "de", "good"),
        Case("forged", FormKind.ONBOARDING, "en", "good"),
    ],
    ids=_named,
)
def test_unproven_request_of_somebody_changes_no_answer(
    make_world: MakeWorld, of_unknown: FirstRead, case: Case
) -> None:
    _check(make_world, of_unknown, case, FREE[case.story])


# --- a stranger cannot shut the owner out -------------------------------------------------------


@pytest.mark.parametrize("kind", FormKind)
def test_stranger_s_held_request_stops_nothing_of_the_owner_s(world: World, kind: FormKind) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    world.mail(EVE, form(kind, "en", **STRANGE))
    (mail,) = world.mail(HANAKO, form(kind))
    expected = {
        FormKind.ONBOARDING: ("already_active", ""),
        FormKind.MIGRATION: ("question", "already_ours"),
        FormKind.QR: ("acknowledged", ""),
    }
    assert (mail.notice, mail.variant) == expected[kind]


def test_stranger_s_held_request_does_not_hold_the_owner_s_correction(world: World) -> None:
    world.mail(HANAKO, form(use_case=""))
    world.mail(EVE, form(FormKind.ONBOARDING, "en", **STRANGE))
    assert world.request(EVE).state.hold_reason is HoldReason.OWNERSHIP
    (mail,) = world.mail(HANAKO, form(), text="Corrected, in a new mail.")
    assert (mail.notice, world.request().status) == ("revision_received", Status.POLICY_REVIEW)
    (mail,) = world.reply(world.request(), "", form(display_name="さくら"))
    assert (mail.notice, world.request().status) == ("revision_received", Status.POLICY_REVIEW)


def test_owner_by_import_is_no_stranger_after_a_stranger_s_rejection(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    world.mail(EVE, form(FormKind.QR, "en", **STRANGE))
    decisions.reject(world.services, world.request(EVE), "saki", reason="ownership")
    (mail,) = world.mail(HANAKO, form(FormKind.QR))
    assert (mail.notice, world.request().status) == ("acknowledged", Status.CONTENT_REVIEW)


def test_earlier_requester_is_not_told_that_the_number_is_another_s_now(world: World) -> None:
    world.mail(EVE, form(FormKind.ONBOARDING, "en", **STRANGE))
    decisions.withdraw(world.services, world.request(EVE), "saki")
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    world.later(days=2)
    mails = world.mail(EVE, form(FormKind.ONBOARDING, "en", **STRANGE), text="Again.")
    # what staff withdrew is told now: nothing ran since
    mail, withdrawn = mails
    assert withdrawn.notice == "withdrawn"
    assert (mail.notice, mail.variant) == ("acknowledged", "")
    again = world.requests_of(EVE)[1]
    assert (again.linked_to, again.state.hold_reason) == (
        world.requests_of(EVE)[0].reference,
        HoldReason.OWNERSHIP,
    )


def test_code_that_waits_is_not_made_when_the_number_becomes_another_s(world: World) -> None:
    world.mail(HANAKO, form())
    world.mail(HANAKO, form(FormKind.QR))
    first, code = world.requests_of(HANAKO)
    assert code.status is Status.AWAITING_ACTIVE
    world.set_number(NUMBER, NumberState.ACTIVE, "other-company.example")
    assert world.later(minutes=5) == []
    assert world.again(code).status is Status.AWAITING_ACTIVE
    decisions.reject(world.services, world.again(first), "saki", reason="policy")
    mails = world.staff_mails()
    assert [(mail.notice, mail.variant) for mail in mails] == [
        ("rejected", ""),
        ("question", "not_ours"),
    ]
    assert world.again(code).status is Status.NEEDS_CORRECTION


def test_reused_number_s_claim_does_not_stop_its_own_correction(world: World) -> None:
    _active(world)
    world.set_number(NUMBER, NumberState.RELEASED, OURS)
    world.mail(HANAKO, form(use_case=""), text="We have the number again.")
    second = world.requests_of(HANAKO)[1]
    assert second.status is Status.NEEDS_CORRECTION
    world.mail(HANAKO, form(ready_date="2026-12-20"), text="Corrected.")
    assert world.again(second).status is Status.POLICY_REVIEW
    (mail,) = world.reply(world.again(second), "", form(ready_date="2026-12-21"))
    assert (mail.notice, world.again(second).status) == ("revision_received", Status.POLICY_REVIEW)


def test_other_spelling_of_an_imported_number_is_asked_about(world: World) -> None:
    world.set_number("+5215512345678", NumberState.ACTIVE, OURS)
    mexican = {"phone_number": "+52 55 1234 5678", "phone_number_again": "+52 55 1234 5678"}
    (mail,) = world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", "xlsx", **mexican))
    assert (mail.notice, mail.variant) == ("question", "same_number")
    (mail,) = world.mail(EVE, form(FormKind.ONBOARDING, "ja", "xlsx", **mexican))
    assert (mail.notice, mail.variant) == ("acknowledged", "")
    assert world.request(EVE).state.hold_reason is HoldReason.OWNERSHIP


# --- an unproven sender -------------------------------------------------------------------------


def _stored(world: World, record: RequestRecord) -> tuple[object, ...]:
    """Return all that is stored of a request and its number."""
    return (
        world.again(record),
        world.revisions(record),
        world.number(NUMBER),
        world.history(record),
        world.notes(record),
        [mail.message_id for mail in world.mails_of(record)],
    )


FALSE: Mapping[str, File] = {
    "same": form(),
    "corrected": form(display_name="にせもの", contact_email=EVE),
    "wrong": form(use_case=""),
    "other kind": form(FormKind.MIGRATION),
    "code": form(FormKind.QR),
    "older": saved_on(form(display_name="古い名前"), date(2025, 6, 1)),
}


_SENDERS = (HANAKO, TARO, EVE)
_PROOFS = ("none", "fail", "unknown")
_FIRST = ("needs correction", "policy review", "certificate")


@pytest.mark.parametrize(
    ("sender", "proof", "first"),
    [
        pytest.param(
            _SENDERS[one],
            _PROOFS[two],
            _FIRST[three],
            # each pair of two of them is met in every run
            marks=() if (one + two + three) % 3 == 0 else pytest.mark.long,
        )
        for one, two, three in product(range(3), repeat=3)
    ],
)
def test_unproven_sender_changes_nothing_that_is_stored(
    world: World, sender: str, proof: str, first: str
) -> None:
    KNOWN[first](world)
    world.clock.set(ASKED)
    world.run()
    record = world.requests_of(HANAKO)[0]
    before = _stored(world, record)
    for name, file in FALSE.items():
        world.deliver(world.customer.write(sender, file, text=name, proof=proof))
    mails = world.run()
    assert _stored(world, record) == before
    assert {mail.notice for mail in mails} == ({"receipt_unverified"} if proof == "none" else set())
    held = [item for item in world.requests_of(sender) if item.id != record.id]
    assert {item.status for item in held} == {Status.HELD}


def test_unproven_sender_who_confirms_is_still_another_organisation(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    world.mail(EVE, form(display_name="にせもの"), proof="none")
    before = (world.revisions(record), world.number(NUMBER), world.again(record).state)
    world.reply(world.request(EVE), "Yes, it was me.", proof="none")
    assert (world.revisions(record), world.number(NUMBER), world.again(record).state) == before
    eve = world.request(EVE)
    assert (eve.status, eve.state.hold_reason) == (Status.HELD, HoldReason.OWNERSHIP)

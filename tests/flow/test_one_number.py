"""One number, many requests: what each decision of the conflict table does, and says."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from threading import Barrier, BrokenBarrierError

import pytest

from pipeline.flow.answers.judge import judge
from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.inbound.process import process
from pipeline.flow.requests import open as opening
from pipeline.flow.services import Services
from pipeline.flow.staff import review as decisions
from pipeline.guard import Guard
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, NumberState, Status
from pipeline.store.unit_of_work import Store
from tests.world.customers import EVE, HANAKO, TARO, form
from tests.world.dated import saved_on
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

NUMBER = "+819012345678"
OURS = "sakura-denki.example"


def _statuses(world: World, sender: str = HANAKO) -> list[Status]:
    return [record.status for record in world.requests_of(sender)]


# --- answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["needs correction", "review", "in work", "approved"])
def test_same_content_again_is_answered_with_the_reference_and_changes_nothing(
    world: World, first: str
) -> None:
    file = form(use_case="") if first == "needs correction" else form(ready_date="2027-03-01")
    world.mail(HANAKO, file)
    if first in {"in work", "approved"}:
        record = decisions.approve(
            world.services, world.request(), "saki", ticked="all", business_verified=True
        )
        if first == "approved":
            decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    before = (world.request().state, world.revisions(world.request()))
    (mail,) = world.mail(HANAKO, file, text="Did you get it?")
    assert (mail.notice, mail.to) == ("duplicate", HANAKO)
    assert world.request().reference in mail.text
    assert (world.request().state, world.revisions(world.request())) == before


def test_active_number_is_answered_with_the_date_and_nothing_starts(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    (mail,) = world.mail(HANAKO, form())
    assert (mail.notice, world.request().status) == ("already_active", Status.ANSWERED)
    number = world.number(NUMBER)
    assert number is not None
    assert (number.state, number.organisation) == (NumberState.ACTIVE, OURS)


def test_migration_of_our_own_number_is_asked_about(world: World) -> None:
    world.set_number(NUMBER, NumberState.ACTIVE, OURS)
    mails = world.mail(HANAKO, form(FormKind.MIGRATION))
    assert notices(mails) == ["question:already_ours"]
    assert _statuses(world) == [Status.HELD]


def test_older_file_is_asked_about_and_replaces_nothing(world: World) -> None:
    world.mail(HANAKO, saved_on(form(), date(2026, 11, 20)))
    record = world.request()
    mails = world.mail(HANAKO, saved_on(form(display_name="さくら"), date(2026, 11, 19)))
    assert notices(mails) == ["question:older_file"]
    assert [item.seq for item in world.revisions(record)] == [1]
    assert world.again(record).status is Status.POLICY_REVIEW


def test_newer_file_replaces(world: World) -> None:
    world.mail(HANAKO, saved_on(form(), date(2026, 11, 20)))
    mails = world.mail(HANAKO, saved_on(form(display_name="さくら"), date(2026, 11, 21)))
    assert notices(mails) == ["revision_received"]


# --- supersede ----------------------------------------------------------------------------------


def test_corrected_form_replaces_and_shows_each_change_from_old_to_new(world: World) -> None:
    world.mail(HANAKO, form())
    changed = {"display_name": "さくら電機サポート", "business_vertical": "TRAVEL"}
    (mail,) = world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", "xlsx", **changed))
    assert mail.notice == "revision_received"
    text = "".join(mail.text.split())
    assert "表示名変更前：さくら電機変更後：さくら電機サポート" in text
    assert text.count("変更後：") == len(changed)
    assert [item.seq for item in world.revisions(world.request())] == [1, 2]


def test_changed_form_after_approval_is_held_and_the_approved_answers_stay(world: World) -> None:
    world.mail(HANAKO, form(ready_date="2027-03-01"))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    decisions.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.staff_mails()
    changed = form(ready_date="2027-03-01", company_legal_name="株式会社ほか")
    (mail,) = world.mail(HANAKO, changed)
    assert mail.notice == "held"
    record = world.request()
    assert (record.status, record.state.hold_reason) == (Status.HELD, HoldReason.CHANGE)
    assert record.company == "株式会社さくら電機"
    assert [item.accepted for item in world.revisions(record)] == [True, False]


# --- hold, link, alert --------------------------------------------------------------------------


def test_colleague_who_differs_holds_both_until_the_first_has_said(world: World) -> None:
    world.know(OURS)
    world.mail(HANAKO, form())
    mails = world.mail(TARO, form(display_name="さくら"))
    assert [(mail.notice, mail.variant, mail.to) for mail in mails] == [
        ("question", "differs_first", HANAKO),
        ("question", "differs", TARO),
    ]
    assert _statuses(world) + _statuses(world, TARO) == [Status.HELD, Status.HELD]
    assert world.request().state.hold_reason is HoldReason.FIRST_OF_TWO
    assert world.request(TARO).state.hold_reason is HoldReason.SECOND_OF_TWO


@pytest.mark.parametrize("end", ["rejected", "withdrawn"])
def test_new_attempt_is_linked_to_the_one_that_ended(world: World, end: str) -> None:
    world.mail(HANAKO, form())
    first = world.request()
    if end == "rejected":
        decisions.reject(world.services, first, "saki", reason="policy")
    else:
        decisions.withdraw(world.services, first, "saki")
    world.staff_mails()
    mails = world.mail(HANAKO, form(), text="Again.")
    assert notices(mails) == ["acknowledged"]
    second = world.requests_of(HANAKO)[1]
    assert (second.linked_to, second.status) == (first.reference, Status.POLICY_REVIEW)


def test_released_number_of_one_s_own_is_asked_about(world: World) -> None:
    world.set_number(NUMBER, NumberState.RELEASED, OURS)
    mails = world.mail(HANAKO, form())
    assert notices(mails) == ["question:reused_number"]


@pytest.mark.parametrize(
    ("state", "alerts"), [(NumberState.ACTIVE, True), (NumberState.RELEASED, False)]
)
def test_staff_are_warned_of_another_organisation_on_an_active_number(
    world: World, state: NumberState, *, alerts: bool
) -> None:
    world.set_number(NUMBER, state, OURS)
    (mail,) = world.mail(EVE, form())
    hold = world.request(EVE).state.hold_reason
    assert (mail.notice, hold) == ("acknowledged", HoldReason.OWNERSHIP)
    assert ("route_number_known" in world.alerts()) is alerts


def test_code_and_onboarding_of_one_number_are_no_conflict(world: World) -> None:
    world.mail(HANAKO, form(), form(FormKind.QR))
    assert _statuses(world) == [Status.POLICY_REVIEW, Status.AWAITING_ACTIVE]
    mails = world.mail(HANAKO, form(display_name="さくら"))
    assert notices(mails) == ["revision_received"]
    assert _statuses(world) == [Status.POLICY_REVIEW, Status.AWAITING_ACTIVE]


# --- two at once --------------------------------------------------------------------------------


def test_same_form_twice_in_one_message_is_one_request(world: World) -> None:
    _, content = form()
    mails = world.mail(HANAKO, ("a.xlsx", content), ("b.xlsx", content))
    assert len(mails) == 1
    assert _statuses(world) == [Status.POLICY_REVIEW]
    assert len(world.revisions(world.request())) == 1


def test_two_forms_for_one_number_in_one_message_are_one_request_with_two_revisions(
    world: World,
) -> None:
    _, first = form()
    _, second = form(display_name="さくら")
    mails = world.mail(HANAKO, ("a.xlsx", first), ("b.xlsx", second))
    assert len(mails) == 1
    assert _statuses(world) == [Status.POLICY_REVIEW]
    assert [item.seq for item in world.revisions(world.request())] == [1, 2]


def test_both_kinds_for_one_number_in_one_message_are_asked_about_in_one_mail(
    world: World,
) -> None:
    mails = world.mail(HANAKO, form(), form(FormKind.MIGRATION))
    assert notices(mails) == ["question:which_kind"]
    assert _statuses(world) == [Status.HELD, Status.HELD]
    assert [word for word in ("新規", "移行") if word not in mails[0].text] == []


def _at_once(world: World, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let two hosts process one message each, and meet where both hold theirs."""
    meeting = Barrier(2)

    def judge_together(*arguments: object, **named: object) -> object:
        with suppress(BrokenBarrierError):  # a transaction that is tried again goes on alone
            meeting.wait(20)
        return judge(*arguments, **named)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(opening, "judge", judge_together)
    first = world.services
    with Guard() as guard, ThreadPoolExecutor(2) as hosts:
        store = Store.open(url, mailbox_id="main", blobs=first.blobs.folder)
        second = Services(first.settings, first.clock, store, first.blobs, guard)
        done = list(hosts.map(lambda host: process(host).processed, (first, second)))
        store.close()
    assert done == [1, 1]
    monkeypatch.undo()


@pytest.fixture
def shared(make_world: MakeWorld, postgresql: Callable[[], str]) -> tuple[World, str]:
    """A world on PostgreSQL that takes one message at a time, and the URL of its database."""
    url = postgresql()
    return make_world(url, limits={"batch": 1}), url


def _arrive(world: World, *raw: bytes) -> None:
    for mail in raw:
        world.deliver(mail)
        with open_mailbox(world.services) as mailbox:
            fetch(world.services, mailbox)
    assert len(world.messages()) == len(raw)


@pytest.mark.postgresql
def test_of_two_organisations_at_once_exactly_one_gets_the_number(
    shared: tuple[World, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, url = shared
    write = world.customer.write
    _arrive(world, write(HANAKO, form()), write(EVE, form()))
    _at_once(world, monkeypatch, url)
    records = [world.request(HANAKO), world.request(EVE)]
    won = [record for record in records if record.status is Status.POLICY_REVIEW]
    lost = [record for record in records if record.state.hold_reason is HoldReason.OWNERSHIP]
    assert (len(won), len(lost)) == (1, 1)
    number = world.number(NUMBER)
    assert number is not None
    assert (number.state, number.organisation) == (NumberState.REQUESTED, won[0].organisation)


@pytest.mark.postgresql
def test_of_two_colleagues_at_once_one_asks_and_one_is_told(
    shared: tuple[World, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, url = shared
    world.know(OURS)
    write = world.customer.write
    _arrive(world, write(HANAKO, form()), write(TARO, form()))
    _at_once(world, monkeypatch, url)
    records = [*world.requests_of(HANAKO), *world.requests_of(TARO)]
    assert [record.status for record in records] == [Status.POLICY_REVIEW]
    assert sorted(notices(world.run())) == ["acknowledged", "question:colleague"]

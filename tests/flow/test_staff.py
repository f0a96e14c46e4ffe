"""What staff decide: warnings ticked, versions checked, mails behind the undo window."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pipeline.errors import NotFoundError, RefusedError, UsageError
from pipeline.flow.services import Services
from pipeline.flow.staff import corrections as answer_decisions
from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, NumberState, Status, Track
from pipeline.store.records import RequestRecord
from tests.world.customers import HANAKO, TARO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.settings import STAFF
from tests.world.world import World

Decision = Callable[[Services, RequestRecord], RequestRecord]

_ONCE = datetime(2026, 1, 1, tzinfo=UTC)
_DECISIONS: dict[str, Decision] = {
    "approve": lambda services, record: decisions.approve(
        services, record, "saki", ticked="all", business_verified=True
    ),
    "ask": lambda services, record: answer_decisions.ask(
        services, record, "saki", fields=("display_name",), text="?"
    ),
    "reject": lambda services, record: decisions.reject(services, record, "saki", reason="m2m"),
    "hold": lambda services, record: decisions.hold(services, record, "saki"),
    "route": lambda services, record: answer_decisions.route(
        services, record, "saki", track=Track.MIGRATION
    ),
    "edit": lambda services, record: answer_decisions.edit(
        services, record, "saki", answers=(("display_name", "さくら"),)
    ),
    "withdraw": lambda services, record: decisions.withdraw(services, record, "saki"),
}


@pytest.mark.parametrize("name", list(_DECISIONS))
def test_every_decision_on_a_stale_view_is_refused_and_writes_nothing(
    world: World, name: str
) -> None:
    world.mail(HANAKO, form())
    seen = world.request()
    decisions.hold(world.services, seen, "aoi")
    decisions.release(world.services, world.request(), "aoi")
    before = world.request(), world.history(seen), world.outbox()
    with pytest.raises(RefusedError) as refused:
        _DECISIONS[name](world.services, seen)
    assert refused.value.code == "stale_request"
    assert (world.request(), world.history(seen), world.outbox()) == before


def test_open_warnings_stop_the_approval_until_each_is_ticked(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form(genesys_licence="other", has_messaging_permission="no"))
    record = world.request()
    with pytest.raises(RefusedError) as refused:
        decisions.approve(world.services, record, "saki")
    assert refused.value.code == "warnings_open"
    (revision,) = world.revisions(record)
    warnings = tuple(
        sorted(
            {
                item.code
                for item in revision.problems
                if item.audience == "staff" and item.severity != "note"
            }
        )
    )
    assert len(warnings) == 2
    with pytest.raises(RefusedError):
        decisions.approve(world.services, record, "saki", ticked=warnings[:1])
    done = decisions.approve(
        world.services, record, "saki", ticked=warnings, business_verified=True
    )
    assert done.status is Status.NAME_REVIEW
    assert done.acknowledged_warnings == warnings


def test_tick_holds_for_the_same_answer_and_not_for_another(world: World) -> None:
    dear = "+53 5 1234567"
    cuban = {"phone_number": dear, "phone_number_again": dear, "country": "Cuba"}
    cuban |= {"contact_phone": ""}
    world.mail(HANAKO, form(genesys_licence="other"))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = answer_decisions.ask(
        world.services, record, "saki", fields=("display_name",), text="?"
    )
    world.reply_after_undo(record, form(genesys_licence="other", display_name="さくら"))
    assert world.again(record).acknowledged_warnings == ("licence_other",)
    world.mail(TARO, form(FormKind.ONBOARDING, "ja", "xlsx", **cuban))
    record = decisions.approve(
        world.services, world.request(TARO), "saki", ticked="all", business_verified=True
    )
    assert record.acknowledged_warnings == ("phone_restricted_staff",)
    record = answer_decisions.ask(
        world.services, record, "saki", fields=("display_name",), text="?"
    )
    dear = "+53 5 1234568"
    again = cuban | {"phone_number": dear, "phone_number_again": dear}
    world.reply_after_undo(record, form(FormKind.ONBOARDING, "ja", "xlsx", **again))
    assert world.again(record).acknowledged_warnings == ()


def test_mail_of_staff_waits_for_the_undo_window_and_can_be_cancelled(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    decisions.reject(world.services, world.request(), "saki", reason="m2m")
    assert world.run() == []
    (row,) = [row for row in world.outbox() if row.notice == "rejected"]
    assert row.triggered_by == "saki"
    assert world.services.store.run(lambda tx: tx.outbox.cancel(row.id)) is True
    assert world.later(days=1) == []
    assert world.request().status is Status.REJECTED


def test_mail_of_staff_goes_out_after_the_undo_window(world: World) -> None:
    world.mail(HANAKO, form())
    decisions.reject(world.services, world.request(), "saki", reason="m2m", text="残念ながら")
    assert notices(world.later(seconds=119)) == []
    (mail,) = world.later(seconds=2)
    assert mail.notice == "rejected"
    row = world.outbox()[-1]
    assert world.services.store.run(lambda tx: tx.outbox.cancel(row.id)) is False


def test_ask_names_the_field_and_the_words_of_staff(world: World) -> None:
    world.mail(HANAKO, form())
    record = answer_decisions.ask(
        world.services,
        world.request(),
        "saki",
        fields=("display_name",),
        text="正式な表記を教えてください",
    )
    assert record.status is Status.NEEDS_CORRECTION
    (mail,) = world.staff_mails()
    assert mail.notice == "needs_correction"
    assert "正式な表記を教えてください" in mail.text
    assert len(mail.files) == 1
    assert notices(world.reply(record, "", form(display_name="さくらデンキ"))) == [
        "revision_received"
    ]
    assert world.again(record).status is Status.POLICY_REVIEW


def test_ask_about_a_field_that_does_not_exist_is_refused(world: World) -> None:
    world.mail(HANAKO, form())
    with pytest.raises(UsageError) as refused:
        answer_decisions.ask(world.services, world.request(), "saki", fields=("nonsense",))
    assert refused.value.code == "field_unknown"
    assert world.request().status is Status.POLICY_REVIEW


def test_answer_entered_by_staff_is_kept_as_theirs(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form(website=""))
    record = answer_decisions.edit(
        world.services,
        world.request(),
        "saki",
        answers=(("website", "https://sakura-denki.example"),),
    )
    assert record.status is Status.POLICY_REVIEW
    latest = world.revisions(record)[-1]
    assert latest.entered_by == "saki"
    values = {reading.field: reading.value for reading in latest.readings}
    assert values["website"] == "https://sakura-denki.example"
    assert notices(world.staff_mails()) == ["revision_received"]


def test_answer_entered_by_staff_that_is_wrong_changes_no_status(world: World) -> None:
    world.mail(HANAKO, form())
    record = answer_decisions.edit(
        world.services, world.request(), "saki", answers=(("genesys_org_id", "abc"),)
    )
    assert record.status is Status.POLICY_REVIEW
    assert world.staff_mails() == []


def test_hold_tells_the_customer_nothing_and_release_goes_back(world: World) -> None:
    world.mail(HANAKO, form())
    held = decisions.hold(world.services, world.request(), "saki", note="check")
    assert (held.status, held.state.hold_reason) == (Status.HELD, HoldReason.STAFF)
    assert world.staff_mails() == []
    assert decisions.release(world.services, held, "saki").status is Status.POLICY_REVIEW
    assert world.staff_mails() == []


def test_note_changes_nothing_else(world: World) -> None:
    world.mail(HANAKO, form())
    record = world.request()
    decisions.note(world.services, record, "saki", text="電話で確認済み")
    assert world.request() == record
    assert world.notes(record)[-1].author == "saki"


def test_doubtful_sender_confirmed_by_staff_goes_on(world: World) -> None:
    world.mail(HANAKO, form(), proof="fail")
    record = decisions.confirm_sender(world.services, world.request(), "saki")
    assert record.status is Status.POLICY_REVIEW
    assert notices(world.staff_mails()) == ["acknowledged"]


def test_history_names_who_did_what_and_its_chain_holds(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    record = decisions.advance(world.services, record, "aoi", event=EventName.NAME_APPROVED)
    told = [
        (event.event.value if event.event else "", event.actor.value, event.actor_name)
        for event in world.history(record)
    ]
    assert told == [
        ("clean", "system", "customer"),
        ("approve", "staff", "saki"),
        ("name_approved", "meta", "aoi"),
        ("issued", "system", "system"),
    ]
    with world.services.store.read() as tx:
        assert tx.events.verify(record.id) is True


def test_rejection_frees_the_number_and_a_new_form_is_linked(world: World) -> None:
    world.mail(HANAKO, form())
    first = decisions.reject(world.services, world.request(), "saki", reason="m2m")
    number = world.number(first.number)
    assert number is None or number.state is NumberState.UNKNOWN
    world.mail(HANAKO, form(display_name="さくら"))
    _, second = world.requests_of(HANAKO)
    assert (second.status, second.linked_to) == (Status.POLICY_REVIEW, first.reference)


def test_unknown_request_is_not_found(make_world: MakeWorld) -> None:
    one, other = make_world(), make_world()
    one.mail(HANAKO, form())
    with pytest.raises(NotFoundError):
        decisions.hold(other.services, one.request(), "saki")


def test_review_that_nobody_looks_at_alerts_staff(world: World) -> None:
    world.mail(HANAKO, form())
    seen = [mail.notice for _ in range(5) for mail in world.later(days=1)]
    assert set(seen) == {"delayed"}
    told = [mail for mail in world.all_mails() if mail.to == STAFF]
    assert len(told) >= 1
    assert "overdue" in world.alerts()


def test_without_an_alert_address_no_digest_is_written(make_world: MakeWorld) -> None:
    world = make_world(team={"alert_to": ""})
    world.mail(HANAKO, form(), proof="fail")
    assert world.outbox() == []


def test_advance_asks_what_the_decision_itself_asks(world: World) -> None:
    world.mail(HANAKO, form(genesys_licence="other"))
    with pytest.raises(RefusedError) as refused:
        decisions.advance(world.services, world.request(), "saki")
    assert refused.value.code == "warnings_open"


def test_advance_releases_nobody_whose_sender_is_doubtful(world: World) -> None:
    world.mail(HANAKO, form(), proof="fail")
    record = world.request()
    assert record.state.hold_reason is HoldReason.SENDER_DOUBTFUL
    with pytest.raises(RefusedError) as refused:
        decisions.advance(world.services, record, "saki")
    assert refused.value.code == "sender_not_confirmed"
    assert world.request().status is Status.HELD


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2099, 1, 1)])
def test_integration_is_not_created_before_the_approval_nor_later_than_today(
    world: World, day: date
) -> None:
    world.mail(HANAKO, form())
    record = replace(world.request(), state=replace(world.request().state, approved_at=_ONCE))
    with pytest.raises(UsageError) as refused:
        decisions.mark_created(world.services, record, "saki", day=day)
    assert refused.value.code == "created_day"

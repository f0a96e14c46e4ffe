"""What our mails promise: kept, put off with a new date, or told to staff; never forgotten."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.staff import corrections, letters, organisations, outbox, review
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, Move, NumberState, Status, Track
from pipeline.store import queues
from pipeline.store.records import RequestRecord
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.conditions import CUSTOMERS_STATUSES
from pipeline.tracks.moves import move_in
from tests.world.customers import EVE, HANAKO, OLIVER, form
from tests.world.outbox import Sent, notices
from tests.world.world import World

_DAY = timedelta(days=1)
#: Two working days after the Monday on which the world begins.
_PROMISED = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def _applied(world: World) -> RequestRecord:
    assert notices(world.mail(HANAKO, form())) == ["acknowledged"]
    return world.request()


def _issued(world: World, record: RequestRecord) -> RequestRecord:
    """Bring a new request to its certificate."""
    record = review.approve(world.services, record, "saki", ticked="all", business_verified=True)
    review.advance(world.services, record, "saki", event=EventName.NAME_APPROVED)
    world.run()
    record = world.again(record)
    assert record.status is Status.CERTIFICATE_ISSUED
    return record


def _at(world: World, moment: datetime) -> list[str]:
    """Let batches run until ``moment`` as they do, and return what goes out then."""
    world.clock.set(moment - timedelta(minutes=5))
    seen = notices(world.run())
    world.clock.set(moment)
    return [*seen, *notices(world.run())]


def test_what_the_mail_says_is_a_deadline_of_the_request(any_world: World) -> None:
    world = any_world
    (mail,) = world.mail(HANAKO, form())
    record = world.request()
    assert record.state.promise_at == _PROMISED
    assert "2026年11月25日" in mail.text
    assert record.next_at is not None
    assert record.next_at <= _PROMISED
    (row,) = world.mails_of(record)
    assert row.promise_at == _PROMISED


def test_promise_that_passes_is_put_off_twice_each_with_an_alert(world: World) -> None:
    record = _applied(world)
    assert _at(world, _PROMISED) == ["delayed"]
    first = world.again(record).state
    # the team's Thursday is a holiday: two working days later it is Monday
    assert first.promise_at == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert (first.delays, first.overdue_since) == (1, _PROMISED)
    assert _at(world, first.promise_at) == ["delayed"]
    second = world.again(record).state
    assert second.promise_at is not None
    assert second.promise_at > first.promise_at
    first_mail, second_mail = (m for m in world.all_mails() if m.notice == "delayed")
    assert ("11月25日" in first_mail.text, "11月30日" in first_mail.text) == (True, True)
    assert ("11月30日" in second_mail.text, "12月2日" in second_mail.text) == (True, True)
    assert _at(world, second.promise_at) == []
    last = world.again(record).state
    assert (last.promise_at, last.delays, last.overdue_since) == (None, 3, _PROMISED)
    assert [code for code in world.alerts() if code.startswith("promise_")] == [
        "promise_late",
        "promise_late",
        "promise_broken",
    ]


def test_decision_takes_the_place_of_what_was_promised(world: World) -> None:
    record = _applied(world)
    corrections.ask(world.services, record, "saki", fields=("display_name",), text="Which?")
    assert notices(world.staff_mails()) == ["needs_correction"]
    state = world.again(record).state
    assert (state.promise_at, state.delays, state.overdue_since) == (None, 0, None)
    assert "delayed" not in _at(world, _PROMISED)


def test_decision_that_tells_nothing_keeps_the_date(world: World) -> None:
    """Approving a migration mails nothing: what was promised stays."""
    world.mail(HANAKO, form(FormKind.MIGRATION))
    record = world.request()
    promised = record.state.promise_at
    record = review.approve(world.services, record, "saki", ticked="all", two_step_off=True)
    assert record.status is Status.SLOT_PLANNING
    assert record.state.promise_at == promised == _PROMISED
    assert _at(world, _PROMISED) == ["delayed"]


def test_answer_to_status_names_the_same_date_and_never_a_passed_one(world: World) -> None:
    record = _applied(world)
    (mail,) = world.reply(record, "状況を教えてください")
    assert mail.variant == "status"
    assert "2026年11月25日" in mail.text
    assert world.again(record).state.promise_at == _PROMISED
    for _ in range(3):
        passed = world.again(record).state.promise_at
        assert passed is not None
        _at(world, passed)
    (mail,) = world.reply(record, "状況を教えてください")
    assert mail.variant == "status"
    assert "次の日時" not in mail.text


def test_meta_is_awaited_without_an_apology_and_in_the_end_without_a_date(world: World) -> None:
    record = _applied(world)
    record = review.approve(world.services, record, "saki", ticked="all")
    record = review.advance(world.services, record, "saki", event=EventName.VERIFIED)
    assert record.status is Status.NAME_REVIEW
    world.staff_mails()
    seen = []
    for _ in range(3):
        promised = world.again(record).state.promise_at
        assert promised is not None
        seen += _at(world, promised)
    assert seen == ["delayed:meta"] * 3
    assert world.again(record).state.promise_at is None
    dates = [mail.promise_at for mail in world.mails_of(record)][-3:]
    assert [at is not None for at in dates] == [True, True, False]


def test_after_an_outage_what_is_decided_goes_first(world: World) -> None:
    record = _applied(world)
    other = world.mail(OLIVER, form(language="en"))
    assert notices(other) == ["acknowledged"]
    world.clock.set(_PROMISED + timedelta(days=3))
    review.reject(world.services, world.again(record), "saki", reason="policy")
    world.clock.advance(timedelta(minutes=5))
    assert notices(world.run()) == ["rejected"]
    assert notices(world.later(minutes=5)) == ["delayed"]
    assert world.again(record).state.promise_at is None


def test_batch_of_a_daily_cron_is_no_outage(world: World) -> None:
    world.clock.set(datetime(2026, 11, 16, 9, 5, tzinfo=UTC))
    for _ in range(5):
        world.run()
        world.clock.advance(_DAY)
    world.clock.set(_PROMISED - 2 * _DAY - timedelta(hours=3))
    _applied(world)
    world.clock.set(_PROMISED - _DAY + timedelta(minutes=5))
    assert world.run() == []
    world.clock.set(_PROMISED + timedelta(minutes=5))
    assert notices(world.run()) == ["delayed"]


def test_hold_that_is_released_tells_its_customer_that_it_is_their_turn(world: World) -> None:
    """They were told that we write by a date: silence would leave them waiting for it."""
    world.mail(HANAKO, form())
    record = _issued(world, world.request())
    assert "held" in notices(
        world.reply(record, "", form(contact_department="営業部", company_legal_name="山田商事"))
    )
    held = world.again(record)
    assert held.state.promise_at is not None
    review.release(world.services, held, "saki")
    (mail,) = world.staff_mails()
    assert (mail.notice, mail.variant) == ("status_changed", "released")
    assert "の一時停止を解除しました。" in mail.text
    assert "証明書はすでにお送りしています" in mail.text
    assert "2026年11月30日" in mail.text
    assert "期限はありません" not in mail.text
    state = world.again(record).state
    assert (state.status, state.promise_at) == (Status.CERTIFICATE_ISSUED, None)
    assert "promise_broken" not in world.alerts()


def test_hold_of_which_nothing_was_told_is_released_in_silence(world: World) -> None:
    world.mail(HANAKO, form())
    record = _issued(world, world.request())
    review.hold(world.services, record, "saki", note="Who is it?")
    assert world.staff_mails() == []
    review.release(world.services, world.again(record), "saki")
    assert world.staff_mails() == []


def test_customers_statuses_are_those_of_the_tracks() -> None:
    steps = {step.status for track in TRACKS.values() for step in track.steps}
    assert {one for one in steps if move_in(one) is Move.CUSTOMER} == CUSTOMERS_STATUSES


def test_answer_after_an_outage_names_no_certificate_that_has_expired(world: World) -> None:
    world.mail(HANAKO, form())
    record = _issued(world, world.request())
    end = record.state.certificate_expires_at
    assert end is not None
    world.clock.set(end + timedelta(hours=20))  # no batch ran since
    mails = world.reply(record, "状況を教えてください")
    assert sorted(notices(mails)) == ["certificate_expired", "duplicate:status"]
    (status,) = (mail for mail in mails if mail.notice == "duplicate")
    assert world.again(record).status is Status.CERTIFICATE_EXPIRED
    assert "証明書は、現在有効ではありません" in status.text
    assert "期限はありません" not in status.text


def test_answer_after_a_deadline_that_staff_decide_on_names_none(world: World) -> None:
    """A hold does not end when its customer lets the date of its question pass."""
    world.set_number("+819012345678", NumberState.ACTIVE, "other.example")
    record = organisations.ask_owner(world.services, _applied(world), "saki")
    (asked,) = world.staff_mails()
    assert asked.notice == "held"
    _at(world, record.state.entered_at + 20 * _DAY)
    (mail,) = world.reply(record, "状況を教えてください")
    assert mail.variant == "status"
    assert "期限" not in mail.text
    assert "お待ちしています" in mail.text


def test_end_clears_the_promise(world: World) -> None:
    record = _applied(world)
    world.reply(record, "取り下げ")
    ended = world.again(record)
    assert (ended.status, ended.state.promise_at) == (Status.WITHDRAWN, None)
    assert _at(world, _PROMISED) == []


def test_mail_that_is_taken_back_promised_and_settled_nothing(world: World) -> None:
    """The customer has the first mail alone: what it promised counts."""
    record = _applied(world)
    record = corrections.ask(
        world.services, record, "saki", fields=("display_name",), text="Which?"
    )
    assert world.again(record).state.promise_at is None
    question = world.mails_of(record)[-1]
    outbox.cancel(world.services, question.id, "saki")
    assert world.again(record).state.promise_at == _PROMISED
    # the customer waits for us and does not know that we wait for them: staff have to write
    assert _at(world, _PROMISED) == []
    assert world.alerts()[-1] == "promise_broken"
    outbox.retry(world.services, question.id, "saki")
    assert world.again(record).state.overdue_since is None


def test_neutral_hold_is_put_off_as_an_unknown_number_is(world: World) -> None:
    world.set_number("+819012345678", NumberState.ACTIVE, "other.example")
    known = _applied(world)
    assert known.state.hidden
    world.mail(EVE, form(phone_number="090-8765-4321", phone_number_again="090-8765-4321"))
    (other,) = world.requests_of(EVE)
    assert other.status is Status.POLICY_REVIEW
    assert known.state.promise_at == other.state.promise_at
    assert sorted(_at(world, _PROMISED)) == ["delayed", "delayed"]
    texts = [world.mails_of(record)[-1] for record in (known, other)]
    again = [world.again(record).state for record in (known, other)]
    assert again[0].promise_at == again[1].promise_at
    assert texts[0].subject.replace(known.reference, "") == texts[1].subject.replace(
        other.reference, ""
    )


def test_staff_see_what_is_overdue_first(world: World) -> None:
    record = _applied(world)
    _at(world, _PROMISED)
    world.mail(OLIVER, form(language="en"))
    with world.services.store.read() as tx:
        rows = queues.queue(tx, queues.QueueView.NEEDS_ME)
    assert [row.overdue_since for row in rows] == [_PROMISED, None]
    assert rows[0].id == record.id
    assert rows[1].promise_at is not None


# what staff write themselves


def _said(mails: list[Sent]) -> list[tuple[str, bool]]:
    return [(mail.notice, "colleague" in mail.text) for mail in mails]


def test_staff_tell_that_it_takes_longer_and_until_when(world: World) -> None:
    record = _applied(world)
    record = letters.delay(
        world.services, record, "saki", until=date(2026, 12, 2), text="Our colleague is ill."
    )
    (mail,) = world.staff_mails()
    assert (mail.notice, "Our colleague is ill." in mail.text) == ("delayed", True)
    assert "2026年12月2日" in mail.text
    assert "2026年11月25日" in mail.text
    assert record.state.promise_at == datetime(2026, 12, 2, 9, tzinfo=UTC)
    assert _at(world, _PROMISED) == []
    assert ("delayed_written", "") in [
        line for event in world.history(record) for line in event.detail
    ]


def test_delay_without_a_promise_or_into_the_past_is_refused(world: World) -> None:
    record = _applied(world)
    with pytest.raises(UsageError) as usage:
        letters.delay(world.services, record, "saki", until=date(2026, 11, 20))
    assert usage.value.code == "delay_not_ahead"
    world.reply(record, "取り下げ")
    with pytest.raises(RefusedError) as refused:
        letters.delay(world.services, world.again(record), "saki")
    assert refused.value.code == "nothing_promised"


def test_answer_in_triage_is_mailed_and_ends_it(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, text="どの申請書を使えばよいですか。教えてください。")
    record = world.request()
    assert (record.state.track, record.status) == (Track.HELP, Status.TRIAGE)
    record = letters.answer(world.services, record, "saki", text="新規の申請書です。\n\n以上です。")
    assert record.status is Status.ANSWERED
    (mail,) = world.staff_mails()
    assert (mail.notice, mail.files) == ("answer", {})
    assert "新規の申請書です。" in mail.text
    assert "以上です。" in mail.text


def test_answer_goes_out_on_any_request_open_or_ended_and_moves_nothing(world: World) -> None:
    record = _applied(world)
    first = letters.answer(world.services, record, "saki", text="Yes, a colleague will call.")
    again = letters.answer(world.services, first, "saki", text="It is a colleague of ours.")
    assert (again.status, again.state.promise_at) == (record.status, _PROMISED)
    assert _said(world.staff_mails()) == [("answer", True), ("answer", True)]
    world.reply(again, "取り下げ")
    ended = world.again(record)
    letters.answer(world.services, ended, "saki", text="The colleague knows it.")
    assert _said(world.staff_mails()) == [("answer", True)]
    assert world.again(record).status is Status.WITHDRAWN


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_empty_answer_is_refused(world: World, text: str) -> None:
    record = _applied(world)
    with pytest.raises(UsageError) as usage:
        letters.answer(world.services, record, "saki", text=text)
    assert usage.value.code == "answer_empty"
    assert world.staff_mails() == []


def test_unproven_sender_gets_no_answer(world: World) -> None:
    world.mail(HANAKO, form(), proof="none")
    with pytest.raises(RefusedError) as refused:
        letters.answer(world.services, world.request(), "saki", text="Hello.")
    assert refused.value.code == "sender_not_confirmed"


# reminders and closing after an outage


def test_after_an_outage_one_reminder_comes_and_the_close_three_days_after_it(
    world: World,
) -> None:
    assert notices(world.mail(HANAKO, form(genesys_org_id="sakura"))) == ["needs_correction"]
    record = world.request()
    world.clock.advance(20 * _DAY)  # both reminders and the close have passed
    (mail,) = world.run()
    assert mail.notice == "correction_reminder"
    assert world.again(record).status is Status.NEEDS_CORRECTION
    assert "申請書" in mail.subject or "修正" in mail.subject  # it names the answers, no question
    close = world.again(record).next_at
    assert close is not None
    assert close - world.clock.now() >= 3 * _DAY
    assert f"{close.astimezone(UTC):%Y}" in mail.text
    assert _at(world, close) == ["closed_no_response"]


def test_missed_reminder_is_left_out_where_the_next_one_comes_within_hours(world: World) -> None:
    world.mail(HANAKO, form())
    record = _issued(world, world.request())
    end = record.state.certificate_expires_at
    assert end is not None
    # the reminder of three days before is missed, that of the last day comes in four hours
    world.clock.set(end - timedelta(hours=28))
    assert world.run() == []
    assert _at(world, end - _DAY) == ["certificate_reminder"]


# mails that wait


def _server_down(world: World) -> None:
    """Let mail wait, as a server that takes none does."""
    world.change(courier=world.services.settings.courier.model_copy(update={"hourly_cap": 0}))


def test_mail_that_waited_past_its_date_goes_out_with_a_new_one(world: World) -> None:
    up = world.services.settings.courier
    _server_down(world)
    assert world.mail(HANAKO, form()) == []
    record = world.request()
    world.clock.set(_PROMISED + timedelta(hours=3))
    world.batch()
    world.batch(timedelta(minutes=5))
    world.change(courier=up)
    (mail,) = world.later(minutes=5)
    assert mail.notice == "acknowledged"
    state = world.again(record).state
    assert (state.delays, state.overdue_since) == (0, None)
    assert state.promise_at == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert ("2026年11月25日" in mail.text, "2026年11月30日" in mail.text) == (False, True)
    assert [row.state.value for row in world.mails_of(record)] == ["cancelled", "sent"]


def test_revision_that_waited_shows_what_changed_again(world: World) -> None:
    record = _applied(world)
    up = world.services.settings.courier
    _server_down(world)
    world.reply(record, "", form(contact_name="山田　太郎", contact_department="営業部"))
    world.clock.set(_PROMISED + timedelta(days=1))
    world.batch()
    world.batch(timedelta(minutes=5))
    world.change(courier=up)
    (mail,) = world.later(minutes=5)
    assert mail.notice == "revision_received"
    assert "山田 太郎" in mail.text
    assert "営業部" in mail.text
    assert "2026年11月30日" in mail.text


def test_mail_that_waited_while_more_was_said_is_taken_back(world: World) -> None:
    up = world.services.settings.courier
    _server_down(world)
    world.mail(HANAKO, form())
    letters.delay(world.services, world.request(), "saki", until=date(2026, 12, 10))
    world.clock.set(_PROMISED + timedelta(hours=3))
    world.batch()
    world.change(courier=up)
    assert notices(world.later(minutes=5)) == ["delayed"]


def test_letter_that_waited_says_again_what_staff_wrote(world: World) -> None:
    record = _applied(world)
    up = world.services.settings.courier
    _server_down(world)
    letters.delay(
        world.services, record, "saki", until=date(2026, 11, 27), text="Our colleague is ill."
    )
    for passed in (datetime(2026, 11, 27, 9, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)):
        world.clock.set(passed + timedelta(hours=3))
        world.batch()
        world.batch(timedelta(minutes=5))
    world.change(courier=up)
    (mail,) = world.later(minutes=5)
    assert mail.notice == "delayed"
    assert "Our colleague is ill." in mail.text
    assert "2026年11月27日" not in mail.text
    assert "2026年12月3日" in mail.text
    assert len([row for row in world.mails_of(record) if row.notice == "delayed"]) == 3


def test_mail_about_two_requests_that_waited_tells_of_both_again(world: World) -> None:
    up = world.services.settings.courier
    _server_down(world)
    other = form(phone_number="090-8765-4321", phone_number_again="090-8765-4321")
    world.mail(HANAKO, form(), ("second.xlsx", other[1]))
    records = world.requests_of(HANAKO)
    assert len(records) == 2
    world.clock.set(_PROMISED + timedelta(hours=3))
    world.batch()
    world.batch(timedelta(minutes=5))
    world.change(courier=up)
    (mail,) = world.later(minutes=5)
    assert all(record.reference in mail.text for record in records)
    promised = {world.again(record).state.promise_at for record in records}
    assert promised == {datetime(2026, 11, 30, 9, tzinfo=UTC)}

"""By when staff have to act: on the team's calendar, still while others are to move."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.flow.staff import organisations, review
from pipeline.flow.views.queue import (
    Due,
    Unit,
    counts,
    day_ends,
    distance,
    parsed,
    shown,
    words_due,
)
from pipeline.model.request import NumberState
from pipeline.model.working_calendar import WorkingCalendar, at_hour
from pipeline.store.queues import QueueRow, QueueView
from tests.world.customers import HANAKO, form
from tests.world.world import World

_TOKYO = WorkingCalendar("", "Asia/Tokyo")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+09:00").astimezone(UTC)


#: Monday, 23 November 2026; the working day is from 9 to 18.
_DISTANCES = [
    ("2026-11-23T10:00", "2026-11-23T13:00", Due(late=False, unit=Unit.HOURS, count=3)),
    ("2026-11-23T10:00", "2026-11-23T10:20", Due(late=False, unit=Unit.MINUTES, count=20)),
    ("2026-11-23T10:00", "2026-11-23T10:00", Due(late=False, unit=Unit.NOW, count=0)),
    ("2026-11-23T10:00", "2026-11-24T18:00", Due(late=False, unit=Unit.DAYS, count=1)),
    ("2026-11-20T10:00", "2026-11-23T18:00", Due(late=False, unit=Unit.DAYS, count=1)),
    ("2026-11-21T10:00", "2026-11-24T18:00", Due(late=False, unit=Unit.DAYS, count=2)),
    ("2026-11-23T13:00", "2026-11-23T10:00", Due(late=True, unit=Unit.HOURS, count=3)),
    ("2026-11-24T10:00", "2026-11-23T17:30", Due(late=True, unit=Unit.HOURS, count=1)),
    ("2026-11-22T10:00", "2026-11-20T18:00", Due(late=True, unit=Unit.NOW, count=0)),
    ("2026-11-25T18:00", "2026-11-23T18:00", Due(late=True, unit=Unit.DAYS, count=2)),
    ("2026-11-30T12:00", "2026-11-20T18:00", Due(late=True, unit=Unit.DAYS, count=5)),
]


@pytest.mark.parametrize(("now", "due", "told"), _DISTANCES)
def test_distance_is_told_in_working_time(now: str, due: str, told: Due) -> None:
    assert distance(_at(due), _at(now), _TOKYO) == told


def test_working_time_leaves_out_nights_weekends_and_holidays() -> None:
    japan = WorkingCalendar("JP", "Asia/Tokyo")
    friday, tuesday = _at("2026-11-20T17:00"), _at("2026-11-24T10:00")
    assert _TOKYO.working_time(friday, tuesday) == timedelta(hours=11)
    assert japan.working_time(friday, tuesday) == timedelta(hours=2)  # Monday is a holiday
    assert japan.working_time(tuesday, friday) == timedelta()
    assert japan.working_time(friday, friday + timedelta(minutes=90)) == timedelta(hours=1)


def test_summer_time_changes_no_working_hours() -> None:
    berlin = WorkingCalendar("", "Europe/Berlin")
    friday = datetime(2026, 3, 27, 8, tzinfo=UTC)  # 9:00; on Monday 9:00 is 7:00 UTC
    monday = datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert berlin.working_time(friday, monday) == timedelta(hours=9)


def test_words_are_read_within_a_working_day() -> None:
    assert words_due(_at("2026-11-20T12:00"), _TOKYO) == _at("2026-11-23T18:00")


def _rows(world: World, view: QueueView = QueueView.NEEDS_ME, text: str = "") -> list[QueueRow]:
    services = world.services
    with services.store.read() as tx:
        return shown(services.work(tx), parsed(services, text), view)


def test_staff_have_a_due_date_and_customers_none(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    [row] = _rows(world)
    assert row.due_at == row.promise_at
    assert row.due_at is not None
    assert row.due_at > world.clock.now()
    assert (row.problems, row.last_mail_notice) == (0, "acknowledged")
    assert _rows(world, QueueView.ALL, "is:late") == []
    world.later(days=5)
    world.run()
    [row] = _rows(world, QueueView.ALL, "is:late")
    assert row.due_at is not None
    review.reject(world.services, world.request(), "staff", reason="invalid_number")
    [row] = _rows(world, QueueView.ALL)
    assert row.due_at is None
    assert row.last_mail_notice == "rejected"


def test_wrong_answers_are_counted_and_nothing_is_due(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form(phone_number="12", phone_number_again="12"))
    [row] = _rows(world, QueueView.ALL)
    assert row.due_at is None
    assert row.problems >= 1
    assert row.last_mail_at is not None
    assert (row.last_mail_notice, bool(row.last_mail_subject)) == ("needs_correction", True)


def test_words_to_read_are_due_though_the_customer_is_to_move(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form(phone_number="12", phone_number_again="12"))
    world.reply(world.request(), "Could somebody call me about our Wartungsfenster?")
    [row] = _rows(world)
    assert row.unread
    assert row.unread_since is not None
    assert row.due_at == words_due(row.unread_since, world.services.team)
    assert [found.id for found in _rows(world, QueueView.ALL, "wartungsfenster")] == [row.id]
    world.run()
    assert [found.id for found in _rows(world, QueueView.ALL, "wartungsfenster")] == [row.id]


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-22"])
def test_a_working_day_ends_at_the_same_hour_though_nobody_works(day: str) -> None:
    assert day_ends(_at(f"{day}T20:00"), _TOKYO) == _at(f"{day}T18:00")


def test_only_what_is_due_today_is_to_be_approved_today(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    [row] = _rows(world, QueueView.NEW)
    assert row.due_at is not None

    def today() -> list[str]:
        rows = _rows(world, QueueView.APPROVE)
        with world.services.store.read() as tx:
            assert counts(world.services.work(tx))[QueueView.APPROVE.value] == len(rows)
        assert _rows(world, QueueView.APPROVE, HANAKO) == rows
        return [row.id for row in rows]

    zone = world.services.team.zone
    assert world.services.team.local_date(row.due_at) > world.services.team.local_date(
        world.clock.now()
    )
    assert today() == []
    # the whole day on which it is due, and from then on
    morning = at_hour(world.services.team.local_date(row.due_at), 7, zone)
    world.clock.set(morning)
    assert today() == [row.id]
    world.clock.set(row.due_at + timedelta(days=1))
    assert today() == [row.id]
    review.hold(world.services, world.request(), "saki")
    assert today() == []


def test_time_stands_still_while_a_proof_is_out(any_world: World) -> None:
    """The customer has two weeks to send it; what they write is read within a working day."""
    world = any_world
    world.set_number("+819012345678", NumberState.ACTIVE, "other.example")
    world.mail(HANAKO, form())
    record = organisations.ask_owner(world.services, world.request(), "saki")
    [row] = _rows(world)
    assert row.due_at is not None
    assert row.due_at > record.state.entered_at + timedelta(days=13)
    world.staff_mails()
    world.later(days=10)
    assert _rows(world, QueueView.ALL, "is:late") == []
    world.reply(world.request(), "", ("bill.pdf", b"%PDF-1.4 no form"))
    [row] = _rows(world)
    assert row.due_at is not None
    assert row.due_at < world.clock.now() + timedelta(days=5)

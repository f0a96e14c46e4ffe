"""Deadlines of a certificate: its end, its reminders, the integration."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.model.request import (
    Actor,
    Event,
    RequestState,
)
from pipeline.tracks.deadlines import (
    customer_due_at,
)
from pipeline.tracks.machine import apply
from tests.unit.tracks.due_dates import (
    JAPAN,
    TOKYO,
    TUESDAY,
    at,
    listed,
    now_due,
)
from tests.unit.tracks.rows import DAY, POLICY, E, S, T, state_of

CREATED = datetime(2026, 11, 24, 1, 12, 33, tzinfo=UTC)


def certificate(created: datetime = CREATED, **facts: object) -> RequestState:
    state = state_of(
        T.ONBOARDING,
        S.CERTIFICATE_ISSUED,
        certificate_expires_at=created + 7 * DAY,
        approved_at=created,
        **facts,
    )
    return replace(state, entered_at=created)


def test_certificate_ends_exactly_and_reminds_exactly() -> None:
    assert listed(certificate()) == {
        "remind-3-left": CREATED + 4 * DAY,
        "remind-1-left": CREATED + 6 * DAY,
        "expire": CREATED + 7 * DAY,
    }


def test_certificate_over_new_year_is_not_moved() -> None:
    created = datetime(2026, 12, 29, 3, 0, tzinfo=UTC)
    assert listed(certificate(created))["expire"] == datetime(2027, 1, 5, 3, 0, tzinfo=UTC)


def test_end_of_the_certificate_is_what_the_customer_is_told() -> None:
    told = customer_due_at(certificate(), POLICY, customer_zone=TOKYO, team=JAPAN)
    assert told == CREATED + 7 * DAY


def test_reminders_before_a_late_arrival_are_left_out() -> None:
    state = replace(certificate(), entered_at=CREATED + 5 * DAY)  # pasted five days old
    assert list(listed(state)) == ["remind-1-left", "expire"]


@pytest.mark.parametrize(
    ("days", "done", "keys"),
    [
        (3, (), []),
        (4, (), ["remind-3-left"]),
        (4, ("remind-3-left",), []),
        (5, (), ["remind-3-left"]),
        (6, (), ["remind-1-left"]),
        (6, ("remind-3-left",), ["remind-1-left"]),
        (6, ("remind-1-left",), []),
        (7, (), ["expire"]),
        (30, (), ["expire"]),
    ],
)
def test_only_the_most_urgent_missed_reminder_is_sent(
    days: int, done: tuple[str, ...], keys: list[str]
) -> None:
    assert now_due(certificate(), CREATED + days * DAY, *done) == keys


def test_one_second_before_the_end_is_still_a_reminder() -> None:
    late = CREATED + 7 * DAY - timedelta(seconds=1)
    assert now_due(certificate(), late) == ["remind-1-left"]


def test_integration_reminder_comes_25_days_after_it_was_created() -> None:
    state = replace(
        state_of(T.ONBOARDING, S.CERTIFICATE_EXPIRED, integration_created_at=TUESDAY),
        entered_at=(TUESDAY + 7 * DAY).astimezone(UTC),
    )
    assert listed(state)["remind-integration"] == at(2026, 12, 21)  # the 19th is a Saturday


def test_word_of_the_integration_does_not_repeat_reminders() -> None:
    state = certificate()
    event = Event(E.MARK_CREATED, Actor.STAFF, CREATED + 5 * DAY)
    after = apply(state, event, POLICY).after
    assert now_due(after, CREATED + 5 * DAY, "remind-3-left") == []


def test_without_a_word_the_integration_is_as_old_as_the_certificate() -> None:
    issued = state_of(T.ONBOARDING, S.APPROVED, certificate_wanted_at=CREATED, approved_at=CREATED)
    event = Event(
        E.ISSUED,
        Actor.SYSTEM,
        CREATED + DAY,
        certificate_created_at=CREATED,
        certificate_expires_at=CREATED + 7 * DAY,
    )
    state = apply(issued, event, POLICY).after
    assert state.integration_since == CREATED
    assert listed(state).get("remind-integration") is None  # the certificate ends before it
    expired = apply(state, Event(E.EXPIRE, Actor.SYSTEM, CREATED + 7 * DAY), POLICY).after
    assert listed(expired)["remind-integration"] == at(2026, 12, 21)
    told = Event(E.MARK_CREATED, Actor.STAFF, CREATED + 3 * DAY)
    assert apply(state, told, POLICY).after.integration_since == CREATED + 3 * DAY


def test_reminder_of_an_earlier_stay_is_not_sent_again() -> None:
    state = certificate(CREATED + 35 * DAY, integration_created_at=CREATED)
    assert "remind-integration" not in listed(state)


@pytest.mark.parametrize(("reason", "left"), [("our_mistake", 2), ("exposed", 3)])
def test_mistake_of_ours_costs_no_certificate(reason: str, left: int) -> None:
    state = certificate(certificates=3)
    event = Event(E.REVOKE, Actor.STAFF, CREATED + DAY, reason=reason)
    assert apply(state, event, POLICY).after.certificates == left

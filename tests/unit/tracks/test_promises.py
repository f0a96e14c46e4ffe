"""The ledger of promises: what each mail does to it is declared, and holds for its texts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.model.notice import NoticeName, Saying
from pipeline.model.request import Actor, Event, HoldReason, Move
from pipeline.model.transition import AlertStaff, DeadlineKind, SendNotice
from pipeline.notifications.compose import compose
from pipeline.tracks.deadlines import deadlines, event_of, our_promise_at
from pipeline.tracks.machine import apply
from pipeline.tracks.promises import (
    MOST_DELAYS,
    SAYINGS,
    after_mail,
    notice_when_late,
    saying_of,
)
from tests.sources import variants
from tests.unit.notifications.conftest import make_facts
from tests.unit.tracks.due_dates import JAPAN, TOKYO, TUESDAY, entered
from tests.unit.tracks.rows import DAY, NOW, POLICY, E, S, T, state_of

__all__ = ["make_facts"]

_NAMES = {Saying.REPLACES, Saying.REPEATS, Saying.PUTS_OFF}


def test_every_notice_says_what_it_does_to_a_promise() -> None:
    assert set(SAYINGS) == set(NoticeName)


@pytest.mark.parametrize("language", ["en", "ja", "de"])
@pytest.mark.parametrize("notice", list(NoticeName))
def test_only_a_mail_that_is_declared_to_names_a_date(
    notice: NoticeName, language: str, make_facts: Callable[..., Any]
) -> None:
    for variant in variants(notice.value, language):
        facts = make_facts(language, own_words="A line of ours.")
        composed = compose(notice, variant, language, facts)
        if composed.promised:
            assert saying_of(notice, variant) in _NAMES, (notice, variant)


def test_a_mail_that_puts_off_names_its_date() -> None:
    for variant in variants("delayed", "en"):
        assert saying_of(NoticeName.DELAYED, variant) is Saying.PUTS_OFF


@pytest.mark.parametrize(
    ("saying", "promise", "delays"),
    [
        (Saying.KEEPS, None, 0),
        (Saying.REPLACES, NOW + 3 * DAY, 0),
        (Saying.REPEATS, NOW + DAY, 1),
        (Saying.PUTS_OFF, NOW + 3 * DAY, 1),
        (Saying.LEAVES, NOW + DAY, 1),
    ],
)
def test_what_a_mail_leaves_open(saying: Saying, promise: object, delays: int) -> None:
    state = replace(
        state_of(T.ONBOARDING, S.POLICY_REVIEW),
        promise_at=NOW + DAY,
        delays=1,
        overdue_since=NOW - DAY,
    )
    named = NOW + 3 * DAY if saying in {Saying.REPLACES, Saying.PUTS_OFF} else None
    after = after_mail(state, saying, named)
    assert (after.promise_at, after.delays) == (promise, delays)
    assert (after.overdue_since is None) == saying.settles


def test_open_promise_is_a_deadline_and_passes_once() -> None:
    state = replace(state_of(T.ONBOARDING, S.POLICY_REVIEW), promise_at=NOW + DAY)
    found = [
        item
        for item in deadlines(state, POLICY, customer_zone=TOKYO, team=JAPAN)
        if item.kind is DeadlineKind.PROMISE
    ]
    assert [item.at for item in found] == [NOW + DAY]
    passed = apply(state, event_of(found[0], NOW + DAY), POLICY)
    assert passed.effects == (AlertStaff("promise_late"), SendNotice(NoticeName.DELAYED))
    assert passed.after.status is S.POLICY_REVIEW
    assert (passed.after.promise_at, passed.after.delays) == (None, 1)
    assert passed.after.overdue_since == NOW + DAY


@pytest.mark.parametrize(
    ("move", "told"),
    [
        (Move.STAFF, ["", "", None, None]),
        (Move.SYSTEM, ["", "", None, None]),
        (Move.META, ["meta", "meta", "meta", None]),
        (Move.CUSTOMER, [None] * 4),
    ],
)
def test_customer_is_told_twice_and_of_meta_once_more_without_a_date(
    move: Move, told: list[str | None]
) -> None:
    assert MOST_DELAYS == 2
    found = [notice_when_late(move, delays) for delays in range(4)]
    assert [one.variant if one else None for one in found] == told


@pytest.mark.parametrize("status", [S.POLICY_REVIEW, S.BUSINESS_VERIFICATION, S.APPROVED])
@pytest.mark.parametrize("days", [0, 1, 3, 20, 90])
def test_date_that_a_mail_names_is_ahead_however_long_the_stay(status: S, days: int) -> None:
    state = entered(TUESDAY, state_of(T.ONBOARDING, status))
    now = TUESDAY + timedelta(days=days, hours=11)
    promise = our_promise_at(state, POLICY, now, customer_zone=TOKYO, team=JAPAN)
    assert promise is not None
    assert now < promise <= now + timedelta(days=12)


def test_end_clears_what_was_promised() -> None:
    state = replace(
        state_of(T.ONBOARDING, S.POLICY_REVIEW), promise_at=NOW + DAY, overdue_since=NOW
    )
    after = apply(state, Event(E.WITHDRAW, Actor.STAFF, NOW), POLICY).after
    assert (after.promise_at, after.overdue_since, after.delays) == (None, None, 0)


def test_hidden_hold_keeps_and_shows_the_promise() -> None:
    state = replace(
        state_of(T.ONBOARDING, S.HELD),
        came_from=S.POLICY_REVIEW,
        hold_reason=HoldReason.OWNERSHIP,
        doubts=(HoldReason.OWNERSHIP,),
        promise_at=NOW + DAY,
    )
    assert state.hidden
    assert state.shown.promise_at == NOW + DAY
